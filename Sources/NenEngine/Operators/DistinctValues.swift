// DistinctValues: what one task of an aggregation has seen of the argument of a DISTINCT aggregate:
// values with the numbers of their groups, in the order they came. They need not be distinct: once
// most of what comes is new it is only listed, as it has to be looked up in merging anyway. Values
// of one kind that are numbers are listed as numbers, until another comes.

import NenCore

/// Values by group, some of them perhaps more than once.
final class DistinctValues {
    private let context: ExecutionContext
    private let groups: PooledArray<UInt32>
    /// The values while all are of `kind`; then `cells` has them.
    private let numbers: PooledArray<Int64>
    private var kind: VectorKind?
    private let cells: PooledArray<Cell>
    private var isMixed = false
    private let arena: Arena
    private let keeper: CellKeeper
    /// What has been seen; nil once it is only listed.
    private var seen: SeenValues?
    private var rowCount = 0

    init(_ seen: SeenValues, _ context: ExecutionContext) {
        self.seen = seen
        self.context = context
        groups = PooledArray(pool: context.pool)
        numbers = PooledArray(pool: context.pool)
        cells = PooledArray(pool: context.pool)
        let arena = Arena(pool: context.pool)
        self.arena = arena
        keeper = context.keeper(arena)
    }

    var count: Int { groups.count }

    /// Adds what may not have been seen.
    func add(_ input: AccumulatorInput, _ scratch: Arena) throws(NQLError) {
        let value = input.arguments[0]
        guard let seen else { return try list(value, input, nil, scratch) }
        let isNew = try scratch.allocate(UInt8.self, count: input.count)
        try seen.insert(input.groups, value, input.count, scratch, isNew: isNew)
        try list(value, input, isNew, scratch)
        rowCount += input.count
        if rowCount >= AggregateState.judgedRowCount, seen.count * 2 > rowCount { self.seen = nil }
    }

    /// Lists the rows with a 1, or all of them.
    private func list(
        _ value: Vector, _ input: AccumulatorInput, _ isNew: UnsafePointer<UInt8>?,
        _ scratch: Arena
    ) throws(NQLError) {
        let chosen = try scratch.allocate(UInt16.self, count: input.count + 1)
        var count = 0
        for row in 0 ..< input.count {
            chosen[count] = UInt16(truncatingIfNeeded: row)
            count &+= isNew.map { Int($0[row]) } ?? 1
        }
        if count == 0 { return }
        let start = groups.count
        try groups.resizeUninitialized(start + count)
        Gather.copy(input.groups, chosen, count, into: groups.pointer + start)
        if !isMixed, let plain = try PlainNumbers(value, input.count, scratch),
            kind == nil || kind == plain.kind
        {
            kind = plain.kind
            try numbers.resizeUninitialized(start + count)
            Gather.copy(plain.values, chosen, count, into: numbers.pointer + start)
            return
        }
        if !isMixed { try mix(start) }
        let source = try Gather.cells(value, input.count, scratch)
        try cells.resizeUninitialized(start + count)
        for index in 0 ..< count {
            cells[start + index] = try keeper.keep(source[Int(chosen[index])])
        }
    }

    /// Makes the first `count` values cells.
    private func mix(_ count: Int) throws(NQLError) {
        isMixed = true
        try cells.resizeUninitialized(count)
        for index in 0 ..< count { cells[index] = cell(ofNumber: index) }
        numbers.release()
    }

    @inline(__always)
    private func cell(ofNumber index: Int) -> Cell {
        let kind = kind ?? .integer
        return Cell(kind.tag, payload: UInt64(bitPattern: numbers[index]))
    }

    /// The hash of a value, the same for equal values whatever they are listed as.
    @inline(__always)
    func hash(_ index: Int) -> UInt64 {
        CellOrder.hash(isMixed ? cells[index] : cell(ofNumber: index), context.base)
    }

    /// The numbers of their groups.
    var groupNumbers: UnsafePointer<UInt32> { UnsafePointer(groups.pointer) }

    /// Some of the values, and what became of their groups.
    ///
    /// - Parameter entries: at most a batch of their numbers.
    func vector(
        _ entries: UnsafeBufferPointer<UInt32>, owners: UnsafePointer<GroupOwner>,
        _ scratch: Arena, groups: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) -> Vector {
        let known = groupNumbers
        let count = entries.count
        for row in 0 ..< count { groups[row] = owners[Int(known[Int(entries[row])])].group }
        if isMixed {
            let copy = try scratch.allocate(Cell.self, count: max(1, count))
            for row in 0 ..< count { copy[row] = cells[Int(entries[row])] }
            return Vector(.cell, copy)
        }
        let copy = try scratch.allocate(Int64.self, count: max(1, count))
        for row in 0 ..< count { copy[row] = numbers[Int(entries[row])] }
        return try PlainNumbers.vector(kind ?? .integer, copy, count, scratch)
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int {
        groups.capacity * 4 + numbers.capacity * 8 + cells.capacity * 16 + arena.byteCount
            + (seen?.byteCount ?? 0)
    }
}
