// AggregateGroups: the groups of a finished aggregation in the order of their first rows, in one
// state or, after a merge by partitions, in several; read by any number of threads. `GroupScan`
// hands them out to the workers of the next pipeline.

import NQLPlan
import NenCore

/// Finished groups.
final class AggregateGroups {
    private let keySlots: [Slot]
    private let calls: [AggregateCall]
    private let parts: [AggregateState]
    /// Of several parts: where each group is.
    private let order: PooledArray<GroupOwner>?

    init(
        keySlots: [Slot], calls: [AggregateCall], _ parts: [AggregateState],
        order: PooledArray<GroupOwner>? = nil
    ) throws(NQLError) {
        self.keySlots = keySlots
        self.calls = calls
        self.parts = parts
        self.order = order
        for part in parts { try part.finish() }
    }

    var count: Int { order?.count ?? parts[0].groupCount }

    /// Makes `batch` the groups from number `start` on.
    func load(
        from start: Int, count: Int, into batch: Batch, _ arena: Arena
    ) throws(NQLError) {
        let width = keySlots.count
        for (column, slot) in keySlots.enumerated() {
            guard let order else {
                let cells = parts[0].table.keyCells + (start &* width &+ column)
                batch.vectors[slot] = try GroupTable.vector(count, arena) { cells[$0 &* width] }
                continue
            }
            let owners = order.pointer + start
            let tables = parts.map { $0.groupCount > 0 ? $0.table.keyCells : nil }
            batch.vectors[slot] = try tables.withUnsafeBufferPointer {
                (tables) throws(NQLError) -> Vector in
                try GroupTable.vector(count, arena) { row in
                    let owner = owners[row]
                    // A group is in a table that has one.
                    let cells = tables[owner.partition].unsafelyUnwrapped
                    return cells[Int(owner.group) &* width &+ column]
                }
            }
        }
        for (index, call) in calls.enumerated() {
            let cells = try arena.allocate(Cell.self, count: count)
            do {
                try results(index, from: start, count: count, into: cells, arena)
            } catch {
                throw error.located(call.span)
            }
            batch.vectors[call.slot] =
                count == 1 ? try arena.constant(cells[0]) : Vector(.cell, cells)
        }
        batch.count = count
        batch.selection = nil
        batch.multiplicity = nil
    }

    private func results(
        _ index: Int, from start: Int, count: Int, into cells: UnsafeMutablePointer<Cell>,
        _ arena: Arena
    ) throws(NQLError) {
        guard let order else {
            let accumulator = parts[0].accumulators[index]
            for row in 0 ..< count {
                cells[row] = try accumulator.result(start + row, arena)
            }
            return
        }
        let owners = order.pointer + start
        let accumulators = parts.map { Unmanaged.passUnretained($0.accumulators[index]) }
        for row in 0 ..< count {
            let owner = owners[row]
            cells[row] = try accumulators[owner.partition].takeUnretainedValue()
                .result(Int(owner.group), arena)
        }
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int {
        parts.reduce((order?.capacity ?? 0) * MemoryLayout<GroupOwner>.stride) {
            $0 + $1.byteCount
        }
    }
}

/// The groups of an aggregate as the source of a pipeline; a morsel's chunks are batches of them.
final class GroupScan: MorselSource {
    private let groups: AggregateGroups
    private var position = 0
    private var end = 0

    init(_ scope: OperatorScope, _ groups: AggregateGroups) {
        self.groups = groups
        super.init(scope, inputs: [])
    }

    override func open() throws(NQLError) {
        position = (range?.chunks.lowerBound ?? 0) * Batch.rowCapacity
        end = min(groups.count, (range?.chunks.upperBound ?? .max / Batch.rowCapacity)
            * Batch.rowCapacity)
    }

    override func next() throws(NQLError) -> Bool {
        if position >= end { return false }
        beginOutput()
        let count = min(Batch.rowCapacity, end - position)
        try groups.load(from: position, count: count, into: batch, arena)
        position += count
        return true
    }
}
