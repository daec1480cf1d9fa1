// UnnestSubqueries: a conjunct that asks for the existence of a pattern, or for its absence, is a
// join that keeps the rows which have a partner, or none.
//
// Before: Filter(n.x = 1 AND EXISTS { … })    After: SemiApply ─ Filter(n.x = 1)
//
// It stands behind the other conjuncts, which cost less; `PhysicalPlanner` puts it where its
// columns are bound within a pattern.

import NQLPlan
import NenCore

enum UnnestSubqueries: OptimizerRule {
    static let name = "unnest-subqueries"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { node in
            switch node.kind {
            case .filter(let predicates):
                let (rest, joins) = split(predicates)
                if joins.isEmpty { return node }
                let input = rest.isEmpty
                    ? node.inputs[0] : LogicalPlan(.filter(rest), node.inputs)
                return add(joins, on: input, context)
            case .match(var graph):
                let (rest, joins) = split(graph.predicates)
                if joins.isEmpty { return node }
                graph.predicates = rest
                return add(joins, on: LogicalPlan(.match(graph), node.inputs), context)
            default: return node
            }
        }
    }

    private typealias Existence = (subquery: Subquery, isAnti: Bool)

    private static func split(
        _ predicates: [PlanExpression]
    ) -> (rest: [PlanExpression], joins: [Existence]) {
        var rest: [PlanExpression] = []
        var joins: [Existence] = []
        for predicate in predicates {
            if let join = existence(predicate, isAnti: false) {
                joins.append(join)
            } else {
                rest.append(predicate)
            }
        }
        return (rest, joins)
    }

    /// The subquery that `predicate` asks about, and whether it must have no row.
    private static func existence(_ predicate: PlanExpression, isAnti: Bool) -> Existence? {
        switch predicate.kind {
        case .not(let operand): return existence(operand, isAnti: !isAnti)
        case .subquery(let subquery):
            // What reads nothing of the row is found once for all rows.
            if subquery.kind != .exists { return nil }
            return subquery.isUncorrelated ? nil : (subquery, isAnti)
        default: return nil
        }
    }

    private static func add(
        _ joins: [Existence], on plan: LogicalPlan, _ context: RuleContext
    ) -> LogicalPlan {
        joins.reduce(plan) { plan, join in
            let right = apply(to: context.session.plan(of: join.subquery), context)
            return LogicalPlan(
                .apply(join.isAnti ? .anti : .semi, isPerRow: right.needsOneRow), [plan, right])
        }
    }
}
