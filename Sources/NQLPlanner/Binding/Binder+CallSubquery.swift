// Binder+CallSubquery: `CALL { … }` in all its forms.
//
// A subquery IN TRANSACTIONS is bound like any other, which finds its errors and shows its plan.
// Who runs the statement cuts it at that clause and runs the body in transactions of its own.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    func bindCallSubquery(
        _ call: SubqueryCall, _ span: SourceSpan, _ state: inout QueryState
    ) throws(NQLError) {
        try enter(span)
        defer { leave() }
        let query = call.query
        try checkColumnNames(query)
        let bound = try bindQuery(
            query, try importState(call, state), .subquery(importable: importable(call, state)))
        // A body that writes sees what it did for earlier rows, and nothing else may see it half
        // done.
        if let batches = call.batches {
            try checkBatches(batches, state)
            state.add(.batches(batches.rulesText))
        } else if query.updates {
            state.add(.barrier)
        }
        defer { if query.updates { state.add(.barrier) } }
        if let columns = bound.columns {
            for column in columns where state.scope[column.name] != nil {
                throw .syntax(
                    "VariableAlreadyBound",
                    "The subquery returns `\(column.name)`, which is bound outside already.",
                    at: span, hint: "Return it under another name.")
            }
            state.add(
                .apply(
                    call.isOptional ? .optional : .inner, isPerRow: bound.plan.needsOneRow),
                right: bound.plan)
            for column in columns { state.scope[column.name] = column.slot }
        } else {
            state.add(.apply(.effect, isPerRow: true), right: bound.plan)
        }
        if let status = call.batches?.status {
            if state.scope[status.text] != nil { throw alreadyBound(status) }
            let slot = newSlot(status.text, .map)
            let none = PlanExpression(.constant(.null), type: .map)
            state.add(.project([SlotAssignment(slot: slot, expression: none)]))
            state.scope[status.text] = slot
        }
    }

    /// Columns become variables of the query around, so each has a name.
    private func checkColumnNames(_ query: Query) throws(NQLError) {
        guard let last = (query.next.last ?? query).parts[0].clauses.last else { return }
        switch last.kind {
        case .returning(let projection):
            for item in projection.items where item.alias == nil {
                if case .variable = item.expression.kind { continue }
                throw .syntax(
                    "NoExpressionAlias", "An expression that a subquery returns needs an alias.",
                    at: item.expression.span, hint: "Add `AS name`.")
            }
        case .block(let inner): try checkColumnNames(inner)
        case .conditional(let branches, let otherwise):
            for branch in branches { try checkColumnNames(branch.body) }
            if let otherwise { try checkColumnNames(otherwise) }
        default: return
        }
    }

    /// What the body begins with.
    private func importState(
        _ call: SubqueryCall, _ state: QueryState
    ) throws(NQLError) -> QueryState {
        let around = state.scope.boundSlots.union(state.outer.boundSlots)
        var inner = QueryState(plan: LogicalPlan(.argument(around)), scope: Scope())
        switch call.imports {
        case .leadingWith: return inner
        case .all: inner.scope = state.scope
        case .names(let names):
            for name in names {
                guard let slot = state.scope[name.text] else {
                    throw undefined(name.text, name.span, state.scope)
                }
                if inner.scope[name.text] != nil { throw alreadyBound(name) }
                inner.scope[name.text] = slot
            }
        }
        inner.outer = inner.scope
        return inner
    }

    private func importable(_ call: SubqueryCall, _ state: QueryState) -> Scope? {
        if case .leadingWith = call.imports { return state.scope }
        return nil
    }

    // MARK: IN TRANSACTIONS

    private func checkBatches(
        _ batches: TransactionBatches, _ state: QueryState
    ) throws(NQLError) {
        guard allowsBatches, depth == 1 else {
            throw .syntax(
                "InvalidClauseComposition",
                "CALL { … } IN TRANSACTIONS can stand on the outermost level of a statement only, "
                    + "not within a subquery, UNION, NEXT or WHEN.", at: batches.span)
        }
        if batches.status != nil, batches.onError == .fail {
            throw .syntax(
                "InvalidClauseComposition",
                "REPORT STATUS needs ON ERROR CONTINUE or ON ERROR BREAK: a failure ends the "
                    + "statement otherwise.", at: batches.span)
        }
        try checkPositive(batches.rowCount, "OF … ROWS")
        try checkPositive(batches.concurrency, "CONCURRENT TRANSACTIONS")
        if let seconds = batches.retry?.seconds {
            let bound = try bindConstant(seconds, "RETRY FOR … SECONDS")
            guard bound.type.mayBe(.number) else {
                throw invalidType(
                    .syntax, expected: "a Number", found: bound, seconds.span)
            }
        }
    }

    private func checkPositive(_ count: Expression?, _ what: String) throws(NQLError) {
        guard let count else { return }
        let bound = try bindConstant(count, what)
        guard bound.type.mayBe(.integer) else {
            throw invalidType(
                .syntax, expected: "an Integer for \(what)", found: bound, count.span)
        }
        if case .integer(let value) = bound.constantValue, value <= 0 {
            throw .syntax(
                "NegativeIntegerArgument", "\(what) must be positive.", at: count.span)
        }
    }

    /// An expression that reads no row.
    private func bindConstant(
        _ expression: Expression, _ what: String
    ) throws(NQLError) -> PlanExpression {
        try bind(expression, ExpressionContext(scope: Scope()))
    }

    /// Whether a subquery IN TRANSACTIONS follows a change of the graph, whose transaction would
    /// have to wait for it.
    func checkBatches(_ query: SingleQuery) throws(NQLError) {
        var hasUpdate = false
        for clause in query.clauses {
            if case .callSubquery(let call) = clause.kind, let batches = call.batches {
                if hasUpdate {
                    throw .syntax(
                        "InvalidClauseComposition",
                        "CALL { … } IN TRANSACTIONS cannot follow a clause that changes the "
                            + "graph.", at: batches.span)
                }
            } else if clause.kind.updates {
                hasUpdate = true
            }
        }
    }
}
