// min and max by the order of ORDER BY; nulls do not count.

import NenCore

/// `min(x)` and `max(x)`.
final class Extreme: Accumulator {
    private let isMaximum: Bool
    private let best: PooledArray<Cell>
    private let arena: Arena
    private let keeper: CellKeeper

    init(_ context: ExecutionContext, isMaximum: Bool) {
        self.isMaximum = isMaximum
        best = PooledArray(pool: context.pool)
        let arena = Arena(pool: context.pool)
        self.arena = arena
        keeper = context.keeper(arena)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) {
        try best.resize(groupCount, filling: .null)
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let vector = input.arguments[0]
        var row = 0
        while row < input.count {
            try offer(vector.cell(at: row), to: best.pointer + Int(input.groups[row]))
            row &+= 1
        }
    }

    @inline(__always)
    private func offer(
        _ cell: Cell, to place: UnsafeMutablePointer<Cell>
    ) throws(NQLError) {
        if cell.isNull { return }
        let known = place.pointee
        if known.isNull {
            place.pointee = try keeper.keep(cell)
            return
        }
        let order: Int
        if cell.rawTag == known.rawTag, cell.rawTag == CellTag.integer.rawValue {
            order = CellOrder.threeWay(cell.integer, known.integer)
        } else {
            order = CellOrder.compare(cell, known, context.base)
        }
        if isMaximum ? order > 0 : order < 0 { place.pointee = try keeper.keep(cell) }
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? Extreme else { return }
        for index in 0 ..< count {
            try offer(other.best[Int(sources[index])], to: best.pointer + Int(targets[index]))
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell { best[group] }

    override func removeAll() {
        best.removeAll()
        arena.reset()
    }

    override var byteCount: Int { best.capacity * 16 + arena.byteCount }
}
