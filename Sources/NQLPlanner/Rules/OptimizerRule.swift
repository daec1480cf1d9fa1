// OptimizerRule: one way to make a logical plan better without changing what it yields. Each rule
// has a file and a name by which it can be switched off.

import NQLPlan
import NenCore

/// What rules may ask.
struct RuleContext {
    let binder: Binder
    let failure: FailureModel
    let cardinality: CardinalityModel

    init(_ binder: Binder) {
        self.binder = binder
        failure = FailureModel(functions: binder.context.functions)
        cardinality = CardinalityModel(
            catalog: binder.context.catalog, statistics: binder.context.statistics,
            knowledge: binder.context.knowledge)
    }
}

/// A rewriting of logical plans.
protocol OptimizerRule {
    /// Name in `PlannerOptions.disabledRules` and in `EXPLAIN VERBOSE`.
    static var name: String { get }
    /// The plan, rewritten where the rule applies.
    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan
}
