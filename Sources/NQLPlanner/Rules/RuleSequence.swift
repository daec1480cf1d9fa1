// RuleSequence: the fixed list of passes over a logical plan.

import NQLPlan
import NenCore

/// All rules in the order in which they run.
public enum RuleSequence {
    static var rules: [any OptimizerRule.Type] {
        [
            FoldConstants.self,
            SimplifyFilters.self,
            MergeDisjunctions.self,
            PushDownFilters.self,
            MergeMatches.self,
            AbsorbLabels.self,
            PruneUnsatisfiable.self,
            PushDownLimits.self,
            FuseTopK.self,
            StreamUpdates.self,
            SearchReachable.self,
        ]
    }

    /// Choices that are made elsewhere than by a rewriting but can be switched off all the same.
    static let choices = [
        "unnest-subqueries", "place-subqueries", "use-indexes", "join-order",
        "eliminate-counts",
        "fuse-semi-steps", "hash-subqueries", "index-order",
    ]

    /// Names that `PlannerOptions.disabledRules` knows.
    public static var names: [String] { rules.map { $0.name } + choices }

    /// Runs every rule that is not switched off.
    ///
    /// - Throws: `Interrupted`.
    static func optimize(
        _ plan: LogicalPlan, _ binder: Binder, demand: PlanDemand, keepsTrace: Bool
    ) throws(NQLError) -> LogicalPlan {
        let context = RuleContext(binder, demand)
        var plan = plan
        var text = keepsTrace ? plan.text(binder.slots) : ""
        if keepsTrace { binder.trace.append(PlanTraceEntry(rule: "bound", plan: text)) }
        for rule in rules where binder.isEnabled(rule.name) {
            try Interruption.check()
            let before = plan.available
            plan = rule.apply(to: plan, context)
            assert(
                before.isSubset(of: plan.available),
                "\(rule.name) lost \(before.subtracting(plan.available).elements)")
            if keepsTrace {
                let after = plan.text(binder.slots)
                if after != text {
                    binder.trace.append(PlanTraceEntry(rule: rule.name, plan: after))
                    text = after
                }
            }
        }
        return plan
    }
}
