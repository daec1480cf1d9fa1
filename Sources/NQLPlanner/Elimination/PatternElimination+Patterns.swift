// PatternElimination+Patterns: query graphs in the form that folds, where they have one.

import NQLPlan
import NQLSyntax
import NenCore

extension PatternElimination {
    func pattern(_ graph: QueryGraph) -> Pattern? {
        guard graph.boundRelationships.isEmpty, !graph.nodes.isEmpty else { return nil }
        var result = Pattern(labels: [:], edges: [], predicates: [:], inequalities: [])
        for node in graph.nodes {
            if node.labels.contains(where: \.isDynamic) { return nil }
            result.labels[node.slot] = node.labels
        }
        for relationship in graph.relationships {
            guard relationship.length == nil, relationship.shortest == nil else { return nil }
            let isIncoming = relationship.direction == .incoming
            result.edges.append(
                Edge(
                    source: isIncoming ? relationship.to : relationship.from,
                    target: isIncoming ? relationship.from : relationship.to,
                    isDirected: relationship.direction != .both, types: relationship.types,
                    group: relationship.group))
        }
        for predicate in graph.predicates {
            guard add(predicate, to: &result) else { return nil }
        }
        return result
    }

    private func add(_ predicate: PlanExpression, to pattern: inout Pattern) -> Bool {
        if planner.failure.mayFail(predicate) || planner.failure.isVolatile(predicate)
            || predicate.hasNestedPlan
        {
            return false
        }
        let free = predicate.freeSlots
        if free.count == 1, let slot = free.first, pattern.labels[slot] != nil {
            pattern.predicates[slot, default: []].append(predicate)
            return true
        }
        guard let (left, right) = predicate.inequality, pattern.labels[left] != nil,
            pattern.labels[right] != nil, left != right
        else { return false }
        pattern.inequalities.append((left, right))
        return true
    }

    /// A pattern that is a tree hanging on one bound node by one relationship.
    func part(_ graph: QueryGraph, bound: BitSet, _ effect: WeightEffect) -> Part? {
        let anchors = graph.nodes.filter { bound.contains($0.slot) }
        guard anchors.count == 1, let anchor = anchors.first, anchor.labels.isEmpty,
            !graph.relationships.isEmpty, let pattern = pattern(graph),
            pattern.inequalities.isEmpty, pattern.isTree,
            pattern.predicates[anchor.slot] == nil
        else { return nil }
        let atAnchor = pattern.edges.filter {
            $0.source == anchor.slot || $0.target == anchor.slot
        }
        guard atAnchor.count == 1 else { return nil }
        for (index, edge) in pattern.edges.enumerated() {
            for other in pattern.edges[(index + 1)...] where mayCoincide(edge, other, pattern) {
                return nil
            }
        }
        return Part(anchor: anchor.slot, tree: pattern, effect: effect)
    }

    /// One relationship between two nodes of `outer`, of which only whether there is one counts.
    func pair(_ graph: QueryGraph, _ outer: Pattern) -> Edge? {
        guard graph.relationships.count == 1, let pattern = pattern(graph),
            pattern.inequalities.isEmpty, pattern.predicates.isEmpty,
            pattern.labels.values.allSatisfy(\.isEmpty), var edge = pattern.edges.first,
            edge.source != edge.target, outer.labels[edge.source] != nil,
            outer.labels[edge.target] != nil
        else { return nil }
        edge.isExistence = true
        return edge
    }
}

extension PlanExpression {
    /// The two slots of `a <> b` or `NOT a = b` over nodes.
    var inequality: (Slot, Slot)? {
        switch kind {
        case .binary(.notEqual, let left, let right):
            guard left.type == .node, right.type == .node, let a = left.plainSlot,
                let b = right.plainSlot
            else { return nil }
            return (a, b)
        case .not(let inner):
            guard case .binary(.equal, let left, let right) = inner.kind else { return nil }
            return PlanExpression(.binary(.notEqual, left, right), type: .boolean).inequality
        default: return nil
        }
    }
}
