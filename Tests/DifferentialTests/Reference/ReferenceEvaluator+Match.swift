// ReferenceEvaluator+Match: patterns by backtracking. Nodes and relationships are tried one after
// the other in the order of the text; property maps and inline WHERE are judged when everything is
// bound. Relationships of one MATCH differ.

import NQLSyntax
import NenCore

/// A condition of a pattern that waits until the whole is bound.
private struct PatternCheck {
    var entity: ModelValue
    var properties: PatternProperties?
    var predicate: Expression?
}

/// How far a match has come.
private struct PartialMatch {
    var row: ModelRow
    var used: Set<Int> = []
    var checks: [PatternCheck] = []
    /// The walk through the current pattern.
    var nodes: [Int] = []
    var relationships: [Int] = []
}

extension ReferenceEvaluator {
    /// MATCH or OPTIONAL MATCH for one row.
    func match(_ clause: MatchClause, _ row: ModelRow) throws -> [ModelRow] {
        var rows = try matches(clause.patterns, row)
        if let predicate = clause.predicate {
            rows = try rows.filter { try isTrue(try evaluate(predicate, $0)) }
        }
        if !rows.isEmpty || !clause.isOptional { return rows }
        var missing = row
        for name in variables(clause.patterns) where row[name] == nil { missing[name] = .null }
        return [missing]
    }

    private func variables(_ patterns: [PathPattern]) -> [String] {
        patterns.flatMap { pattern in
            [pattern.variable].compactMap { $0?.text }
                + pattern.nodes.compactMap { $0.variable?.text }
                + pattern.relationships.compactMap { $0.variable?.text }
        }
    }

    /// All ways to bind the patterns, WHERE not yet applied.
    func matches(_ patterns: [PathPattern], _ row: ModelRow) throws -> [ModelRow] {
        var found: [ModelRow] = []
        try extend(PartialMatch(row: row), patterns[...]) { match in
            for check in match.checks where try !self.holds(check, match.row) { return }
            found.append(match.row)
        }
        return found
    }

    private func extend(
        _ match: PartialMatch, _ patterns: ArraySlice<PathPattern>,
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        guard let pattern = patterns.first else { return try emit(match) }
        for id in graph.nodes.indices {
            var next = match
            next.nodes = []
            next.relationships = []
            guard try bind(pattern.nodes[0], id, &next) else { continue }
            var walks: [PartialMatch] = []
            try walk(next, pattern, 0) { done in
                var done = done
                if let name = pattern.variable?.text {
                    done.row[name] = .path(
                        nodes: done.nodes, relationships: done.relationships)
                }
                if pattern.selector != nil { return walks.append(done) }
                try self.extend(done, patterns.dropFirst(), emit)
            }
            for done in shortest(walks, all: pattern.selector == .allShortestPaths) {
                try extend(done, patterns.dropFirst(), emit)
            }
        }
    }

    /// The shortest walks to each end, one or all of them. A node has no shortest path to itself
    /// but the empty one.
    private func shortest(_ walks: [PartialMatch], all: Bool) -> [PartialMatch] {
        var result: [PartialMatch] = []
        for (end, group) in Dictionary(grouping: walks, by: \.nodes.last) {
            let least = group.map(\.relationships.count).min() ?? 0
            let chosen = group.filter { walk in
                walk.relationships.count == least && (least == 0 || walk.nodes.first != end)
            }
            result += all ? chosen : Array(chosen.prefix(1))
        }
        return result
    }

    /// Binds the pattern's relationships from `index` on.
    private func walk(
        _ match: PartialMatch, _ pattern: PathPattern, _ index: Int,
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        guard index < pattern.relationships.count else { return try emit(match) }
        let relationship = pattern.relationships[index]
        if relationship.length != nil {
            return try walkMany(match, pattern, index, [], emit)
        }
        for (id, target) in steps(match, relationship) {
            try step()
            var next = match
            if let name = relationship.variable?.text {
                if let bound = next.row[name], bound != .relationship(id) { continue }
                next.row[name] = .relationship(id)
            }
            next.used.insert(id)
            next.relationships.append(id)
            next.checks.append(
                PatternCheck(
                    entity: .relationship(id), properties: relationship.properties,
                    predicate: relationship.predicate))
            guard try bind(pattern.nodes[index + 1], target, &next) else { continue }
            try walk(next, pattern, index + 1, emit)
        }
    }

    /// A relationship of variable length: `taken` so far.
    private func walkMany(
        _ match: PartialMatch, _ pattern: PathPattern, _ index: Int, _ taken: [Int],
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        let relationship = pattern.relationships[index]
        guard let here = match.nodes.last, let length = relationship.length else { return }
        if relationship.predicate != nil { throw ModelError.unsupported("WHERE on many") }
        try step()
        let minimum = Int(length.minimum ?? 1)
        if taken.count >= minimum {
            var next = match
            if let name = relationship.variable?.text {
                if next.row[name] != nil { throw ModelError.unsupported("bound list") }
                next.row[name] = .list(taken.map { .relationship($0) })
            }
            // The last node of the walk is the pattern's next node.
            next.nodes.removeLast()
            if try bind(pattern.nodes[index + 1], here, &next) {
                try walk(next, pattern, index + 1, emit)
            }
        }
        if let maximum = length.maximum, taken.count >= Int(maximum) { return }
        for (id, target) in steps(match, relationship) {
            var next = match
            next.used.insert(id)
            next.relationships.append(id)
            next.nodes.append(target)
            next.checks.append(
                PatternCheck(
                    entity: .relationship(id), properties: relationship.properties,
                    predicate: nil))
            try walkMany(next, pattern, index, taken + [id], emit)
        }
    }

    /// Relationships that may be taken next, with the node they lead to.
    private func steps(
        _ match: PartialMatch, _ pattern: RelationshipPattern
    ) -> [(id: Int, target: Int)] {
        guard let here = match.nodes.last else { return [] }
        var result: [(id: Int, target: Int)] = []
        for (id, relationship) in graph.relationships.enumerated() {
            if relationship.isDeleted || match.used.contains(id) { continue }
            if let types = pattern.types, !accepts(types, [relationship.type]) { continue }
            if pattern.direction != .incoming, relationship.source == here {
                result.append((id, relationship.target))
            } else if pattern.direction != .outgoing, relationship.target == here {
                result.append((id, relationship.source))
            }
        }
        return result
    }

    /// Binds a pattern node to a node; false when it does not fit.
    private func bind(
        _ pattern: NodePattern, _ id: Int, _ match: inout PartialMatch
    ) throws -> Bool {
        try step()
        if graph.nodes[id].isDeleted { return false }
        if let name = pattern.variable?.text {
            if let bound = match.row[name], bound != .node(id) { return false }
            match.row[name] = .node(id)
        }
        if let labels = pattern.labels, !accepts(labels, graph.nodes[id].labels) {
            return false
        }
        match.nodes.append(id)
        match.checks.append(
            PatternCheck(
                entity: .node(id), properties: pattern.properties, predicate: pattern.predicate))
        return true
    }

    func accepts(_ expression: LabelExpression, _ names: Set<String>) -> Bool {
        switch expression {
        case .name(let name): names.contains(name.text)
        case .dynamic, .dynamicAny: false
        case .wildcard: !names.isEmpty
        case .not(let operand): !accepts(operand, names)
        case .and(let left, let right): accepts(left, names) && accepts(right, names)
        case .or(let left, let right): accepts(left, names) || accepts(right, names)
        }
    }

    private func holds(_ check: PatternCheck, _ row: ModelRow) throws -> Bool {
        switch check.properties {
        case .map(let entries, _):
            for entry in entries {
                let found = try property(check.entity, entry.key.text)
                let wanted = try evaluate(entry.value, row)
                if ModelValue.equal(found, wanted) != true { return false }
            }
        case .parameter: throw ModelError.unsupported("parameter")
        case nil: break
        }
        guard let predicate = check.predicate else { return true }
        return try isTrue(try evaluate(predicate, row))
    }
}
