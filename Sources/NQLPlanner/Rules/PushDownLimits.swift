// PushDownLimits: a limit moves below what neither adds nor removes rows, and into the inputs of a
// UNION ALL.
//
// Before: Limit(5) ─ Project    After: Project ─ Limit(5)

import NenCore

enum PushDownLimits: OptimizerRule {
    static let name = "push-down-limits"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { push($0) }
    }

    private static func push(_ node: LogicalPlan) -> LogicalPlan {
        guard case .step(.limit(let count)) = node.kind else { return node }
        let below = node.inputs[0]
        switch below.kind {
        case .step(.project(let items)):
            let lowered = push(LogicalPlan(.limit(count), below.inputs))
            return LogicalPlan(.project(items), [lowered])
        case .step(.unionAll(let targets, let sources)):
            guard !below.writes else { return node }
            let limited = below.inputs.map { input -> LogicalPlan in
                if case .step(.limit) = input.kind { return input }
                return push(LogicalPlan(.limit(count), [input]))
            }
            return LogicalPlan(
                .limit(count),
                [LogicalPlan(.unionAll(targets: targets, sources: sources), limited)])
        default: return node
        }
    }
}
