// PhysicalPlan: a query as the executor runs it, as data. A tree of operators; every operator
// says which slots are live behind it, so that the executor carries no dead columns.

import NenCore

/// Name and static type of a slot.
public struct SlotInfo: Sendable, Hashable {
    /// Variable name, or a name in the style of `anon_3` for hidden columns.
    public var name: String
    public var type: NQLType
    public init(name: String, type: NQLType) {
        self.name = name
        self.type = type
    }
}

/// A complete plan.
public struct PhysicalPlan: Sendable {
    public var slots: [SlotInfo]
    /// `produceResults` at the root, or an update operator for a query that returns nothing.
    public var root: PhysicalOperator
    /// Column names of the result in order; empty for a query that returns nothing.
    public var columns: [String]
    /// Whether any operator writes.
    public var isWriting: Bool
    /// Parameters that the query uses.
    public var parameters: Set<String>
    public var memory: MemoryForecast
    public var notifications: [PlanNotification]
    /// What the plan rests on.
    public var basis: PlanBasis
    /// The logical plan after every rule that changed it; empty unless it was asked for.
    public var trace: [PlanTraceEntry]
    /// The plan rests on exact counts of its snapshot and must not be kept for another one.
    public var isSnapshotBound: Bool
    /// SKIP and LIMIT whose values are judged before the first row, wherever they stand.
    public var rowCounts: [RowCountCheck]
    /// What the plan was made for of its parameters' values.
    public var landmarks: [LandmarkCheck]
    /// Bytes of folded constants that the text does not account for.
    public var constantByteCount = 0

    public init(
        slots: [SlotInfo], root: PhysicalOperator, columns: [String], isWriting: Bool,
        parameters: Set<String>, memory: MemoryForecast, notifications: [PlanNotification],
        basis: PlanBasis = PlanBasis(), trace: [PlanTraceEntry] = [],
        isSnapshotBound: Bool = false, rowCounts: [RowCountCheck] = [],
        landmarks: [LandmarkCheck] = []
    ) {
        self.landmarks = landmarks
        self.basis = basis
        self.slots = slots
        self.root = root
        self.columns = columns
        self.isWriting = isWriting
        self.parameters = parameters
        self.memory = memory
        self.notifications = notifications
        self.trace = trace
        self.isSnapshotBound = isSnapshotBound
        self.rowCounts = rowCounts
    }
}

/// A SKIP or LIMIT that depends on parameters.
public struct RowCountCheck: Sendable {
    public var expression: PlanExpression
    public var clause: String
    public init(expression: PlanExpression, clause: String) {
        self.expression = expression
        self.clause = clause
    }
}

/// A step of the optimizer, for `EXPLAIN VERBOSE`.
public struct PlanTraceEntry: Sendable, Hashable {
    /// The rule that changed the plan.
    public var rule: String
    /// The logical plan behind it, as text.
    public var plan: String
    public init(rule: String, plan: String) {
        self.rule = rule
        self.plan = plan
    }
}

/// Bytes that grow with data.
public struct MemoryForecast: Sendable, Hashable {
    /// Needed whatever happens: what remains when everything that can spill has spilled.
    public var floorBytes: Double
    /// Expected peak.
    public var peakBytes: Double
    /// Earlier runs of the statement that the expected peak comes from; 0: from the model.
    public var earlierRunCount = 0
    public init(floorBytes: Double, peakBytes: Double) {
        self.floorBytes = floorBytes
        self.peakBytes = peakBytes
    }
}

/// What the optimizer expects of one operator.
public struct OperatorEstimate: Sendable, Hashable {
    /// Rows out, of all runs together: what hangs on the rows of another operator runs for each of
    /// them, or for each batch. Of a plan in an expression: of one run.
    public var rows: Double
    /// No more rows come out, by the counts of the snapshot and the largest degrees as they were
    /// last looked at; infinite where none is known.
    public var bound: Double
    /// Cost of this operator and all below, in nanoseconds of one core; of all runs, too.
    public var cost: Double
    /// Bytes this operator holds at its peak.
    public var bytes: Double
    public init(rows: Double, bound: Double = .infinity, cost: Double, bytes: Double) {
        self.rows = rows
        self.bound = bound
        self.cost = cost
        self.bytes = bytes
    }
}

/// One operator with its inputs. Immutable once planned.
public final class PhysicalOperator: Sendable {
    public let kind: OperatorKind
    // Never changed but by deinit.
    nonisolated(unsafe) private var links: [PhysicalOperator]
    /// Left (outer, probe, driving) input first.
    public var inputs: [PhysicalOperator] { links }
    /// Slots that something behind this operator reads, ascending.
    public let output: [Slot]
    public let estimate: OperatorEstimate
    public let execution: OperatorExecution
    /// What was expected to cost more; kept for EXPLAIN only.
    public let alternatives: [PlanAlternative]
    /// Number of this operator in the plan, for PROFILE; unique in the plan, nested ones included.
    public let id: Int
    /// Operators on the longest way down.
    public let depth: Int
    /// Whether this operator or one below it changes the graph.
    public let writes: Bool
    /// Slots that are bound behind this operator.
    package let available: BitSet
    /// Slots that this plan reads from the row or rows around it.
    package let free: BitSet

    public init(
        _ kind: OperatorKind, inputs: [PhysicalOperator], output: [Slot],
        estimate: OperatorEstimate, id: Int,
        execution: OperatorExecution = OperatorExecution(), alternatives: [PlanAlternative] = []
    ) {
        self.execution = execution
        self.alternatives = alternatives
        self.kind = kind
        links = inputs
        self.output = output
        self.estimate = estimate
        self.id = id
        depth = 1 + (inputs.map(\.depth).max() ?? 0)
        writes = kind.isUpdate || inputs.contains { $0.writes }
        available = kind.available(inputs, output)
        free = kind.free(inputs, output)
    }

    deinit { if depth > ChainRelease.depthMin { ChainRelease.release(&links) } }

    /// This operator and its left inputs down to the leaf.
    public var spine: [PhysicalOperator] {
        var nodes = [self]
        var below = self
        while let next = below.links.first {
            nodes.append(next)
            below = next
        }
        return nodes
    }
}
