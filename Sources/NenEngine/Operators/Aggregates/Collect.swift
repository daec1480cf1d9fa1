// collect and the percentiles: they keep every value. Values of all groups lie in one array,
// chained per group in the order of arrival.

import Glibc
import NenCore

/// The values of every group in order of arrival.
final class ValueChains {
    private struct Link {
        var value: Cell
        /// Next link of the group + 1; 0 at the end.
        var next: Int
    }

    private struct Chain {
        var first = 0
        var last = 0
        var count = 0
    }

    private let links: PooledArray<Link>
    private let chains: PooledArray<Chain>
    private let arena: Arena
    private let keeper: CellKeeper

    init(_ context: ExecutionContext) {
        links = PooledArray(pool: context.pool)
        chains = PooledArray(pool: context.pool)
        let arena = Arena(pool: context.pool)
        self.arena = arena
        keeper = context.keeper(arena)
    }

    func resize(_ groupCount: Int) throws(NQLError) {
        try chains.resize(groupCount, filling: Chain())
    }

    func append(_ cell: Cell, to group: Int) throws(NQLError) {
        try links.append(Link(value: try keeper.keep(cell), next: 0))
        let chain = chains.pointer + group
        if chain.pointee.count == 0 {
            chain.pointee.first = links.count
        } else {
            links.pointer[chain.pointee.last - 1].next = links.count
        }
        chain.pointee.last = links.count
        chain.pointee.count += 1
    }

    func count(_ group: Int) -> Int { chains[group].count }

    /// Copies the values of a group to `target`.
    func copy(_ group: Int, to target: UnsafeMutablePointer<Cell>) {
        var link = chains[group].first
        var index = 0
        while link != 0 {
            target[index] = links[link - 1].value
            link = links[link - 1].next
            index += 1
        }
    }

    func merge(
        _ other: ValueChains, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        for index in 0 ..< count {
            var link = other.chains[Int(sources[index])].first
            while link != 0 {
                try append(other.links[link - 1].value, to: Int(targets[index]))
                link = other.links[link - 1].next
            }
        }
    }

    func removeAll() {
        links.removeAll()
        chains.removeAll()
        arena.reset()
    }

    var byteCount: Int { links.capacity * 24 + chains.capacity * 24 + arena.byteCount }
}

/// `collect(x)`: the values that are not null.
final class Collect: Accumulator {
    private let values: ValueChains

    override init(_ context: ExecutionContext) {
        values = ValueChains(context)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) { try values.resize(groupCount) }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let vector = input.arguments[0]
        for row in 0 ..< input.count {
            let cell = vector.cell(at: row)
            if cell.isNull { continue }
            for _ in 0 ..< input.times(row) {
                try values.append(cell, to: Int(input.groups[row]))
            }
        }
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? Collect else { return }
        try values.merge(other.values, sources, targets, count)
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        let builder = CellBuilder(arena: arena, base: context.base)
        let count = values.count(group)
        let memory = try builder.reserveCells(count)
        values.copy(group, to: memory)
        return try builder.list(in: memory, count: count)
    }

    override func removeAll() { values.removeAll() }

    override var byteCount: Int { values.byteCount }
}

/// `percentileCont(x, p)` and `percentileDisc(x, p)`.
final class Percentile: Accumulator {
    private let isContinuous: Bool
    private let values: ValueChains
    /// p of each group; NaN while unknown.
    private let percentiles: PooledArray<Double>

    init(_ context: ExecutionContext, isContinuous: Bool) {
        self.isContinuous = isContinuous
        values = ValueChains(context)
        percentiles = PooledArray(pool: context.pool)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) {
        try values.resize(groupCount)
        try percentiles.resize(groupCount, filling: .nan)
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let vector = input.arguments[0]
        let wanted = input.arguments[1]
        for row in 0 ..< input.count {
            let group = Int(input.groups[row])
            if percentiles[group].isNaN {
                percentiles[group] = try fraction(wanted.cell(at: row))
            }
            let cell = vector.cell(at: row)
            if cell.isNull { continue }
            guard cell.tag == .integer || cell.tag == .float else {
                throw .runtime(
                    .type, "InvalidArgumentValue",
                    "A percentile is taken of numbers, not of \(cell.tag.typeName).")
            }
            for _ in 0 ..< input.times(row) { try values.append(cell, to: group) }
        }
    }

    private func fraction(_ cell: Cell) throws(NQLError) -> Double {
        let value: Double
        switch cell.tag {
        case .integer: value = Double(cell.integer)
        case .float: value = cell.float
        default: value = .nan
        }
        guard value >= 0, value <= 1 else {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "A percentile is a number from 0.0 to 1.0"
                    + (value.isNaN ? "." : ", which \(value) is not."))
        }
        return value
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? Percentile else { return }
        try values.merge(other.values, sources, targets, count)
        for index in 0 ..< count where percentiles[Int(targets[index])].isNaN {
            percentiles[Int(targets[index])] = other.percentiles[Int(sources[index])]
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        let count = values.count(group)
        if count == 0 { return .null }
        let memory = try arena.allocate(Cell.self, count: count)
        values.copy(group, to: memory)
        let list = UnsafeMutableBufferPointer(start: memory, count: count)
        let fraction = percentiles[group]
        if !isContinuous {
            let place = fraction == 0 ? 0 : Int((fraction * Double(count)).rounded(.up)) - 1
            return try ranked(list, arena, min(max(0, place), count - 1)).low
        }
        let place = fraction * Double(count - 1)
        let low = Int(place.rounded(.down))
        let found = try ranked(list, arena, low)
        let a = number(found.low)
        if Double(low) == place { return Cell(float: a) }
        return Cell(
            float: a * (Double(low + 1) - place) + number(found.high) * (place - Double(low)))
    }

    /// The value of a rank, and that of the next one, if there is one. Whole numbers, and floats
    /// of which equal ones are the same, are not sorted for it.
    private func ranked(
        _ list: UnsafeMutableBufferPointer<Cell>, _ arena: Arena, _ rank: Int
    ) throws(NQLError) -> (low: Cell, high: Cell) {
        let count = list.count
        if list.allSatisfy({ $0.tag == .integer }) {
            let memory = try arena.allocate(Int64.self, count: count)
            for index in 0 ..< count { memory[index] = list[index].integer }
            let numbers = UnsafeMutableBufferPointer(start: memory, count: count)
            try Selection.select(rank, of: numbers)
            let next = numbers[(rank + 1)...].min() ?? numbers[rank]
            return (Cell(integer: numbers[rank]), Cell(integer: next))
        }
        let negativeZero = (-0.0).bitPattern
        if list.allSatisfy({
            $0.tag == .float && !$0.float.isNaN && $0.float.bitPattern != negativeZero
        }) {
            let memory = try arena.allocate(Double.self, count: count)
            for index in 0 ..< count { memory[index] = list[index].float }
            let numbers = UnsafeMutableBufferPointer(start: memory, count: count)
            try Selection.select(rank, of: numbers)
            let next = numbers[(rank + 1)...].min() ?? numbers[rank]
            return (Cell(float: numbers[rank]), Cell(float: next))
        }
        let base = context.base
        try MergeSort.sort(list, pool: context.pool) { CellOrder.compare($0, $1, base) < 0 }
        return (list[rank], list[min(rank + 1, count - 1)])
    }

    private func number(_ cell: Cell) -> Double {
        cell.tag == .integer ? Double(cell.integer) : cell.float
    }

    override func removeAll() {
        values.removeAll()
        percentiles.removeAll()
    }

    override var byteCount: Int { values.byteCount + percentiles.capacity * 8 }
}
