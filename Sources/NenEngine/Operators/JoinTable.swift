// JoinTable: the built side of a hash join. Rows of one key are chained in a RowBuffer; the key
// table numbers the keys (GroupTable), which addresses single node keys directly. Rows with a null
// key are left out, as null matches nothing. Once built it is read by any number of threads.

import NQLPlan
import NenCore

/// Rows by key.
final class JoinTable {
    /// No row, no key.
    static let none: UInt32 = .max

    private let context: ExecutionContext
    private let keySlots: [Slot]
    /// Whether a key has a row is all that is asked.
    private let keepsNoRows: Bool
    private let table: GroupTable
    let buffer: RowBuffer
    /// First row of a key's chain.
    private let heads: PooledArray<UInt32>
    private let tails: PooledArray<UInt32>
    /// Buffered row → next row of the same key; `none` at the end.
    private let nexts: PooledArray<UInt32>
    private let references: PooledArray<RowBuffer.RowReference>
    private let arena: Arena
    /// A row has come, be its key null or not.
    private(set) var hasRow = false

    /// - Parameter slots: of the rows that are kept; nil: none is.
    init(
        _ context: ExecutionContext, keySlots: [Slot], slots: [Slot]?, directCapacity: Int
    ) {
        self.context = context
        self.keySlots = keySlots
        keepsNoRows = slots == nil
        table = GroupTable(width: keySlots.count, context, directCapacity: directCapacity)
        buffer = context.makeBuffer(slots ?? [])
        heads = PooledArray(pool: context.pool)
        tails = PooledArray(pool: context.pool)
        nexts = PooledArray(pool: context.pool)
        references = PooledArray(pool: context.pool)
        arena = Arena(pool: context.pool)
    }

    /// Forgets all rows.
    func removeAll() {
        hasRow = false
        table.removeAll()
        buffer.removeAll()
        heads.removeAll()
        tails.removeAll()
        nexts.removeAll()
        references.removeAll()
    }

    /// Whether no row has a key without null.
    var isEmpty: Bool { table.count == 0 }

    /// Adds the rows of a batch.
    func add(_ source: Batch) throws(NQLError) {
        if source.count == 0 { return }
        hasRow = true
        arena.reset()
        let chosen = try JoinTable.nonNullRows(source, keySlots, arena)
        if chosen.count == 0 { return }
        let groups = try keyNumbers(chosen)
        if keepsNoRows { return }
        let first = (buffer.blockCount, buffer.blockCount == 0
            ? 0 : buffer.rowCount(ofBlock: buffer.blockCount - 1))
        try source.with(chosen) { () throws(NQLError) in try buffer.append(source) }
        let block = max(0, first.0 - 1)
        try link(groups, from: block, row: first.1)
    }

    /// Takes over rows that tasks have gathered, none with a null key, behind its own.
    ///
    /// - Parameter hasRow: whether a task has seen any row.
    func adopt(_ locals: Slots<JoinRows?>) throws(NQLError) {
        let batch = Batch(slotCount: (keySlots + buffer.slots).reduce(0, max) + 1)
        for task in locals.indices {
            guard let rows = locals[task] else { continue }
            locals[task] = nil
            hasRow = hasRow || rows.hasRow
            let first = buffer.blockCount
            if !keepsNoRows { try buffer.adopt(rows.buffer) }
            for block in 0 ..< rows.buffer.blockCount {
                arena.reset()
                rows.buffer.load(block: block, into: batch)
                let groups = try keyNumbers(batch.rows)
                if !keepsNoRows { try link(groups, block: first + block, row: 0) }
            }
        }
    }

    private func keyNumbers(_ rows: RowSet) throws(NQLError) -> UnsafePointer<UInt32> {
        var vectors: [Vector] = []
        for slot in keySlots {
            let vector = try rows.dense(slot, arena)
            vectors.append(try Gather.expanded(vector, rows.count, arena))
        }
        let groups = try arena.allocate(UInt32.self, count: rows.count)
        try table.find(vectors, rows.count, arena, into: groups)
        return UnsafePointer(groups)
    }

    /// Chains the rows of the buffer from a place on.
    private func link(
        _ groups: UnsafePointer<UInt32>, from block: Int, row: Int
    ) throws(NQLError) {
        var groups = groups
        var row = row
        for block in block ..< buffer.blockCount {
            try link(groups, block: block, row: row)
            groups += buffer.rowCount(ofBlock: block) - row
            row = 0
        }
    }

    /// Chains the rows of a block from number `first` on.
    private func link(
        _ groups: UnsafePointer<UInt32>, block: Int, row first: Int
    ) throws(NQLError) {
        try heads.resize(table.count, filling: JoinTable.none)
        try tails.resize(table.count, filling: JoinTable.none)
        let start = RowBuffer.RowReference(truncatingIfNeeded: block) &<< 11
        for row in first ..< buffer.rowCount(ofBlock: block) {
            let number = UInt32(truncatingIfNeeded: references.count)
            try references.append(start | RowBuffer.RowReference(truncatingIfNeeded: row))
            try nexts.append(JoinTable.none)
            let group = Int(groups[row - first])
            if heads[group] == JoinTable.none {
                heads[group] = number
            } else {
                nexts[Int(tails[group])] = number
            }
            tails[group] = number
        }
    }

    /// The rows of a batch whose keys are all present.
    static func nonNullRows(
        _ source: Batch, _ slots: [Slot], _ arena: Arena
    ) throws(NQLError) -> RowSet {
        var rows = source.rows
        for slot in slots {
            let vector = source.vectors[slot]
            if vector.kind != .cell && vector.validity == nil { continue }
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            var count = 0
            for row in 0 ..< rows.count {
                if vector.isPresent(element: vector.element(rows.position(row))) {
                    chosen[count] = UInt16(truncatingIfNeeded: row)
                    count += 1
                }
            }
            if count < rows.count { rows = try rows.subset(chosen, count, arena) }
        }
        return rows
    }

    // MARK: look-up

    /// Finds the number of every key; `none` where no row has it.
    func find(
        _ keys: [Vector], _ count: Int, _ scratch: Arena,
        into numbers: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        try table.lookUp(keys, count, scratch, into: numbers)
    }

    /// The first row of a key's number.
    @inline(__always)
    func head(_ number: UInt32) -> UInt32 {
        if number == JoinTable.none || Int(number) >= heads.count { return JoinTable.none }
        return heads[Int(number)]
    }

    /// The next row of the same key.
    @inline(__always)
    func next(_ row: UInt32) -> UInt32 { nexts[Int(row)] }

    /// Where a row is buffered.
    @inline(__always)
    func reference(_ row: UInt32) -> RowBuffer.RowReference { references[Int(row)] }

    /// Bytes held, for PROFILE.
    var byteCount: Int {
        let chains = (heads.capacity + tails.capacity + nexts.capacity) * 4
        return table.byteCount + buffer.arena.byteCount + chains + references.capacity * 4
    }
}

/// What one task has gathered for a join table: rows without a null key.
final class JoinRows {
    let buffer: RowBuffer
    private let keySlots: [Slot]
    private let arena: Arena
    private(set) var hasRow = false

    init(_ context: ExecutionContext, keySlots: [Slot], slots: [Slot]) {
        self.keySlots = keySlots
        buffer = context.makeBuffer(slots)
        arena = Arena(pool: context.pool)
    }

    func add(_ source: Batch) throws(NQLError) {
        hasRow = true
        arena.reset()
        let chosen = try JoinTable.nonNullRows(source, keySlots, arena)
        if chosen.count == 0 { return }
        try source.with(chosen) { () throws(NQLError) in try buffer.append(source) }
    }
}

extension Batch {
    /// Runs `body` while the batch has only some of its rows.
    fileprivate func with(
        _ rows: RowSet, _ body: () throws(NQLError) -> Void
    ) throws(NQLError) {
        let (oldCount, oldSelection) = (count, selection)
        (count, selection) = (rows.count, rows.selection)
        defer { (count, selection) = (oldCount, oldSelection) }
        try body()
    }
}
