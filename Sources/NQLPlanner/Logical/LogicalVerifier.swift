// LogicalVerifier: what must hold of a logical plan whoever made it, and what a rule must leave as
// it was. Runs behind every rule in every build: a fault of the planner ends the statement with an
// error that names the rule, before a wrong plan reads or changes anything.
//
// Cheap enough for that because a step that is in order stays so: only what a rule made anew is
// looked at.

import NQLPlan
import NenCore

/// Checks plans of one planning session.
struct LogicalVerifier {
    let slots: [SlotInfo]

    /// Checks that `plan` is well formed, and that it keeps what `before` promised: the columns,
    /// how many rows there are and their order.
    func verify(_ plan: LogicalPlan, replacing before: LogicalPlan) throws(PlanFault) {
        let lost = before.available.subtracting(plan.available)
        if !lost.isEmpty { throw PlanFault(description: "columns \(lost.elements) are lost") }
        if let breach = plan.promise.breach(of: before.promise) {
            throw PlanFault(description: "the plan \(breach)")
        }
        try verify(plan)
    }

    /// Checks every step that has not been checked.
    func verify(_ plan: LogicalPlan) throws(PlanFault) {
        var waiting = [plan]
        while let step = waiting.popLast() {
            if step.isVerified { continue }
            try verifyStep(step)
            step.isVerified = true
            waiting.append(contentsOf: step.inputs)
        }
    }

    private func verifyStep(_ step: LogicalPlan) throws(PlanFault) {
        if !step.kind.inputCounts.contains(step.inputs.count) {
            throw fault(step, "has \(step.inputs.count) inputs")
        }
        var readable = step.inputs.first?.available ?? []
        if case .match(let graph) = step.kind { readable.formUnion(BitSet(graph.patternSlots)) }
        let unknown = BitSet(step.kind.reads).subtracting(readable)
        if !unknown.isEmpty { throw fault(step, "reads \(unknown.elements), which nobody binds") }
        if let last = step.kind.produced.max(), last >= slots.count {
            throw fault(step, "binds column \(last) of \(slots.count)")
        }
        try verifyTypes(step)
        try verifyRights(step)
    }

    private func verifyTypes(_ step: LogicalPlan) throws(PlanFault) {
        switch step.kind {
        case .filter(let predicates): try verifyConditions(predicates, step)
        case .match(let graph): try verifyConditions(graph.predicates, step)
        case .project(let items): try verifyAssignments(items, step)
        case .aggregate(let keys, _): try verifyAssignments(keys, step)
        default: break
        }
    }

    private func verifyConditions(
        _ predicates: [PlanExpression], _ step: LogicalPlan
    ) throws(PlanFault) {
        for predicate in predicates where !predicate.type.mayBe(.boolean) {
            throw fault(step, "has a condition of type \(predicate.type)")
        }
    }

    private func verifyAssignments(
        _ items: [SlotAssignment], _ step: LogicalPlan
    ) throws(PlanFault) {
        for item in items where !slots[item.slot].type.mayBe(item.expression.type) {
            throw fault(
                step, "puts \(item.expression.type) into a column of \(slots[item.slot].type)")
        }
    }

    /// Right sides see rows of the left side, and what that sees around itself.
    private func verifyRights(_ step: LogicalPlan) throws(PlanFault) {
        switch step.kind {
        case .unionAll(let targets, let sources):
            let fits = sources.count == step.inputs.count
                && zip(sources, step.inputs).allSatisfy { source, input in
                    source.count == targets.count && source.allSatisfy(input.available.contains)
                }
            if !fits { throw fault(step, "has columns that an input lacks") }
        case .apply, .update(.merge, _), .update(.foreach, _):
            var visible = step.inputs[0].available.union(step.inputs[0].argument)
            if case .update(.foreach(_, let element), _) = step.kind { visible.insert(element) }
            let missing = BitSet(step.inputs[1].outerReads).subtracting(visible)
            if !missing.isEmpty {
                throw fault(step, "has a right side that reads \(missing.elements)")
            }
            if case .apply(.collect(_, let value), _) = step.kind,
                !step.inputs[1].available.contains(value)
            {
                throw fault(step, "collects column \(value), which is not there")
            }
        default: break
        }
    }

    private func fault(_ step: LogicalPlan, _ what: String) -> PlanFault {
        PlanFault(description: "\(step.kind.title) \(what)")
    }
}
