// PushDownFilters: predicates move towards the place where their variables are bound, last into the
// pattern itself, where they can become index seeks.
//
// Before: Filter(a.x = 1) ─ Project(b.y AS y) ─ Match    After: Project(b.y AS y) ─ Match{a.x = 1}
//
// It goes down `distanceMax` steps at most and joins a filter of at most `filterMax` predicates, so
// that planning takes time linear in the number of clauses.
//
// A predicate that may fail does not move below anything that could have removed its row, and
// none crosses an update, SKIP or LIMIT.

import NQLPlan
import NenCore

enum PushDownFilters: OptimizerRule {
    static let name = "push-down-filters"
    /// Steps that one predicate moves down.
    private static let distanceMax = 64
    /// Predicates of one filter.
    private static let filterMax = 64

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { node in
            guard case .filter(let predicates) = node.kind else { return node }
            var (input, rest) = (node.inputs[0], [PlanExpression]())
            for predicate in predicates.flatMap(\.conjuncts) {
                if context.failure.isVolatile(predicate) {
                    rest.append(predicate)
                } else if let pushed = push(predicate, into: input, distanceMax, context) {
                    input = pushed
                } else {
                    rest.append(predicate)
                }
            }
            return rest.isEmpty ? input : LogicalPlan(.filter(rest), [input])
        }
    }

    /// `plan` with the predicate somewhere within; nil when it has to stay above.
    private static func push(
        _ predicate: PlanExpression, into plan: LogicalPlan, _ distance: Int,
        _ context: RuleContext
    ) -> LogicalPlan? {
        if distance == 0 { return nil }
        switch plan.kind {
        case .match(var graph):
            graph.predicates.append(predicate)
            return LogicalPlan(.match(graph), plan.inputs)
        case .project(let items):
            return push(predicate, through: items, plan, distance, context)
        case .filter(let others):
            if let pushed = push(predicate, into: plan.inputs[0], distance - 1, context),
                !context.failure.mayFail(predicate)
            {
                return LogicalPlan(.filter(others), [pushed])
            }
            if others.count >= filterMax { return nil }
            return LogicalPlan(.filter(others + [predicate]), plan.inputs)
        case .order, .distinct: return pushBelow(predicate, plan, distance, context)
        case .unwind, .loadCSV:
            return context.failure.mayFail(predicate)
                ? nil : pushBelow(predicate, plan, distance, context)
        case .aggregate(let keys, _):
            let plain = Set(
                keys.filter { $0.expression.plainSlot == $0.slot }.map(\.slot))
            guard !keys.isEmpty, predicate.freeSlots.isSubset(of: plain) else { return nil }
            return pushBelow(predicate, plan, distance, context)
        case .apply(let kind, _): return push(predicate, kind, plan, distance, context)
        default: return nil
        }
    }

    /// Below `plan`'s left input, when all slots are bound there.
    private static func pushBelow(
        _ predicate: PlanExpression, _ plan: LogicalPlan, _ distance: Int,
        _ context: RuleContext
    ) -> LogicalPlan? {
        let left = plan.inputs[0]
        guard predicate.freeSlots.isSubset(of: left.available) else { return nil }
        if case .aggregate = plan.kind {
        } else if !predicate.freeSlots.isDisjoint(with: plan.kind.produced) {
            return nil
        }
        let pushed =
            push(predicate, into: left, distance - 1, context)
            ?? LogicalPlan(.filter([predicate]), [left])
        return LogicalPlan(plan.kind, [pushed] + plan.inputs.dropFirst())
    }

    /// Through a projection: a column that is a property read is replaced by the read.
    private static func push(
        _ predicate: PlanExpression, through items: [SlotAssignment], _ plan: LogicalPlan,
        _ distance: Int, _ context: RuleContext
    ) -> LogicalPlan? {
        var table: [Slot: PlanExpression] = [:]
        for item in items where predicate.freeSlots.contains(item.slot) {
            guard item.expression.plainProperty != nil else { return nil }
            table[item.slot] = item.expression
        }
        if !table.isEmpty && predicate.hasNestedPlan { return nil }
        let moved = predicate.replacing { part in part.plainSlot.flatMap { table[$0] } }
        return pushBelow(moved, plan, distance, context)
    }

    /// Into one side of an apply.
    private static func push(
        _ predicate: PlanExpression, _ kind: ApplyKind, _ plan: LogicalPlan,
        _ distance: Int, _ context: RuleContext
    ) -> LogicalPlan? {
        if plan.inputs[1].writes || context.failure.mayFail(predicate) { return nil }
        if let below = pushBelow(predicate, plan, distance, context) { return below }
        guard case .inner = kind else { return nil }
        let right = plan.inputs[1]
        guard predicate.freeSlots.isSubset(of: right.available) else { return nil }
        let pushed =
            push(predicate, into: right, distance - 1, context)
            ?? LogicalPlan(.filter([predicate]), [right])
        return LogicalPlan(plan.kind, [plan.inputs[0], pushed])
    }
}
