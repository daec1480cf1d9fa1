// ReferenceEvaluator+Match: MATCH by backtracking. Nodes and relationships are tried one after the
// other in the order of the text; property maps and inline WHERE are judged when everything is
// bound. Relationships of one MATCH differ unless it says REPEATABLE ELEMENTS.

import NQLSyntax
import NenCore

/// A condition of a pattern that waits until the whole is bound.
struct PatternCheck {
    var entity: ModelValue = .null
    var properties: PatternProperties?
    var predicate: Expression?
}

/// How far a match has come.
struct PartialMatch {
    var row: ModelRow
    /// What earlier clauses bound.
    var base: ModelRow
    var isRepeatable: Bool
    var used: Set<Int> = []
    var checks: [PatternCheck] = []
    /// The walk through the current pattern.
    var nodes: [Int] = []
    var relationships: [Int] = []
    var mode: PathMode?
    /// How often an open quantifier repeats at most, beyond its least number; nil: as it may.
    var repetitions: Int?
}

extension ReferenceEvaluator {
    /// MATCH or OPTIONAL MATCH for one row.
    func match(_ clause: MatchClause, _ row: ModelRow) throws -> [ModelRow] {
        var rows = try matches(
            clause.patterns, row, isRepeatable: clause.mode == .repeatableElements)
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
            [pattern.variable, pattern.subpath].compactMap { $0?.text }
                + pattern.nodes.compactMap { $0.variable?.text }
                + pattern.relationships.compactMap { $0.variable?.text }
                + pattern.relationships.compactMap(\.body).flatMap { names($0) }
        }
    }

    /// Variables of what is repeated.
    func names(_ body: QuantifiedBody) -> [String] {
        body.nodes.compactMap { $0.variable?.text }
            + body.relationships.compactMap { $0.variable?.text }
    }

    /// All ways to bind the patterns, WHERE not yet applied.
    func matches(
        _ patterns: [PathPattern], _ row: ModelRow, isRepeatable: Bool = false
    ) throws -> [ModelRow] {
        var found: [ModelRow] = []
        let start = PartialMatch(row: row, base: row, isRepeatable: isRepeatable)
        try extend(start, patterns[...]) { match in
            if try self.holdAll(match) { found.append(match.row) }
        }
        return found
    }

    private func extend(
        _ match: PartialMatch, _ patterns: ArraySlice<PathPattern>,
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        guard let pattern = patterns.first else { return try emit(match) }
        guard let selector = pattern.selector, selector != .all else {
            return try paths(match, pattern) { try self.extend($0, patterns.dropFirst(), emit) }
        }
        // What stands in the pattern holds before paths are selected.
        var walks: [PartialMatch] = []
        var start = match
        start.checks = []
        if isRepeatable(start, pattern) { start.repetitions = try most(selector) }
        try paths(start, pattern) { walk in
            if try self.holdAll(walk) { walks.append(walk) }
        }
        for walk in try selected(walks, selector) {
            var next = walk
            next.checks = match.checks
            try extend(next, patterns.dropFirst(), emit)
        }
    }

    private func isRepeatable(_ match: PartialMatch, _ pattern: PathPattern) -> Bool {
        match.isRepeatable && (pattern.mode == nil || pattern.mode == .walk)
    }

    /// Binds a pattern node to a node; false when it does not fit.
    func bind(
        _ pattern: NodePattern, _ id: Int, _ match: inout PartialMatch, isSame: Bool = false
    ) throws -> Bool {
        try step()
        if graph.nodes[id].isDeleted { return false }
        if let name = pattern.variable?.text {
            if let bound = match.row[name], bound != .node(id) { return false }
            match.row[name] = .node(id)
        }
        if let labels = pattern.labels,
            try !accepts(labels, graph.nodes[id].labels, match.row)
        {
            return false
        }
        if !isSame { match.nodes.append(id) }
        match.checks.append(
            PatternCheck(
                entity: .node(id), properties: pattern.properties, predicate: pattern.predicate))
        return true
    }

    func accepts(
        _ expression: LabelExpression, _ names: Set<String>, _ row: ModelRow
    ) throws -> Bool {
        switch expression {
        case .name(let name): return names.contains(name.text)
        case .dynamic(let name):
            return try dynamicNames(try evaluate(name, row)).allSatisfy { names.contains($0) }
        case .dynamicAny(let name):
            return try dynamicNames(try evaluate(name, row)).contains { names.contains($0) }
        case .wildcard: return !names.isEmpty
        case .not(let operand): return try !accepts(operand, names, row)
        case .and(let left, let right):
            return try accepts(left, names, row) && accepts(right, names, row)
        case .or(let left, let right):
            return try accepts(left, names, row) || accepts(right, names, row)
        }
    }

    /// The labels, types or keys that `$(…)` stands for.
    func dynamicNames(_ value: ModelValue) throws -> [String] {
        switch value {
        case .string(let name): return [name]
        case .list(let list): return try list.flatMap { try dynamicNames($0) }
        default: throw ModelError.unsupported("dynamic name \(value)")
        }
    }

    func holdAll(_ match: PartialMatch) throws -> Bool {
        try match.checks.allSatisfy { try holds($0, match.row) }
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
