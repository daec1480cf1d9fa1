// MeasureLists: a list that is only asked for its size is not collected, what would be in it is
// counted.
//
// Before: Project(size(l)) ─ Aggregate(a, collect(b.id) AS l)
// After:  Project(n)       ─ Aggregate(a, count(b.id) AS n)
// Before: size([(a)-[:R]->(b) | b.id])    After: COUNT { (a)-[:R]->(b) }

import NQLPlan
import NQLSyntax
import NenCore

enum MeasureLists: OptimizerRule {
    static let name = "measure-lists"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        var result = countSubqueries(plan, context)
        for list in collected(plan)
        where !context.demand.reads.contains(list) && !plan.isReadBeside(list) {
            let slot = context.session.hiddenSlot(.integer)
            let replaced = result.replacing("size", list, by: slot).rewritten { node in
                guard case .aggregate(let keys, var calls) = node.kind,
                    let place = calls.firstIndex(where: { $0.slot == list })
                else { return node }
                calls[place].slot = slot
                calls[place].function = "count"
                let counted = LogicalPlan(.aggregate(keys: keys, aggregates: calls), node.inputs)
                let nothing = PlanExpression(
                    .constant(.null), type: context.session.slots[list].type)
                return LogicalPlan(
                    .project([SlotAssignment(slot: list, expression: nothing)]), [counted])
            }
            if !replaced.isRead(list) { result = replaced }
        }
        return result
    }

    /// Slots of lists that are collected.
    private static func collected(_ plan: LogicalPlan) -> [Slot] {
        var result: [Slot] = []
        _ = plan.contains { node in
            if case .aggregate(_, let calls) = node.kind {
                result += calls.filter { $0.function == "collect" }.map(\.slot)
            }
            return false
        }
        return result
    }

    /// The size of what a subquery collects as the number of its rows. One that may fail keeps its
    /// list, as a count would not ask for its elements.
    private static func countSubqueries(
        _ plan: LogicalPlan, _ context: RuleContext
    ) -> LogicalPlan {
        var isChanged = false
        let session = context.session
        let mapped = plan.mapExpressions { expression in
            if !expression.hasNestedPlan { return expression }
            return expression.rewritten { part in
                guard case .call("size", let arguments) = part.kind, arguments.count == 1,
                    case .subquery(let subquery) = arguments[0].kind,
                    case .collect = subquery.kind, !subquery.mayFail, !subquery.isVolatile
                else { return part }
                isChanged = true
                let counted = session.addSubquery(session.plan(of: subquery), .count)
                return PlanExpression(.subquery(counted), type: .integer, span: part.span)
            }
        }
        return isChanged ? mapped : plan
    }
}
