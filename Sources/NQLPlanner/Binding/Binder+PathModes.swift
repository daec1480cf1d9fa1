// Binder+PathModes: ACYCLIC and SIMPLE over a path that is matched piece by piece. Each piece keeps
// the mode by itself; that the pieces together do is a condition on the whole path.

import NQLPlan
import NQLSyntax
import NenCore

extension PathPattern {
    /// The same pattern with quantified relationships instead of paths where that is the same.
    var simplified: PathPattern {
        var result = self
        result.relationships = relationships.map(\.abbreviated)
        return result
    }
}

extension Binder {
    /// Adds the condition that no node comes twice.
    func addModeFilter(
        _ path: PathPattern, _ elements: PatternElements, _ pattern: inout BoundPattern
    ) {
        guard path.mode == .acyclic || path.mode == .simple else { return }
        let isAcyclic = path.mode == .acyclic
        let edges = path.relationships
        if edges.allSatisfy({ $0.length == nil }) {
            addDifferences(elements.nodes, isAcyclic, &pattern)
            return
        }
        // A single piece has seen to it.
        if edges.count == 1 { return }
        let nodes = PlanExpression(
            .call("nodes", [elements.pathExpression(self)]), type: .list(.node))
        let size = PlanExpression(.call("size", [nodes]), type: .integer)
        let index = hiddenSlot(.integer)
        let rest = PlanExpression(
            .slice(nodes, from: sum(read(index), 1), to: nil), type: .list(.node))
        let node = PlanExpression(.subscripted(nodes, read(index)), type: .node)
        let isRepeated = PlanExpression(.binary(.inList, node, rest), type: .boolean)
        let all = PlanExpression(
            .call("range", [number(isAcyclic ? 0 : 1), sum(size, -1)]), type: .list(.integer))
        pattern.graph.predicates.append(
            PlanExpression(
                .quantifier(.none, element: index, list: all, predicate: isRepeated),
                type: .boolean))
        if isAcyclic { return }
        let first = PlanExpression(.subscripted(nodes, number(0)), type: .node)
        let inner = PlanExpression(
            .slice(nodes, from: number(1), to: number(-1)), type: .list(.node))
        let returns = PlanExpression(.binary(.inList, first, inner), type: .boolean)
        pattern.graph.predicates.append(PlanExpression(.not(returns), type: .boolean))
    }

    /// `a <> b` for all nodes; the ends of a simple path may be one.
    private func addDifferences(
        _ nodes: [Slot], _ isAcyclic: Bool, _ pattern: inout BoundPattern
    ) {
        for first in nodes.indices {
            for second in nodes.indices where second > first {
                if !isAcyclic, first == 0, second == nodes.count - 1 { continue }
                pattern.graph.predicates.append(
                    PlanExpression(
                        .binary(.notEqual, read(nodes[first]), read(nodes[second])),
                        type: .boolean))
            }
        }
    }

    private func number(_ value: Int64) -> PlanExpression {
        PlanExpression(.constant(.integer(value)), type: .integer)
    }

    private func sum(_ left: PlanExpression, _ right: Int64) -> PlanExpression {
        PlanExpression(.binary(.add, left, number(right)), type: .integer)
    }
}
