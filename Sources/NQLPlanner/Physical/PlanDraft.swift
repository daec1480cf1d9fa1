// PlanDraft: a physical operator while the plan is made: with estimates, but without the list of
// live columns and without a number, which are known only when the whole tree stands. What is asked
// of a tree as a whole is kept in each of its nodes, so that no question walks a long chain.

import NQLPlan
import NenCore

/// A node of the tree that becomes a `PhysicalOperator`.
final class PlanDraft {
    let kind: OperatorKind
    private(set) var inputs: [PlanDraft]
    /// Rows out, of `runs` runs together.
    let rows: Double
    /// The runs that `rows` and `cost` are of: the rows that the `argument` at the leaf stands for,
    /// one without such a leaf.
    let runs: Double
    /// Nanoseconds of this operator and all below.
    let cost: Double
    /// Slots that are bound behind this operator.
    let available: BitSet
    /// Whether the tree hangs on a row around it.
    let hasArgument: Bool
    /// Whether this operator or one below it changes the graph.
    let writes: Bool
    /// Whether, on the right of an apply, the plan must run for one row at a time: it has an
    /// operator over its whole input, or one that writes.
    let needsOneRow: Bool
    /// Whether a leaf reads slots that are bound around it.
    let hasFreeReads: Bool
    /// Operators on the longest way down.
    let depth: Int
    /// The number of groups follows from distinct values that are known; else it is a guess.
    let knowsGroups: Bool
    /// The most rows that can come out; written by `RowBounds` once the plan stands.
    var bound = Double.infinity
    /// What this was chosen over, where a plan is made to be explained.
    var alternatives: [PlanAlternative] = []
    /// The order in which the rows stand, as far as it comes from an index.
    let order: RowOrdering?
    /// Whether rows come out in the order of the rows that the `argument` stands for.
    let keepsOrder: Bool

    init(
        _ kind: OperatorKind, _ inputs: [PlanDraft] = [], rows: Double, ownCost: Double,
        argument: BitSet = [], knowsGroups: Bool = false, order: RowOrdering? = nil
    ) {
        keepsOrder = kind.keepsOrder && inputs.allSatisfy { $0.keepsOrder }
        self.order = order ?? PlanDraft.order(kind, inputs)
        self.knowsGroups = knowsGroups
        self.kind = kind
        self.inputs = inputs
        self.rows = rows
        runs = inputs.first?.runs ?? PlanDraft.runs(kind, rows)
        cost = inputs.reduce(ownCost) { $0 + $1.cost }
        depth = 1 + (inputs.map(\.depth).max() ?? 0)
        writes = kind.isUpdate || inputs.contains { $0.writes }
        needsOneRow = PlanDraft.needsOneRow(kind, inputs)
        if inputs.isEmpty {
            hasFreeReads = !kind.reads.isEmpty
        } else {
            hasFreeReads = inputs.contains { $0.hasFreeReads }
        }
        if case .argument = kind {
            (available, hasArgument) = (argument, true)
            return
        }
        hasArgument = inputs.contains { $0.hasArgument }
        if case .distinct(let slots) = kind {
            available = BitSet(slots)
            return
        }
        var slots: BitSet = []
        if !kind.dropsInput {
            if let left = inputs.first { slots = left.available }
            if kind.exposesRight, inputs.count > 1 { slots.formUnion(inputs[1].available) }
        }
        slots.formUnion(kind.produced)
        available = slots
    }

    private static func runs(_ leaf: OperatorKind, _ rows: Double) -> Double {
        if case .argument = leaf { return rows }
        return 1
    }

    deinit { if depth > ChainRelease.depthMin { ChainRelease.release(&inputs) } }

    /// The order that the left input has and the operator keeps.
    private static func order(_ kind: OperatorKind, _ inputs: [PlanDraft]) -> RowOrdering? {
        // The right side's, where it runs for the one row around.
        if case .apply(.inner, _) = kind, case .argument = inputs[0].kind { return inputs[1].order }
        guard let order = inputs.first?.order, kind.keepsOrder else { return nil }
        // A right side that runs for a batch of rows must not mix up what it gives for them.
        if case .apply(.inner, let isPerRow) = kind, !isPerRow, !inputs[1].keepsOrder {
            return nil
        }
        return order
    }

    private static func needsOneRow(_ kind: OperatorKind, _ inputs: [PlanDraft]) -> Bool {
        switch kind {
        case .aggregate, .distinct, .sort, .topK, .partialSort, .skip, .limit, .eager,
            .transactions,
            .unionAll, .merge, .create, .set, .delete, .foreach, .procedureCall, .loadCSV,
            .storedCount, .weightAggregate, .weightScan:
            return true
        case .apply(_, let isPerRow):
            // The inner right side sees rows of the inner left side only.
            if !isPerRow { return inputs.contains { $0.needsOneRow } }
            return inputs[0].needsOneRow
        default: return inputs.contains { $0.needsOneRow }
        }
    }

    /// This operator and its left inputs down to the leaf.
    var spine: [PlanDraft] {
        var nodes = [self]
        var below = self
        while let next = below.inputs.first {
            nodes.append(next)
            below = next
        }
        return nodes
    }

    /// The fewest rows that had the slots on the way up to here: they have no more values together.
    func leastRows(with slots: BitSet) -> Double {
        var least = rows
        var node = self
        for _ in 0 ..< PlanDraft.leastRowsDepth {
            guard let next = node.inputs.first(where: { slots.isSubset(of: $0.available) }),
                next.runs == runs
            else { break }
            least = min(least, next.rows)
            node = next
        }
        return least
    }

    /// Operators that are asked for their rows.
    private static let leastRowsDepth = 256

    /// Keeps what this was chosen over.
    func note(_ others: [(title: String, cost: Double)]) {
        alternatives += others.map { PlanAlternative(title: $0.title, cost: $0.cost) }
    }

    /// The operator that rows come from: for a way into the graph what names it.
    var source: PlanDraft {
        var below = self
        while let next = below.inputs.first { below = next }
        return below
    }

    /// Whether this is the row without columns.
    var isSingleRow: Bool {
        if case .singleRow = kind { return true }
        return false
    }
}
