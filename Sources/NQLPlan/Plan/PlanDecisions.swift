// PlanDecisions: what the planner has decided beyond the kinds of the operators: how each is
// carried out, and what it was chosen over. The engine decides none of it again.

/// How one operator is carried out.
public struct OperatorExecution: Sendable, Hashable {
    /// Threads that work on the pipeline that ends in the operator: that of its input, of a join or
    /// product that of its right one.
    public var threads: Int
    /// The key is a node, and its entries stand in an array addressed by node, not in a hash table.
    public var isNodeAddressed: Bool
    /// Exact counts prove the labels of the far node, so that they are not tested.
    public var provesLabels: Bool
    /// The left input need not run when the right one has no row, or a condition of a filter that
    /// reads no row does not hold: it changes nothing and cannot fail.
    public var mayLeaveLeft: Bool

    /// Morsels that a scan is cut into for each thread: enough to even out, few enough to merge.
    public static let morselsPerThread = 8.0

    public init(
        threads: Int = 1, isNodeAddressed: Bool = false, provesLabels: Bool = false,
        mayLeaveLeft: Bool = false
    ) {
        self.threads = threads
        self.isNodeAddressed = isNodeAddressed
        self.provesLabels = provesLabels
        self.mayLeaveLeft = mayLeaveLeft
    }
}

/// A way to the same rows that was expected to cost more.
public struct PlanAlternative: Sendable, Hashable {
    /// What would have stood in the operator's place.
    public var title: String
    /// Nanoseconds of one core, all below it included.
    public var cost: Double

    public init(title: String, cost: Double) {
        self.title = title
        self.cost = cost
    }
}

/// What a plan rests on.
public struct PlanBasis: Sendable, Hashable {
    /// Threads that the statement may have.
    public var threads: Int
    /// Rules that are switched off.
    public var disabledRules: [String]
    /// The kind of step that is taken wherever there is one, whatever it costs.
    public var forcedCandidate: String?
    /// What the estimates had to do without.
    public var missingStatistics: [String]

    public init(
        threads: Int = 1, disabledRules: [String] = [], forcedCandidate: String? = nil,
        missingStatistics: [String] = []
    ) {
        self.threads = threads
        self.disabledRules = disabledRules
        self.forcedCandidate = forcedCandidate
        self.missingStatistics = missingStatistics
    }
}
