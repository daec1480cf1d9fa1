// OptimizerRule: one way to make a logical plan better without changing what it yields. Each rule
// has a file and a name by which it can be switched off.

import NQLPlan
import NenCore

/// What is asked of a whole plan.
struct PlanDemand {
    /// Slots of its rows that are read.
    var reads: Set<Slot>
    /// It is asked only whether there is a row.
    var isExistence = false
}

/// What rules may ask.
struct RuleContext {
    let session: PlanningSession
    let demand: PlanDemand
    let failure: FailureModel
    let cardinality: CardinalityModel

    init(_ session: PlanningSession, _ demand: PlanDemand) {
        self.session = session
        self.demand = demand
        failure = FailureModel(functions: session.context.functions)
        cardinality = CardinalityModel(
            catalog: session.context.catalog, statistics: session.context.statistics,
            knowledge: session.context.knowledge)
    }
}

/// A rewriting of logical plans.
protocol OptimizerRule {
    /// Name in `PlannerOptions.disabledRules` and in `EXPLAIN VERBOSE`.
    static var name: String { get }
    /// The plan, rewritten where the rule applies.
    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan
}
