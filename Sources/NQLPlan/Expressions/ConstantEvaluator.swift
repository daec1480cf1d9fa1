// ConstantEvaluator: what the planner asks of the engine's evaluator.

import NenCore

/// Evaluates expressions without slots; the engine provides it for constant folding.
public protocol ConstantEvaluator: Sendable {
    /// The value of an expression that reads no slot, or the error its evaluation raises.
    func evaluate(
        _ expression: PlanExpression, parameters: [String: Value]
    ) throws(NQLError) -> Value

    /// Bytes of values handed out so far that exceed what their texts account for.
    var keptByteCount: Int { get }
}

extension ConstantEvaluator {
    /// None, for evaluators that do not count.
    public var keptByteCount: Int { 0 }
}
