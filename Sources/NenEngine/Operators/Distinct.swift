// Distinct: the first row of each combination of values, handed out as it comes. When memory ends,
// rows that are not among those seen are written to disk; which of them are the first of theirs is
// found out when all have come, and these are handed out in their order (SpilledGroups.swift).

import NQLPlan
import NenCore

/// `DISTINCT` on one thread.
final class Distinct: Operator {
    private let slots: [Slot]
    private let table: GroupTable
    /// The slots as keys of a grouping, for rows on disk.
    private let part: AggregatePart
    private let memory: SinkMemory
    private let slotCount: Int
    private var rest: PartitionedRows?
    private var spilled: SortedRows?

    /// - Parameter part: a grouping by the slots.
    init(
        _ scope: OperatorScope, _ input: Operator, slots: [Slot], _ part: AggregatePart,
        directCapacity: Int
    ) {
        self.slots = slots
        self.part = part
        slotCount = scope.slotCount
        table = GroupTable(width: slots.count, scope.context, directCapacity: directCapacity)
        memory = SinkMemory(scope.context)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        table.removeAll()
        (rest, spilled) = (nil, nil)
        memory.beginFile()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if let spilled { return try spilled.handOut(by: self) }
            guard try input.pull() else {
                guard let rest else { return false }
                try finish(rest)
                continue
            }
            let source = input.batch
            if source.count == 0 { continue }
            beginOutput()
            let rows = source.rows
            var vectors: [Vector] = []
            for slot in slots {
                let vector = try rows.dense(slot, arena)
                vectors.append(try Gather.expanded(vector, rows.count, arena))
            }
            if mustSpill {
                try spill(vectors, rows.count)
                continue
            }
            let groups = try arena.allocate(UInt32.self, count: rows.count)
            let isNew = try arena.allocate(UInt8.self, count: rows.count)
            try table.find(vectors, rows.count, arena, into: groups, isNew: isNew)
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            let count = Logic.select(Vector(.boolean, isNew), rows.count, into: chosen)
            if count == 0 { continue }
            batch.pass(source, live)
            batch.multiplicity = nil
            batch.selection = try rows.subset(chosen, count, arena).selection
            batch.count = count
            return true
        } while true
    }

    private var mustSpill: Bool {
        if rest != nil { return true }
        return !slots.isEmpty && table.count > 0 && !memory.allowsDoubling(table.byteCount)
    }

    /// Writes the rows whose values have not been seen.
    private func spill(_ vectors: [Vector], _ count: Int) throws(NQLError) {
        let rest = rest ?? PartitionedRows(part.layout, level: 0, memory, context)
        self.rest = rest
        let groups = try arena.allocate(UInt32.self, count: count)
        try table.lookUpAny(vectors, count, arena, into: groups)
        let chosen = try arena.allocate(UInt16.self, count: count)
        var chosenCount = 0
        for row in 0 ..< count where groups[row] == .max {
            chosen[chosenCount] = UInt16(truncatingIfNeeded: row)
            chosenCount += 1
        }
        if chosenCount == 0 { return }
        try rest.append(
            keys: vectors, arguments: [], weights: nil, count,
            chosen: (UnsafePointer(chosen), chosenCount))
    }

    private func finish(_ rest: PartitionedRows) throws(NQLError) {
        table.release()
        let state = try AggregateState(part, directCapacity: 0, isOfTask: false)
        let rows = GroupedRows(state, part, memory, rest: rest)
        try rows.finish()
        let groups = SpilledGroups(
            part, keySlots: slots, [], [rows], slotCount: slotCount, memory)
        spilled = try groups.run()
        self.rest = nil
    }

    override var stateByteCount: Int {
        table.byteCount + (rest?.byteCount ?? 0) + (spilled?.byteCount ?? 0)
    }

    override var spilledByteCount: Int { memory.writtenByteCount }
}
