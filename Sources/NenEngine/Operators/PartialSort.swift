// PartialSort: ORDER BY over rows that come in the order of its first keys already. Rows with equal
// values of these are held until the next value comes; then they are sorted by the other keys and
// handed out, so that a limit above reads little more than what it wants.

import NQLPlan
import NenCore

/// ORDER BY of an input that is sorted by the first keys.
final class PartialSort: Operator {
    private let keys: [(column: Int, isDescending: Bool)]
    /// Slots by which the input is sorted.
    private let sorted: [Slot]
    /// Rows that may be handed out, and those that wait for more of equal values.
    private var rows: SortRows
    private var waiting: SortRows
    private let memory: SinkMemory
    /// The rows that may be handed out, where they did not all fit into memory.
    private var merge: RunMerge?
    private let entries: PooledArray<SortEntry>
    private let scratch: Batch
    private var position = 0
    private var isAtEnd = false

    init(_ scope: OperatorScope, _ input: Operator, _ keys: [SortKey], sorted: Int) {
        let (slots, order) = Sort.layout(scope, keys)
        self.keys = order
        self.sorted = keys.prefix(sorted).map(\.slot)
        memory = SinkMemory(scope.context)
        rows = SortRows(scope.context, slots: slots, order, memory)
        waiting = SortRows(scope.context, slots: slots, order, memory)
        entries = PooledArray(pool: scope.context.pool)
        scratch = Batch(slotCount: scope.slotCount)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        rows.removeAll()
        waiting.removeAll()
        entries.removeAll()
        merge = nil
        position = 0
        isAtEnd = false
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        while position >= entries.count {
            if let merge {
                if try handOut(merge, Batch.rowCapacity) { return true }
                self.merge = nil
            }
            if isAtEnd { return false }
            try fill()
            if merge != nil { continue }
        }
        let count = min(Batch.rowCapacity, entries.count - position)
        try handOut(entries, from: position, count, of: rows.buffer)
        position += count
        return true
    }

    /// Reads until some rows have all rows of equal values before or beside them, and sorts them.
    private func fill() throws(NQLError) {
        swap(&rows, &waiting)
        waiting.removeAll()
        memory.beginFile()
        entries.removeAll()
        position = 0
        repeat {
            guard try input.pull() else {
                isAtEnd = true
                break
            }
            if input.batch.count == 0 { continue }
            let fresh = input.batch.rows
            let boundary = lastBoundary(fresh)
            let isNew = boundary == 0 && differs(fresh)
            try append(fresh, 0 ..< boundary, to: rows)
            let isComplete = boundary > 0 || isNew
            try append(fresh, boundary ..< fresh.count, to: isComplete ? waiting : rows)
            if isComplete { break }
        } while true
        if !rows.runs.isEmpty {
            merge = try rows.merged()
            return
        }
        try rows.sort(entries)
    }

    /// Where the last run of equal values begins.
    private func lastBoundary(_ rows: RowSet) -> Int {
        var row = rows.count - 1
        while row > 0, areEqual(rows, row - 1, row) { row -= 1 }
        return row
    }

    private func areEqual(_ rows: RowSet, _ first: Int, _ second: Int) -> Bool {
        sorted.allSatisfy { slot in
            let vector = rows.vectors[slot]
            let (a, b) = (
                vector.cell(at: rows.position(first)), vector.cell(at: rows.position(second))
            )
            return CellOrder.compare(a, b, context.base) == 0
        }
    }

    /// Whether the first row has other values than the last one of the buffer.
    private func differs(_ rows: RowSet) -> Bool {
        for (key, slot) in zip(keys, sorted) {
            let cell = rows.vectors[slot].cell(at: rows.position(0))
            guard let last = self.rows.buffer.lastCell(column: key.column) else { return false }
            if CellOrder.compare(cell, last, context.base) != 0 { return true }
        }
        return false
    }

    private func append(
        _ rows: RowSet, _ range: Range<Int>, to target: SortRows
    ) throws(NQLError) {
        if range.isEmpty { return }
        beginOutput()
        scratch.pass(input.batch, target.buffer.slots)
        let chosen = try arena.allocate(UInt16.self, count: range.count)
        for (index, row) in range.enumerated() {
            chosen[index] = UInt16(truncatingIfNeeded: rows.position(row))
        }
        scratch.selection = UnsafePointer(chosen)
        scratch.count = range.count
        try target.add(scratch)
    }

    override var stateByteCount: Int {
        rows.byteCount + waiting.byteCount + entries.capacity * 16 + (merge?.byteCount ?? 0)
    }

    override var spilledByteCount: Int { memory.writtenByteCount }
}
