// Binder+LocalScopes: list comprehensions, quantifiers and `reduce`: expressions with variables of
// their own.

import NQLSyntax
import NenCore

extension Binder {
    func bindLocal(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let span = expression.span
        switch expression.kind {
        case .listComprehension(let variable, let list, let predicate, let projection):
            let (source, slot) = try bindElement(variable, list, at)
            let inner = at.asValue.local(variable.text, slot)
            var condition: PlanExpression?
            if let predicate { condition = try bindCondition(predicate, inner) }
            var result: PlanExpression?
            if let projection { result = try bind(projection, inner) }
            return PlanExpression(
                .listComprehension(
                    element: slot, list: source, predicate: condition, projection: result),
                type: .list(result?.type.orAny ?? slots[slot].type), span: span)
        case .quantifier(let quantifier, let variable, let list, let predicate):
            let (source, slot) = try bindElement(variable, list, at)
            var condition: PlanExpression?
            if let predicate {
                condition = try bindCondition(predicate, at.local(variable.text, slot))
            }
            return PlanExpression(
                .quantifier(quantifier, element: slot, list: source, predicate: condition),
                type: .boolean, span: span)
        case .reduce(let accumulator, let initial, let variable, let list, let step):
            let start = try bind(initial, at.asValue)
            let (source, slot) = try bindElement(variable, list, at)
            let sum = newSlot(accumulator.text, .any)
            let inner = at.asValue.local(accumulator.text, sum).local(variable.text, slot)
            let next = try bind(step, inner)
            return PlanExpression(
                .reduce(
                    accumulator: sum, initial: start, element: slot, list: source, step: next),
                type: .any, span: span)
        default: preconditionFailure("no local scope: \(expression.kind)")
        }
    }

    /// The list and the slot for its elements.
    private func bindElement(
        _ variable: Name, _ list: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> (PlanExpression, Slot) {
        let source = try bind(list, at.asValue)
        guard source.type.mayBe(.list(.any)) else {
            throw invalidType(.syntax, expected: "a List", found: source, list.span)
        }
        var element: NQLType = .any
        if case .list(let type) = source.type { element = type }
        return (source, newSlot(variable.text, element))
    }
}
