// Binder+PathSearch: a path with a selector is matched as a whole. What stands in the pattern is
// checked before paths are selected, so it goes into the search, to the element, the step or the
// path that it is about; what concerns the two ends only may be checked at any time, since
// selection is by pairs of ends. The WHERE of the clause comes after the search.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// Binds a path with a selector as one relationship of the graph, from end to end.
    func bindSearch(
        _ path: PathPattern, _ elements: PatternElements, _ outer: Scope,
        _ place: ExpressionContext, _ pattern: inout BoundPattern
    ) throws(NQLError) {
        var conditions = elements.equalities
        var pieces: [PathPiece] = []
        for (index, relationship) in path.relationships.enumerated() {
            let slot = elements.relationships[index]
            if let length = relationship.length, let body = elements.bodies[index] {
                pieces.append(
                    try bindBody(relationship.expandedBody, body, length, outer, place))
            } else {
                let step = try bindStep(relationship, slot, place, &conditions)
                let ends = [elements.nodes[index], elements.nodes[index + 1]]
                pieces.append(
                    PathPiece(
                        nodes: ends.map { PathNode(slot: $0, labels: nil) }, steps: [step],
                        minimum: 1, maximum: 1, predicates: [], groups: [], isPlain: true))
            }
        }
        var junctions: [PathNode] = []
        for (index, node) in path.nodes.enumerated() {
            let slot = elements.nodes[index]
            if index > 0 && index + 1 < path.nodes.count {
                junctions.append(try bindVisit(node, slot, place, &conditions))
            } else {
                try bindEnd(node, slot, place, &conditions, &pattern)
            }
        }
        for predicate in path.predicates {
            conditions += try bindCondition(predicate, place).conjuncts
        }
        var edge = searchEdge(path, elements, pieces, pattern.isRepeatable)
        let selection = try bindSelection(path.selector, outer)
        var search = PathSearch(
            pieces: pieces, junctions: junctions, predicates: [], selection: selection)
        for condition in conditions {
            try distribute(condition, elements, edge, outer, &search, &pattern)
        }
        edge.search = search
        pattern.graph.relationships.append(edge)
    }

    private func bindEnd(
        _ node: NodePattern, _ slot: Slot, _ place: ExpressionContext,
        _ conditions: inout [PlanExpression], _ pattern: inout BoundPattern
    ) throws(NQLError) {
        var labels: PlanLabels?
        if let expression = node.labels { labels = try bindLabels(expression, place) }
        pattern.graph.addNode(slot, labels: labels)
        conditions += try bindMatchedProperties(node.properties, slot, place)
        if let predicate = node.predicate {
            conditions += try bindCondition(predicate, place).conjuncts
        }
    }

    private func searchEdge(
        _ path: PathPattern, _ elements: PatternElements, _ pieces: [PathPiece],
        _ isRepeatable: Bool
    ) -> GraphRelationship {
        var edge = GraphRelationship(
            slot: elements.trace ?? 0, from: elements.nodes[0],
            to: elements.nodes[elements.nodes.count - 1], types: [], direction: .outgoing,
            group: nextGroup)
        nextGroup += 1
        var length = GraphLength(minimum: 0, maximum: 0)
        for piece in pieces {
            let least = piece.minimum.multipliedReportingOverflow(by: piece.steps.count)
            length.minimum += min(least.overflow ? .max : least.partialValue, 1 << 40)
            if let most = length.maximum, let maximum = piece.maximum {
                length.maximum = min(most + maximum * piece.steps.count, 1 << 40)
            } else {
                length.maximum = nil
            }
        }
        edge.length = length
        edge.mode = effectiveMode(path, isRepeatable)
        return edge
    }

    /// What a path may visit twice: no relationship where the clause forbids it.
    func effectiveMode(_ path: PathPattern, _ isRepeatable: Bool) -> PathMode {
        if isRepeatable { return path.mode ?? .walk }
        switch path.mode {
        case .acyclic: return .acyclic
        case .simple: return .simple
        case .walk, .trail, nil: return .trail
        }
    }

    private func bindSelection(
        _ selector: PathSelector?, _ outer: Scope
    ) throws(NQLError) -> PathSelection {
        let one = PlanExpression(.constant(.integer(1)), type: .integer)
        let at = ExpressionContext(scope: outer)
        switch selector {
        case .any(let count?), .shortest(let count):
            return PathSelection(countsLengths: false, count: try bind(count, at))
        case .shortestGroups(let count?):
            return PathSelection(countsLengths: true, count: try bind(count, at))
        case .allShortest, .shortestGroups(nil):
            return PathSelection(countsLengths: true, count: one)
        default: return PathSelection(countsLengths: false, count: one)
        }
    }

    /// Puts a condition of the pattern where it can be checked first.
    private func distribute(
        _ condition: PlanExpression, _ elements: PatternElements, _ edge: GraphRelationship,
        _ outer: Scope, _ search: inout PathSearch, _ pattern: inout BoundPattern
    ) throws(NQLError) {
        let ends: Set<Slot> = [edge.from, edge.to]
        let read = condition.freeSlots.filter {
            ends.contains($0) || !outer.boundSlots.contains($0)
        }
        if read.isSubset(of: ends) {
            pattern.graph.predicates.append(condition)
            return
        }
        for index in search.junctions.indices where read == [search.junctions[index].slot] {
            search.junctions[index].predicates.append(condition)
            return
        }
        for index in search.pieces.indices where search.pieces[index].isPlain {
            guard read.isSubset(of: search.pieces[index].innerSlots) else { continue }
            search.pieces[index].predicates.append(condition)
            return
        }
        let names = Set([elements.path, elements.subpath].compactMap { $0 })
        let own = ends.union(names).union(elements.nodes).union(elements.relationships)
            .union(search.pieces.flatMap(\.outputs)).union([edge.slot])
        guard read.isSubset(of: own) else {
            throw .syntax(
                "UndefinedVariable",
                "A condition within a path with a selector reads a variable of another path of the"
                    + " same clause.", at: condition.span,
                hint: "Put it into the WHERE of the clause.")
        }
        if edge.mode == .walk, edge.length?.maximum == nil {
            throw .syntax(
                "UnboundedRepetition",
                "With REPEATABLE ELEMENTS this pattern may match without end.",
                at: condition.span, hint: "Give its quantifiers an upper bound: `{1,10}`.")
        }
        let path = elements.pathExpression(self)
        search.predicates.append(
            condition.replacing { part in
                part.plainSlot.flatMap { names.contains($0) ? path : nil }
            })
    }
}
