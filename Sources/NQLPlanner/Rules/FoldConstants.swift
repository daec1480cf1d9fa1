// FoldConstants: expressions without slots and parameters become their value. Of a parameter it is
// known whether it is null: a plan is kept for parameters of the same types only.
//
// Before: Filter(n.x > 1 + 2)    After: Filter(n.x > 3)
//
// An expression whose evaluation fails stays as it is, so that the error comes up when, and only
// when, a row asks for it. Once the statement is interrupted nothing more is folded; the check
// behind the rule ends the planning. Calls without arguments are left alone: `date()` is another
// value in the next run of the same plan.

import NQLPlan
import NenCore

enum FoldConstants: OptimizerRule {
    static let name = "fold-constants"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        let session = context.session
        let parameters = session.usedParameters.isEmpty ? nil : session.parameters
        let evaluator = session.context.evaluator
        if parameters == nil && evaluator == nil { return plan }
        return plan.mapExpressions { expression in
            let known = parameters.map { parameters in
                expression.rewritten { knownNull($0, parameters) }
            } ?? expression
            return evaluator.map { fold(known, $0, context.failure) } ?? known
        }
    }

    /// `$x IS NULL` by what the statement is planned for.
    private static func knownNull(
        _ expression: PlanExpression, _ parameters: [String: Value]
    ) -> PlanExpression {
        guard case .isNull(let operand, let negated) = expression.kind,
            case .parameter(let name) = operand.kind, let value = parameters[name]
        else { return expression }
        let isTrue = (value == .null) != negated
        return PlanExpression(
            .constant(.boolean(isTrue)), type: .boolean, span: expression.span)
    }

    /// Nanoseconds for looking at an expression, by and large.
    private static let workUnits = 500

    /// Replaces the largest parts that are constant.
    static func fold(
        _ expression: PlanExpression, _ evaluator: any ConstantEvaluator, _ model: FailureModel
    ) -> PlanExpression {
        expression.replacing { part in
            if Interruption.isOver(after: FoldConstants.workUnits) { return part }
            guard part.constantValue == nil, isConstant(part, model) else { return nil }
            guard let value = try? evaluator.evaluate(part, parameters: [:]) else { return part }
            return PlanExpression(.constant(value), type: part.type, span: part.span)
        }
    }

    private static func isConstant(_ expression: PlanExpression, _ model: FailureModel) -> Bool {
        if !expression.freeSlots.isEmpty || model.isVolatile(expression) { return false }
        return !expression.contains { part in
            switch part.kind {
            case .parameter, .nested, .subquery, .path: true
            case .call(let name, let arguments):
                arguments.isEmpty || name.hasSuffix(".transaction")
                    || name.hasSuffix(".statement") || name.hasSuffix(".realtime")
            default: false
            }
        }
    }
}
