// DistinctValues: what one task of an aggregation has seen of the argument of a DISTINCT aggregate:
// values with the numbers of their groups, in the order they came. They need not be distinct: once
// most of what comes is new it is only listed, as it has to be looked up in merging anyway.

import NenCore

/// Values by group, some of them perhaps more than once.
final class DistinctValues {
    private let groups: PooledArray<UInt32>
    private let values: PooledArray<Cell>
    private let arena: Arena
    private let keeper: CellKeeper
    /// What has been seen; nil once it is only listed.
    private var seen: GroupTable?
    private var rowCount = 0

    init(_ seen: GroupTable, _ context: ExecutionContext) {
        self.seen = seen
        groups = PooledArray(pool: context.pool)
        values = PooledArray(pool: context.pool)
        let arena = Arena(pool: context.pool)
        self.arena = arena
        keeper = context.keeper(arena)
    }

    var count: Int { values.count }

    /// Adds what may not have been seen.
    ///
    /// - Parameter key: the value of each row, and before it the group where there are several.
    func add(
        _ key: [Vector], _ input: AccumulatorInput, _ scratch: Arena
    ) throws(NQLError) {
        let start = values.count
        let cells = try Gather.cells(key[key.count - 1], input.count, scratch)
        try groups.resizeUninitialized(start + input.count)
        try values.resizeUninitialized(start + input.count)
        let targets = (groups: groups.pointer + start, values: values.pointer + start)
        guard let seen else {
            for row in 0 ..< input.count {
                targets.groups[row] = input.groups[row]
                targets.values[row] = try keeper.keep(cells[row])
            }
            return
        }
        let found = try scratch.allocate(UInt32.self, count: input.count)
        let isNew = try scratch.allocate(UInt8.self, count: input.count)
        try seen.find(key, input.count, scratch, into: found, isNew: isNew)
        var next = 0
        for row in 0 ..< input.count where isNew[row] == 1 {
            targets.groups[next] = input.groups[row]
            targets.values[next] = try keeper.keep(cells[row])
            next += 1
        }
        try groups.resizeUninitialized(start + next)
        try values.resizeUninitialized(start + next)
        rowCount += input.count
        if rowCount >= AggregateState.judgedRowCount, seen.count * 2 > rowCount { self.seen = nil }
    }

    /// The values, by number.
    var cells: UnsafePointer<Cell> { UnsafePointer(values.pointer) }

    /// The numbers of their groups.
    var groupNumbers: UnsafePointer<UInt32> { UnsafePointer(groups.pointer) }

    /// Copies values and what became of their groups.
    func copy(
        _ entries: UnsafeBufferPointer<UInt32>, owners: UnsafePointer<GroupOwner>,
        into cells: UnsafeMutablePointer<Cell>, _ groups: UnsafeMutablePointer<UInt32>
    ) {
        let (known, numbers) = (self.cells, groupNumbers)
        var row = 0
        while row < entries.count {
            let entry = Int(entries[row])
            cells[row] = known[entry]
            groups[row] = owners[Int(numbers[entry])].group
            row &+= 1
        }
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int {
        groups.capacity * 4 + values.capacity * 16 + arena.byteCount + (seen?.byteCount ?? 0)
    }
}
