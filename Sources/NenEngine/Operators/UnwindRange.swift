// UnwindRange: one row per element of `range(start, end[, step])`, without the list: what UNWIND of
// a range needs is one batch of integers, however long the range is.

import NQLPlan
import NenCore

/// Ranges to rows.
final class UnwindRange: Operator {
    /// What is left of the range of one row.
    private struct Remainder {
        var value: Int64 = 0
        var step: Int64 = 1
        /// Elements behind `value`; up to 2^64 - 1.
        var behind: UInt64 = 0
        var isEmpty = true
    }

    /// Start, end and, if given, step.
    private let bounds: [Evaluator]
    private let span: SourceSpan
    private let element: Slot
    private let carried: [Slot]
    private let boundArena: Arena
    private var columns: [UnsafePointer<Cell>] = []
    private var row = 0
    private var remainder = Remainder()

    init(
        _ scope: OperatorScope, _ input: Operator, bounds: [Evaluator], element: Slot,
        span: SourceSpan
    ) {
        self.bounds = bounds
        self.span = span
        self.element = element
        carried = scope.live.filter { $0 != element }
        boundArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        columns = []
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if columns.isEmpty {
                guard try input.pull() else { return false }
                boundArena.reset()
                context.arena = boundArena
                for bound in bounds {
                    columns.append(try bound.cells(input.batch.rows, context))
                }
                // Before the first row, with nothing left of it.
                row = -1
                remainder = Remainder()
            }
            if try emit() { return true }
            columns = []
        } while true
    }

    /// The whole range of a row; empty if a bound is null.
    private func range(at row: Int) throws(NQLError) -> Remainder {
        if columns.contains(where: { $0[row].isNull }) { return Remainder() }
        do throws(NQLError) {
            return try wholeRange(at: row)
        } catch {
            throw error.located(span)
        }
    }

    private func wholeRange(at row: Int) throws(NQLError) -> Remainder {
        let start = try RangeFunction.integer(columns[0][row], "start")
        let end = try RangeFunction.integer(columns[1][row], "end")
        let step = columns.count > 2 ? try RangeFunction.integer(columns[2][row], "step") : 1
        guard let behind = try RangeFunction.stepCount(start, end, step) else {
            return Remainder()
        }
        return Remainder(value: start, step: step, behind: behind, isEmpty: false)
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let source = input.batch
        let rows = source.rows
        let capacity = Batch.rowCapacity
        let out = try arena.allocate(Int64.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        var filled = 0
        while filled < capacity {
            if remainder.isEmpty {
                if row + 1 >= source.count { break }
                row += 1
                remainder = try range(at: row)
                continue
            }
            let isRest = remainder.behind < UInt64(capacity &- filled)
            let count = isRest ? Int(remainder.behind) &+ 1 : capacity &- filled
            var value = remainder.value
            var index = filled
            while index < filled &+ count {
                out[index] = value
                value = value &+ remainder.step
                index &+= 1
            }
            let position = UInt16(truncatingIfNeeded: rows.position(row))
            (positions + filled).update(repeating: position, count: count)
            filled += count
            remainder.value = value
            remainder.isEmpty = isRest
            remainder.behind = isRest ? 0 : remainder.behind - UInt64(count)
        }
        if filled == 0 { return false }
        try batch.carry(source, carried, at: positions, count: filled, arena)
        batch.vectors[element] = Vector(.integer, out)
        return true
    }
}
