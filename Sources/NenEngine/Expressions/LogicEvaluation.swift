// AND, OR, XOR, NOT. The right side of AND and OR is evaluated only for rows that the left side
// leaves open, if it may fail or is dear; so `x <> 0 AND 1 / x > 2` never divides by zero.

import NQLSyntax
import NenCore

/// `a AND b`, `a OR b`.
final class JunctionEvaluation: Evaluator {
    private let isAnd: Bool
    private let left: Evaluator
    private let right: Evaluator
    private let isRightLazy: Bool

    init(
        isAnd: Bool, _ left: Evaluator, _ right: Evaluator, isRightLazy: Bool, span: SourceSpan
    ) {
        self.isAnd = isAnd
        self.left = left
        self.right = right
        self.isRightLazy = isRightLazy
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let a = try left.booleans(rows, context)
        let b = isRightLazy
            ? try rightWhereOpen(a, rows, context) : try right.booleans(rows, context)
        return isAnd
            ? try Logic.and(a, b, rows.count, context.arena)
            : try Logic.or(a, b, rows.count, context.arena)
    }

    /// The right side for rows that the left side does not decide; the deciding value elsewhere.
    private func rightWhereOpen(
        _ a: Vector, _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let decided: UInt8 = isAnd ? 0 : 1
        let known = try Logic.ternary(a, count, context.arena)
        let open = try context.arena.allocate(UInt16.self, count: count + 1)
        var openCount = 0
        var row = 0
        while row < count {
            open[openCount] = UInt16(truncatingIfNeeded: row)
            openCount &+= known[row] == decided ? 0 : 1
            row &+= 1
        }
        if openCount == count { return try right.booleans(rows, context) }
        if openCount == 0 { return a }
        let subset = try rows.subset(open, openCount, context.arena)
        let part = try right.booleans(subset, context)
        let partial = try Logic.ternary(part, openCount, context.arena)
        let result = try context.arena.allocate(UInt8.self, count: count)
        result.update(repeating: decided, count: count)
        row = 0
        while row < openCount {
            result[Int(open[row])] = partial[row]
            row &+= 1
        }
        return try Logic.boolean(ternary: result, count, context.arena)
    }
}

/// `a XOR b`.
final class ExclusiveOrEvaluation: Evaluator {
    private let left: Evaluator
    private let right: Evaluator

    init(_ left: Evaluator, _ right: Evaluator, span: SourceSpan) {
        self.left = left
        self.right = right
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let a = try left.booleans(rows, context)
        let b = try right.booleans(rows, context)
        return try Logic.xor(a, b, rows.count, context.arena)
    }
}

/// `NOT a`.
final class NotEvaluation: Evaluator {
    private let operand: Evaluator

    init(_ operand: Evaluator, span: SourceSpan) {
        self.operand = operand
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        try Logic.not(try operand.booleans(rows, context), rows.count, context.arena)
    }
}

/// `a IS NULL`, `a IS NOT NULL`.
final class NullTestEvaluation: Evaluator {
    let operand: Evaluator
    private let isNegated: Bool

    init(_ operand: Evaluator, isNegated: Bool, span: SourceSpan) {
        self.operand = operand
        self.isNegated = isNegated
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let vector = try operand.evaluate(rows, context)
        if vector.isConstant || (vector.kind != .cell && vector.validity == nil) {
            let isNull = vector.isConstant && !vector.isPresent(element: 0)
            return try context.arena.constant(Cell(boolean: isNull != isNegated))
        }
        let count = rows.count
        let out = try context.arena.allocate(UInt8.self, count: max(1, count))
        let flip: UInt8 = isNegated ? 1 : 0
        var row = 0
        if vector.kind == .cell {
            let cells = vector.cells
            while row < count {
                out[row] = Comparison.byte(cells[row].isNull) ^ flip
                row &+= 1
            }
        } else if let validity = vector.validity {
            while row < count {
                out[row] = Comparison.byte(!Bitmap.isSet(validity, row)) ^ flip
                row &+= 1
            }
        }
        return Vector(.boolean, out)
    }
}
