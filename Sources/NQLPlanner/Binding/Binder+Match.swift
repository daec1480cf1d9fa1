// Binder+Match: MATCH, OPTIONAL MATCH and the conjuncts of WHERE. Conjuncts that ask for the
// existence of a pattern become semi and anti joins; all others stay expressions.

import NQLPlan
import NQLSyntax
import NenCore

/// A conjunct of a WHERE.
enum BoundConjunct {
    case expression(PlanExpression)
    /// Rows of the right plan must exist (or must not).
    case subquery(LogicalPlan, isAnti: Bool)
}

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
                .apply(.optional, isPerRow: needsOneRow(inner.plan)), right: inner.plan)
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
            nodeLabels[node.slot] = node.labels.filter { !$0.isDynamic }
        }
        var conjuncts: [BoundConjunct] = []
        if let predicate {
            conjuncts = try bindConjuncts(predicate, ExpressionContext(scope: state.scope))
        }
        let pathSlots = Set(pattern.paths.map(\.slot))
        var late: [PlanExpression] = pattern.graph.predicates.filter {
            !$0.freeSlots.isDisjoint(with: pathSlots)
        }
        pattern.graph.predicates.removeAll { !$0.freeSlots.isDisjoint(with: pathSlots) }
        for case .expression(let expression) in conjuncts {
            if expression.freeSlots.isDisjoint(with: pathSlots) {
                pattern.graph.predicates.append(expression)
            } else {
                late.append(expression)
            }
        }
        state.plan = LogicalPlan(.match(pattern.graph), [state.plan])
        let hasSubquery = conjuncts.contains {
            if case .subquery = $0 { return true }
            return false
        }
        let paths = pattern.paths
        // Semi-joins go right above the match unless they read a path.
        let early = hasSubquery && !paths.isEmpty ? subqueries(conjuncts, reading: pathSlots) : []
        if paths.isEmpty { addSubqueries(conjuncts, &state) }
        for (plan, isAnti, readsPath) in early where !readsPath {
            addSubquery(plan, isAnti: isAnti, &state)
        }
        if !paths.isEmpty { state.add(.project(paths)) }
        if !late.isEmpty { state.add(.filter(late)) }
        for (plan, isAnti, readsPath) in early where readsPath {
            addSubquery(plan, isAnti: isAnti, &state)
        }
    }

    private func subqueries(
        _ conjuncts: [BoundConjunct], reading slots: Set<Slot>
    ) -> [(plan: LogicalPlan, isAnti: Bool, readsPath: Bool)] {
        conjuncts.compactMap { conjunct in
            guard case .subquery(let plan, let isAnti) = conjunct else { return nil }
            return (plan, isAnti, !plan.outerReads.isDisjoint(with: slots))
        }
    }

    private func addSubqueries(_ conjuncts: [BoundConjunct], _ state: inout QueryState) {
        for case .subquery(let plan, let isAnti) in conjuncts {
            addSubquery(plan, isAnti: isAnti, &state)
        }
    }

    private func addSubquery(_ plan: LogicalPlan, isAnti: Bool, _ state: inout QueryState) {
        state.add(.apply(isAnti ? .anti : .semi, isPerRow: needsOneRow(plan)), right: plan)
    }

    /// Filters `state` by all conjuncts of `predicate`.
    func addFilter(
        _ conjuncts: [BoundConjunct], _ state: inout QueryState
    ) {
        var expressions: [PlanExpression] = []
        for case .expression(let expression) in conjuncts { expressions.append(expression) }
        if !expressions.isEmpty { state.add(.filter(expressions)) }
        addSubqueries(conjuncts, &state)
    }

    /// Splits a condition at its ANDs and binds each part.
    func bindConjuncts(
        _ predicate: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> [BoundConjunct] {
        if case .binary(.and, let left, let right) = predicate.kind {
            return try bindConjuncts(left, at) + bindConjuncts(right, at)
        }
        if isEnabled("unnest-subqueries") {
            if let (inner, isAnti) = existence(predicate, isAnti: false) {
                let plan = try bindExistence(inner, at)
                return [.subquery(plan, isAnti: isAnti)]
            }
        }
        return try bindCondition(predicate, at).conjuncts.map { .expression($0) }
    }

    /// The pattern or EXISTS that `predicate` is, and whether it is negated.
    private func existence(
        _ predicate: Expression, isAnti: Bool
    ) -> (Expression, isAnti: Bool)? {
        switch predicate.kind {
        case .patternPredicate: return (predicate, isAnti)
        case .subquery(.exists, _): return (predicate, isAnti)
        case .unary(.not, let operand): return existence(operand, isAnti: !isAnti)
        case .call(let call):
            guard call.name.text.lowercased() == "exists", call.arguments.count == 1 else {
                return nil
            }
            if case .patternPredicate = call.arguments[0].kind {
                return (call.arguments[0], isAnti)
            }
            return nil
        default: return nil
        }
    }

    /// Whether the right side of an apply must run for one row at a time.
    func needsOneRow(_ plan: LogicalPlan) -> Bool {
        for node in plan.spine {
            switch node.kind {
            case .argument, .match: break
            case .empty: return false
            case .step(let step):
                switch step {
                case .filter, .project, .unwind: break
                case .apply(.effect, _): return true
                // The right side of an apply within is judged by its own flag.
                case .apply(_, let isPerRow): if isPerRow { return true }
                default: return true
                }
            }
        }
        return false
    }
}

extension LogicalPlan {
    /// Slots that the plan reads from the rows around it.
    var outerReads: Set<Slot> {
        let argument = argumentSlots
        var slots: Set<Slot> = []
        for node in spine {
            slots.formUnion(node.reads.intersection(argument))
            for right in node.inputs.dropFirst() {
                slots.formUnion(right.outerReads.intersection(argument))
            }
        }
        return slots
    }

    /// Slots of the `argument` leaf that the rows of this plan come from. Right sides have leaves
    /// of their own, which stand for rows of the left side.
    var argumentSlots: BitSet {
        var slots: BitSet = []
        for node in spine {
            switch node.kind {
            case .argument(let mine): slots.formUnion(mine)
            case .step(.unionAll):
                for right in node.inputs.dropFirst() { slots.formUnion(right.argumentSlots) }
            default: break
            }
        }
        return slots
    }
}
