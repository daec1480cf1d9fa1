// PlanDraft: a physical operator while the plan is made: with estimates, but without the list of
// live columns and without a number, which are known only when the whole tree stands.

import NenCore

/// A node of the tree that becomes a `PhysicalOperator`.
final class PlanDraft {
    let kind: OperatorKind
    let inputs: [PlanDraft]
    /// Rows out.
    let rows: Double
    /// Nanoseconds of this operator and all below.
    let cost: Double
    /// Slots that are bound behind this operator.
    let available: Set<Slot>

    init(
        _ kind: OperatorKind, _ inputs: [PlanDraft] = [], rows: Double, ownCost: Double,
        argument: Set<Slot> = []
    ) {
        self.kind = kind
        self.inputs = inputs
        self.rows = rows
        cost = inputs.reduce(ownCost) { $0 + $1.cost }
        if case .distinct(let slots) = kind {
            available = Set(slots)
            return
        }
        var slots = kind.produced
        if case .argument = kind {
            slots = argument
        } else if !kind.dropsInput {
            if let left = inputs.first { slots.formUnion(left.available) }
            if kind.exposesRight, inputs.count > 1 { slots.formUnion(inputs[1].available) }
        }
        available = slots
    }

    /// Whether the tree hangs on a row around it.
    var hasArgument: Bool {
        if case .argument = kind { return true }
        return inputs.contains { $0.hasArgument }
    }

    /// Whether this operator or one below it changes the graph.
    var writes: Bool { kind.isUpdate || inputs.contains { $0.writes } }

    /// Whether this is the row without columns.
    var isSingleRow: Bool {
        if case .singleRow = kind { return true }
        return false
    }
}
