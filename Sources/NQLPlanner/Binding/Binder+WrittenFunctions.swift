// Binder+WrittenFunctions: functions that are expressions of their parameters. An argument that is
// more than a variable is evaluated once; the text sees its parameters and nothing of the query.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// The text of `written` with the arguments for its parameters.
    func bindWritten(
        _ written: WrittenFunction, _ arguments: [PlanExpression], type: NQLType,
        _ span: SourceSpan
    ) throws(NQLError) -> PlanExpression {
        var scope = Scope()
        var computed: [(value: PlanExpression, slot: Slot)] = []
        for (index, name) in written.parameters.enumerated() {
            let value = index < arguments.count
                ? arguments[index] : PlanExpression(.constant(.null), type: .any, span: span)
            if case .slot(let slot) = value.kind {
                scope[name] = slot
                continue
            }
            let slot = hiddenSlot(value.type == .null ? .any : value.type)
            scope[name] = slot
            computed.append((value, slot))
        }
        let text = try parseExpression(written.text).withoutSpans
        var body = try bind(text, ExpressionContext(scope: scope))
        for (value, slot) in computed.reversed() { body = bound(value, to: slot, in: body, span) }
        body.span = span
        if type != .any { body.type = type }
        return body
    }
}
