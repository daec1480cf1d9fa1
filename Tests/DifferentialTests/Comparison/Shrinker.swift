// Shrinker: a failing case made smaller, greedily: whatever can be left out of the query or of the
// graph without losing the difference is left out.

import NQLSyntax
import NenCore

/// A query over a graph.
struct FailingCase {
    var graph: ModelGraph
    var schema: [String]
    var afterwards: [String]
    var query: Query
}

struct Shrinker {
    /// Whether a smaller case still fails in the same way.
    let stillFails: (FailingCase) -> Bool
    /// Cases that may be tried.
    var tries = 400

    mutating func shrink(_ start: FailingCase) -> FailingCase {
        var best = start
        var hasChanged = true
        while hasChanged && tries > 0 {
            hasChanged = false
            for candidate in smaller(best) {
                tries -= 1
                if tries <= 0 { break }
                if stillFails(candidate) {
                    best = candidate
                    hasChanged = true
                    break
                }
            }
        }
        return best
    }

    private func smaller(_ whole: FailingCase) -> [FailingCase] {
        var result: [FailingCase] = []
        func add(_ change: (inout FailingCase) -> Void) {
            var copy = whole
            change(&copy)
            result.append(copy)
        }
        for query in queries(whole.query) { add { $0.query = query } }
        if !whole.afterwards.isEmpty { add { $0.afterwards = [] } }
        for index in whole.schema.indices { add { $0.schema.remove(at: index) } }
        for index in whole.graph.nodes.indices.reversed() {
            add { $0.graph.removeNode(index) }
        }
        for index in whole.graph.relationships.indices {
            add { $0.graph.relationships.remove(at: index) }
        }
        for (index, node) in whole.graph.nodes.enumerated() {
            for key in node.properties.keys.sorted() {
                add { $0.graph.nodes[index].properties[key] = nil }
            }
            for label in node.labels.sorted() {
                add { $0.graph.nodes[index].labels.remove(label) }
            }
        }
        for (index, relationship) in whole.graph.relationships.enumerated() {
            for key in relationship.properties.keys.sorted() {
                add { $0.graph.relationships[index].properties[key] = nil }
            }
        }
        return result
    }

    // MARK: Queries

    private func queries(_ query: Query) -> [Query] {
        var result: [Query] = []
        if query.parts.count > 1 {
            result += query.parts.map { Query(parts: [$0], unionAll: [], span: $0.span) }
        }
        for (index, part) in query.parts.enumerated() {
            for clauses in clauseLists(part.clauses) where !clauses.isEmpty {
                var copy = query
                copy.parts[index].clauses = clauses
                result.append(copy)
            }
        }
        return result
    }

    private func clauseLists(_ clauses: [Clause]) -> [[Clause]] {
        var result: [[Clause]] = []
        for index in clauses.indices {
            var copy = clauses
            copy.remove(at: index)
            result.append(copy)
            for kind in kinds(clauses[index].kind) {
                copy = clauses
                copy[index].kind = kind
                result.append(copy)
            }
        }
        return result
    }

    private func kinds(_ kind: ClauseKind) -> [ClauseKind] {
        switch kind {
        case .match(let match): return matches(match).map { .match($0) }
        case .with(let projection, let predicate):
            return projections(projection).map { .with($0, predicate: predicate) }
                + conditions(predicate).map { .with(projection, predicate: $0) }
        case .returning(let projection): return projections(projection).map { .returning($0) }
        case .set(let items) where items.count > 1: return items.map { .set([$0]) }
        case .callSubquery(let call):
            return queries(call.query).map { query in
                var copy = call
                copy.query = query
                return .callSubquery(copy)
            }
        case .create(let patterns):
            return patternLists(patterns).map { .create($0) }
        default: return []
        }
    }

    private func matches(_ match: MatchClause) -> [MatchClause] {
        var result: [MatchClause] = []
        for predicate in conditions(match.predicate) {
            var copy = match
            copy.predicate = predicate
            result.append(copy)
        }
        for patterns in patternLists(match.patterns) {
            var copy = match
            copy.patterns = patterns
            result.append(copy)
        }
        if match.mode != nil {
            var copy = match
            copy.mode = nil
            result.append(copy)
        }
        if match.isOptional {
            var copy = match
            copy.isOptional = false
            result.append(copy)
        }
        return result
    }

    /// Nothing, or one side of an operator.
    private func conditions(_ condition: Expression?) -> [Expression?] {
        guard let condition else { return [] }
        var result: [Expression?] = [nil]
        switch condition.kind {
        case .binary(let operation, let left, let right)
        where [.and, .or, .xor].contains(operation):
            result += [left, right]
            for smaller in conditions(left) {
                guard let smaller else { continue }
                result.append(Expression(.binary(operation, smaller, right), condition.span))
            }
            for smaller in conditions(right) {
                guard let smaller else { continue }
                result.append(Expression(.binary(operation, left, smaller), condition.span))
            }
        case .unary(.not, let operand):
            result.append(operand)
            for case let smaller? in conditions(operand) {
                result.append(Expression(.unary(.not, smaller), condition.span))
            }
        case .subquery(let kind, .query(let query)):
            result += queries(query).map {
                Expression(.subquery(kind, .query($0)), condition.span)
            }
        case .subquery(let kind, .pattern(let patterns, let predicate)):
            result += conditions(predicate).map {
                Expression(.subquery(kind, .pattern(patterns, predicate: $0)), condition.span)
            }
            result += patternLists(patterns).map {
                Expression(.subquery(kind, .pattern($0, predicate: predicate)), condition.span)
            }
        default: break
        }
        return result
    }

    private func patternLists(_ patterns: [PathPattern]) -> [[PathPattern]] {
        var result: [[PathPattern]] = []
        for index in patterns.indices {
            var copy = patterns
            copy.remove(at: index)
            if !copy.isEmpty { result.append(copy) }
            for pattern in self.patterns(patterns[index]) {
                copy = patterns
                copy[index] = pattern
                result.append(copy)
            }
        }
        return result
    }

    private func patterns(_ pattern: PathPattern) -> [PathPattern] {
        var result: [PathPattern] = []
        func add(_ change: (inout PathPattern) -> Void) {
            var copy = pattern
            change(&copy)
            if copy != pattern { result.append(copy) }
        }
        if !pattern.relationships.isEmpty {
            add {
                $0.nodes.removeLast()
                $0.relationships.removeLast()
            }
            add {
                $0.nodes.removeFirst()
                $0.relationships.removeFirst()
            }
        }
        add { $0.variable = nil }
        for index in pattern.nodes.indices {
            add { $0.nodes[index].labels = nil }
            add { $0.nodes[index].properties = nil }
            add { $0.nodes[index].predicate = nil }
            add { $0.nodes[index].variable = nil }
        }
        for index in pattern.relationships.indices {
            add { $0.relationships[index].types = nil }
            add { $0.relationships[index].properties = nil }
            add { $0.relationships[index].length = nil }
            add { $0.relationships[index].variable = nil }
            add { $0.relationships[index].direction = .outgoing }
            add { $0.relationships[index].predicate = nil }
            add { $0.relationships[index].body?.predicates = [] }
            for node in pattern.relationships[index].body?.nodes.indices ?? 0..<0 {
                add { $0.relationships[index].body?.nodes[node].labels = nil }
                add { $0.relationships[index].body?.nodes[node].properties = nil }
            }
            for step in pattern.relationships[index].body?.relationships.indices ?? 0..<0 {
                add { $0.relationships[index].body?.relationships[step].types = nil }
            }
        }
        add { $0.predicates = [] }
        add { $0.selector = nil }
        add { $0.mode = nil }
        return result
    }

    private func projections(_ projection: Projection) -> [Projection] {
        var result: [Projection] = []
        func add(_ change: (inout Projection) -> Void) {
            var copy = projection
            change(&copy)
            result.append(copy)
        }
        if projection.items.count > 1 {
            for index in projection.items.indices { add { $0.items.remove(at: index) } }
        }
        if projection.isDistinct { add { $0.isDistinct = false } }
        if projection.skip != nil || projection.limit != nil {
            add {
                $0.skip = nil
                $0.limit = nil
            }
        } else if !projection.orderBy.isEmpty {
            add { $0.orderBy = [] }
        }
        return result
    }
}

extension ModelGraph {
    /// Takes a node away, with its relationships.
    fileprivate mutating func removeNode(_ id: Int) {
        nodes.remove(at: id)
        relationships.removeAll { $0.source == id || $0.target == id }
        for index in relationships.indices {
            if relationships[index].source > id { relationships[index].source -= 1 }
            if relationships[index].target > id { relationships[index].target -= 1 }
        }
    }
}
