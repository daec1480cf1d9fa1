// Binder+Queries: queries, their unions and the order of clauses.

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
    func bindQuery(
        _ query: Query, _ initial: QueryState, _ role: QueryRole
    ) throws(NQLError) -> BoundQuery {
        var parts: [BoundQuery] = []
        for part in query.parts { parts.append(try bindSingle(part, initial, role)) }
        if parts.count == 1 { return parts[0] }
        if Set(query.unionAll).count > 1 {
            throw .syntax(
                "InvalidClauseComposition", "UNION and UNION ALL cannot be mixed.",
                at: query.span)
        }
        guard let first = parts[0].columns else {
            for (index, part) in parts.enumerated() where part.columns != nil {
                throw differentColumns(query.parts[index].span)
            }
            let plan = LogicalPlan(
                .unionAll(targets: [], sources: parts.map { _ in [] }), parts.map(\.plan))
            return BoundQuery(plan: plan, columns: nil)
        }
        var sources: [[Slot]] = []
        for (index, part) in parts.enumerated() {
            let columns = part.columns ?? []
            let byName = Dictionary(
                columns.map { ($0.name, $0.slot) }, uniquingKeysWith: { first, _ in first })
            let aligned = first.compactMap { byName[$0.name] }
            guard aligned.count == first.count, columns.count == first.count else {
                throw differentColumns(query.parts[index].span)
            }
            sources.append(aligned)
        }
        var targets: [Slot] = []
        for (position, column) in first.enumerated() {
            var type: NQLType = .null
            for source in sources { type = type.joined(with: slots[source[position]].type) }
            targets.append(newSlot(column.name, type))
        }
        var plan = LogicalPlan(
            .unionAll(targets: targets, sources: sources), parts.map(\.plan))
        if query.unionAll.first == false { plan = LogicalPlan(.distinct(targets), [plan]) }
        let columns = zip(first, targets).map { ResultColumn(name: $0.name, slot: $1) }
        return BoundQuery(plan: plan, columns: columns)
    }

    private func differentColumns(_ span: SourceSpan) -> NQLError {
        .syntax(
            "DifferentColumnsInUnion", "All parts of a UNION must return the same columns.",
            at: span)
    }

    private func bindSingle(
        _ query: SingleQuery, _ initial: QueryState, _ role: QueryRole
    ) throws(NQLError) -> BoundQuery {
        try checkComposition(query, role)
        var state = initial
        var columns: [ResultColumn]?
        for (index, clause) in query.clauses.enumerated() {
            var importing: Scope?
            if index == 0, case .subquery(let scope) = role { importing = scope }
            let isAlone = query.clauses.count == 1
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
        case .match, .unwind, .with, .loadCSV:
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

    /// Binds one clause on top of `state`; the columns when it returns rows.
    private func bindClause(
        _ clause: Clause, _ state: inout QueryState, _ importing: Scope?, isAlone: Bool
    ) throws(NQLError) -> [ResultColumn]? {
        switch clause.kind {
        case .match(let match): try bindMatch(match, &state)
        case .unwind(let list, let variable): try bindUnwind(list, variable, &state)
        case .with(let projection, let predicate):
            if let importing, isImport(projection, predicate) {
                try bindImport(projection, importing, &state)
                return nil
            }
            _ = try bindProjection(projection, predicate, isReturn: false, &state, clause.span)
        case .returning(let projection):
            return try bindProjection(projection, nil, isReturn: true, &state, clause.span)
        case .callProcedure(let call):
            return try bindProcedure(call, &state, clause.span, isAlone: isAlone)
        case .callSubquery(let query, let imports):
            try bindCallSubquery(query, imports, clause.span, &state)
        case .loadCSV(let clause): try bindLoadCSV(clause, &state)
        case .create, .merge, .set, .remove, .delete, .foreach:
            try bindUpdate(clause, &state)
        }
        return nil
    }

    /// A WITH of plain variables at the head of a CALL subquery imports them.
    private func isImport(_ projection: Projection, _ predicate: Expression?) -> Bool {
        if predicate != nil || projection.isDistinct { return false }
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
    /// Whether the clause changes the graph.
    var updates: Bool {
        switch self {
        case .create, .merge, .set, .remove, .delete, .foreach: true
        case .callSubquery(let query, _):
            query.parts.contains { part in part.clauses.contains { $0.kind.updates } }
        case .match, .unwind, .with, .returning, .callProcedure, .loadCSV: false
        }
    }

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
        }
    }
}

extension Query {
    /// Whether any clause changes the graph.
    var updates: Bool {
        parts.contains { part in part.clauses.contains { $0.kind.updates } }
    }
}
