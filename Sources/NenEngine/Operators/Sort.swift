// Sort: buffers all rows, sorts references to them, and gathers in their order. Of several threads
// each buffers and sorts runs. What does not fit into memory goes to disk (SpilledRun.swift).

import NQLPlan
import NenCore

/// ORDER BY.
final class Sort: Operator, Sink {
    private let keys: [(column: Int, isDescending: Bool)]
    private let rows: SortRows
    private let entries: PooledArray<SortEntry>
    private let memory: SinkMemory
    private let own: Pipeline?
    /// The rows, where they did not all fit into memory.
    private var merge: RunMerge?
    private var isFilled = false
    private var position = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ keys: [SortKey], _ pipeline: Pipeline?
    ) {
        own = pipeline
        let slots: [Slot]
        (slots, self.keys) = Sort.layout(scope, keys)
        memory = SinkMemory(scope.context)
        rows = SortRows(scope.context, slots: slots, self.keys, memory)
        entries = PooledArray(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    /// Slots to buffer, and the keys as columns of the buffer.
    static func layout(
        _ scope: OperatorScope, _ keys: [SortKey]
    ) -> ([Slot], [(column: Int, isDescending: Bool)]) {
        var slots = scope.live
        var columns: [Slot: Int] = [:]
        for (column, slot) in slots.enumerated() where columns[slot] == nil {
            columns[slot] = column
        }
        let order = keys.map { key in
            if let known = columns[key.slot] {
                return (column: known, isDescending: key.isDescending)
            }
            columns[key.slot] = slots.count
            slots.append(key.slot)
            return (column: slots.count - 1, isDescending: key.isDescending)
        }
        return (slots, order)
    }

    override var pipeline: Pipeline? { own }

    override func open() throws(NQLError) {
        isFilled = false
        position = 0
        merge = nil
        rows.removeAll()
        entries.removeAll()
        memory.beginFile()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if !isFilled {
            if !(try own?.run(input, into: self) ?? false) {
                while try input.pull() { try rows.add(input.batch) }
                try finish()
            }
            isFilled = true
        }
        if let merge { return try handOut(merge, Batch.rowCapacity) }
        let count = min(Batch.rowCapacity, entries.count - position)
        if count <= 0 { return false }
        try handOut(entries, from: position, count, of: rows.buffer)
        position += count
        return true
    }

    private func finish() throws(NQLError) {
        if rows.runs.isEmpty {
            try rows.sort(entries)
        } else {
            merge = try rows.merged()
        }
    }

    override var stateByteCount: Int {
        rows.byteCount + entries.capacity * 16 + (merge?.byteCount ?? 0)
    }

    override var spilledByteCount: Int { memory.writtenByteCount }

    // MARK: Sink

    func makeLocal(_ part: ExecutionContext) -> SortRows {
        SortRows(part, slots: rows.buffer.slots, keys, memory)
    }

    func consume(_ batch: Batch, _ local: SortRows) throws(NQLError) { try local.add(batch) }

    func endTask(_ local: SortRows) throws(NQLError) {
        if !local.runs.isEmpty || memory.isScarce { try local.spill() }
    }

    func combine(_ locals: Slots<SortRows?>, threads: Int) throws(NQLError) {
        let parts = locals.indices.compactMap { locals[$0] }
        for task in locals.indices { locals[task] = nil }
        let rowCount = parts.reduce(0) { $0 + $1.buffer.rowCount }
        if parts.allSatisfy(\.runs.isEmpty),
            memory.allows(SpilledRun.sortingByteCount(rowCount), holding: rows.byteCount)
        {
            var runs: [Range<Int>] = []
            for part in parts {
                let start = rows.buffer.blockCount
                try rows.buffer.adopt(part.buffer)
                runs.append(start ..< rows.buffer.blockCount)
            }
            let order = RowOrder(
                buffer: rows.buffer, keys: keys, base: context.base, pool: context.pool)
            return try order.sorted(entries, runs: runs, threads: threads)
        }
        try TaskJob.run(parts.count, threads: threads) { (part, _) throws(NQLError) in
            try parts[part].spill()
        }
        merge = try RunMerge.of(
            parts.flatMap(\.runs), slots: rows.buffer.slots, keys, memory, context)
    }
}
