// NotificationCollector+Patterns: unknown names, cartesian products and unbounded paths.

import NQLPlan
import NQLSyntax
import NenCore

extension NotificationCollector {
    mutating func visitMatch(_ match: MatchClause) {
        for pattern in match.patterns { declare(pattern) }
        for pattern in match.patterns { visit(pattern) }
        noteCartesianProduct(match)
        visit(match.predicate)
        for pattern in match.patterns {
            bound.formUnion(pattern.declaredNames.map(\.text))
        }
    }

    mutating func declare(_ pattern: PathPattern) {
        for name in pattern.nodes.compactMap(\.variable) {
            entities.insert(name.text)
            relationships.remove(name.text)
        }
        for relationship in pattern.relationships {
            if let name = relationship.variable, relationship.length == nil {
                entities.insert(name.text)
                relationships.insert(name.text)
            }
        }
    }

    /// A pattern that is looked for.
    mutating func visit(_ pattern: PathPattern) {
        for node in pattern.nodes {
            visitLabels(node.labels, .node)
            visit(node.properties, isMatch: true)
            visit(node.predicate)
        }
        for relationship in pattern.relationships {
            visitLabels(relationship.types, .relationship)
            visit(relationship.properties, isMatch: true)
            visit(relationship.predicate)
            if let length = relationship.length, length.maximum == nil, pattern.selector == nil {
                note(
                    "UnboundedVariableLengthPattern", "03N91", .information,
                    "This pattern has no upper bound: every path is walked, however long.",
                    hint: "Give the length a bound, such as `*..5`.", at: relationship.span)
            }
        }
    }

    /// The properties of a pattern that is written.
    mutating func visitProperties(_ pattern: PathPattern) {
        for node in pattern.nodes { visit(node.properties, isMatch: false) }
        for relationship in pattern.relationships {
            visit(relationship.properties, isMatch: false)
        }
    }

    private mutating func visit(_ properties: PatternProperties?, isMatch: Bool) {
        guard case .map(let entries, _) = properties else { return }
        for entry in entries {
            if isMatch {
                noteKey(entry.key)
                noteNull(entry.value, "A property that is asked to be null is never found.")
            }
            visit(entry.value)
        }
    }

    // MARK: Names

    mutating func visitLabels(_ labels: LabelExpression?, _ entity: EntityKind) {
        switch labels {
        case nil, .wildcard: break
        case .name(let name):
            if entity == .node { noteLabel(name) } else { noteType(name) }
        case .dynamic(let expression), .dynamicAny(let expression): visit(expression)
        case .not(let inner): visitLabels(inner, entity)
        case .and(let left, let right):
            if entity == .relationship, case .name(let first) = left,
                case .name(let second) = right, first.text != second.text
            {
                note(
                    "UnsatisfiableRelationshipType", "01N61", .warning,
                    "A relationship has one type; it is never both `\(first.text)` and "
                        + "`\(second.text)`.", hint: "Alternatives are written with `|`.",
                    at: first.span.joined(second.span))
            }
            visitLabels(left, entity)
            visitLabels(right, entity)
        case .or(let left, let right):
            visitLabels(left, entity)
            visitLabels(right, entity)
        }
    }

    private mutating func noteLabel(_ name: Name) {
        if catalog.label(name.text) != nil || written.labels.contains(name.text) { return }
        noteUnknown(
            "UnknownLabel", "01N50", "No node ever had the label `\(name.text)`.", name,
            catalog.labels)
    }

    private mutating func noteType(_ name: Name) {
        if catalog.type(name.text) != nil || written.types.contains(name.text) { return }
        noteUnknown(
            "UnknownRelationshipType", "01N51",
            "No relationship ever had the type `\(name.text)`.", name, catalog.types)
    }

    mutating func noteKey(_ name: Name) {
        if written.isOpen || catalog.key(name.text) != nil || written.keys.contains(name.text) {
            return
        }
        noteUnknown(
            "UnknownPropertyKey", "01N52", "Nothing ever had the property `\(name.text)`.", name,
            catalog.keys)
    }

    private mutating func noteUnknown(
        _ code: String, _ gqlStatus: String, _ message: String, _ name: Name, _ known: [String]
    ) {
        if isFull { return }
        let near = NearMiss.suggestion(for: name.text, among: known)
        note(
            code, gqlStatus, .warning, message, hint: near.map { "Did you mean `\($0)`?" },
            at: name.span)
    }

    mutating func noteNull(_ value: Expression, _ message: String) {
        guard case .literal(.null) = value.kind else { return }
        note(
            "ComparisonWithNull", "01000", .warning, message,
            hint: "Use IS NULL or IS NOT NULL.", at: value.span)
    }

    // MARK: Cartesian products

    /// Patterns of one MATCH that share no variable, and that no equality joins.
    private mutating func noteCartesianProduct(_ match: MatchClause) {
        guard match.patterns.count > 1 else { return }
        var groups = NameGroups(together: bound)
        for pattern in match.patterns { groups.join(pattern.names + pattern.readNames) }
        if let predicate = match.predicate { joinNames(in: predicate, &groups) }
        let first = groups.group(of: match.patterns[0].names)
        let apart = match.patterns.dropFirst().first { pattern in
            first == nil || groups.group(of: pattern.names) != first
        }
        guard let apart else { return }
        note(
            "CartesianProduct", "03N90", .information,
            "The patterns of this MATCH share no variable: it gives all their combinations.",
            hint: "Connect them by a relationship or a condition, if they belong together.",
            at: apart.span)
    }

    /// Each conjunct joins the variables that it reads.
    private func joinNames(in predicate: Expression, _ groups: inout NameGroups) {
        switch predicate.kind {
        case .binary(.and, let left, let right):
            joinNames(in: left, &groups)
            joinNames(in: right, &groups)
        default:
            var uses = VariableUses()
            uses.collect(predicate)
            groups.join(uses.names)
        }
    }
}

extension PathPattern {
    /// Variables that its property maps and inline predicates read.
    fileprivate var readNames: [String] {
        var uses = VariableUses()
        let maps = nodes.map(\.properties) + relationships.map(\.properties)
        for case .map(let entries, _)? in maps {
            for entry in entries { uses.collect(entry.value) }
        }
        for predicate in nodes.map(\.predicate) + relationships.map(\.predicate) {
            if let predicate { uses.collect(predicate) }
        }
        return Array(uses.names)
    }
}

/// Names that hang together: a forest in which each name points towards the one that stands for
/// its group.
private struct NameGroups {
    private var parents: [String: String] = [:]
    /// Names of one group from the start.
    private let together: Set<String>

    init(together: Set<String>) { self.together = together }

    /// The name that stands for the group of `names`, which are in one; nil for no names.
    mutating func group(of names: some Sequence<String>) -> String? {
        names.first { _ in true }.map { find($0) }
    }

    private mutating func find(_ name: String) -> String {
        // No name in a text is empty.
        let name = together.contains(name) ? "" : name
        var root = name
        while let next = parents[root], next != root { root = next }
        var at = name
        while let next = parents[at], next != root {
            parents[at] = root
            at = next
        }
        parents[name] = root
        return root
    }

    /// Makes one group of all names.
    mutating func join(_ names: some Sequence<String>) {
        var first: String?
        for name in names {
            let root = find(name)
            if let first { parents[root] = first } else { first = root }
        }
    }
}

extension PathPattern {
    /// Variables of the pattern, whether bound here or before.
    var names: [String] { declaredNames.map(\.text) }

    /// The same with their places.
    var declaredNames: [Name] {
        nodes.compactMap(\.variable) + relationships.compactMap(\.variable)
            + (variable.map { [$0] } ?? [])
    }
}
