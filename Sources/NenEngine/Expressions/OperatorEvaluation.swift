// Comparisons and arithmetic: typed kernels where the operands' vectors allow, cells otherwise.

import NQLSyntax
import NenCore

/// `a = b`, `a < b`, …
final class ComparisonEvaluation: Evaluator {
    let symbol: ComparisonOperator
    let left: Evaluator
    let right: Evaluator

    init(
        _ symbol: ComparisonOperator, _ left: Evaluator, _ right: Evaluator, span: SourceSpan
    ) {
        self.symbol = symbol
        self.left = left
        self.right = right
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let a = try left.evaluate(rows, context)
        let b = try right.evaluate(rows, context)
        if a.isConstantNull || b.isConstantNull { return Batch.nullVector }
        return try Comparison.compare(
            symbol, a, b, rows.count, context.arena, context.base)
    }
}

/// Binary operators without a comparison kernel: arithmetic, string and list operators.
final class BinaryEvaluation: Evaluator {
    private let symbol: BinaryOperator
    let left: Evaluator
    let right: Evaluator

    init(_ symbol: BinaryOperator, _ left: Evaluator, _ right: Evaluator, span: SourceSpan) {
        self.symbol = symbol
        self.left = left
        self.right = right
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let a = try left.evaluate(rows, context)
        let b = try right.evaluate(rows, context)
        let count = rows.count
        if a.kind != .cell && b.kind != .cell {
            if let result = try Arithmetic.apply(symbol, a, b, count, context.arena) {
                return result
            }
        } else if let result = try TextPredicate.apply(
            symbol, a, b, count, context.arena, context.base)
        {
            return result
        }
        do {
            return try cellwise(a, b, count, context)
        } catch {
            throw error.located(span)
        }
    }

    /// STARTS WITH, ENDS WITH or CONTAINS, which are null for what is no string.
    var isTextTest: Bool {
        symbol == .startsWith || symbol == .endsWith || symbol == .contains
    }

    private func cellwise(
        _ a: Vector, _ b: Vector, _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        var function = context.function
        if a.isConstant && b.isConstant {
            if count == 0 { return Batch.nullVector }
            try Interruption.spend(a.cell(element: 0).workUnits &+ b.cell(element: 0).workUnits)
            let cell = try CellOperators.binary(
                symbol, a.cell(element: 0), b.cell(element: 0), &function)
            return try context.arena.constant(cell)
        }
        let out = try context.arena.allocate(Cell.self, count: max(1, count))
        let x = try Gather.cells(a, count, context.arena)
        let y = try Gather.cells(b, count, context.arena)
        var row = 0
        while row < count {
            try Interruption.spend(x[row].workUnits &+ y[row].workUnits)
            out[row] = try CellOperators.binary(symbol, x[row], y[row], &function)
            row &+= 1
        }
        return Vector(.cell, out)
    }
}

/// `-a`, `+a`.
final class SignEvaluation: Evaluator {
    private let operand: Evaluator
    private let isNegative: Bool

    init(_ operand: Evaluator, isNegative: Bool, span: SourceSpan) {
        self.operand = operand
        self.isNegative = isNegative
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let vector = try operand.evaluate(rows, context)
        if isNegative, let result = try Arithmetic.negate(vector, rows.count, context.arena) {
            return result
        }
        if !isNegative, vector.kind == .integer || vector.kind == .float { return vector }
        var function = context.function
        let cells = try Gather.cells(vector, rows.count, context.arena)
        let out = try context.arena.allocate(Cell.self, count: max(1, rows.count))
        do {
            for row in 0 ..< rows.count {
                out[row] =
                    isNegative
                    ? try CellOperators.negate(cells[row], &function)
                    : try CellOperators.plus(cells[row])
            }
        } catch {
            throw error.located(span)
        }
        return Vector(.cell, out)
    }
}
