// LogicalPlan: what a query does, clause by clause, before the order of its joins is known. The
// algebra is that of the physical operators, except that a pattern is a query graph as a whole.
//
// A statement may have 50,000 clauses, each the input of the next. So the *spine*, a plan and its
// left inputs down to the leaf, is walked by loops; only right inputs are entered by recursion,
// which nest as deeply as subqueries do. What every step is asked for (which slots are bound behind
// it, whether anything below writes) is kept in it.

import NQLPlan
import NenCore

/// One step of a logical plan.
enum LogicalKind: Sendable {
    /// Binds the graph's variables for each row of the input.
    case match(QueryGraph)
    /// The row or rows of the enclosing apply; these slots are bound in them.
    case argument(BitSet)
    /// No row, with these slots.
    case empty(BitSet)
    /// Any operator but scans, expands and `argument`.
    case step(OperatorKind)
}

/// A tree of logical steps; the driving input stands first. Never changed once made.
final class LogicalPlan {
    let kind: LogicalKind
    private(set) var inputs: [LogicalPlan]
    /// Slots that are bound behind this step.
    let available: BitSet
    /// Whether this step or any below changes the graph.
    let writes: Bool
    /// Whether there is at most one row for each row of the `argument` leaf.
    let isSingleRow: Bool
    /// Steps on the longest way down.
    let depth: Int
    /// Right inputs on the way down that has most of them.
    let rightDepth: Int

    init(_ kind: LogicalKind, _ inputs: [LogicalPlan] = []) {
        self.kind = kind
        self.inputs = inputs
        available = LogicalPlan.available(kind, inputs)
        var writes = inputs.contains { $0.writes }
        if case .step(let step) = kind, step.isUpdate { writes = true }
        self.writes = writes
        depth = 1 + (inputs.map(\.depth).max() ?? 0)
        let right = inputs.dropFirst().map { $0.rightDepth + 1 }.max() ?? 0
        rightDepth = max(inputs.first?.rightDepth ?? 0, right)
        isSingleRow = LogicalPlan.isSingleRow(kind, inputs)
    }

    convenience init(_ step: OperatorKind, _ inputs: [LogicalPlan] = []) {
        self.init(.step(step), inputs)
    }

    deinit { if depth > ChainRelease.depthMin { ChainRelease.release(&inputs) } }

    /// One row without columns.
    static var singleRow: LogicalPlan { LogicalPlan(.singleRow) }

    private static func available(_ kind: LogicalKind, _ inputs: [LogicalPlan]) -> BitSet {
        switch kind {
        case .argument(let slots), .empty(let slots): return slots
        case .match(let graph): return inputs[0].available.union(graph.patternSlots)
        case .step(let step):
            if case .distinct(let slots) = step { return BitSet(slots) }
            if step.dropsInput { return BitSet(step.produced) }
            var slots = inputs.first?.available ?? []
            if step.exposesRight, inputs.count > 1 { slots.formUnion(inputs[1].available) }
            slots.formUnion(step.produced)
            return slots
        }
    }

    private static func isSingleRow(_ kind: LogicalKind, _ inputs: [LogicalPlan]) -> Bool {
        switch kind {
        case .argument, .step(.singleRow): true
        case .step(.create), .step(.set), .step(.delete), .step(.foreach), .step(.project),
            .step(.eager):
            inputs[0].isSingleRow
        default: false
        }
    }

    /// Slots this step reads from its left input.
    var reads: Set<Slot> {
        switch kind {
        case .argument, .empty: []
        case .match(let graph): graph.predicateSlots.union(graph.patternSlots)
        case .step(let step): step.reads
        }
    }

    /// The step when this is one.
    var step: OperatorKind? {
        if case .step(let step) = kind { return step }
        return nil
    }

    /// This step and its left inputs down to the leaf.
    var spine: [LogicalPlan] {
        var steps = [self]
        var below = self
        while let next = below.inputs.first {
            steps.append(next)
            below = next
        }
        return steps
    }

    /// The same step over other inputs.
    func over(_ inputs: [LogicalPlan]) -> LogicalPlan {
        zip(inputs, self.inputs).allSatisfy { $0 === $1 } ? self : LogicalPlan(kind, inputs)
    }

    /// Replaces bottom-up: inputs first, then the whole.
    func rewritten(_ map: (LogicalPlan) -> LogicalPlan) -> LogicalPlan {
        var result: LogicalPlan?
        for step in spine.reversed() {
            guard let left = result else {
                result = map(step)
                continue
            }
            let rights = step.inputs.dropFirst().map { $0.rewritten(map) }
            result = map(step.over([left] + rights))
        }
        return result ?? self
    }

    /// Replaces every expression of every step.
    func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> LogicalPlan {
        rewritten { plan in
            switch plan.kind {
            case .argument, .empty: return plan
            case .step(let step): return LogicalPlan(step.mapExpressions(map), plan.inputs)
            case .match(let graph):
                return LogicalPlan(.match(graph.mapExpressions(map)), plan.inputs)
            }
        }
    }

    /// Calls `visit` with this step and all below, until it returns true; whether it did.
    func contains(where test: (LogicalPlan) -> Bool) -> Bool {
        var waiting = [self]
        while let next = waiting.popLast() {
            if test(next) { return true }
            waiting.append(contentsOf: next.inputs)
        }
        return false
    }
}
