// Binder+Composition: queries made of queries: NEXT, UNION, WHEN and blocks.
//
// The rows that a query begins with are its working table: one empty row for a statement, the rows
// around it for a subquery, what the query in front of NEXT returned. A single query works on it
// directly. The parts of a UNION each read it from its beginning, so it is collected into one list
// first unless it is one row. A conditional query runs for each row of it.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// Binds a query over the rows of `initial`.
    func bindQuery(
        _ query: Query, _ initial: QueryState, _ role: QueryRole
    ) throws(NQLError) -> BoundQuery {
        var state = initial
        var role = role
        let segments = query.segments
        for (index, segment) in segments.enumerated() {
            let bound = try bindUnion(segment, state, role)
            if index == segments.count - 1 { return bound }
            guard let columns = bound.columns else {
                throw .syntax(
                    "InvalidClauseComposition",
                    "The query in front of NEXT returns nothing to pass on.", at: segment.span,
                    hint: "End it in a RETURN clause.")
            }
            state.plan = bound.plan
            state.scope = Scope()
            for column in columns { state.scope[column.name] = column.slot }
            try keepOuter(&state)
            if case .subquery = role { role = .subquery(importable: nil) }
        }
        throw unbound("a query without parts", query.span)
    }

    private func bindUnion(
        _ query: Query, _ initial: QueryState, _ role: QueryRole
    ) throws(NQLError) -> BoundQuery {
        if query.parts.count == 1 { return try bindSingle(query.parts[0], initial, role) }
        if Set(query.unionAll).count > 1 {
            throw .syntax(
                "InvalidClauseComposition", "UNION and UNION ALL cannot be mixed.",
                at: query.span)
        }
        let isDistinct = query.unionAll.first == false
        let spans = query.parts.map(\.span)
        if initial.plan.isOneRow {
            var parts: [BoundQuery] = []
            for part in query.parts { parts.append(try bindSingle(part, initial, role)) }
            return try union(parts, spans, "UNION", isDistinct: isDistinct)
        }
        let table = try collected(initial)
        var parts: [BoundQuery] = []
        for part in query.parts {
            parts.append(try bindSingle(part, unwound(table), role))
        }
        let bound = try union(parts, spans, "UNION", isDistinct: isDistinct)
        return applied(bound, to: table.plan, writes: query.updates)
    }

    /// All rows of all parts, their columns matched by name.
    private func union(
        _ parts: [BoundQuery], _ spans: [SourceSpan], _ what: String, isDistinct: Bool
    ) throws(NQLError) -> BoundQuery {
        if parts.count == 1 { return parts[0] }
        guard let first = parts[0].columns else {
            for (index, part) in parts.enumerated() where part.columns != nil {
                throw differentColumns(what, spans[index])
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
                throw differentColumns(what, spans[index])
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
        if isDistinct { plan = LogicalPlan(.distinct(targets), [plan]) }
        let columns = zip(first, targets).map { ResultColumn(name: $0.name, slot: $1) }
        return BoundQuery(plan: plan, columns: columns)
    }

    private func differentColumns(_ what: String, _ span: SourceSpan) -> NQLError {
        .syntax(
            "DifferentColumnsInUnion", "All parts of a \(what) must return the same columns.",
            at: span)
    }

    /// Runs a bound query, whose leaves are `argument`s, for each row of `plan`.
    private func applied(
        _ bound: BoundQuery, to plan: LogicalPlan, writes: Bool
    ) -> BoundQuery {
        var state = QueryState(plan: plan, scope: Scope())
        if writes { state.add(.barrier) }
        let isEffect = bound.columns == nil
        state.add(.apply(isEffect ? .effect : .inner, isPerRow: true), right: bound.plan)
        if writes { state.add(.barrier) }
        return BoundQuery(plan: state.plan, columns: bound.columns)
    }

    // MARK: Working tables

    /// A working table as one row with the list of its rows.
    private struct CollectedTable {
        var plan: LogicalPlan
        var list: Slot
        var columns: [(name: String, slot: Slot)]
        var outer: Scope
    }

    private func collected(_ state: QueryState) throws(NQLError) -> CollectedTable {
        let columns = state.scope.names.compactMap { name in
            state.scope[name].map { (name: name, slot: $0) }
        }
        let row = PlanExpression(.list(columns.map { read($0.slot) }), type: .list(.any))
        let list = hiddenSlot(.list(.list(.any)))
        let call = AggregateCall(
            slot: list, function: "collect", arguments: [row], isDistinct: false)
        var result = QueryState(
            plan: LogicalPlan(.aggregate(keys: [], aggregates: [call]), [state.plan]),
            scope: Scope(), outer: state.outer)
        try keepOuter(&result)
        return CollectedTable(
            plan: result.plan, list: list, columns: columns, outer: state.outer)
    }

    /// The rows of the list again, for one part that reads them.
    private func unwound(_ table: CollectedTable) -> QueryState {
        let around = table.outer.boundSlots.union([table.list])
        var state = QueryState(
            plan: LogicalPlan(.argument(around)), scope: table.outer, outer: table.outer)
        let element = hiddenSlot(.list(.any))
        state.add(.unwind(list: read(table.list), element: element))
        var assignments: [SlotAssignment] = []
        for (index, column) in table.columns.enumerated() {
            if table.outer[column.name] == column.slot { continue }
            let type = slots[column.slot].type
            let slot = newSlot(column.name, type)
            let number = PlanExpression(.constant(.integer(Int64(index))), type: .integer)
            assignments.append(
                SlotAssignment(
                    slot: slot,
                    expression: PlanExpression(
                        .subscripted(read(element), number), type: type)))
            state.scope[column.name] = slot
        }
        if !assignments.isEmpty { state.add(.project(assignments)) }
        return state
    }

    // MARK: WHEN

    /// Runs for each row the query of the first condition that is true. Which one it is, is
    /// found before any of them runs.
    func bindConditional(
        _ branches: [ConditionalBranch], _ otherwise: Query?, _ initial: QueryState,
        _ role: QueryRole, _ span: SourceSpan
    ) throws(NQLError) -> BoundQuery {
        var state = initial
        let at = ExpressionContext(scope: state.scope)
        var cases: [PlanCaseBranch] = []
        for (index, branch) in branches.enumerated() {
            let condition = try bindCondition(branch.condition, at)
            cases.append(
                PlanCaseBranch(
                    conditions: [condition],
                    result: PlanExpression(.constant(.integer(Int64(index))), type: .integer)))
        }
        let none = PlanExpression(
            .constant(.integer(Int64(branches.count))), type: .integer)
        let chosen = hiddenSlot(.integer)
        let choice = PlanExpression(
            .caseWhen(operand: nil, branches: cases, otherwise: none), type: .integer)
        state.add(.project([SlotAssignment(slot: chosen, expression: choice)]))
        let bodies = branches.map(\.body) + (otherwise.map { [$0] } ?? [])
        let around = state.scope.boundSlots.union(state.outer.boundSlots).union([chosen])
        var parts: [BoundQuery] = []
        for (index, body) in bodies.enumerated() {
            let number = PlanExpression(.constant(.integer(Int64(index))), type: .integer)
            let isChosen = PlanExpression(
                .binary(.equal, read(chosen), number), type: .boolean)
            let rows = LogicalPlan(
                .filter([isChosen]), [LogicalPlan(.argument(around))])
            let inner = QueryState(
                plan: LogicalPlan(.argument(around)), scope: state.scope, outer: state.outer)
            let bound = try bindQuery(body, inner, branchRole(role))
            parts.append(applied(bound, to: rows, writes: false))
        }
        let bound = try union(parts, bodies.map(\.span), "WHEN", isDistinct: false)
        return applied(bound, to: state.plan, writes: bodies.contains(where: \.updates))
    }

    private func branchRole(_ role: QueryRole) -> QueryRole {
        if case .expression = role { return role }
        return .subquery(importable: nil)
    }

    // MARK: Names of the query around

    /// What stays visible behind a WITH: where the rows have lost the columns of the query around,
    /// they are joined to them again.
    func keepOuter(_ state: inout QueryState) throws(NQLError) {
        let outer = state.outer
        if outer.boundSlots.isEmpty { return }
        if !outer.boundSlots.isSubset(of: state.plan.available) {
            let around = state.plan.argument
            if state.plan.rightDepth >= Binder.rejoinsMax {
                throw .syntax(
                    "NestingTooDeep",
                    "A subquery aggregates in more than \(Binder.rejoinsMax) clauses one after the "
                        + "other.", at: .none, hint: "Cut it into several subqueries.")
            }
            state.plan = LogicalPlan(
                .apply(.inner, isPerRow: true), [LogicalPlan(.argument(around)), state.plan])
        }
        state.scope = state.scope.overlaid(by: outer)
    }

    /// A WITH cannot give another meaning to a name that stays visible.
    func checkHiding(_ projection: Projection, _ state: QueryState) throws(NQLError) {
        for item in projection.items {
            let name = item.impliedAlias
            guard state.outer[name.text] != nil else { continue }
            if case .variable(name.text) = item.expression.kind { continue }
            throw .syntax(
                "VariableAlreadyBound",
                "Variable `\(name.text)` is bound outside of the subquery already.",
                at: name.span, hint: "Use another name.")
        }
    }
}

extension ProjectionItem {
    /// The column's name with its place.
    fileprivate var impliedAlias: Name {
        alias ?? Name(impliedName, expression.span)
    }
}
