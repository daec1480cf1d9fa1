// PlannerContext: everything the planner asks of the rest of the system, as values and protocols.

import NQLPlan
import NenCore

/// What the planner may and may not do.
public struct PlannerOptions: Sendable, Hashable {
    /// Names of optimizer rules that are switched off (see `RuleSequence.names`).
    public var disabledRules: Set<String>
    /// A kind of step that is taken wherever there is one, whatever it costs.
    public var forcedCandidate: PlanCandidate?
    /// What one query may hold; plans that fit are preferred. nil: no limit known.
    public var memoryBudgetBytes: UInt64?
    /// Threads that will run the query.
    public var threads: Int
    /// Whether the plan keeps how it came about: the text of the logical plan after every rule that
    /// changed it, and what operators were chosen over.
    public var keepsTrace: Bool

    public init(
        disabledRules: Set<String> = [], forcedCandidate: PlanCandidate? = nil,
        memoryBudgetBytes: UInt64? = nil, threads: Int = 1, keepsTrace: Bool = false
    ) {
        self.disabledRules = disabledRules
        self.forcedCandidate = forcedCandidate
        self.memoryBudgetBytes = memoryBudgetBytes
        self.threads = threads
        self.keepsTrace = keepsTrace
    }
}

/// The snapshot's catalog, statistics and indexes, the functions, and the options.
public struct PlannerContext: Sendable {
    public var catalog: Catalog
    public var statistics: GraphStatistics
    /// nil: nothing is known of values and degrees.
    public var knowledge: (any GraphKnowledge)?
    public var functions: any FunctionLibrary
    /// nil: constants are not folded.
    public var evaluator: (any ConstantEvaluator)?
    public var options: PlannerOptions

    public init(
        catalog: Catalog, statistics: GraphStatistics, functions: any FunctionLibrary,
        evaluator: (any ConstantEvaluator)? = nil,
        knowledge: (any GraphKnowledge)? = nil, options: PlannerOptions = PlannerOptions()
    ) {
        self.catalog = catalog
        self.statistics = statistics
        self.functions = functions
        self.evaluator = evaluator
        self.knowledge = knowledge
        self.options = options
    }
}
