// FuseTopK: a limit over a sort keeps only the first rows while it sorts.
//
// Before: Limit(5) ─ Skip(2) ─ Sort    After: Skip(2) ─ TopK(7)

import NQLPlan
import NenCore

enum FuseTopK: OptimizerRule {
    static let name = "fuse-top-k"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { node in
            guard case .step(.limit(let count)) = node.kind else { return node }
            let below = node.inputs[0]
            if case .step(.sort(let keys)) = below.kind {
                return LogicalPlan(.topK(keys, count: count), below.inputs)
            }
            if case .step(.skip(let skip)) = below.kind,
                case .step(.sort(let keys)) = below.inputs[0].kind,
                let total = sum(skip, count)
            {
                let top = LogicalPlan(.topK(keys, count: total), below.inputs[0].inputs)
                return LogicalPlan(.skip(skip), [top])
            }
            return node
        }
    }

    /// Skip and limit together. Only literals are added: a sum of parameters could overflow, or
    /// hide which of both is negative.
    private static func sum(_ skip: PlanExpression, _ count: PlanExpression) -> PlanExpression? {
        guard case .integer(let first) = skip.constantValue,
            case .integer(let second) = count.constantValue, first >= 0, second >= 0
        else { return nil }
        let (total, overflow) = first.addingReportingOverflow(second)
        return PlanExpression(
            .constant(.integer(overflow ? .max : total)), type: .integer, span: count.span)
    }
}
