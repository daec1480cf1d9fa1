// EngineTransaction: one snapshot to read, or the write transaction. Statements run in it one after
// the other; a failed statement changes nothing, because each writing one runs behind a savepoint.

import Glibc
import NQLPlan
import NenCore
import Synchronization

/// A read or write transaction; used by one thread at a time.
public final class EngineTransaction {
    let engine: Engine
    let view: GraphView
    let write: WriteTransaction?
    private let startTime: DateTimeValue
    private var isEnded = false

    init(_ engine: Engine, view: GraphView, write: WriteTransaction?) {
        self.engine = engine
        self.view = view
        self.write = write
        startTime = EngineTransaction.now()
    }

    deinit { if !isEnded { Interruption.suspended { write?.abort() } } }

    /// The present instant, in UTC.
    static func now() -> DateTimeValue {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return DateTimeValue(
            epochSeconds: Int64(time.tv_sec), nanosecond: Int32(truncatingIfNeeded: time.tv_nsec),
            offsetSeconds: 0)
    }

    /// Names and schema as of this transaction.
    public var catalog: Catalog { view.catalog }

    /// Counts and estimates as of this transaction.
    public var statistics: GraphStatistics { view.statistics }

    public var isWrite: Bool { write != nil }

    /// What statements of this transaction are charged to beside their own account.
    public var memory: MemoryAccount { write?.account ?? engine.memory }

    /// Evaluates constants for the planner.
    public var constantEvaluator: any ConstantEvaluator {
        GraphConstantEvaluator(
            graph: view, time: startTime, functions: engine.functionTable, files: engine.files,
            memory: memory)
    }

    /// Tells the planner what the graph's indexes, values and degrees are like.
    public var knowledge: any GraphKnowledge {
        noteAge()
        return SnapshotKnowledge(graph: view, files: engine.files, memory: memory)
    }

    /// Changes when estimates are made anew; a plan made before may no longer be the best.
    public var estimateEra: UInt64 {
        noteAge()
        return view.context.estimates.era
    }

    /// Lets the estimates know how far the graph has moved on, whoever moved it.
    private func noteAge() {
        view.context.estimates.note(
            view.counter, estimatesBirth: view.state.root.estimates.birth)
    }

    /// Changes since the estimates were made, by and large, and how many make them be made anew.
    public var estimateChanges: (count: Int, most: Int) {
        view.context.estimates.changes(view.counter)
    }

    /// Changes since the estimate of a property was made, by and large; nil where it is not known.
    public func changes(sinceEstimateOf owner: PropertyOwner) -> UInt64? {
        view.context.estimates.clock(of: owner, in: view).map { view.counter.changeClock &- $0 }
    }

    /// The same for the degrees.
    public var changesSinceDegrees: UInt64? {
        view.context.estimates.clockOfDegrees(in: view).map { view.counter.changeClock &- $0 }
    }

    /// What is remembered of earlier runs of a statement, and nodes and relationships now.
    public func feedback(
        _ fingerprint: UInt64
    ) -> (runs: StatementFeedback, entityCount: UInt64)? {
        let counter = view.counter
        return view.context.feedback.find(fingerprint, stored: counter.feedback).map {
            ($0, counter.entityCount)
        }
    }

    /// Every label and type with each key that its entities have.
    public func propertyOwners() throws(NQLError) -> Set<PropertyOwner> {
        try storage { try view.propertyOwners() }
    }

    /// Runs a plan. A writing plan has run to its end when this returns, and so has every plan of a
    /// write transaction; the rows of others are computed as they are fetched.
    ///
    /// - Throws: errors of the statement; then the graph is as before it.
    public func execute(
        _ plan: PhysicalPlan, parameters: [String: Value] = [:],
        options: ExecutionOptions = ExecutionOptions(),
        interruption: Interruption = Interruption()
    ) throws(NQLError) -> EngineCursor {
        try checkOpen()
        let statement = StatementState(
            options: options, interruption: interruption, within: memory,
            spillingTo: engine.temporary, among: engine.running)
        guard let write else {
            return try statement.interruption.run { () throws(NQLError) in
                try makeCursor(plan, parameters, statement)
            }
        }
        write.account.setLimit(options.memoryBudgetBytes)
        try WriterMemory.Reserve.refill()
        return try WriterMemory.charging(write.account) { () throws(NQLError) in
            try statement.interruption.run { () throws(NQLError) in
                try run(plan, parameters, statement, in: write)
            }
        }
    }

    /// Runs a plan to its end behind a savepoint.
    private func run(
        _ plan: PhysicalPlan, _ parameters: [String: Value], _ statement: StatementState,
        in write: WriteTransaction
    ) throws(NQLError) -> EngineCursor {
        let savepoint = write.savepoint()
        write.place = .none
        do {
            let cursor = try makeCursor(plan, parameters, statement)
            try cursor.runToEnd()
            if plan.isWriting {
                try storage {
                    try write.checkDeletedNodes()
                    try write.checkExistence()
                }
            }
            try statement.checkInterrupt()
            write.release(savepoint)
            return cursor
        } catch {
            let place = write.place
            try undo(to: savepoint, write)
            throw error.code.namesWriter ? error.located(place) : error
        }
    }

    /// Goes back to a savepoint, which no interruption may stop.
    func undo(to savepoint: Savepoint, _ write: WriteTransaction) throws(NQLError) {
        try Interruption.suspended { () throws(NQLError) in
            try storage { try write.rollback(to: savepoint) }
        }
    }

    private func makeCursor(
        _ plan: PhysicalPlan, _ parameters: [String: Value], _ statement: StatementState
    ) throws(NQLError) -> EngineCursor {
        if plan.isWriting && write == nil {
            throw .runtime(
                .transaction, "ReadOnlyTransaction",
                "This statement writes, which a read-only transaction does not allow.")
        }
        try statement.charge(parameters)
        let function = FunctionContext(
            base: view.base, arena: Arena(pool: statement.pool), graph: view,
            statementTime: EngineTransaction.now(), transactionTime: startTime)
        let context = ExecutionContext(
            statement: statement, graph: view, transaction: write,
            procedures: engine.procedureTable, files: engine.files, function: function)
        let compiler = PlanCompiler(
            slotCount: plan.slots.count, parameters: parameters,
            functions: engine.functionTable, context)
        try compiler.checkRowCounts(plan.rowCounts)
        let root = try compiler.compile(plan.root, nil)
        try root.open()
        return EngineCursor(self, plan: plan, compiler: compiler, root: root)
    }

    /// Runs several statements as one: when `body` throws, none of them has changed anything.
    public func atomically<Output>(_ body: () throws -> Output) throws -> Output {
        guard let write else { return try body() }
        let savepoint = write.savepoint()
        do {
            let output = try body()
            write.release(savepoint)
            return output
        } catch {
            try undo(to: savepoint, write)
            throw error
        }
    }

    /// Entities that this transaction has deleted so far.
    public var deletedEntities: (nodes: [UInt32], relationships: [UInt32]) {
        (write?.deletedNodes ?? [], write?.deletedRelationships ?? [])
    }

    /// Whether there is a node of this number.
    public func exists(node id: UInt32) throws(NQLError) -> Bool {
        try storage { try view.nodeExists(id) }
    }

    /// Whether there is a relationship of this number.
    public func exists(relationship id: UInt32) throws(NQLError) -> Bool {
        try storage { try view.relationshipExists(id) }
    }

    /// Makes the changes durable and visible.
    public func commit() throws(NQLError) {
        try checkOpen()
        isEnded = true
        guard let write else { return }
        try WriterMemory.charging(write.account) { () throws(NQLError) in
            try storage { try write.commit() }
        }
    }

    /// Drops the changes.
    public func rollback() throws(NQLError) {
        try checkOpen()
        isEnded = true
        Interruption.suspended { write?.abort() }
    }

    func checkOpen() throws(NQLError) {
        if isEnded {
            throw .runtime(
                .transaction, "TransactionEnded", "The transaction has ended already.")
        }
    }

    /// The write transaction for a schema change.
    func schemaWriter() throws(NQLError) -> WriteTransaction {
        try checkOpen()
        guard let write else {
            throw .runtime(
                .transaction, "ReadOnlyTransaction",
                "A schema change needs a write transaction.")
        }
        return write
    }
}

extension NQLError.Code {
    /// Whether an error without a place is that of the clause that was writing.
    fileprivate var namesWriter: Bool {
        switch self {
        case .constraintValidationFailed, .constraintVerificationFailed, .entityNotFound: true
        default: false
        }
    }
}

/// Evaluates expressions without slots, for constant folding.
struct GraphConstantEvaluator: ConstantEvaluator, @unchecked Sendable {
    // Sendable: the view is only asked for its base address and catalog.
    let graph: GraphView
    let time: DateTimeValue
    let functions: FunctionTable
    let files: FileDoor
    let memory: MemoryAccount

    /// Bytes that folding one expression may take for a while.
    private static let budgetBytes = 16 << 20

    private let folded = FoldedBytes()

    var keptByteCount: Int { folded.total }

    func evaluate(
        _ expression: PlanExpression, parameters: [String: Value]
    ) throws(NQLError) -> Value {
        let options = ExecutionOptions(memoryBudgetBytes: GraphConstantEvaluator.budgetBytes)
        let statement = StatementState(
            options: options, interruption: Interruption.current ?? Interruption(),
            within: memory)
        let function = FunctionContext(
            base: graph.base, arena: Arena(pool: statement.pool), graph: graph,
            statementTime: time, transactionTime: time)
        let context = ExecutionContext(
            statement: statement, graph: graph, transaction: nil,
            procedures: ProcedureTable([:]), files: files, function: function)
        // Local variables of comprehensions have slots beyond any bound that is known here.
        let slots = expression.largestSlot + 1
        let compiler = PlanCompiler(
            slotCount: slots, parameters: parameters, functions: functions,
            context)
        let evaluator = try compiler.expressions(nil).compile(expression)
        let batch = Batch(slotCount: compiler.slotCount)
        batch.count = 1
        let cell = try evaluator.evaluate(batch.rows, context).cell(element: 0)
        let account = MemoryAccount(
            .statement, limitBytes: folded.limit(for: expression.span),
            parent: statement.pool.account)
        let value = try ValueConverter(graph, ValueMeter(account)).value(cell)
        try folded.keep(value, of: expression.span)
        return value
    }
}

/// What the values of folded expressions take in a plan. A literal's value takes less than what its
/// text is charged with; `range(1, 100000)` takes more, of which a plan may keep a few.
private final class FoldedBytes: Sendable {
    private static let freeByteCount = 4 << 20
    private static let bytesPerTextByte = 32
    /// Bytes that their texts do not cover.
    private let uncovered = Atomic<Int>(0)

    var total: Int { uncovered.load(ordering: .relaxed) }

    private func covered(_ span: SourceSpan) -> Int {
        FoldedBytes.bytesPerTextByte * Int(span.end - min(span.start, span.end))
    }

    /// Bytes that a value may take.
    func limit(for span: SourceSpan) -> Int {
        covered(span) + max(0, FoldedBytes.freeByteCount - total)
    }

    /// - Throws: `MemoryLimitExceeded` for a value that is better computed when it is needed.
    func keep(_ value: Value, of span: SourceSpan) throws(NQLError) {
        let bytes = value.memoryByteCount
        if bytes <= covered(span) { return }
        let sum = uncovered.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard sum > FoldedBytes.freeByteCount else { return }
        uncovered.wrappingSubtract(bytes, ordering: .relaxed)
        throw .runtime(
            .memory, "MemoryBudgetExceeded", "The plan keeps \(sum) bytes of constants.")
    }
}

extension PlanExpression {
    /// The largest slot number in the expression; -1 when there is none.
    var largestSlot: Int {
        switch kind {
        case .slot(let slot): return slot
        case .constant, .parameter, .subquery, .nested: return -1
        case .property(let a, _), .not(let a), .negate(let a), .plus(let a), .isNull(let a, _),
            .isTyped(let a, _, _, _), .hasLabels(let a, _):
            return a.largestSlot
        case .subscripted(let a, let b), .binary(_, let a, let b):
            return max(a.largestSlot, b.largestSlot)
        case .chain(let first, let links):
            return links.reduce(first.largestSlot) { max($0, $1.operand?.largestSlot ?? -1) }
        case .slice(let a, let from, let to):
            return max(a.largestSlot, from?.largestSlot ?? -1, to?.largestSlot ?? -1)
        case .list(let items), .call(_, let items), .path(let items), .map(_, let items):
            return items.map(\.largestSlot).max() ?? -1
        case .caseWhen(let operand, let branches, let otherwise):
            var largest = max(operand?.largestSlot ?? -1, otherwise?.largestSlot ?? -1)
            for branch in branches {
                for part in branch.conditions + [branch.result] {
                    largest = max(largest, part.largestSlot)
                }
            }
            return largest
        case .listComprehension(let element, let list, let predicate, let projection):
            return max(
                element, list.largestSlot, predicate?.largestSlot ?? -1,
                projection?.largestSlot ?? -1)
        case .quantifier(_, let element, let list, let predicate):
            return max(element, list.largestSlot, predicate?.largestSlot ?? -1)
        case .reduce(let accumulator, let initial, let element, let list, let step):
            return max(
                max(accumulator, element), initial.largestSlot, list.largestSlot,
                step.largestSlot)
        }
    }
}
