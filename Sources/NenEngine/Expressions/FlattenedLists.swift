// FlattenedLists: runs an expression over the elements of lists. Elements of many rows stand side
// by side in inner batches, where one slot holds the element and the slots that the inner
// expression reads are indexed back to the outer rows.

import NenCore

/// Scratch for evaluating an inner expression over list elements; one per expression node.
final class FlattenedLists {
    private let element: Int
    /// Outer slots that the inner expression reads.
    private let captured: [Int]
    private let inner: VectorTable
    /// Nanoseconds of an inner batch besides those for its rows, by and large.
    private static let workUnits = 500

    init(element: Int, captured: [Int], slotCount: Int) {
        self.element = element
        self.captured = captured.filter { $0 != element }
        inner = VectorTable(slotCount: slotCount)
    }

    deinit { inner.deallocate() }

    /// Calls `body` with inner batches of elements in order: the rows, and the outer row of each.
    /// Rows whose list is null contribute nothing; what is no list is one of itself, as in UNWIND.
    func forEachBatch(
        of lists: UnsafePointer<Cell>, _ rows: RowSet, _ context: ExecutionContext,
        _ body: (RowSet, UnsafePointer<UInt16>) throws(NQLError) -> Void
    ) throws(NQLError) {
        let capacity = Batch.rowCapacity
        let arena = context.arena
        var cells = try arena.allocate(Cell.self, count: capacity)
        var owners = try arena.allocate(UInt16.self, count: capacity)
        var filled = 0
        for row in 0 ..< rows.count {
            let list = lists[row]
            if list.isNull { continue }
            let isList = list.tag == .list
            let elements = isList ? context.base.cells(list) : lists + row
            let total = isList ? list.count : 1
            var done = 0
            while done < total {
                let count = min(total &- done, capacity &- filled)
                (cells + filled).update(from: elements + done, count: count)
                (owners + filled).update(
                    repeating: UInt16(truncatingIfNeeded: row), count: count)
                done &+= count
                filled &+= count
                if filled == capacity {
                    try run(cells, owners, filled, rows, context, body)
                    cells = try arena.allocate(Cell.self, count: capacity)
                    owners = try arena.allocate(UInt16.self, count: capacity)
                    filled = 0
                }
            }
        }
        if filled > 0 { try run(cells, owners, filled, rows, context, body) }
    }

    private func run(
        _ cells: UnsafePointer<Cell>, _ owners: UnsafePointer<UInt16>, _ count: Int,
        _ rows: RowSet, _ context: ExecutionContext,
        _ body: (RowSet, UnsafePointer<UInt16>) throws(NQLError) -> Void
    ) throws(NQLError) {
        try Interruption.spend(FlattenedLists.workUnits &+ 10 &* count)
        try bind(owners, count, rows, context)
        inner[element] = Vector(.cell, cells)
        try body(RowSet(vectors: inner, selection: nil, count: count), owners)
    }

    /// Indexes the captured slots back to the outer rows `owners`.
    private func bind(
        _ owners: UnsafePointer<UInt16>, _ count: Int, _ rows: RowSet,
        _ context: ExecutionContext
    ) throws(NQLError) {
        let subset = try rows.subset(owners, count, context.arena)
        let positions = subset.selection.unsafelyUnwrapped
        var composer = IndexComposer(positions: positions, count: count)
        for slot in captured {
            inner[slot] = try composer.reindexed(rows.vectors[slot], context.arena)
        }
    }

    /// Inner rows for `owners` with chosen vectors in chosen slots (for `reduce`).
    func rows(
        _ owners: UnsafePointer<UInt16>, _ count: Int, of rows: RowSet,
        _ bindings: [(slot: Int, vector: Vector)], _ context: ExecutionContext
    ) throws(NQLError) -> RowSet {
        try bind(owners, count, rows, context)
        for binding in bindings { inner[binding.slot] = binding.vector }
        return RowSet(vectors: inner, selection: nil, count: count)
    }
}
