// Chains of operations that are too long for a tree: the links run one after the other over the
// batch, each on what the one before gave, so that the stack does not grow with the chain.

import NenCore

/// What was evaluated already, as an operand: of a chain, what it has come to, for its next link.
final class HeldEvaluation: Evaluator {
    var vector = Batch.nullVector

    init() { super.init() }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector { vector }
}

/// `first + second - third …`, `base.a.b.c …`
final class ChainEvaluation: Evaluator {
    private let first: Evaluator
    private let held: HeldEvaluation
    private let steps: [Evaluator]

    /// - Parameter steps: operations whose left operand is `held`.
    init(
        _ first: Evaluator, _ held: HeldEvaluation, _ steps: [Evaluator], span: SourceSpan
    ) {
        self.first = first
        self.held = held
        self.steps = steps
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        held.vector = try first.evaluate(rows, context)
        for step in steps {
            try Interruption.spend(rows.count)
            held.vector = try step.evaluate(rows, context)
        }
        return held.vector
    }
}
