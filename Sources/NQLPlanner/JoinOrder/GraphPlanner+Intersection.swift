// GraphPlanner+Intersection: the step that binds a node from several nodes at once. Closing a cycle
// relationship by relationship makes every row that the first of them leads to; an intersection
// makes those that all lead to, so that a wrong estimate of how often a cycle closes costs nothing.

import NQLPlan
import NQLSyntax
import NenCore

extension GraphPlanner {
    /// Whether the labels of a pattern node can be tested by an intersection.
    func allowsIntersection(at slot: Slot) -> Bool {
        !(PlanLabels.all(staticLabels[slot] ?? [])?.isDynamic ?? false)
    }

    /// Walks several relationships of fixed length, each from its end `from`, to the one node that
    /// is not bound yet.
    func intersect(_ plan: PartialPlan, _ walks: [(index: Int, from: Slot)]) -> PartialPlan {
        var result = plan
        var bound = plan.draft.available
        var rows = plan.draft.rows
        var least = Double.infinity
        var steps: [ExpandSpec] = []
        var labels: PlanLabels?
        for (index, from) in walks {
            let relationship = relationships[index]
            let alone = fanOut(
                relationship, from: from, bound: plan.draft.available, isInto: false,
                isFirst: false)
            least = min(least, alone)
            rows *= steps.isEmpty
                ? alone
                : fanOut(relationship, from: from, bound: bound, isInto: true, isFirst: false)
            var spec = step(
                relationship, from: from, solved: result.solved, rowsIn: plan.draft.rows)
            (labels, spec.toLabels) = (spec.toLabels, nil)
            steps.append(spec)
            result.solved.insert(index)
            bound.formUnion([spec.to, relationship.slot])
        }
        result.draft = PlanDraft(
            .intersect(IntersectSpec(steps: steps, labels: labels)), [plan.draft], rows: rows,
            ownCost: CostModel.intersect(
                rowsIn: plan.draft.rows, rowsOut: rows, sides: steps.count, leastRun: least))
        let reached = walks.flatMap { walk in
            let relationship = relationships[walk.index]
            return [relationship.to, relationship.from, relationship.slot] + relationship.outputs
        }
        applyConditions(&result, isComplete: false, bound: reached)
        return result
    }
}
