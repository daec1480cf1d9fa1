// Binder+Procedures: CALL name(…) YIELD …, alone or within a query.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// Binds a procedure call; the columns when it stands alone and yields some.
    func bindProcedure(
        _ call: ProcedureCall, _ state: inout QueryState, _ span: SourceSpan, isAlone: Bool
    ) throws(NQLError) -> [ResultColumn]? {
        let signature = try procedure(call.name)
        let arguments = try bindProcedureArguments(call, signature, state.scope, isAlone)
        if !isAlone, call.yields == nil, !call.yieldsAll, let output = signature.outputs.first {
            throw .syntax(
                "UndefinedVariable",
                "Within a query the columns of `\(signature.name)` have to be named.",
                at: call.name.span, hint: "Write `CALL \(signature.name)(…) YIELD \(output.name)`.")
        }
        let before = state.scope.boundSlots
        var columns: [ResultColumn] = []
        var yields: [ProcedureYield] = []
        var items = call.yields ?? []
        if call.yieldsAll || (isAlone && call.yields == nil) {
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

    /// The procedure of this name, which the engine runs.
    private func procedure(_ name: Name) throws(NQLError) -> ProcedureSignature {
        guard let signature = functions.procedure(named: name.text) else {
            if let missing = missingIndex(name) { throw missing }
            let near = NearMiss.suggestion(
                for: name.text, among: functions.procedureNames)
            throw NQLError(
                .procedure, "ProcedureNotFound", phase: .compile,
                "There is no procedure `\(name.text)`.",
                hint: near.map { "Did you mean `\($0)`?" }, span: name.span)
        }
        if functions.writtenProcedure(named: signature.name) != nil {
            throw .syntax(
                "InvalidClauseComposition",
                "`\(signature.name)` stands for clauses and cannot be called within an "
                    + "expression.", at: name.span,
                hint: "Call it in a clause before, and use what it yields.")
        }
        return signature
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
                if let value = input.defaultValue {
                    arguments.append(literal(value, input))
                } else {
                    arguments.append(try bindParameter(input.name, call.name.span))
                }
            }
            return arguments
        }
        try signature.checkCount(written.count, at: call.name.span)
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
        for input in signature.inputs.dropFirst(written.count) {
            arguments.append(literal(input.defaultValue ?? .null, input))
        }
        return arguments
    }

    /// What a procedure about vectors or words would need, which is not there yet.
    private func missingIndex(_ name: Name) -> NQLError? {
        let folded = name.text.lowercased()
        guard folded.hasPrefix("db.index.") || folded.hasPrefix("vector_search.")
            || folded.hasPrefix("text_search.")
        else { return nil }
        let isText = folded.contains("text")
        return NQLError(
            .procedure, "ProcedureNotFound", phase: .compile,
            "`\(name.text)` needs a \(isText ? "full-text" : "vector") index, which is not "
                + "supported yet.",
            hint: isText
                ? "`CONTAINS` and `=~` answer without one."
                : "`vector.similarity.cosine(n.key, $vector)` with ORDER BY and LIMIT answers "
                    + "without one.", span: name.span)
    }

    private func literal(_ value: Value, _ input: ProcedureField) -> PlanExpression {
        PlanExpression(.constant(value), type: input.type)
    }
}

extension ProcedureSignature {
    /// That a call may have so many arguments.
    func checkCount(_ count: Int, at span: SourceSpan) throws(NQLError) {
        if count >= requiredCount, count <= inputs.count { return }
        let wanted = requiredCount == inputs.count
            ? "\(inputs.count)" : "\(requiredCount) to \(inputs.count)"
        throw .syntax(
            "InvalidNumberOfArguments",
            "`\(name)` takes \(wanted) argument(s), not \(count).", at: span)
    }
}
