// Binder+Queries: the clauses of a query, and their order.

import NQLPlan
import NQLSyntax
import NenCore

/// A query's plan and its columns; nil columns for a query that returns nothing.
struct BoundQuery {
    var plan: LogicalPlan
    var columns: [ResultColumn]?
}

/// Where a query stands.
enum QueryRole {
    /// The statement itself.
    case statement
    /// EXISTS, COUNT or COLLECT: reads only, and may end with a reading clause.
    case expression(SourceSpan)
    /// CALL { … }: a leading WITH may import names of the scope around it.
    case subquery(importable: Scope?)
}

extension Binder {
    func bindSingle(
        _ query: SingleQuery, _ initial: QueryState, _ role: QueryRole
    ) throws(NQLError) -> BoundQuery {
        try checkComposition(query, role)
        switch query.clauses[0].kind {
        case .block(let inner): return try bindQuery(inner, initial, role)
        case .conditional(let branches, let otherwise):
            return try bindConditional(branches, otherwise, initial, role, query.span)
        default: break
        }
        var state = initial
        var columns: [ResultColumn]?
        try checkBatches(query)
        var rest = query.clauses[...]
        while let clause = rest.first {
            var importing: Scope?
            if rest.startIndex == 0, case .subquery(let scope) = role { importing = scope }
            let isAlone = query.clauses.count == 1
            if let count = try bindRun(rest, &state) {
                rest.removeFirst(count)
                continue
            }
            rest.removeFirst()
            if let result = try bindClause(clause, &state, importing, isAlone: isAlone) {
                columns = result
            }
        }
        return BoundQuery(plan: state.plan, columns: columns)
    }

    /// Whether clauses stand where they may.
    private func checkComposition(
        _ query: SingleQuery, _ role: QueryRole
    ) throws(NQLError) {
        guard let last = query.clauses.last else {
            throw .syntax("UnexpectedSyntax", "A query needs a clause.", at: query.span)
        }
        try checkYield(query)
        for clause in query.clauses.dropLast() {
            if case .returning = clause.kind {
                throw .syntax(
                    "InvalidClauseComposition", "RETURN must be the last clause.",
                    at: clause.span)
            }
        }
        if case .expression(let span) = role {
            for clause in query.clauses where clause.kind.updates {
                throw .syntax(
                    "InvalidClauseComposition",
                    "A subquery expression can only read.",
                    at: clause.span == .none ? span : clause.span)
            }
            return
        }
        switch last.kind {
        case .match, .unwind, .with, .loadCSV, .letting, .filter, .forEach, .page:
            throw .syntax(
                "InvalidClauseComposition",
                "A query cannot end with \(last.kind.keyword).", at: last.span,
                hint: "Add a RETURN or an update clause.")
        case .callProcedure(let call):
            if query.clauses.count > 1, call.yields != nil {
                throw .syntax(
                    "InvalidClauseComposition",
                    "A query cannot end with a CALL that yields columns.", at: last.span,
                    hint: "Add a RETURN.")
            }
        default: break
        }
    }

    /// openCypher refuses `CALL … YIELD * RETURN …`: the call says the same when it stands alone.
    private func checkYield(_ query: SingleQuery) throws(NQLError) {
        guard query.clauses.count == 2, case .returning = query.clauses[1].kind,
            case .callProcedure(let call) = query.clauses[0].kind, call.yieldsAll,
            call.predicate == nil,
            let signature = functions.procedure(named: call.name.text)
        else { return }
        let columns = signature.outputs.map(\.name).joined(separator: ", ")
        throw .syntax(
            "UnexpectedSyntax", "`YIELD *` with nothing but a RETURN behind it names no columns.",
            at: query.clauses[0].span, hint: "Write `YIELD \(columns)`.")
    }

    /// Binds one clause on top of `state`; the columns when it returns rows.
    private func bindClause(
        _ clause: Clause, _ state: inout QueryState, _ importing: Scope?, isAlone: Bool
    ) throws(NQLError) -> [ResultColumn]? {
        try Interruption.spend(Binder.workUnits)
        switch clause.kind {
        case .match(let match): try bindMatch(match, &state)
        case .unwind(let list, let variable): try bindUnwind(list, variable, &state)
        case .with(let projection, let predicate):
            if let importing, isImport(projection) {
                try bindImport(projection, importing, &state)
                if let predicate {
                    let at = ExpressionContext(scope: state.scope)
                    state.add(.filter(try bindConjuncts(predicate, at)))
                }
                return nil
            }
            try checkHiding(projection, state)
            _ = try bindProjection(projection, predicate, isReturn: false, &state, clause.span)
            try keepOuter(&state)
        case .returning(let projection):
            return try bindProjection(projection, nil, isReturn: true, &state, clause.span)
        case .callProcedure(let call):
            return try bindProcedure(call, &state, clause.span, isAlone: isAlone)
        case .callSubquery(let call): try bindCallSubquery(call, clause.span, &state)
        case .loadCSV(let clause): try bindLoadCSV(clause, &state)
        case .letting(let items): try bindLet(items, &state)
        case .filter(let predicate):
            let at = ExpressionContext(scope: state.scope)
            state.add(.filter(try bindConjuncts(predicate, at)))
        case .forEach(let loop): try bindFor(loop, &state)
        case .page(let orderBy, let skip, let limit):
            try bindPage(orderBy, skip, limit, &state)
        case .finish: break
        case .conditional, .block:
            throw .syntax(
                "InvalidClauseComposition", "\(clause.kind.keyword) stands alone in its query.",
                at: clause.span)
        case .create, .insert, .merge, .set, .remove, .delete, .foreach:
            try bindUpdate(clause, &state)
        }
        return nil
    }

    /// A WITH of plain variables at the head of a CALL subquery imports them; its WHERE filters.
    private func isImport(_ projection: Projection) -> Bool {
        if projection.isDistinct { return false }
        if !projection.orderBy.isEmpty || projection.skip != nil || projection.limit != nil {
            return false
        }
        return projection.items.allSatisfy { item in
            guard case .variable(let name) = item.expression.kind else { return false }
            return item.alias == nil || item.alias?.text == name
        }
    }

    private func bindImport(
        _ projection: Projection, _ outer: Scope, _ state: inout QueryState
    ) throws(NQLError) {
        if projection.includesAll { state.scope = outer }
        for item in projection.items {
            guard case .variable(let name) = item.expression.kind else { continue }
            guard let slot = outer[name] else {
                throw undefined(name, item.expression.span, outer)
            }
            state.scope[name] = slot
        }
    }

    private func bindUnwind(
        _ list: Expression, _ variable: Name, _ state: inout QueryState
    ) throws(NQLError) {
        let source = try bind(list, ExpressionContext(scope: state.scope))
        if state.scope[variable.text] != nil { throw alreadyBound(variable) }
        var element: NQLType = source.type
        if case .list(let inner) = source.type { element = inner }
        let slot = newSlot(variable.text, element)
        state.add(.unwind(list: source, element: slot))
        state.scope[variable.text] = slot
    }

    private func bindLoadCSV(
        _ clause: LoadCSVClause, _ state: inout QueryState
    ) throws(NQLError) {
        let source = try bind(clause.source, ExpressionContext(scope: state.scope))
        guard source.type.mayBe(.string) else {
            throw invalidType(
                .syntax, expected: "a String", found: source, clause.source.span)
        }
        if state.scope[clause.variable.text] != nil { throw alreadyBound(clause.variable) }
        let slot = newSlot(clause.variable.text, clause.withHeaders ? .map : .list(.string))
        let place = CSVSlots(file: hiddenSlot(.string), line: hiddenSlot(.integer))
        state.add(
            .loadCSV(
                LoadCSVSpec(
                    source: source, withHeaders: clause.withHeaders,
                    fieldTerminator: clause.fieldTerminator, slot: slot,
                    fileSlot: place.file, lineSlot: place.line)))
        state.scope.csv = place
        state.scope[clause.variable.text] = slot
    }
}

extension ClauseKind {
    /// The clause's first word or words.
    var keyword: String {
        switch self {
        case .match(let match): match.isOptional ? "OPTIONAL MATCH" : "MATCH"
        case .unwind: "UNWIND"
        case .with: "WITH"
        case .returning: "RETURN"
        case .create: "CREATE"
        case .merge: "MERGE"
        case .set: "SET"
        case .remove: "REMOVE"
        case .delete(_, let detach): detach ? "DETACH DELETE" : "DELETE"
        case .foreach: "FOREACH"
        case .callProcedure, .callSubquery: "CALL"
        case .loadCSV: "LOAD CSV"
        case .letting: "LET"
        case .filter: "FILTER"
        case .forEach: "FOR"
        case .page(let orderBy, let skip, _):
            !orderBy.isEmpty ? "ORDER BY" : skip != nil ? "SKIP" : "LIMIT"
        case .finish: "FINISH"
        case .conditional: "WHEN"
        case .block: "{ … }"
        case .insert: "INSERT"
        }
    }
}
