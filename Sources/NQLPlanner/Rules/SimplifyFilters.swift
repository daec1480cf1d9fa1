// SimplifyFilters: conjunctions become lists, what is always true goes, and a filter that is never
// true becomes an empty plan.
//
// Before: Filter(true AND n.x = 1)    After: Filter(n.x = 1)
// Before: Filter(false)               After: Empty

import NQLPlan
import NenCore

enum SimplifyFilters: OptimizerRule {
    static let name = "simplify-filters"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        let simplified = plan.mapExpressions { $0.rewritten(simplify) }
        return simplified.rewritten { node in
            switch node.kind {
            case .filter(let predicates): return filter(predicates, node)
            case .match(let graph): return match(graph, node)
            default: return node
            }
        }
    }

    private static func filter(
        _ predicates: [PlanExpression], _ node: LogicalPlan
    ) -> LogicalPlan {
        guard let live = live(predicates) else {
            return node.inputs[0].writes ? node : LogicalPlan(.empty(node.available))
        }
        return live.isEmpty ? node.inputs[0] : LogicalPlan(.filter(live), node.inputs)
    }

    private static func match(_ graph: QueryGraph, _ node: LogicalPlan) -> LogicalPlan {
        var graph = graph
        guard let live = live(graph.predicates) else {
            return node.inputs[0].writes ? node : LogicalPlan(.empty(node.available))
        }
        graph.predicates = live
        return LogicalPlan(.match(graph), node.inputs)
    }

    /// The conjuncts that say something; nil when they can never be true together. Predicates that
    /// might fail before a false one is reached are not dropped silently: a false conjunct ends
    /// evaluation in any order, since order of conjuncts is the planner's choice.
    private static func live(_ predicates: [PlanExpression]) -> [PlanExpression]? {
        var result: [PlanExpression] = []
        for predicate in predicates.flatMap(\.conjuncts) {
            switch predicate.constantValue {
            case .boolean(true): continue
            case .boolean(false), .null: return nil
            default: result.append(predicate)
            }
        }
        return result
    }

    /// Boolean identities whose result is the same for null.
    private static func simplify(_ expression: PlanExpression) -> PlanExpression {
        switch expression.kind {
        case .binary(.and, let left, let right):
            if left.constantValue == .boolean(true), right.type == .boolean { return right }
            if right.constantValue == .boolean(true), left.type == .boolean { return left }
            // What stands behind a false operand is not asked.
            if left.constantValue == .boolean(false) { return left }
        case .binary(.or, let left, let right):
            if left.constantValue == .boolean(false), right.type == .boolean { return right }
            if right.constantValue == .boolean(false), left.type == .boolean { return left }
            if left.constantValue == .boolean(true) { return left }
        case .not(let operand):
            if case .not(let inner) = operand.kind, inner.type == .boolean { return inner }
            if case .boolean(let value) = operand.constantValue {
                return PlanExpression(
                    .constant(.boolean(!value)), type: .boolean, span: expression.span)
            }
        default: break
        }
        return expression
    }
}
