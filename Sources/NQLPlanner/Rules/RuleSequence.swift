// RuleSequence: the fixed list of passes over a logical plan.

import NQLPlan
import NenCore

/// All rules in the order in which they run.
public enum RuleSequence {
    static var rules: [any OptimizerRule.Type] {
        [
            MeasureLists.self,
            UnnestSubqueries.self,
            FoldConstants.self,
            SimplifyFilters.self,
            MergeDisjunctions.self,
            PushDownFilters.self,
            MergeMatches.self,
            AbsorbLabels.self,
            PruneUnsatisfiable.self,
            PushDownLimits.self,
            StreamUpdates.self,
            SearchReachable.self,
            MeasurePaths.self,
        ]
    }

    /// Choices that are made elsewhere than by a rewriting but can be switched off all the same.
    static let choices = [
        "fuse-top-k", "place-subqueries", "run-uncorrelated-once", "stored-counts",
        "use-indexes", "join-order", "eliminate-counts", "fuse-semi-steps", "hash-subqueries",
        "index-order", "prove-distinct", "side-by-side", "meet-triangles-once",
        "look-up-pairs",
    ]

    /// Names that `PlannerOptions.disabledRules` knows.
    public static var names: [String] { rules.map { $0.name } + choices }

    /// Runs every rule that is not switched off.
    ///
    /// - Throws: `Interrupted`, and `PlanningFault` when a rule breaks a plan.
    static func optimize(
        _ plan: LogicalPlan, _ session: PlanningSession, demand: PlanDemand, keepsTrace: Bool
    ) throws(NQLError) -> LogicalPlan {
        let context = RuleContext(session, demand)
        try verify(rule: nil, session) { verifier throws(PlanFault) in try verifier.verify(plan) }
        if keepsTrace { session.note(plan, behind: "bound") }
        var plan = plan
        for rule in rules where session.isEnabled(rule.name) {
            try Interruption.check()
            plan = try apply(rule, to: plan, context)
            if keepsTrace { session.note(plan, behind: rule.name) }
        }
        return plan
    }

    /// What `rule` makes of `plan`, verified.
    static func apply(
        _ rule: any OptimizerRule.Type, to plan: LogicalPlan, _ context: RuleContext
    ) throws(NQLError) -> LogicalPlan {
        let result = rule.apply(to: plan, context)
        if result === plan { return plan }
        try verify(rule: rule.name, context.session) { verifier throws(PlanFault) in
            try verifier.verify(result, replacing: plan)
        }
        return result
    }

    private static func verify(
        rule: String?, _ session: PlanningSession,
        _ check: (LogicalVerifier) throws(PlanFault) -> Void
    ) throws(NQLError) {
        do throws(PlanFault) {
            try check(LogicalVerifier(slots: session.slots))
        } catch {
            throw .planning(error, rule: rule)
        }
    }
}
