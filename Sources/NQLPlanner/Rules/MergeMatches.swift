// MergeMatches: MATCH clauses in a row are one pattern, so that the join order may start in any of
// them. Uniqueness of relationships stays per clause (each keeps its group number). Semi-joins
// between them read only the first pattern and move above the second. A condition that may fail is
// judged last in a pattern; so that it does not meet every row of another, patterns that have
// nothing to do with each other stay apart then.
//
// Before: Match(b) ─ SemiApply ─ Match(a)    After: SemiApply ─ Match(a, b)

import NenCore

enum MergeMatches: OptimizerRule {
    static let name = "merge-matches"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { merge($0, context) }
    }

    private static func merge(_ node: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        guard case .match(let upper) = node.kind else { return node }
        let below = node.inputs[0]
        switch below.kind {
        case .match(let lower):
            if lower.predicates.contains(where: context.failure.mayFail),
                upper.touched.isDisjoint(
                    with: below.available.subtracting(below.inputs[0].available))
            {
                return node
            }
            return LogicalPlan(.match(lower.merged(with: upper)), below.inputs)
        case .step(let step) where step.isSemiApply:
            let lowered = merge(LogicalPlan(node.kind, [below.inputs[0]]), context)
            return LogicalPlan(below.kind, [lowered, below.inputs[1]])
        default: return node
        }
    }
}

extension QueryGraph {
    /// Nodes of the pattern, and what its conditions read.
    fileprivate var touched: Set<Slot> {
        var slots = Set(nodes.map(\.slot))
        slots.formUnion(boundRelationships.map(\.slot))
        for predicate in predicates { slots.formUnion(predicate.freeSlots) }
        for relationship in relationships { slots.formUnion(relationship.innerReads) }
        return slots
    }

    /// Both patterns as one.
    func merged(with other: QueryGraph) -> QueryGraph {
        var result = self
        for node in other.nodes { result.addNode(node.slot, labels: PlanLabels.all(node.labels)) }
        result.relationships += other.relationships
        result.boundRelationships += other.boundRelationships
        result.predicates += other.predicates
        return result
    }
}
