// Sort: buffers all rows, sorts references to them, and gathers in their order. Of several threads
// each buffers and sorts runs.

import NQLPlan
import NenCore

/// ORDER BY.
final class Sort: Operator, Sink {
    private let order: RowOrder
    private let buffer: RowBuffer
    private let entries: PooledArray<SortEntry>
    private let own: Pipeline?
    private var isFilled = false
    private var position = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ keys: [SortKey], _ pipeline: Pipeline?
    ) {
        own = pipeline
        let (slots, order) = Sort.layout(scope, keys)
        buffer = scope.context.makeBuffer(slots)
        self.order = RowOrder(
            buffer: buffer, keys: order, base: scope.context.base, pool: scope.context.pool)
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
        buffer.removeAll()
        entries.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if !isFilled {
            if !(try own?.run(input, into: self) ?? false) {
                while try input.pull() { try buffer.append(input.batch) }
                _ = try order.sorted(entries)
            }
            isFilled = true
        }
        let count = min(Batch.rowCapacity, entries.count - position)
        if count <= 0 { return false }
        try handOut(entries, from: position, count, of: buffer)
        position += count
        return true
    }

    override var stateByteCount: Int { buffer.arena.byteCount + entries.capacity * 16 }

    // MARK: Sink

    func makeLocal(_ part: ExecutionContext) -> RowBuffer { part.makeBuffer(buffer.slots) }

    func combine(_ locals: Slots<RowBuffer?>, threads: Int) throws(NQLError) {
        let runs = try buffer.adopt(locals)
        try order.sorted(entries, runs: runs, threads: threads)
    }
}
