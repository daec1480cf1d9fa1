// SeenValues: which values a DISTINCT aggregate has met in each group. Whole numbers, days and
// entities are kept packed (NumberSet) as long as nothing else comes, and nothing too large; then
// all move to a table of cells, where 1 and 1.0 are one value.

import NenCore

/// A set of (group, value), or without groups of values.
final class SeenValues {
    private let isGrouped: Bool
    private let context: ExecutionContext
    private let numbers: NumberSet
    /// What the numbers stand for.
    private var kind: VectorKind?
    /// Once it is in use, the numbers are not.
    private var table: GroupTable?

    init(isGrouped: Bool, _ context: ExecutionContext) {
        self.isGrouped = isGrouped
        self.context = context
        numbers = NumberSet(pool: context.pool)
    }

    var count: Int { numbers.count + (table?.count ?? 0) }

    var byteCount: Int { numbers.byteCount + (table?.byteCount ?? 0) }

    /// Forgets all values.
    func removeAll() {
        numbers.removeAll()
        table?.removeAll()
    }

    /// Adds what may not have been seen.
    ///
    /// - Parameters:
    ///   - value: dense.
    ///   - isNew: gets 1 for each row whose value its group had not, else 0.
    func insert(
        _ groups: UnsafePointer<UInt32>, _ value: Vector, _ count: Int, _ scratch: Arena,
        isNew: UnsafeMutablePointer<UInt8>
    ) throws(NQLError) {
        if count == 0 { return }
        if table == nil, let keys = try packed(groups, value, count, scratch) {
            return try numbers.insert(keys, count, isNew: isNew)
        }
        let table: GroupTable
        if let known = self.table { table = known } else { table = try unpack(scratch) }
        let found = try scratch.allocate(UInt32.self, count: count)
        let values = try Gather.expanded(value, count, scratch)
        try table.find(
            try key(groups, values, count, scratch), count, scratch, into: found, isNew: isNew)
    }

    private func key(
        _ groups: UnsafePointer<UInt32>, _ value: Vector, _ count: Int, _ scratch: Arena
    ) throws(NQLError) -> [Vector] {
        if !isGrouped { return [value] }
        let numbers = try scratch.allocate(Int64.self, count: count)
        for row in 0 ..< count { numbers[row] = Int64(groups[row]) }
        return [Vector(.integer, numbers), value]
    }

    /// The pairs as numbers; nil where they are none, or not of the kind that is here.
    private func packed(
        _ groups: UnsafePointer<UInt32>, _ value: Vector, _ count: Int, _ scratch: Arena
    ) throws(NQLError) -> UnsafePointer<UInt64>? {
        guard let plain = try PlainNumbers(value, count, scratch) else { return nil }
        if let kind, kind != plain.kind { return nil }
        let keys = try scratch.allocate(UInt64.self, count: count)
        guard NumberSet.pack(isGrouped ? groups : nil, plain.values, count, into: keys) else {
            return nil
        }
        kind = plain.kind
        return UnsafePointer(keys)
    }

    /// Moves the numbers to a table of cells.
    private func unpack(_ scratch: Arena) throws(NQLError) -> GroupTable {
        let table = GroupTable(width: isGrouped ? 2 : 1, context)
        let own = Arena(pool: context.pool)
        try forEachNumber { (groups, value, count) throws(NQLError) in
            own.reset()
            let found = try own.allocate(UInt32.self, count: count)
            try table.find(try self.key(groups, value, count, own), count, own, into: found)
        }
        numbers.release()
        self.table = table
        return table
    }

    private func forEachNumber(
        _ body: (UnsafePointer<UInt32>, Vector, Int) throws(NQLError) -> Void
    ) throws(NQLError) {
        guard let kind, numbers.count > 0 else { return }
        let scratch = Arena(pool: context.pool)
        let own = Arena(pool: context.pool)
        try numbers.forEachBatch(scratch) { (groups, values, count) throws(NQLError) in
            own.reset()
            try body(groups, try PlainNumbers.vector(kind, values, count, own), count)
        }
    }

    /// Calls `body` with the groups of some values and the values, at most a batch at a time.
    func forEachBatch(
        _ body: (UnsafePointer<UInt32>, Vector, Int) throws(NQLError) -> Void
    ) throws(NQLError) {
        try forEachNumber(body)
        guard let table, isGrouped else { return }
        let scratch = Arena(pool: context.pool)
        let cells = try scratch.allocate(Cell.self, count: Batch.rowCapacity)
        let groups = try scratch.allocate(UInt32.self, count: Batch.rowCapacity)
        for start in stride(from: 0, to: table.count, by: Batch.rowCapacity) {
            let count = min(Batch.rowCapacity, table.count - start)
            for row in 0 ..< count {
                groups[row] = UInt32(truncatingIfNeeded: table.key(start + row, 0).integer)
                cells[row] = table.key(start + row, 1)
            }
            try body(groups, Vector(.cell, cells), count)
        }
    }
}
