// IndexSeekOperator: entities by an index: equality on leading properties, then at most a range or
// a prefix. For equality the keys of a whole batch of outer rows are looked up together.
//
// In an order that was asked for, rows come in small batches at first, which grow: a limit above
// wants few of them.

import NQLPlan
import NenCore

/// Look-up in a property index for every outer row.
final class IndexSeekOperator: Operator {
    private let seek: IndexSeek
    private let equals: [Evaluator]
    private let lower: Evaluator?
    private let upper: Evaluator?
    private let prefix: Evaluator?
    private let carried: [Slot]
    private let keyArena: Arena
    private var isInBatch = false
    private var row = 0
    /// What is still to be walked for the current row, the last one first.
    private var walks: [Walk] = []
    private var cursor: Cursor?
    private var capacity = Batch.rowCapacity

    /// Rows of the first batch where the order matters.
    private static let firstRowCount = 4

    /// Entities of a range of the index (`IN` gives several), or those that it does not hold.
    private enum Walk {
        case range(IndexRange)
        case unindexed([Cell])
    }

    private enum Cursor {
        case index(IndexCursor)
        case unindexed(UnindexedCursor)

        func next(into output: UnsafeMutablePointer<UInt32>, capacity: Int) throws -> Int {
            switch self {
            case .index(let cursor): try cursor.next(into: output, capacity: capacity)
            case .unindexed(let cursor): try cursor.next(into: output, capacity: capacity)
            }
        }
    }

    init(
        _ scope: OperatorScope, _ input: Operator, _ seek: IndexSeek,
        _ expressions: ExpressionCompiler
    ) throws(NQLError) {
        self.seek = seek
        equals = try expressions.compile(seek.equals)
        lower = try seek.lower.map { (bound) throws(NQLError) in
            try expressions.compile(bound.value)
        }
        upper = try seek.upper.map { (bound) throws(NQLError) in
            try expressions.compile(bound.value)
        }
        prefix = try seek.prefix.map { (value) throws(NQLError) in
            try expressions.compile(value)
        }
        carried = scope.live.filter { $0 != seek.slot }
        keyArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        isInBatch = false
        cursor = nil
        walks.removeAll()
        capacity = seek.order == nil ? Batch.rowCapacity : IndexSeekOperator.firstRowCount
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if !isInBatch {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                isInBatch = true
                row = 0
            }
            let isMore = try emit()
            if row >= input.batch.count && cursor == nil && walks.isEmpty { isInBatch = false }
            if isMore {
                capacity = min(capacity * 2, Batch.rowCapacity)
                return true
            }
        } while true
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let found = try arena.allocate(UInt32.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let rows = input.batch.rows
        var filled = 0
        while filled < capacity {
            if cursor == nil {
                if walks.isEmpty {
                    guard row < rows.count else { break }
                    keyArena.reset()
                    context.arena = keyArena
                    do {
                        walks = try walks(rows, row)
                    } catch {
                        if !error.isOfValue || context.graph.hasEntities(of: seek.index) {
                            throw error
                        }
                    }
                    context.arena = arena
                    row += 1
                    continue
                }
                cursor = start(walks.removeLast())
                if cursor == nil { continue }
            }
            guard let current = cursor else { continue }
            let room = capacity - filled
            let start = filled
            let count = try storage { try current.next(into: found + start, capacity: room) }
            let position = UInt16(truncatingIfNeeded: rows.position(row - 1))
            for index in 0 ..< count { positions[filled + index] = position }
            filled += count
            if count < room { cursor = nil }
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        let kind: VectorKind = seek.index.entity == .node ? .node : .relationship
        batch.vectors[seek.slot] = Vector(kind, found)
        return true
    }

    private func start(_ walk: Walk) -> Cursor? {
        switch walk {
        case .range(let range):
            let isDescending = seek.order == .descending
            return context.graph.indexSeek(seek.index, range, isDescending: isDescending)
                .map { .index($0) }
        case .unindexed(let equals):
            return context.graph.unindexed(seek.index, equals: equals).map { .unindexed($0) }
        }
    }

    /// What to walk for an outer row, the last one first.
    private func walks(_ rows: RowSet, _ row: Int) throws(NQLError) -> [Walk] {
        var cells: [Cell] = []
        for evaluator in equals { cells.append(try evaluator.cell(rows, row: row, context)) }
        let low = try bound(lower, seek.lower, rows, row)
        let high = try bound(upper, seek.upper, rows, row)
        let start = try prefix?.cell(rows, row: row, context)
        guard seek.isList, let list = cells.last else {
            let range = IndexRange(equals: cells, lower: low, upper: high, prefix: start)
            guard seek.includesUnindexed else { return [.range(range)] }
            // Null is the greatest value.
            return seek.order == .descending
                ? [.range(range), .unindexed(cells)] : [.unindexed(cells), .range(range)]
        }
        if list.isNull { return [] }
        guard list.tag == .list else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "IN expects a List, found a value of type \(list.tag.typeName).")
        }
        if list.count >= 4_096 {
            // A range and an entry of the table for each element.
            try context.arena.checkRoom(for: list.count * 256)
        }
        var result: [Walk] = []
        var seen: [UInt64: [Cell]] = [:]
        let items = context.base.cells(list)
        for index in 0 ..< list.count {
            let item = items[index]
            if item.isNull { continue }
            let hash = CellOrder.hash(item, context.base)
            let known = seen[hash] ?? []
            if known.contains(where: { CellOrder.areEquivalent($0, item, context.base) }) {
                continue
            }
            seen[hash] = known + [item]
            let equals = Array(cells.dropLast()) + [item]
            result.append(
                .range(IndexRange(equals: equals, lower: low, upper: high, prefix: start)))
            if seek.includesUnindexed { result.append(.unindexed(equals)) }
        }
        return result.reversed()
    }

    private func bound(
        _ evaluator: Evaluator?, _ bound: IndexBound?, _ rows: RowSet, _ row: Int
    ) throws(NQLError) -> IndexRange.Bound? {
        guard let evaluator, let bound else { return nil }
        return IndexRange.Bound(
            value: try evaluator.cell(rows, row: row, context), isInclusive: bound.isInclusive)
    }
}
