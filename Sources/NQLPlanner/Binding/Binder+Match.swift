// Binder+Match: MATCH, OPTIONAL MATCH and the conjuncts of WHERE.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    func bindMatch(
        _ clause: MatchClause, _ state: inout QueryState
    ) throws(NQLError) {
        let before = state.scope
        var inner = state
        if clause.isOptional {
            inner.plan = LogicalPlan(.argument(before.boundSlots))
        }
        try addMatch(clause.patterns, mode: clause.mode, clause.predicate, &inner)
        if clause.isOptional {
            state.add(
                .apply(.optional, isPerRow: inner.plan.needsOneRow), right: inner.plan)
            state.scope = inner.scope
        } else {
            state = inner
        }
    }

    /// Puts the match of `patterns` with its predicate on top of `state`.
    func addMatch(
        _ patterns: [PathPattern], mode: MatchMode? = nil, _ predicate: Expression?,
        _ state: inout QueryState
    ) throws(NQLError) {
        var pattern = try bindPatterns(patterns, mode: mode, &state.scope)
        for seed in pattern.seeds { state.add(seed) }
        for node in pattern.graph.nodes where !state.plan.available.contains(node.slot) {
            session.nodeLabels[node.slot] = node.labels.filter { !$0.isDynamic }
        }
        if let predicate {
            pattern.graph.predicates += try bindConjuncts(
                predicate, ExpressionContext(scope: state.scope))
        }
        // What reads a path as a whole has to wait until it is made.
        let paths = Set(pattern.paths.map(\.slot))
        let isLate = { (condition: PlanExpression) in
            !paths.isEmpty && !condition.freeSlots.isDisjoint(with: paths)
        }
        let late = pattern.graph.predicates.filter(isLate)
        pattern.graph.predicates.removeAll(where: isLate)
        state.plan = LogicalPlan(.match(pattern.graph), [state.plan])
        if !pattern.paths.isEmpty { state.add(.project(pattern.paths)) }
        if !late.isEmpty { state.add(.filter(late)) }
    }

    /// Binds a condition, split at its ANDs.
    func bindConjuncts(
        _ predicate: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> [PlanExpression] {
        if case .binary(.and, let left, let right) = predicate.kind {
            return try bindConjuncts(left, at) + bindConjuncts(right, at)
        }
        return try bindCondition(predicate, at).conjuncts
    }
}
