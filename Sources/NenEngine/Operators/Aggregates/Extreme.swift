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
        if !vector.isConstant {
            switch vector.kind {
            case .integer, .date, .localTime:
                let values = vector.integers
                let head = Cell(vector.kind.tag, payload: 0).head
                return offerPlain(vector, input, { $0.integer < $1.integer }) {
                    Cell(head: head, payload: UInt64(bitPattern: values[$0]))
                }
            case .localDateTime, .dateTime:
                let cells = vector.cells
                return offerPlain(vector, input, ValueRange.precedes) { cells[$0] }
            default: break
            }
        }
        var row = 0
        while row < input.count {
            try offer(vector.cell(at: row), to: best.pointer + Int(input.groups[row]))
            row &+= 1
        }
    }

    /// The rows of a flat vector of one type, whose values refer to nothing.
    @inline(__always)
    private func offerPlain(
        _ vector: Vector, _ input: AccumulatorInput, _ precedes: (Cell, Cell) -> Bool,
        _ cell: (Int) -> Cell
    ) {
        let table = best.pointer
        let tag = vector.kind.tag.rawValue
        let groups = input.groups
        let validity = vector.validity
        let isSingle = best.count == 1
        var row = 0
        while row < input.count {
            defer { row &+= 1 }
            if let validity, !Bitmap.isSet(validity, row) { continue }
            let own = cell(row)
            let place = table + (isSingle ? 0 : Int(groups[row]))
            let known = place.pointee
            let isBetter: Bool
            if known.rawTag == tag {
                isBetter = isMaximum ? precedes(known, own) : precedes(own, known)
            } else if known.isNull {
                isBetter = true
            } else {
                let order = CellOrder.compare(own, known, context.base)
                isBetter = isMaximum ? order > 0 : order < 0
            }
            if isBetter { place.pointee = own }
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
