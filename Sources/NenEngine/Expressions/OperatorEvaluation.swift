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
    private let left: Evaluator
    private let right: Evaluator
    /// Of IN with the same long list for the whole statement.
    private var members: MemberTable?

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
        if symbol == .inList, let members = try members(b, count, context) {
            return try contained(a, members, count, context)
        }
        do {
            return try cellwise(a, b, count, context)
        } catch {
            throw error.located(span)
        }
    }

    /// Rows from which on a table for one batch pays.
    private static let rowCountMin = 64

    /// The table of a long list on the right that is the same for all rows; nil where asking its
    /// elements one by one costs less.
    private func members(
        _ lists: Vector, _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> MemberTable? {
        guard lists.isConstant, lists.kind == .cell else { return nil }
        let list = lists.cell(element: 0)
        guard list.tag == .list, list.count > MemberTable.shortListCount else { return nil }
        guard right is ConstantEvaluation else {
            return count < BinaryEvaluation.rowCountMin ? nil : try MemberTable(list, context)
        }
        // The value of a constant stays where it is as long as the statement runs.
        if let members { return members }
        if count < 2 { return nil }
        let made = try MemberTable(list, context)
        members = made
        return made
    }

    private func contained(
        _ values: Vector, _ members: MemberTable, _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let cells = try Gather.cells(values, count, context.arena)
        let out = try context.arena.allocate(UInt8.self, count: max(1, count))
        for row in 0 ..< count { out[row] = try members.contains(cells[row]) }
        return try Logic.boolean(ternary: out, count, context.arena)
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
