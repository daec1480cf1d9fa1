// Binder+PathChecks: what is wrong with a graph pattern by its form alone: quantifiers, selectors
// and modes that cannot stand together, and variables that mean a single element here and a list
// there. The rules are those of Cypher 25; where GQL (ISO/IEC 39075) allows more, so does NQL.

import NQLPlan
import NQLSyntax
import NenCore

extension PathPattern {
    /// Whether only some of the paths that match are taken, and the path is matched as a whole.
    var isSelective: Bool {
        switch selector {
        case .any, .anyShortest, .allShortest, .shortest, .shortestGroups: true
        case .shortestPath, .allShortestPaths, .all, nil: false
        }
    }
}

extension RelationshipPattern {
    /// A quantified path or relationship.
    var isQuantified: Bool { length?.isQuantifier ?? false }
    /// `-[*]-`
    var isLegacyLength: Bool { length.map { !$0.isQuantifier } ?? false }
}

extension Binder {
    /// Checks the form of all paths of a clause.
    func checkPaths(
        _ patterns: [PathPattern], _ mode: MatchMode?, _ outer: Scope
    ) throws(NQLError) {
        for path in patterns {
            for relationship in path.relationships { try checkQuantifier(relationship) }
            try checkPrefix(path, mode)
        }
        try checkMixture(patterns, mode)
        try checkNames(patterns, outer)
    }

    private func checkQuantifier(_ relationship: RelationshipPattern) throws(NQLError) {
        guard let length = relationship.length, length.isQuantifier else { return }
        if let maximum = length.maximum {
            if maximum == 0 {
                throw .syntax(
                    "InvalidQuantifier", "A quantifier must allow one repetition at least.",
                    at: length.span)
            }
            if let minimum = length.minimum, minimum > maximum {
                throw .syntax(
                    "InvalidQuantifier",
                    "The least number of repetitions, \(minimum), is above the greatest,"
                        + " \(maximum).", at: length.span)
            }
        }
        guard let body = relationship.body else { return }
        if body.relationships.isEmpty {
            throw .syntax(
                "InvalidQuantifier",
                "What is repeated must have one relationship at least; this is a single node.",
                at: relationship.span)
        }
        for inner in body.relationships {
            if inner.isLegacyLength {
                throw .syntax(
                    "NestedQuantifier",
                    "A relationship of variable length cannot stand in a quantified path.",
                    at: inner.span)
            }
            if inner.length != nil {
                throw .syntax(
                    "NestedQuantifier", "Quantified paths cannot be nested.", at: inner.span)
            }
        }
    }

    /// Selector, path mode and names of one path.
    private func checkPrefix(_ path: PathPattern, _ mode: MatchMode?) throws(NQLError) {
        if path.nodes.allSatisfy(\.isImplicit),
            path.relationships.allSatisfy({ $0.length?.minimum == 0 })
        {
            throw .syntax(
                "EmptyPathPattern",
                "This pattern could be empty; it must stand for one node at least.",
                at: path.span, hint: "Write a node beside it: `() ((a)-->(b))*`.")
        }
        if path.selector?.isFunction == true, path.relationships.contains(where: \.isQuantified) {
            throw .syntax(
                "UnexpectedSyntax", "A shortest path function takes no quantifier.",
                at: path.span, hint: "Write `-[:R*]->`, or `ANY SHORTEST (a)-[:R]->+(b)`.")
        }
        try checkShortestFunction(path)
        if let name = path.subpath, !path.isSelective {
            throw .syntax(
                "UnexpectedSyntax",
                "A path is named within its parentheses only behind a selector such as"
                    + " ANY SHORTEST.", at: name.span, hint: "Name the whole pattern: `p = …`.")
        }
        if let pathMode = path.mode, let long = path.relationships.first(where: \.isLegacyLength) {
            throw .syntax(
                "UnexpectedSyntax",
                "\(pathMode.keyword) does not go with a relationship of variable length.",
                at: long.span, hint: "Use a quantifier: `-[:R]->{1,3}`.")
        }
        switch path.selector {
        case .any(let count?), .shortest(let count), .shortestGroups(let count?):
            if case .literal(.integer(0)) = count.kind {
                throw .syntax(
                    "InvalidPathCount", "The number of paths must be positive.", at: count.span)
            }
        default: break
        }
        guard mode == .repeatableElements, path.mode == nil || path.mode == .walk,
            path.selector?.isFunction != true
        else { return }
        for relationship in path.relationships {
            guard let length = relationship.length, length.maximum == nil else { continue }
            if path.isSelective && path.predicates.isEmpty { continue }
            throw .syntax(
                "UnboundedRepetition",
                "With REPEATABLE ELEMENTS this pattern may match without end.",
                at: length.span, hint: "Give the quantifier an upper bound: `{1,10}`.")
        }
    }

    /// The shortest path functions find the shortest of all paths, which need not be among those
    /// of some length: a search that prefers short paths would pass the longer ones by.
    private func checkShortestFunction(_ path: PathPattern) throws(NQLError) {
        guard path.selector?.isFunction == true else { return }
        for relationship in path.relationships {
            guard let length = relationship.length, let minimum = length.minimum, minimum > 1
            else { continue }
            let isAll = path.selector == .allShortestPaths
            let selector = isAll ? "ALL SHORTEST" : "SHORTEST 1"
            let function = isAll ? "allShortestPaths" : "shortestPath"
            let bounds = "{\(minimum),\(length.maximum.map { "\($0)" } ?? "")}"
            throw .syntax(
                "UnexpectedSyntax",
                "\(function) takes paths of length 0 or 1 on, not of \(minimum) on.",
                at: length.span,
                hint: "Write it with a selector: `\(selector) (a)-[:R]->\(bounds)(b)`.")
        }
    }

    /// What cannot stand together in one clause.
    private func checkMixture(_ patterns: [PathPattern], _ mode: MatchMode?) throws(NQLError) {
        let selective = patterns.first(where: \.isSelective)
        if let function = patterns.first(where: { $0.selector?.isFunction ?? false }),
            selective != nil || mode != nil
        {
            throw .syntax(
                "UnexpectedSyntax",
                "The shortest path functions go neither with selectors nor with match modes.",
                at: function.span, hint: "Use ANY SHORTEST or ALL SHORTEST.")
        }
        let relationships = patterns.flatMap(\.relationships)
        if relationships.contains(where: \.isQuantified),
            let long = relationships.first(where: \.isLegacyLength)
        {
            throw .syntax(
                "UnexpectedSyntax",
                "A relationship of variable length such as `-[*]-` cannot stand beside quantified"
                    + " paths in one clause.", at: long.span,
                hint: "Write it with a quantifier, `-[…]-+`, or in a MATCH of its own.")
        }
        if let selective, patterns.count > 1, mode != .repeatableElements {
            throw .syntax(
                "UnexpectedSyntax",
                "A path with a selector must be the only one of its clause.", at: selective.span,
                hint: "Use a MATCH of its own, or REPEATABLE ELEMENTS.")
        }
    }

    // MARK: Names

    /// Variables of quantified paths are lists outside, and nothing else.
    private func checkNames(_ patterns: [PathPattern], _ outer: Scope) throws(NQLError) {
        var plain: Set<String> = []
        for path in patterns {
            for name in path.plainNames { plain.insert(name.text) }
        }
        var grouped: Set<String> = []
        for path in patterns {
            for relationship in path.relationships where relationship.isQuantified {
                var mine: Set<String> = []
                for name in relationship.groupNames where mine.insert(name.text).inserted {
                    try checkGroup(name, plain, grouped, outer)
                }
                grouped.formUnion(mine)
            }
        }
        for (index, path) in patterns.enumerated() where path.isSelective && patterns.count > 1 {
            let inner = Set(path.innerNames.map(\.text))
            for (other, another) in patterns.enumerated() where other != index {
                let names = another.plainNames + another.relationships.flatMap(\.groupNames)
                if let name = names.first(where: { inner.contains($0.text) }) {
                    throw .syntax(
                        "VariableAlreadyBound",
                        "Variable `\(name.text)` lies within a path with a selector; only the ends"
                            + " of that path can be joined to others.", at: name.span)
                }
            }
        }
    }

    private func checkGroup(
        _ name: Name, _ plain: Set<String>, _ grouped: Set<String>, _ outer: Scope
    ) throws(NQLError) {
        if grouped.contains(name.text) {
            throw .syntax(
                "VariableAlreadyBound",
                "Variable `\(name.text)` stands in more than one quantified path.", at: name.span,
                hint: "Rename one of them.")
        }
        if plain.contains(name.text) {
            throw .syntax(
                "VariableAlreadyBound",
                "Variable `\(name.text)` stands both inside and outside of a quantified path.",
                at: name.span, hint: "Rename one of them.")
        }
        if outer[name.text] != nil {
            throw .syntax(
                "VariableAlreadyBound",
                "Variable `\(name.text)` is bound by an earlier clause and cannot be an element of"
                    + " a quantified path.", at: name.span,
                hint: "Compare it in WHERE: `WHERE x = \(name.text)`.")
        }
    }
}

extension PathPattern {
    /// Variables outside of quantified paths.
    fileprivate var plainNames: [Name] {
        var names = nodes.compactMap(\.variable)
        names += relationships.filter { !$0.isQuantified }.compactMap(\.variable)
        return names + [variable, subpath].compactMap { $0 }
    }

    /// Variables between the ends.
    fileprivate var innerNames: [Name] {
        let ends = Set([nodes[0], nodes[nodes.count - 1]].compactMap { $0.variable?.text })
        var names = nodes.compactMap(\.variable).filter { !ends.contains($0.text) }
        names += relationships.filter { !$0.isQuantified }.compactMap(\.variable)
        return names + relationships.filter(\.isQuantified).flatMap(\.groupNames)
    }
}

extension RelationshipPattern {
    /// Variables that are lists outside.
    fileprivate var groupNames: [Name] {
        guard let body else { return [variable].compactMap { $0 } }
        var names: [Name] = []
        for (index, node) in body.nodes.enumerated() {
            names += [node.variable].compactMap { $0 }
            if index < body.relationships.count {
                names += [body.relationships[index].variable].compactMap { $0 }
            }
        }
        return names
    }
}
