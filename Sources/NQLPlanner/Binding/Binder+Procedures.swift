// Binder+Procedures: CALL name(…) YIELD …, alone or within a query.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// Binds a procedure call; the columns when it stands alone and yields some.
    func bindProcedure(
        _ call: ProcedureCall, _ state: inout QueryState, _ span: SourceSpan, isAlone: Bool
    ) throws(NQLError) -> [ResultColumn]? {
        guard let signature = functions.procedure(named: call.name.text) else {
            let near = NearMiss.suggestion(
                for: call.name.text, among: functions.procedureNames)
            throw NQLError(
                .procedure, "ProcedureNotFound", phase: .compile,
                "There is no procedure `\(call.name.text)`.",
                hint: near.map { "Did you mean `\($0)`?" }, span: call.name.span)
        }
        let arguments = try bindProcedureArguments(call, signature, state.scope, isAlone)
        if call.yieldsAll, !isAlone {
            throw .syntax(
                "UnexpectedSyntax", "YIELD * is allowed only in a CALL that stands alone.",
                at: span, hint: "Name the columns behind YIELD.")
        }
        if !isAlone, call.yields == nil, let output = signature.outputs.first {
            throw .syntax(
                "UndefinedVariable",
                "Within a query the columns of `\(signature.name)` have to be named.",
                at: call.name.span, hint: "Write `CALL \(signature.name)(…) YIELD \(output.name)`.")
        }
        let before = state.scope.boundSlots
        var columns: [ResultColumn] = []
        var yields: [ProcedureYield] = []
        var items = call.yields ?? []
        if isAlone, call.yields == nil || call.yieldsAll {
            items = signature.outputs.map {
                YieldItem(field: Name($0.name, call.name.span), alias: nil)
            }
        }
        for item in items {
            guard let field = signature.outputs.firstIndex(where: { $0.name == item.field.text })
            else {
                let near = NearMiss.suggestion(
                    for: item.field.text, among: signature.outputs.map(\.name))
                throw .syntax(
                    "UndefinedVariable",
                    "`\(signature.name)` has no output `\(item.field.text)`.",
                    at: item.field.span, hint: near.map { "Did you mean `\($0)`?" })
            }
            let name = item.alias ?? item.field
            if state.scope[name.text] != nil { throw alreadyBound(name) }
            let slot = newSlot(name.text, signature.outputs[field].type)
            state.scope[name.text] = slot
            yields.append(ProcedureYield(field: field, slot: slot))
            columns.append(ResultColumn(name: name.text, slot: slot))
        }
        let invocation = ProcedureInvocation(
            name: signature.name, arguments: arguments, yields: yields,
            isVoid: signature.outputs.isEmpty)
        // An optional call keeps rows for which nothing comes.
        let isOptional = call.isOptional && !signature.outputs.isEmpty
        var inner = state
        if isOptional { inner.plan = LogicalPlan(.argument(before)) }
        inner.add(.call(invocation))
        if let predicate = call.predicate {
            let at = ExpressionContext(scope: state.scope)
            inner.add(.filter(try bindConjuncts(predicate, at)))
        }
        if isOptional {
            state.add(.apply(.optional, isPerRow: true), right: inner.plan)
        } else {
            state = inner
        }
        return isAlone && !columns.isEmpty ? columns : nil
    }

    private func bindProcedureArguments(
        _ call: ProcedureCall, _ signature: ProcedureSignature, _ scope: Scope, _ isAlone: Bool
    ) throws(NQLError) -> [PlanExpression] {
        guard let written = call.arguments else {
            guard isAlone else {
                throw .syntax(
                    "InvalidArgumentPassingMode",
                    "Within a query a procedure's arguments must be written out.",
                    at: call.name.span, hint: "Write `CALL \(signature.name)(…)`.")
            }
            var arguments: [PlanExpression] = []
            for input in signature.inputs {
                arguments.append(try bindParameter(input.name, call.name.span))
            }
            return arguments
        }
        guard written.count == signature.inputs.count else {
            throw .syntax(
                "InvalidNumberOfArguments",
                "`\(signature.name)` takes \(signature.inputs.count) argument(s), not"
                    + " \(written.count).", at: call.name.span)
        }
        let at = ExpressionContext(scope: scope)
        var arguments: [PlanExpression] = []
        for (expression, input) in zip(written, signature.inputs) {
            let bound = try bind(expression, at)
            guard bound.type.fits(input.type) else {
                throw invalidType(
                    .syntax, expected: "a \(input.type.name) for `\(input.name)`", found: bound,
                    expression.span)
            }
            arguments.append(bound)
        }
        return arguments
    }
}
