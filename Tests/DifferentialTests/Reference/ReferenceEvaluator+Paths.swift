// ReferenceEvaluator+Paths: the walks through one path pattern, all of them, and which of them a
// selector takes. What is repeated is matched again and again, each time with variables of its own,
// whose values gather in lists.

import NQLSyntax
import NenCore

/// Nodes and the relationships between them: a pattern, or what is repeated in one.
private struct Chain {
    var nodes: [NodePattern]
    var relationships: [RelationshipPattern]
}

extension ReferenceEvaluator {
    /// Every walk that a pattern allows, its own conditions among the checks.
    func paths(
        _ match: PartialMatch, _ pattern: PathPattern, _ emit: (PartialMatch) throws -> Void
    ) throws {
        let chain = Chain(nodes: pattern.nodes, relationships: pattern.relationships)
        for id in graph.nodes.indices {
            var next = match
            next.nodes = []
            next.relationships = []
            next.mode = pattern.mode
            guard try bind(pattern.nodes[0], id, &next) else { continue }
            try walk(next, chain, 0) { done in
                var done = done
                for name in [pattern.variable, pattern.subpath].compactMap({ $0?.text }) {
                    done.row[name] = .path(
                        nodes: done.nodes, relationships: done.relationships)
                }
                done.checks += pattern.predicates.map { PatternCheck(predicate: $0) }
                try emit(done)
            }
        }
    }

    /// Binds the chain's relationships from `index` on.
    private func walk(
        _ match: PartialMatch, _ chain: Chain, _ index: Int,
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        guard index < chain.relationships.count else { return try emit(match) }
        let relationship = chain.relationships[index]
        if relationship.length != nil {
            return try walkMany(match, relationship) { repeated in
                var next = repeated
                let here = next.nodes.last ?? 0
                if try self.bind(chain.nodes[index + 1], here, &next, isSame: true) {
                    try self.walk(next, chain, index + 1, emit)
                }
            }
        }
        for (id, target) in try steps(match, relationship) {
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
            guard try bind(chain.nodes[index + 1], target, &next) else { continue }
            try walk(next, chain, index + 1, emit)
        }
    }

    /// A quantified path, a quantified relationship, or one of variable length.
    private func walkMany(
        _ match: PartialMatch, _ relationship: RelationshipPattern,
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        guard let length = relationship.length else { return }
        var single = relationship
        single.length = nil
        let body =
            relationship.body
            ?? QuantifiedBody(
                nodes: [.implicit, .implicit], relationships: [single], predicates: [])
        var start = match
        for name in names(body) {
            if match.row[name] != nil { throw ModelError.unsupported("bound list") }
            start.row[name] = .list([])
        }
        let least = Int(length.minimum ?? (length.isQuantifier ? 0 : 1))
        let isFinite = !match.isRepeatable || ![nil, .walk].contains(match.mode)
        if length.maximum == nil, !isFinite, (match.repetitions ?? -1) < 0 {
            throw ModelError.unsupported("endless walks")
        }
        let most = length.maximum.map { Int($0) } ?? match.repetitions.map { least + $0 }
        try walkAgain(start, body, 0, least, most ?? Int.max, emit)
    }

    private func walkAgain(
        _ match: PartialMatch, _ body: QuantifiedBody, _ done: Int, _ least: Int, _ most: Int,
        _ emit: (PartialMatch) throws -> Void
    ) throws {
        try step()
        if done >= least { try emit(match) }
        guard done < most, let here = match.nodes.last else { return }
        var inner = match
        inner.row = match.base
        inner.checks = []
        guard try bind(body.nodes[0], here, &inner, isSame: true) else { return }
        try walk(inner, Chain(nodes: body.nodes, relationships: body.relationships), 0) { once in
            guard try self.holdAll(once),
                try body.predicates.allSatisfy({ try self.isTrue(self.evaluate($0, once.row)) })
            else { return }
            var next = once
            next.checks = match.checks
            next.row = match.row
            for name in Set(self.names(body)) {
                guard case .list(let list)? = match.row[name] else { continue }
                next.row[name] = .list(list + [once.row[name] ?? .null])
            }
            try self.walkAgain(next, body, done + 1, least, most, emit)
        }
    }

    /// Relationships that may be taken next, with the node they lead to.
    private func steps(
        _ match: PartialMatch, _ pattern: RelationshipPattern
    ) throws -> [(id: Int, target: Int)] {
        guard let here = match.nodes.last else { return [] }
        var result: [(id: Int, target: Int)] = []
        for (id, relationship) in graph.relationships.enumerated() {
            if relationship.isDeleted { continue }
            if match.used.contains(id), !match.isRepeatable { continue }
            if let types = pattern.types, try !accepts(types, [relationship.type], match.row) {
                continue
            }
            if pattern.direction != .incoming, relationship.source == here {
                result.append((id, relationship.target))
            } else if pattern.direction != .outgoing, relationship.target == here {
                result.append((id, relationship.source))
            }
        }
        return result.filter { allows(match, $0.id, $0.target) }
    }

    /// Whether the path mode allows a step.
    private func allows(_ match: PartialMatch, _ id: Int, _ target: Int) -> Bool {
        switch match.mode {
        case nil, .walk: true
        case .trail: !match.relationships.contains(id)
        case .acyclic: !match.nodes.contains(target)
        case .simple:
            // A way back to the first node ends the path; forth and back is no such way.
            !match.relationships.contains(id) && !match.nodes.dropFirst().contains(target)
                && !(match.nodes.count > 1 && match.nodes.first == match.nodes.last)
        }
    }

    // MARK: Selectors

    /// How often an open quantifier need repeat beyond its least number where nothing else bounds
    /// it: a shortest walk comes to no node twice that way.
    func most(_ selector: PathSelector) throws -> Int {
        switch selector {
        case .any(nil), .anyShortest, .allShortest, .shortestGroups(nil): graph.nodes.count
        case .any(let count?), .shortest(let count), .shortestGroups(let count?):
            if try evaluate(count, [:]) == .integer(1) { graph.nodes.count } else { -1 }
        default: -1
        }
    }

    /// What a selector takes among the walks, for each pair of ends.
    func selected(
        _ walks: [PartialMatch], _ selector: PathSelector
    ) throws -> [PartialMatch] {
        let ends = { (walk: PartialMatch) in [walk.nodes.first ?? 0, walk.nodes.last ?? 0] }
        return try Dictionary(grouping: walks, by: ends).flatMap { ends, group in
            try self.selected(group, selector, isRound: ends[0] == ends[1])
        }
    }

    private func selected(
        _ group: [PartialMatch], _ selector: PathSelector, isRound: Bool
    ) throws -> [PartialMatch] {
        let sorted = group.sorted { $0.relationships.count < $1.relationships.count }
        let lengths = Set(sorted.map(\.relationships.count)).sorted()
        func first(_ count: Int) -> [PartialMatch] {
            sorted.filter { lengths.prefix(count).contains($0.relationships.count) }
        }
        switch selector {
        case .all: return group
        case .any(nil), .anyShortest: return Array(sorted.prefix(1))
        case .allShortest, .shortestGroups(nil): return first(1)
        case .any(let count?), .shortest(let count):
            return Array(sorted.prefix(try positive(count)))
        case .shortestGroups(let count?): return first(try positive(count))
        case .shortestPath, .allShortestPaths:
            // A node has no shortest path to itself but the empty one.
            if isRound && lengths.first != 0 { return [] }
            return selector == .shortestPath ? Array(sorted.prefix(1)) : first(1)
        }
    }

    private func positive(_ count: Expression) throws -> Int {
        guard case .integer(let number) = try evaluate(count, [:]), number > 0 else {
            throw ModelError.failed("InvalidPathCount")
        }
        return Int(number)
    }
}
