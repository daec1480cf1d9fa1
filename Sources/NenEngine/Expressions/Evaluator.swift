// Evaluator: a compiled expression. Called once per batch; inside, loops over dense vectors. The
// tree is compiled once per operator from a PlanExpression (ExpressionCompiler).

import NQLPlan
import NenCore

/// One node of a compiled expression tree; subclasses implement `evaluate`.
class Evaluator {
    /// Where the expression stands in the query, for errors.
    final let span: SourceSpan

    init(span: SourceSpan = .none) { self.span = span }

    /// The value for every row of `rows`: a dense vector (flat or constant), valid until the
    /// context's arena is reset.
    func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        preconditionFailure("an evaluator without evaluate")
    }

    /// The value for every row as cells.
    final func cells(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> UnsafePointer<Cell> {
        try Gather.cells(try evaluate(rows, context), rows.count, context.arena)
    }

    /// The value for one row.
    final func cell(
        _ rows: RowSet, row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Cell {
        let one = try rows.single(row, context.arena)
        return try evaluate(one, context).cell(element: 0)
    }

    /// The value as a boolean vector.
    final func booleans(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        do {
            return try Logic.boolean(try evaluate(rows, context), rows.count, context.arena)
        } catch {
            throw error.located(span)
        }
    }
}

extension NQLError {
    /// The same error, placed at `span` unless it has a place already.
    func located(_ span: SourceSpan) -> NQLError {
        guard self.span == .none else { return self }
        var copy = self
        copy.span = span
        return copy
    }
}

/// The same value for every row.
final class ConstantEvaluation: Evaluator {
    let vector: Vector

    init(_ vector: Vector, span: SourceSpan = .none) {
        self.vector = vector
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector { vector }

    var cell: Cell { vector.cell(element: 0) }
}

/// A column of the rows.
final class SlotEvaluation: Evaluator {
    let slot: Int

    init(_ slot: Int, span: SourceSpan = .none) {
        self.slot = slot
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        try rows.dense(slot, context.arena)
    }
}

/// Raises the same error whenever a row asks for its value.
final class FailingEvaluation: Evaluator {
    let error: NQLError

    init(_ error: NQLError) {
        self.error = error
        super.init()
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        if rows.count == 0 { return Batch.nullVector }
        throw error
    }
}
