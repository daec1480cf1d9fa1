// Binder+LocalScopes: list comprehensions, quantifiers and `reduce`: expressions with variables of
// their own.

import NQLPlan
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
        case .allReduce(let reduction): return try bindAllReduce(reduction, span, at)
        default: throw unbound("a local scope", span)
        }
    }

    /// `allReduce(a = initial, x IN list | step, predicate)` as a reduction whose state is a map of
    /// the accumulator and of what the predicate has come to:
    /// `reduce(s = {a: initial, ok: true}, x IN list | [a IN [s.a] | [a IN [step] |
    /// {a: a, ok: s.ok AND predicate}][0]][0]).ok`.
    private func bindAllReduce(
        _ reduction: AllReduction, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let start = try bind(reduction.initial, at.asValue)
        let (source, element) = try bindElement(reduction.variable, reduction.list, at)
        let state = hiddenSlot(.map)
        func part(_ key: String, _ type: NQLType) -> PlanExpression {
            PlanExpression(.property(read(state), key: key), type: type, span: span)
        }
        func pair(_ value: PlanExpression, _ truth: PlanExpression) -> PlanExpression {
            PlanExpression(.map(keys: ["a", "ok"], values: [value, truth]), type: .map, span: span)
        }
        let before = newSlot(reduction.accumulator.text, .any)
        let after = newSlot(reduction.accumulator.text, .any)
        let local = at.asValue.local(reduction.variable.text, element)
        let step = try bind(
            reduction.step, local.local(reduction.accumulator.text, before))
        let predicate = try bindCondition(
            reduction.predicate, local.local(reduction.accumulator.text, after))
        let truth = PlanExpression(
            .binary(.and, part("ok", .boolean), predicate), type: .boolean, span: span)
        let next = bound(step, to: after, in: pair(read(after), truth), span)
        let body = bound(part("a", .any), to: before, in: next, span)
        let yes = PlanExpression(.constant(.boolean(true)), type: .boolean)
        let result = PlanExpression(
            .reduce(
                accumulator: state, initial: pair(start, yes), element: element, list: source,
                step: body), type: .map, span: span)
        return PlanExpression(.property(result, key: "ok"), type: .boolean, span: span)
    }

    /// `body`, in which `slot` stands for `value`, which is evaluated once.
    func bound(
        _ value: PlanExpression, to slot: Slot, in body: PlanExpression, _ span: SourceSpan
    ) -> PlanExpression {
        let list = PlanExpression(.list([value]), type: .list(value.type.orAny), span: span)
        let results = PlanExpression(
            .listComprehension(element: slot, list: list, predicate: nil, projection: body),
            type: .list(body.type.orAny), span: span)
        return PlanExpression(.call("head", [results]), type: body.type, span: span)
    }

    /// Binds what uses `subject` several times so that it is evaluated once.
    func bindOnce(
        _ subject: PlanExpression, _ span: SourceSpan,
        _ body: (PlanExpression) throws(NQLError) -> PlanExpression
    ) throws(NQLError) -> PlanExpression {
        switch subject.kind {
        case .slot, .constant, .parameter: return try body(subject)
        default:
            let slot = hiddenSlot(subject.type)
            return bound(subject, to: slot, in: try body(read(slot, subject.span)), span)
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
