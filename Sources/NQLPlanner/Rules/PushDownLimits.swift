// PushDownLimits: a limit moves below what neither adds nor removes rows, and into the inputs of a
// UNION ALL.
//
// Before: Limit(5) ─ Project    After: Project ─ Limit(5)

import NQLPlan
import NenCore

enum PushDownLimits: OptimizerRule {
    static let name = "push-down-limits"
    /// Steps that one limit moves down.
    private static let distanceMax = 64

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { push($0, distanceMax) }
    }

    private static func push(_ node: LogicalPlan, _ distance: Int) -> LogicalPlan {
        guard case .slice(nil, let limit?) = node.kind, distance > 0 else { return node }
        let below = node.inputs[0]
        switch below.kind {
        case .project(let items):
            let lowered = push(
                LogicalPlan(.slice(skip: nil, limit: limit), below.inputs), distance - 1)
            return LogicalPlan(.project(items), [lowered])
        case .unionAll(let targets, let sources):
            guard !below.writes else { return node }
            let limited = below.inputs.map { input -> LogicalPlan in
                if case .slice(_, .some) = input.kind { return input }
                return push(
                    LogicalPlan(.slice(skip: nil, limit: limit), [input]), distance - 1)
            }
            return LogicalPlan(
                .slice(skip: nil, limit: limit),
                [LogicalPlan(.unionAll(targets: targets, sources: sources), limited)])
        default: return node
        }
    }
}
