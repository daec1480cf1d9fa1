// NotificationCollector+Patterns: unknown names, cartesian products and unbounded paths.

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
        var joins: [Set<String>] = [bound]
        if let predicate = match.predicate { collectJoins(predicate, &joins) }
        var groups = NameGroups()
        for names in joins { _ = groups.join(names) }
        let members = match.patterns.map { groups.join($0.names) }
        let first = groups.root(of: members[0])
        let apart = match.patterns.indices.first { groups.root(of: members[$0]) != first }
        guard let apart else { return }
        note(
            "CartesianProduct", "03N90", .information,
            "The patterns of this MATCH share no variable: it gives all their combinations.",
            hint: "Connect them by a relationship or a condition, if they belong together.",
            at: match.patterns[apart].span)
    }

    private func collectJoins(_ predicate: Expression, _ joins: inout [Set<String>]) {
        switch predicate.kind {
        case .binary(.and, let left, let right):
            collectJoins(left, &joins)
            collectJoins(right, &joins)
        default:
            var uses = VariableUses()
            uses.collect(predicate)
            joins.append(uses.names)
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

/// Names that hang together, as disjoint sets.
private struct NameGroups {
    private var numbers: [String: Int] = [:]
    /// The number of another member of the same set; of one of them its own.
    private var parents: [Int] = []

    /// Makes the sets of all these names one, and gives the number of a new member of it.
    mutating func join(_ names: some Sequence<String>) -> Int {
        let member = add()
        for name in names {
            let number = numbers[name] ?? add()
            numbers[name] = number
            parents[root(of: number)] = root(of: member)
        }
        return member
    }

    private mutating func add() -> Int {
        parents.append(parents.count)
        return parents.count - 1
    }

    /// What all members of a set have in common.
    mutating func root(of number: Int) -> Int {
        var root = number
        while parents[root] != root {
            parents[root] = parents[parents[root]]
            root = parents[root]
        }
        return root
    }
}
