// Subplan: a plan that runs for rows of another: the right side of an apply, or a plan inside an
// expression. Where all its operators work row by row it runs once per outer batch, with a hidden
// column that says to which outer position a row belongs; else once per outer row.

import NQLPlan
import NenCore

/// A compiled plan with the feed that its `argument` leaves read.
final class Subplan {
    let feed: ArgumentFeed
    let root: Operator
    private let context: ExecutionContext
    private let scratch: Arena

    init(feed: ArgumentFeed, root: Operator, _ context: ExecutionContext) {
        self.feed = feed
        self.root = root
        self.context = context
        scratch = Arena(pool: context.pool)
    }

    /// Calls `body` with each non-empty batch and, in batch mode, the outer position of each of its
    /// rows; in row mode with the outer position of all of them. `body` returns whether the
    /// current outer row needs more rows (asked in row mode only).
    func run(
        _ rows: RowSet,
        _ body: (Batch, OuterPositions) throws(NQLError) -> Bool
    ) throws(NQLError) {
        let saved = context.arena
        defer { context.arena = saved }
        if let slot = feed.positionSlot, !feed.isPerRow {
            if rows.count == 0 { return }
            feed.set(rows)
            try root.open()
            while try root.pull() {
                if root.batch.count == 0 { continue }
                scratch.reset()
                let positions = try root.batch.rows.dense(slot, scratch)
                _ = try body(root.batch, .each(positions))
            }
            return
        }
        for row in 0 ..< rows.count {
            feed.set(rows, row: row)
            try root.open()
            let position = rows.position(row)
            while try root.pull() {
                if root.batch.count == 0 { continue }
                if try !body(root.batch, .all(position)) { break }
            }
        }
    }

    /// Which outer positions have a row: 1 or 0 by position.
    func existence(
        _ rows: RowSet, _ arena: Arena
    ) throws(NQLError) -> UnsafeMutablePointer<UInt8> {
        let result = try arena.allocate(UInt8.self, count: Batch.rowCapacity)
        result.update(repeating: 0, count: Batch.rowCapacity)
        try run(rows) { (batch, positions) throws(NQLError) in
            for row in 0 ..< batch.count { result[positions.position(row)] = 1 }
            return false
        }
        return result
    }

    /// Number of rows by outer position.
    func counts(
        _ rows: RowSet, _ arena: Arena
    ) throws(NQLError) -> UnsafeMutablePointer<Int64> {
        let result = try arena.allocate(Int64.self, count: Batch.rowCapacity)
        result.update(repeating: 0, count: Batch.rowCapacity)
        try run(rows) { (batch, positions) throws(NQLError) in
            for row in 0 ..< batch.count {
                let times = batch.multiplicity?[batch.rows.position(row)] ?? 1
                result[positions.position(row)] &+= times
            }
            return true
        }
        return result
    }

    /// Lists of the values of `slot` by outer position.
    func lists(
        _ rows: RowSet, of slot: Slot, _ arena: Arena
    ) throws(NQLError) -> UnsafeMutablePointer<Cell> {
        let chains = ValueChains(context)
        try chains.resize(Batch.rowCapacity)
        try run(rows) { (batch, positions) throws(NQLError) in
            for row in 0 ..< batch.count {
                try chains.append(
                    batch.rows.cell(slot, row: row), to: positions.position(row))
            }
            return true
        }
        let result = try arena.allocate(Cell.self, count: Batch.rowCapacity)
        let builder = CellBuilder(arena: arena, base: context.base)
        let keeper = CellKeeper(arena: arena, base: context.base, stableSpan: 0)
        for row in 0 ..< rows.count {
            let position = rows.position(row)
            let count = chains.count(position)
            let memory = try builder.reserveCells(count)
            chains.copy(position, to: memory)
            try keeper.keep(memory, count, into: memory)
            result[position] = try builder.list(in: memory, count: count)
        }
        return result
    }
}

/// Outer positions of the rows of a batch.
enum OuterPositions {
    /// One dense integer per row.
    case each(Vector)
    case all(Int)

    @inline(__always)
    func position(_ row: Int) -> Int {
        switch self {
        case .each(let vector): Int(vector.integers[vector.isConstant ? 0 : row])
        case .all(let position): position
        }
    }
}

/// The value of a plan that reads nothing of the rows, for all of them. Where the statement changes
/// nothing it is found once and kept, else once for each batch.
final class UncorrelatedPlanEvaluation: Evaluator {
    private let nested: NestedPlanEvaluation
    private let kept: Arena
    private let isStable: Bool
    private var value: Vector?

    init(_ nested: NestedPlanEvaluation, _ context: ExecutionContext) {
        self.nested = nested
        kept = Arena(pool: context.pool)
        isStable = context.transaction == nil
        super.init(span: nested.span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        if rows.count == 0 { return try nested.evaluate(rows, context) }
        if let value { return value }
        let saved = context.arena
        defer { context.arena = saved }
        if isStable { context.arena = kept }
        var vector = try nested.evaluate(try rows.single(0, context.arena), context)
        vector.isConstant = true
        if isStable { value = vector }
        return vector
    }
}

/// `EXISTS { … }`, `COUNT { … }`, `COLLECT { … }` and patterns in expressions.
final class NestedPlanEvaluation: Evaluator {
    private let subplan: Subplan
    private let kind: NestedPlanKind

    init(_ subplan: Subplan, _ kind: NestedPlanKind, span: SourceSpan) {
        self.subplan = subplan
        self.kind = kind
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let arena = context.arena
        let count = rows.count
        switch kind {
        case .exists:
            let found = try subplan.existence(rows, arena)
            let out = try arena.allocate(UInt8.self, count: max(1, count))
            for row in 0 ..< count { out[row] = found[rows.position(row)] }
            return Vector(.boolean, out)
        case .count:
            let counts = try subplan.counts(rows, arena)
            let out = try arena.allocate(Int64.self, count: max(1, count))
            for row in 0 ..< count { out[row] = counts[rows.position(row)] }
            return Vector(.integer, out)
        case .collect(let slot):
            let lists = try subplan.lists(rows, of: slot, arena)
            let out = try arena.allocate(Cell.self, count: max(1, count))
            for row in 0 ..< count { out[row] = lists[rows.position(row)] }
            return Vector(.cell, out)
        }
    }
}
