// SpilledGroups: the groups of an aggregation that did not fit into memory. They are made partition
// by partition: of each task in order the groups that are in memory, then its rows on disk, as one
// thread would have met them. A partition that does not fit is given up and dealt to smaller ones.
// A group that does not fit alone fails with the error of the budget. Every group comes with the
// number of its first row; sorting by it brings the groups into the order that they have in memory.

import NQLPlan
import NenCore

/// Makes groups out of what tasks have gathered.
final class SpilledGroups {
    private let part: AggregatePart
    private let keySlots: [Slot]
    private let calls: [AggregateCall]
    private let tasks: [GroupedRows]
    private let memory: SinkMemory
    private var context: ExecutionContext { part.context }
    /// Of each task the hashes of its groups.
    private var hashes: [PooledArray<UInt64>] = []
    /// Of each task what became of its groups in the partition at hand.
    private let owners: [PooledArray<GroupOwner>]
    /// Finished groups, and each one's number.
    private let rows: SortRows
    private let numberSlot: Slot
    private let batch: Batch
    private let scratch: Arena
    private let image: PooledArray<UInt8>

    /// - Parameters:
    ///   - tasks: in order; all finished.
    ///   - slotCount: of the batches that the groups come out in.
    init(
        _ part: AggregatePart, keySlots: [Slot], _ calls: [AggregateCall], _ tasks: [GroupedRows],
        slotCount: Int, _ memory: SinkMemory
    ) {
        self.part = part
        self.keySlots = keySlots
        self.calls = calls
        self.tasks = tasks
        self.memory = memory
        let pool = part.context.pool
        owners = tasks.map { _ in PooledArray(pool: pool) }
        numberSlot = slotCount
        let slots = keySlots.joined(calls.map(\.slot)) + [slotCount]
        rows = SortRows(
            part.context, slots: slots, [(column: slots.count - 1, isDescending: false)], memory)
        batch = Batch(slotCount: slotCount + 1)
        scratch = Arena(pool: pool)
        image = PooledArray(pool: pool)
    }

    /// All groups, in the order of their first rows.
    func run() throws(NQLError) -> SortedRows {
        for task in tasks {
            try hash(task.state.table)
            try owners[hashes.count - 1].resizeUninitialized(task.state.table.count)
        }
        for partition in 0 ..< PartitionedRows.count {
            try make(tasks.map { $0.rest?.file(partition) }, UInt64(partition), levels: 1)
        }
        return try SortedRows(rows, context)
    }

    private func hash(_ table: GroupTable) throws(NQLError) {
        let result = PooledArray<UInt64>(pool: context.pool)
        try result.resizeUninitialized(table.count)
        for group in 0 ..< table.count {
            var hash = CellOrder.hash(table.key(group, 0), context.base)
            for column in 1 ..< max(1, table.width) {
                hash = CellOrder.mix(hash, CellOrder.hash(table.key(group, column), context.base))
            }
            result[group] = hash
        }
        hashes.append(result)
    }

    /// Makes the groups whose hashes begin with `prefix`.
    ///
    /// - Parameter files: of each task its rows on disk.
    private func make(
        _ files: [RowFile?], _ prefix: UInt64, levels: Int
    ) throws(NQLError) {
        if try makeAtOnce(files, prefix, levels) { return }
        // Groups that are finished make room for others before rows are dealt again.
        if rows.holdsRows {
            try rows.spill()
            if try makeAtOnce(files, prefix, levels) { return }
        }
        var dealt: [PartitionedRows?] = []
        for file in files {
            guard let file else {
                dealt.append(nil)
                continue
            }
            let rows = PartitionedRows(part.layout, level: levels, memory, context)
            try rows.append(file, image)
            try rows.finish()
            dealt.append(rows)
        }
        for partition in 0 ..< PartitionedRows.count {
            try make(
                dealt.map { $0?.file(partition) },
                prefix &<< PartitionedRows.bits | UInt64(partition), levels: levels + 1)
        }
    }

    /// Rows on disk from which on it may help to deal a partition again.
    private static let dealtRowCount = Batch.rowCapacity

    /// False, and nothing has been done, when the groups do not fit into memory.
    private func makeAtOnce(
        _ files: [RowFile?], _ prefix: UInt64, _ levels: Int
    ) throws(NQLError) -> Bool {
        let state = try AggregateState(part, directCapacity: 0, isOfTask: false)
        let numbers = PooledArray<Int64>(pool: context.pool)
        let rowCount = files.reduce(0) { $0 + ($1?.rowCount ?? 0) }
        let canDeal = levels < PartitionedRows.levelMax && rowCount > SpilledGroups.dealtRowCount
        for (task, file) in files.enumerated() {
            try merge(task, into: state, numbers, prefix, levels)
            guard let file else { continue }
            for index in 0 ..< file.imageCount {
                if canDeal, state.groupCount > 0, !memory.allowsDoubling(state.heldByteCount) {
                    return false
                }
                let image = try file.read(index, into: image, context)
                try state.add(image, numbers, from: SpilledGroups.number(task, row: 0))
            }
        }
        try handOn(state, numbers)
        return true
    }

    /// The number of a task's group in memory; rows on disk come behind these.
    private static func number(_ task: Int, group: UInt32) -> Int64 {
        Int64(task) &<< 40 | Int64(group)
    }

    private static func number(_ task: Int, row: Int64) -> Int64 {
        Int64(task) &<< 40 | 1 &<< 39 | row
    }

    /// Adds those groups of a task that are in memory.
    private func merge(
        _ task: Int, into state: AggregateState, _ numbers: PooledArray<Int64>,
        _ prefix: UInt64, _ levels: Int
    ) throws(NQLError) {
        let known = tasks[task].state
        let hashes = hashes[task]
        if hashes.count == 0 { return }
        let isChosen = { (group: Int) -> Bool in
            PartitionedRows.prefix(hashes[group], levels: levels) == prefix
        }
        let chosen = PooledArray<UInt32>(pool: context.pool)
        for group in 0 ..< hashes.count where isChosen(group) {
            try chosen.append(UInt32(truncatingIfNeeded: group))
        }
        guard chosen.count > 0 else { return }
        let list = UnsafeBufferPointer(start: chosen.pointer, count: chosen.count)
        let owners = owners[task].pointer
        try state.merge(known, list, owners: owners, partition: 0)
        for group in list where owners[Int(group)].isNew {
            try numbers.append(SpilledGroups.number(task, group: group))
        }
        for call in part.calls.indices where known.isDistinct(call) {
            guard let values = known.values[call] else {
                try state.merge(seenBy: known, call: call, list, owners: owners, isChosen)
                continue
            }
            let entries = PooledArray<UInt32>(pool: context.pool)
            for entry in 0 ..< values.count where isChosen(Int(values.groupNumbers[entry])) {
                try entries.append(UInt32(truncatingIfNeeded: entry))
            }
            guard entries.count > 0 else { continue }
            try state.merge(
                values, call: call,
                UnsafeBufferPointer(start: entries.pointer, count: entries.count), owners: owners)
        }
    }

    /// Hands finished groups to the sort.
    private func handOn(
        _ state: AggregateState, _ numbers: PooledArray<Int64>
    ) throws(NQLError) {
        let groups = try AggregateGroups(keySlots: keySlots, calls: calls, [state])
        for start in stride(from: 0, to: groups.count, by: Batch.rowCapacity) {
            try Interruption.check()
            scratch.reset()
            context.arena = scratch
            let count = min(Batch.rowCapacity, groups.count - start)
            try groups.load(from: start, count: count, into: batch, scratch)
            batch.vectors[numberSlot] = Vector(.integer, numbers.pointer + start)
            try rows.add(batch)
        }
    }
}

/// Rows in the order of their keys, wherever they are.
final class SortedRows {
    private let rows: SortRows
    private let entries: PooledArray<SortEntry>
    private let merge: RunMerge?
    private var position = 0

    /// - Parameter rows: all of them have been added.
    init(_ rows: SortRows, _ context: ExecutionContext) throws(NQLError) {
        self.rows = rows
        entries = PooledArray(pool: context.pool)
        merge = rows.runs.isEmpty ? nil : try rows.merged()
        if merge == nil { try rows.sort(entries) }
    }

    /// Makes the next rows the ones that an operator hands out; false at the end.
    func handOut(by target: Operator) throws(NQLError) -> Bool {
        if let merge { return try target.handOut(merge, Batch.rowCapacity) }
        let count = min(Batch.rowCapacity, entries.count - position)
        if count <= 0 { return false }
        try target.handOut(entries, from: position, count, of: rows.buffer)
        position += count
        return true
    }

    /// Bytes held.
    var byteCount: Int { rows.byteCount + entries.capacity * 16 + (merge?.byteCount ?? 0) }
}
