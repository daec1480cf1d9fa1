// Binder+Subqueries: pattern predicates, pattern comprehensions, EXISTS, COUNT, COLLECT, shortest
// paths in expressions, and CALL { … }.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    func bindPatternExpression(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let span = expression.span
        try enter(span)
        defer { leave() }
        switch expression.kind {
        case .patternPredicate(let pattern):
            guard at.allowsPatterns else {
                throw .syntax(
                    "UnexpectedSyntax", "A pattern can stand here only as a condition.",
                    at: span, hint: "Use a pattern comprehension: [(a)-->(b) | b].")
            }
            var state = argumentState(at)
            try forbidNewNames(pattern, at.scope)
            try addMatch([pattern], nil, &state)
            return nested(state.plan, .exists, type: .boolean, span)
        case .subquery(.exists, let body):
            let plan = try bindSubqueryBody(body, at, span).plan
            return nested(plan, .exists, type: .boolean, span)
        case .subquery(.count, let body):
            let plan = try bindSubqueryBody(body, at, span).plan
            return nested(plan, .count, type: .integer, span)
        case .subquery(.collect, let body):
            return try bindCollect(body, at, span)
        case .patternComprehension(let path, let pattern, let predicate, let projection):
            var pattern = pattern
            if let path { pattern.variable = path }
            return try bindComprehension(pattern, predicate, projection, at, span)
        case .shortestPath(let pattern, let all):
            return try bindShortestPath(pattern, all: all, at, span)
        default: throw unbound("a pattern", span)
        }
    }

    private func argumentState(_ at: ExpressionContext) -> QueryState {
        QueryState(
            plan: LogicalPlan(.argument(at.scope.boundSlots)), scope: at.scope, outer: at.scope)
    }

    private func forbidNewNames(_ pattern: PathPattern, _ scope: Scope) throws(NQLError) {
        var names = pattern.nodes.compactMap(\.variable)
        names += pattern.relationships.compactMap(\.variable)
        names.sort { $0.span.start < $1.span.start }
        if let name = names.first(where: { scope[$0.text] == nil }) {
            throw undefined(name.text, name.span, scope)
        }
    }

    private func bindSubqueryBody(
        _ body: SubqueryBody, _ at: ExpressionContext, _ span: SourceSpan
    ) throws(NQLError) -> BoundQuery {
        switch body {
        case .pattern(let patterns, let predicate):
            var state = argumentState(at)
            try addMatch(patterns, predicate, &state)
            return BoundQuery(plan: state.plan, columns: nil)
        case .query(let query):
            let role = QueryRole.expression(span)
            return try bindQuery(query, argumentState(at), role)
        }
    }

    private func bindCollect(
        _ body: SubqueryBody, _ at: ExpressionContext, _ span: SourceSpan
    ) throws(NQLError) -> PlanExpression {
        let query = try bindSubqueryBody(body, at, span)
        guard let columns = query.columns, columns.count == 1 else {
            throw .syntax(
                "InvalidClauseComposition",
                "COLLECT takes a query that returns exactly one column.", at: span)
        }
        let slot = columns[0].slot
        return nested(
            query.plan, .collect(slot), type: .list(slots[slot].type.orAny),
            span)
    }

    private func bindComprehension(
        _ pattern: PathPattern, _ predicate: Expression?, _ projection: Expression,
        _ at: ExpressionContext, _ span: SourceSpan
    ) throws(NQLError) -> PlanExpression {
        var state = argumentState(at)
        try addMatch([pattern], predicate, &state)
        let value = try bind(projection, ExpressionContext(scope: state.scope))
        let slot: Slot
        if let plain = value.plainSlot {
            slot = plain
        } else {
            slot = hiddenSlot(value.type)
            state.add(.project([SlotAssignment(slot: slot, expression: value)]))
        }
        return nested(
            state.plan, .collect(slot), type: .list(value.type.orAny), span)
    }

    private func bindShortestPath(
        _ pattern: PathPattern, all: Bool, _ at: ExpressionContext, _ span: SourceSpan
    ) throws(NQLError) -> PlanExpression {
        try forbidNewNames(pattern, at.scope)
        var pattern = pattern
        pattern.selector = all ? .allShortestPaths : .shortestPath
        var state = argumentState(at)
        let bound = try bindPatterns([pattern], &state.scope)
        for seed in bound.seeds { state.add(seed) }
        state.plan = LogicalPlan(.match(bound.graph), [state.plan])
        let slot = hiddenSlot(.path)
        let path = bound.elements[0].pathExpression(self)
        state.add(.project([SlotAssignment(slot: slot, expression: path)]))
        let list = nested(
            state.plan, .collect(slot), type: .list(.path), span)
        if all { return list }
        let zero = PlanExpression(.constant(.integer(0)), type: .integer)
        return PlanExpression(.subscripted(list, zero), type: .path, span: span)
    }

    /// A subquery as an expression.
    private func nested(
        _ plan: LogicalPlan, _ kind: NestedPlanKind, type: NQLType, _ span: SourceSpan
    ) -> PlanExpression {
        PlanExpression(.subquery(session.addSubquery(plan, kind)), type: type, span: span)
    }
}
