// EngineCursor and ResultBatch: the rows of a statement. A cursor keeps alive what its rows point
// to: transaction, pin and query memory. In a write transaction the rows were kept when the
// statement ended, and those with nodes, relationships or paths converted, so that later changes do
// not show.

import NQLPlan
import NenCore

/// Rows of a running or finished statement; used by one thread at a time.
public final class EngineCursor {
    private let transaction: EngineTransaction
    private let compiler: PlanCompiler
    private let root: Operator
    private let rootID: Int
    private var rowCount = 0
    private let slots: [Slot]
    /// Column names in order.
    public let columns: [String]
    private let arena: Arena
    /// Rows of a statement that has run to its end, as cells where those say all.
    private var kept: RowBuffer?
    private var nextBlock = 0
    /// The same as values, where rows show the graph.
    private var buffered: [[Value]]?
    private var nextBufferedRow = 0
    /// Counts the values handed out last.
    fileprivate let meter: ValueMeter
    /// Counts those in `buffered`.
    private var bufferedMeter: ValueMeter?
    private var isAtEnd = false
    /// Batches handed out; older ones are no longer valid.
    fileprivate var generation = 0

    init(
        _ transaction: EngineTransaction, plan: PhysicalPlan, compiler: PlanCompiler,
        root: Operator
    ) {
        self.transaction = transaction
        self.compiler = compiler
        self.root = root
        rootID = plan.root.id
        arena = Arena(pool: compiler.context.pool)
        meter = ValueMeter(compiler.context.pool.account)
        columns = plan.columns
        if case .produceResults(let results) = plan.root.kind {
            slots = results.map(\.slot)
        } else {
            slots = []
        }
    }

    /// Runs the statement and keeps its rows.
    func runToEnd() throws(NQLError) {
        let buffer = compiler.context.makeBuffer(slots)
        while try root.pull() {
            if !slots.isEmpty { try buffer.append(root.batch) }
            rowCount += root.batch.count
        }
        noteEnd()
        if showsGraph(buffer) {
            // Entities are converted at the end: a row shows what the whole statement left.
            buffered = try values(of: buffer)
        } else {
            kept = buffer
        }
    }

    /// The last row was made: what the statement needed is remembered.
    private func noteEnd() {
        isAtEnd = true
        guard let note = compiler.context.statement.options.note,
            let fingerprint = note.fingerprint,
            FeedbackTable.remembers(peakBytes: peakBytes, predictedBytes: note.predictedBytes)
        else { return }
        let counter = transaction.view.counter
        transaction.view.context.feedback.note(
            fingerprint, peakBytes: UInt64(max(0, peakBytes)), rowCount: UInt64(max(0, rowCount)),
            entityCount: counter.entityCount, stored: counter.feedback)
    }

    private func showsGraph(_ buffer: RowBuffer) -> Bool {
        let converter = ValueConverter(transaction.view)
        let batch = Batch(slotCount: compiler.slotCount)
        for block in 0 ..< buffer.blockCount {
            buffer.load(block: block, into: batch)
            for slot in slots {
                switch batch.vectors[slot].kind {
                case .node, .relationship: return true
                case .cell:
                    for row in 0 ..< batch.count
                    where converter.showsGraph(batch.rows.cell(slot, row: row)) { return true }
                default: continue
                }
            }
        }
        return false
    }

    private func values(of buffer: RowBuffer) throws(NQLError) -> [[Value]] {
        let bufferedMeter = ValueMeter(compiler.context.pool.account)
        self.bufferedMeter = bufferedMeter
        let converter = ValueConverter(transaction.view, bufferedMeter)
        let batch = Batch(slotCount: compiler.slotCount)
        var rows: [[Value]] = []
        for block in 0 ..< buffer.blockCount {
            buffer.load(block: block, into: batch)
            for row in 0 ..< batch.count {
                try bufferedMeter.add(2 * 8 + ValueBytes.list(slots.count))
                var values: [Value] = []
                values.reserveCapacity(slots.count)
                for slot in slots {
                    values.append(try converter.value(batch.rows.cell(slot, row: row)))
                }
                rows.append(values)
            }
        }
        return rows
    }

    /// The next rows; nil at the end. The batch before becomes invalid.
    public func nextBatch() throws(NQLError) -> ResultBatch? {
        try interruption.run { () throws(NQLError) in try computeBatch() }
    }

    /// That of the statement.
    fileprivate var interruption: Interruption { compiler.context.statement.interruption }

    private func computeBatch() throws(NQLError) -> ResultBatch? {
        generation += 1
        meter.reset()
        if let kept {
            guard nextBlock < kept.blockCount else {
                self.kept = nil
                return nil
            }
            let batch = Batch(slotCount: compiler.slotCount)
            kept.load(block: nextBlock, into: batch)
            nextBlock += 1
            return try resultBatch(batch)
        }
        if let buffered {
            let count = min(Batch.rowCapacity, buffered.count - nextBufferedRow)
            if count <= 0 { return nil }
            let rows = Array(buffered[nextBufferedRow ..< nextBufferedRow + count])
            nextBufferedRow += count
            return ResultBatch(self, values: rows)
        }
        while !isAtEnd {
            guard try root.pull() else {
                try interruption.check()
                noteEnd()
                break
            }
            if root.batch.count == 0 || slots.isEmpty { continue }
            rowCount += root.batch.count
            return try resultBatch(root.batch)
        }
        return nil
    }

    private func resultBatch(_ batch: Batch) throws(NQLError) -> ResultBatch {
        arena.reset()
        var vectors: [Vector] = []
        for slot in slots { vectors.append(try batch.rows.dense(slot, arena)) }
        return ResultBatch(
            self, vectors: vectors, count: batch.count,
            converter: ValueConverter(transaction.view, meter))
    }

    /// What the statement changed.
    public var counters: UpdateCounters { compiler.context.counters }

    /// Measurements by operator number; empty unless profiling was asked for. Complete once all
    /// rows have been fetched.
    public var profile: [Int: OperatorProfile] {
        guard compiler.context.statement.options.isProfiling else { return [:] }
        var result: [Int: OperatorProfile] = [:]
        for one in compiler.operators {
            let own = OperatorMeasure(one).map { [$0] } ?? []
            for measure in own + (one.pipeline?.measures ?? []) {
                var sum = result[measure.id] ?? OperatorProfile()
                let rows = measure.profile.rows
                sum.rows = measure.isLater ? rows : sum.rows + rows
                sum.nanoseconds += measure.profile.nanoseconds
                sum.bytes = max(sum.bytes, measure.profile.bytes)
                sum.spilledBytes += measure.profile.spilledBytes
                result[measure.id] = sum
            }
        }
        if !slots.isEmpty { result[rootID] = OperatorProfile(rows: rowCount) }
        return result
    }

    /// Most bytes of query memory held so far.
    public var peakBytes: Int { compiler.context.pool.bytesPeak }
}

/// Up to 2,048 rows. Valid until the cursor's next batch; a use after that is a typed error.
public final class ResultBatch {
    private let cursor: EngineCursor
    private let generation: Int
    private let values: [[Value]]
    private let vectors: [Vector]
    private let converter: ValueConverter?
    public let rowCount: Int

    init(_ cursor: EngineCursor, values: [[Value]]) {
        self.cursor = cursor
        generation = cursor.generation
        self.values = values
        vectors = []
        converter = nil
        rowCount = values.count
    }

    init(
        _ cursor: EngineCursor, vectors: [Vector], count: Int, converter: ValueConverter
    ) {
        self.cursor = cursor
        generation = cursor.generation
        values = []
        self.vectors = vectors
        self.converter = converter
        rowCount = count
    }

    private func check(_ row: Int, _ column: Int) throws(NQLError) {
        let isPresent = row >= 0 && row < rowCount && column >= 0
            && column < cursor.columns.count
        guard isPresent, generation == cursor.generation else {
            throw .runtime(
                .argument, "NumberOutOfRange",
                isPresent
                    ? "This batch of rows is no longer valid: a later one was fetched."
                    : "Row \(row), column \(column) is outside of \(rowCount) rows of "
                        + "\(cursor.columns.count) columns.")
        }
    }

    /// One value.
    public func value(row: Int, column: Int) throws(NQLError) -> Value {
        try check(row, column)
        guard let converter else { return values[row][column] }
        cursor.meter.reset()
        return try make(converter, row, column)
    }

    /// Converts a value, which may take long.
    private func make(
        _ converter: ValueConverter, _ row: Int, _ column: Int
    ) throws(NQLError) -> Value {
        let cell = vectors[column].cell(at: row)
        guard cell.tag.mayBeLong else { return try converter.value(cell) }
        return try cursor.interruption.run { () throws(NQLError) in
            let value = try converter.value(cell)
            try Interruption.check()
            return value
        }
    }

    /// One row.
    public func row(_ row: Int) throws(NQLError) -> [Value] {
        if converter == nil, row >= 0, row < rowCount, generation == cursor.generation {
            return values[row]
        }
        var result: [Value] = []
        result.reserveCapacity(cursor.columns.count)
        cursor.meter.reset()
        for column in cursor.columns.indices {
            try check(row, column)
            guard let converter else { continue }
            result.append(try make(converter, row, column))
        }
        return result
    }

    /// Calls `body` with a column's integers in place; nil (without a call) when the column is not
    /// made of integers only. The pointer is valid during the call.
    public func withIntegers<Result>(
        column: Int, _ body: (UnsafeBufferPointer<Int64>) throws -> Result
    ) throws -> Result? {
        guard let vector = try typed(column, .integer) else { return nil }
        return try body(UnsafeBufferPointer(start: vector.integers, count: rowCount))
    }

    /// The same for floats.
    public func withFloats<Result>(
        column: Int, _ body: (UnsafeBufferPointer<Double>) throws -> Result
    ) throws -> Result? {
        guard let vector = try typed(column, .float) else { return nil }
        return try body(UnsafeBufferPointer(start: vector.floats, count: rowCount))
    }

    /// A column as the engine holds it, and where its cells point to; nil for rows of values.
    func plainVector(_ column: Int) throws(NQLError) -> (Vector, HeapBase)? {
        if rowCount == 0 { return nil }
        try check(0, column)
        guard let converter else { return nil }
        return (vectors[column], converter.graph.base)
    }

    /// A column of one kind without nulls, not constant.
    private func typed(_ column: Int, _ kind: VectorKind) throws(NQLError) -> Vector? {
        try check(0, column)
        guard converter != nil else { return nil }
        let vector = vectors[column]
        guard vector.kind == kind, vector.validity == nil, !vector.isConstant else { return nil }
        return vector
    }
}

extension CellTag {
    /// Whether values of the type have no bounded size.
    var mayBeLong: Bool {
        switch self {
        case .list, .map, .path: true
        default: false
        }
    }
}
