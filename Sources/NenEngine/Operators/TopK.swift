// TopK: the first rows of an order. Buffers at most a few times as many rows as it hands out: when
// the buffer has grown to the bound, it is sorted and all but the first rows are dropped. Of
// several threads each does that for its tasks, and tells the others from which first key on rows
// are hopeless. First rows that do not fit into memory are sorted as all rows of a sort are
// (SpilledRun.swift).

import NQLPlan
import NenCore
import Synchronization

/// The first rows of an order, as far as rows have come.
final class FirstRows {
    private let context: ExecutionContext
    private let keys: [(column: Int, isDescending: Bool)]
    private let firstKey: (slot: Slot, isDescending: Bool)?
    private(set) var buffer: RowBuffer
    /// First rows of those before the ones in memory, on disk.
    fileprivate(set) var runs: [SpilledRun] = []
    private let memory: SinkMemory
    let entries: PooledArray<SortEntry>
    private let scratch: Batch
    private let slotCount: Int
    private let arena: Arena
    /// Rows worth keeping.
    private(set) var wanted = 0
    private var limit = 0
    /// First key of the last row worth keeping, once so many rows were seen: later rows whose first
    /// key comes behind it are not buffered.
    private var bound: Cell?
    /// That of all threads.
    private let shared: SharedBound?

    init(
        _ context: ExecutionContext, slotCount: Int, slots: [Slot],
        _ keys: [(column: Int, isDescending: Bool)], sharing shared: SharedBound?,
        _ memory: SinkMemory
    ) {
        self.context = context
        self.memory = memory
        self.keys = keys
        self.shared = shared
        firstKey = keys.first.map { (slots[$0.column], $0.isDescending) }
        buffer = context.makeBuffer(slots)
        entries = PooledArray(pool: context.pool)
        self.slotCount = slotCount
        scratch = Batch(slotCount: slotCount)
        arena = Arena(pool: context.pool)
    }

    /// Forgets all rows.
    func begin(wanted: Int) {
        self.wanted = wanted
        // Shrinks early at first, so that the bound is known soon.
        limit = max(Batch.rowCapacity, wanted > Int.max / 4 ? Int.max : wanted * 2)
        bound = nil
        runs.removeAll()
        buffer.removeAll()
        entries.removeAll()
    }

    /// Adds the rows of a batch that may be among the first.
    func add(_ batch: Batch) throws(NQLError) {
        if wanted == 0 || batch.count == 0 { return }
        arena.reset()
        scratch.pass(batch, buffer.slots)
        if let key = shared?.key { bound = key }
        try dropHopeless()
        if buffer.rowCount > 0, !memory.allows(need, holding: buffer.arena.byteCount) {
            try spill()
        }
        try buffer.append(scratch)
        if buffer.rowCount >= limit {
            try shrink()
            limit = max(limit, 8_192, wanted > Int.max / 4 ? Int.max : wanted * 2)
        }
    }

    /// Bytes that the rows of `scratch` take, and sorting all rows then.
    private var need: Int {
        scratch.count * buffer.expectedRowByteCount + PagePool.pageByteCount
            + SpilledRun.sortingByteCount(buffer.rowCount + scratch.count)
    }

    /// Makes a run of the first rows in memory.
    func spill() throws(NQLError) {
        if buffer.rowCount == 0 { return }
        let prefix = try order.sorted(entries)
        let count = min(wanted, entries.count)
        let rows = try buffer.write(entries, count, memory, context)
        runs.append(SpilledRun(rows: rows, prefix: prefix))
        if count == wanted, let key = keys.first {
            // Content in memory goes with the rows.
            let last = buffer.cell(entries[count - 1].row, column: key.column)
            bound = last.isSelfContained ? last : nil
            if let bound { shared?.offer(bound, key.isDescending, context.base) }
        }
        entries.release()
        buffer.release()
    }

    /// Gives back what only batches need.
    func endTask() { arena.releaseAll() }

    /// Adds the rows that others, which have seen later rows, have found to be first of theirs.
    func add(_ later: FirstRows) throws(NQLError) {
        let batch = Batch(slotCount: slotCount)
        for block in 0 ..< later.buffer.blockCount {
            later.buffer.load(block: block, into: batch)
            try add(batch)
        }
    }

    private var order: RowOrder {
        RowOrder(buffer: buffer, keys: keys, base: context.base, pool: context.pool)
    }

    /// Sorts the rows.
    ///
    /// - Returns: the rows, where they are not all in memory.
    func sort() throws(NQLError) -> RunMerge? {
        if runs.isEmpty {
            try order.sorted(entries)
            return nil
        }
        try spill()
        let all = runs
        runs.removeAll()
        return try RunMerge.of(all, slots: buffer.slots, keys, memory, context)
    }

    /// Deselects rows of `scratch` whose first key comes behind the bound.
    private func dropHopeless() throws(NQLError) {
        guard let bound, let firstKey else { return }
        let rows = scratch.rows
        let vector = scratch.vectors[firstKey.slot]
        let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
        var kept = 0
        let base = context.base
        if let range = ValueRange(
            notBehind: bound, isDescending: firstKey.isDescending, in: vector)
        {
            let elements = try rows.elements(of: vector, arena)
            kept = range.select(vector, elements, rows.count, into: chosen)
            scratch.selection = try rows.subset(chosen, kept, arena).selection
            scratch.count = kept
            return
        }
        var row = 0
        while row < rows.count {
            let position = rows.position(row)
            let order = CellOrder.compare(vector.cell(at: position), bound, base)
            chosen[kept] = UInt16(truncatingIfNeeded: position)
            kept &+= firstKey.isDescending ? (order >= 0 ? 1 : 0) : (order <= 0 ? 1 : 0)
            row &+= 1
        }
        scratch.selection = UnsafePointer(chosen)
        scratch.count = kept
    }

    /// Keeps the first `wanted` rows only. They are stored in sorted order, so that ties keep the
    /// order of the input.
    func shrink() throws(NQLError) {
        try order.sorted(entries)
        let fresh = context.makeBuffer(buffer.slots)
        var start = 0
        let total = min(wanted, entries.count)
        while start < total {
            arena.reset()
            let count = min(Batch.rowCapacity, total - start)
            let references = try arena.allocate(RowBuffer.RowReference.self, count: count)
            for index in 0 ..< count { references[index] = entries[start + index].row }
            for (column, slot) in buffer.slots.enumerated() {
                scratch.vectors[slot] = try buffer.gather(
                    column: column, references, count, arena)
            }
            scratch.count = count
            scratch.selection = nil
            scratch.multiplicity = nil
            try fresh.append(scratch)
            start += count
        }
        buffer = fresh
        guard total == wanted, total > 0, let key = keys.first else { return }
        bound = fresh.lastCell(column: key.column)
        if let bound { shared?.offer(bound, key.isDescending, context.base) }
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int { buffer.arena.byteCount + entries.capacity * 16 }
}

/// The first key behind which no row is among the first, as far as any thread knows. Kept of
/// numbers and times only, which need no memory of the thread that found them.
final class SharedBound: Sendable {
    private struct Known {
        var key: Cell?
    }

    private let known = Mutex(Known())

    var key: Cell? { known.withLock { $0.key } }

    func offer(_ key: Cell, _ isDescending: Bool, _ base: HeapBase) {
        switch key.tag {
        case .integer, .float, .date, .localTime, .time, .localDateTime, .dateTime: break
        default: return
        }
        known.withLock { known in
            if let other = known.key {
                let order = CellOrder.compare(key, other, base)
                if isDescending ? order <= 0 : order >= 0 { return }
            }
            known.key = key
        }
    }
}

/// ORDER BY … LIMIT.
final class TopK: Operator, Sink {
    private let count: RowCountExpression
    private let keys: [(column: Int, isDescending: Bool)]
    private let slots: [Slot]
    private let rows: FirstRows
    private let memory: SinkMemory
    private let own: Pipeline?
    /// The rows, where they did not all fit into memory.
    private var merge: RunMerge?
    private var bound = SharedBound()
    private var isFilled = false
    private var position = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ keys: [SortKey], count: RowCountExpression,
        _ pipeline: Pipeline?
    ) {
        (slots, self.keys) = Sort.layout(scope, keys)
        memory = SinkMemory(scope.context)
        rows = FirstRows(
            scope.context, slotCount: scope.slotCount, slots: slots, self.keys, sharing: nil,
            memory)
        own = pipeline
        self.count = count
        super.init(scope, inputs: [input])
    }

    override var pipeline: Pipeline? { own }

    override func open() throws(NQLError) {
        isFilled = false
        position = 0
        merge = nil
        memory.beginFile()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if !isFilled {
            try fill()
            isFilled = true
        }
        if let merge {
            let left = rows.wanted - position
            guard try handOut(merge, min(Batch.rowCapacity, left)) else { return false }
            position += batch.count
            return true
        }
        let left = min(rows.wanted, rows.entries.count) - position
        let count = min(Batch.rowCapacity, left)
        if count <= 0 { return false }
        try handOut(rows.entries, from: position, count, of: rows.buffer)
        position += count
        return true
    }

    private func fill() throws(NQLError) {
        beginOutput()
        batch.count = 1
        rows.begin(wanted: try count.value(context, batch))
        bound = SharedBound()
        if !(try own?.run(input, into: self) ?? false) {
            while try input.pull() { try rows.add(input.batch) }
        }
        merge = try rows.sort()
    }

    override var stateByteCount: Int { rows.byteCount + (merge?.byteCount ?? 0) }

    override var spilledByteCount: Int { memory.writtenByteCount }

    // MARK: Sink

    func makePart(_ compiler: PlanCompiler, over pipeline: Operator) -> PlanCompiler { compiler }

    func makeLocal(_ part: PlanCompiler) -> FirstRows {
        let local = FirstRows(
            part.context, slotCount: part.slotCount, slots: slots, keys, sharing: bound,
            memory)
        local.begin(wanted: rows.wanted)
        return local
    }

    func consume(_ batch: Batch, _ local: FirstRows) throws(NQLError) { try local.add(batch) }

    func endTask(_ local: FirstRows) throws(NQLError) {
        local.endTask()
        if !local.runs.isEmpty {
            try local.spill()
        } else if local.buffer.rowCount > local.wanted {
            try local.shrink()
        }
    }

    func combine(_ locals: Slots<FirstRows?>, threads: Int) throws(NQLError) {
        if locals.indices.contains(where: { locals[$0]?.runs.isEmpty == false }) {
            // Runs come in the order of the tasks.
            for task in locals.indices {
                if let local = locals[task] {
                    try local.spill()
                    rows.runs += local.runs
                }
                locals[task] = nil
            }
            return
        }
        for task in locals.indices {
            if let local = locals[task] { try rows.add(local) }
            locals[task] = nil
        }
    }
}
