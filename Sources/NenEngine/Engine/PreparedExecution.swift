// PreparedExecution: a reading plan with its running operators, kept from one run to the next. A
// run pins the snapshot again, writes the new values of the parameters where the operators look for
// them, and rewinds. So a repeated statement costs what its rows cost: no plan is looked up, no
// operator made, and nothing allocated once the operators have the memory they need.
//
// Between two runs nothing is pinned, so that a statement that is kept for later keeps no pages
// from being reused. The operators hold addresses of their snapshot all the same; they are valid as
// long as the published root is the one of that snapshot, which `begin` asks while it pins. After a
// commit the execution is of no use any more, and is made again.

import NQLPlan
import NenCore

/// A plan that runs again and again; used by one thread at a time.
public final class PreparedExecution {
    private let engine: Engine
    private let graph: GraphView
    /// Number of the transaction that made the root of `graph`.
    private let root: UInt64
    private let compiler: PlanCompiler
    private let top: Operator
    private let slots: [Slot]
    /// The place of each parameter's value, in the order of `init`, nil for one that is not read;
    /// and the type of the value that the plan was made for: whether it is null may be all that
    /// the statement asks, and then the plan has the answer.
    private let places: [(vector: Vector?, tag: CellTag)]
    private let rowCounts: [RowCountExpression]
    private let scratch: Batch
    /// Memory of the parameters' values and of the rows handed out.
    private let parameterArena: Arena
    private let rowArena: Arena
    private let meter: ValueMeter
    private let converter: ValueConverter
    private var isPinned = false
    /// The columns of the rows handed out last.
    private var vectors: [Vector] = []
    /// Rows handed out last.
    public private(set) var rowCount = 0
    /// The plan that runs.
    public let plan: PhysicalPlan

    /// Makes the operators of a plan over the snapshot of a reading transaction. nil for a plan
    /// whose operators keep something of their first run, or that is for several threads: it is
    /// made anew for each run.
    ///
    /// - Parameter parameters: names and values; later runs have the same names in the same order.
    public init?(
        _ plan: PhysicalPlan, _ transaction: EngineTransaction,
        parameters: [(name: String, value: Value)], options: ExecutionOptions,
        interruption: Interruption
    ) throws(NQLError) {
        guard let root = transaction.view.pinnedRoot, plan.isRewindable,
            case .produceResults(let results) = plan.root.kind,
            parameters.allSatisfy({ $0.value.fitsOneCell })
        else { return nil }
        engine = transaction.engine
        graph = transaction.view.unpinned()
        self.root = root
        self.plan = plan
        var options = options
        options.threads = 1
        let statement = StatementState(
            options: options, interruption: interruption, within: engine.memory,
            spillingTo: engine.temporary, among: engine.running)
        let now = EngineTransaction.now()
        let context = ExecutionContext(
            statement: statement, graph: graph, transaction: nil,
            procedures: engine.procedureTable, files: engine.files,
            function: FunctionContext(
                base: graph.base, arena: Arena(pool: statement.pool), graph: graph,
                statementTime: now, transactionTime: now))
        var values: [String: Value] = [:]
        for parameter in parameters { values[parameter.name] = parameter.value }
        compiler = PlanCompiler(
            slotCount: plan.slots.count, parameters: values, functions: engine.functionTable,
            context)
        let compiler = compiler
        top = try statement.interruption.run { () throws(NQLError) in
            try compiler.compile(plan.root, nil)
        }
        if compiler.hasNestedPlans { return nil }
        rowCounts = try compiler.rowCounts(plan.rowCounts)
        scratch = Batch(slotCount: plan.slots.count)
        slots = results.map(\.slot)
        parameterArena = Arena(pool: context.pool)
        rowArena = Arena(pool: context.pool)
        meter = ValueMeter(context.pool.account)
        converter = ValueConverter(graph, meter)
        var places: [(vector: Vector?, tag: CellTag)] = []
        let builder = CellBuilder(arena: parameterArena, base: graph.base)
        for parameter in parameters {
            let tag = try builder.cell(parameter.value).tag
            places.append((compiler.parameterVectors[parameter.name], tag))
        }
        self.places = places
    }

    deinit { end() }

    /// Bytes that the operators hold.
    public var heldBytes: Int { compiler.context.pool.bytesHeld }

    /// What became of the beginning of a run.
    public enum Beginning: Sendable {
        case begun
        /// The values are of other types than those that the operators were made for.
        case otherTypes
        /// The graph has changed: the execution is of no use any more.
        case superseded
    }

    /// Begins a run: pins the snapshot and takes the values. `rewind` comes next, `end` last.
    ///
    /// - Throws: errors of the store; the run is over then.
    public func begin(
        _ values: [Value], timeoutMilliseconds: Int?
    ) throws(NQLError) -> Beginning {
        let (pages, root) = (engine.store.pages, root)
        guard try storage({ try pages.pinAgain(root) }) else { return .superseded }
        isPinned = true
        do {
            guard try take(values) else {
                end()
                return .otherTypes
            }
            compiler.context.statement.interruption.restart(
                timeoutMilliseconds: timeoutMilliseconds, within: Interruption.current)
            let now = EngineTransaction.now()
            compiler.context.function.statementTime = now
            compiler.context.function.transactionTime = now
            return .begun
        } catch {
            end()
            throw error
        }
    }

    /// Whether the plan is better for some values than for others: it depends on how many
    /// relationships the entities have that parameters name.
    public var dependsOnValues: Bool { plan.landmarks.contains { !$0.magnitudes.isEmpty } }

    /// What the graph is like, to judge the values by; within a run.
    public var knowledge: any GraphKnowledge {
        SnapshotKnowledge(graph: graph, files: engine.files, memory: engine.memory)
    }

    /// Rewinds, and judges SKIP and LIMIT; behind `begin`, before the first `nextBatch`.
    public func rewind() throws(NQLError) {
        rowCount = 0
        let (context, top) = (compiler.context, top)
        let (rowCounts, scratch) = (rowCounts, scratch)
        try context.statement.interruption.run { () throws(NQLError) in
            for count in rowCounts { _ = try count.value(context, scratch) }
            try top.open()
        }
    }

    /// Ends the run: nothing of the snapshot is pinned any more.
    public func end() {
        rowCount = 0
        guard isPinned else { return }
        isPinned = false
        engine.store.pages.unpin(root)
    }

    /// Writes the values of the parameters to their places; false where a type differs.
    private func take(_ values: [Value]) throws(NQLError) -> Bool {
        guard values.count == places.count else { return false }
        parameterArena.reset()
        let builder = CellBuilder(arena: parameterArena, base: graph.base)
        for (index, place) in places.enumerated() {
            guard values[index].fitsOneCell else { return false }
            let cell = try builder.cell(values[index])
            guard cell.tag == place.tag else { return false }
            place.vector?.overwrite(with: cell)
        }
        return true
    }

    // MARK: Rows

    /// Computes the next rows; false behind the last.
    public func nextBatch() throws(NQLError) -> Bool {
        let interruption = compiler.context.statement.interruption
        return try interruption.run { () throws(NQLError) in
            meter.reset()
            while try top.pull() {
                let batch = top.batch
                if batch.count == 0 { continue }
                rowArena.reset()
                vectors.removeAll(keepingCapacity: true)
                for slot in slots { vectors.append(try batch.rows.dense(slot, rowArena)) }
                rowCount = batch.count
                return true
            }
            try interruption.check()
            rowCount = 0
            return false
        }
    }

    /// A value of the rows handed out last; both numbers must be within them.
    public func value(row: Int, column: Int) throws(NQLError) -> Value {
        let cell = try cell(row, column)
        guard cell.tag.mayBeLong else { return try converter.value(cell) }
        return try compiler.context.statement.interruption.run { () throws(NQLError) in
            let value = try converter.value(cell)
            try Interruption.check()
            return value
        }
    }

    /// Whether a value is null.
    public func isNull(row: Int, column: Int) throws(NQLError) -> Bool {
        try cell(row, column).isNull
    }

    /// Calls `body` with the bytes of a string where it stands; nil for a value of another type.
    public func withUTF8<Output>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer) throws -> Output
    ) throws -> Output? {
        let cell = try cell(row, column)
        guard cell.tag == .string else { return nil }
        return try graph.base.withBytes(cell, body)
    }

    private func cell(_ row: Int, _ column: Int) throws(NQLError) -> Cell {
        guard row >= 0, row < rowCount, column >= 0, column < vectors.count else {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "Row \(row), column \(column) is outside of \(rowCount) rows of "
                    + "\(slots.count) columns.")
        }
        return vectors[column].cell(at: row)
    }
}

extension Value {
    /// Whether operators look at the value each time anew: of lists and maps some keep a table.
    fileprivate var fitsOneCell: Bool {
        switch self {
        case .null, .boolean, .integer, .float, .string, .date, .localTime, .time, .localDateTime,
            .dateTime, .duration, .point:
            true
        case .list, .map, .node, .relationship, .path: false
        }
    }
}

extension Vector {
    /// Another value of the same type for a constant made by `Arena.constant`.
    fileprivate func overwrite(with cell: Cell) {
        VectorKind(of: cell.tag).store(cell, UnsafeMutableRawPointer(mutating: data))
    }
}

extension PhysicalPlan {
    /// Whether `open` takes all operators back to where they were before the first run.
    fileprivate var isRewindable: Bool { !isWriting && root.isRewindable }
}

extension PhysicalOperator {
    fileprivate var isRewindable: Bool {
        var open = [self]
        while let next = open.popLast() {
            guard next.rewindsItself, next.execution.threads <= 1 else { return false }
            open.append(contentsOf: next.inputs)
        }
        return true
    }

    private var hasExpressions: Bool {
        var isFound = false
        kind.forEachExpression { _ in isFound = true }
        return isFound
    }

    private var rewindsItself: Bool {
        switch kind {
        case .singleRow, .argument, .nodeScan, .relationshipScan, .storedCount, .indexSeek,
            .entityByID, .filter, .project, .expand, .expandInto, .intersect, .projectEndpoints,
            .semiExpandInto, .unwind, .aggregate, .distinct, .sort, .topK, .partialSort, .skip,
            .limit, .eager, .hashJoin, .cartesianProduct, .apply, .unionAll, .produceResults:
            true
        // Their conditions may be known for nodes that were met before.
        case .variableLengthExpand, .shortestPath, .pathSearch: !hasExpressions
        // What they have found or read stays, or they change the graph.
        case .weightAggregate, .weightScan, .procedureCall, .loadCSV, .transactions, .create,
            .merge, .set, .delete, .foreach:
            false
        }
    }
}
