// LogicalPlan: what a query does, step by step, before it is known how. A tree of `LogicalKind`s.
//
// A statement may have 50,000 clauses, each the input of the next. So the *spine*, a plan and its
// left inputs down to the leaf, is walked by loops; only right inputs are entered by recursion,
// which nest as deeply as subqueries do. What every step is asked for (which slots are bound behind
// it, whether anything below writes) is kept in it.

import NQLPlan
import NenCore

/// A tree of logical steps; the driving input stands first. Never changed once made.
final class LogicalPlan {
    let kind: LogicalKind
    private(set) var inputs: [LogicalPlan]
    /// Slots that are bound behind this step.
    let available: BitSet
    /// Slots of the `argument` leaves that the rows come from. Right sides of applies have leaves
    /// of their own, which stand for rows of the left side.
    let argument: BitSet
    /// Whether this step or any below changes the graph.
    let writes: Bool
    /// What holds of the rows, whatever the graph.
    let promise: RowPromise
    /// Steps on the longest way down.
    let depth: Int
    /// Right inputs on the way down that has most of them.
    let rightDepth: Int
    /// Set when `LogicalVerifier` has found this step in order.
    var isVerified = false

    init(_ kind: LogicalKind, _ inputs: [LogicalPlan] = []) {
        self.kind = kind
        self.inputs = inputs
        available = LogicalPlan.available(kind, inputs)
        argument = LogicalPlan.argument(kind, inputs)
        writes = kind.isUpdate || inputs.contains { $0.writes }
        promise = RowPromise(kind, inputs.map(\.promise))
        depth = 1 + (inputs.map(\.depth).max() ?? 0)
        let right = inputs.dropFirst().map { $0.rightDepth + 1 }.max() ?? 0
        rightDepth = max(inputs.first?.rightDepth ?? 0, right)
    }

    deinit { if depth > ChainRelease.depthMin { ChainRelease.release(&inputs) } }

    /// One row without columns.
    static var unit: LogicalPlan { LogicalPlan(.unit) }

    private static func available(_ kind: LogicalKind, _ inputs: [LogicalPlan]) -> BitSet {
        switch kind {
        case .argument(let slots), .empty(let slots): return slots
        case .distinct(let slots): return BitSet(slots)
        case .aggregate, .unionAll: return BitSet(kind.produced)
        default:
            var slots = inputs.first?.available ?? []
            if kind.exposesRight, inputs.count > 1 { slots.formUnion(inputs[1].available) }
            slots.formUnion(kind.produced)
            return slots
        }
    }

    private static func argument(_ kind: LogicalKind, _ inputs: [LogicalPlan]) -> BitSet {
        switch kind {
        case .argument(let slots): return slots
        case .unionAll: return inputs.reduce(into: BitSet()) { $0.formUnion($1.argument) }
        default: return inputs.first?.argument ?? []
        }
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
            case .unit, .argument, .empty, .distinct, .order, .barrier, .batches, .apply,
                .unionAll, .results:
                return plan
            default: return LogicalPlan(plan.kind.mapExpressions(map), plan.inputs)
            }
        }
    }

    /// Whether `test` holds for this step or any below.
    func contains(where test: (LogicalPlan) -> Bool) -> Bool {
        var waiting = [self]
        while let next = waiting.popLast() {
            if test(next) { return true }
            waiting.append(contentsOf: next.inputs)
        }
        return false
    }

    /// Whether `test` holds for an expression of this step or any below.
    func containsExpression(where test: (PlanExpression) -> Bool) -> Bool {
        contains { step in
            var result = false
            step.kind.forEachExpression { if !result { result = test($0) } }
            return result
        }
    }

    /// Whether this is the row without columns, or the row around a subquery.
    var isOneRow: Bool {
        switch kind {
        case .argument, .unit: true
        default: false
        }
    }

    /// Whether the plan is known to have no row.
    var isEmpty: Bool {
        if case .empty = kind { return true }
        return false
    }

    /// Slots that the plan reads from the rows around it.
    var outerReads: Set<Slot> {
        var slots: Set<Slot> = []
        for node in spine {
            slots.formUnion(node.kind.reads.intersection(argument))
            for right in node.inputs.dropFirst() {
                slots.formUnion(right.outerReads.intersection(argument))
            }
            // What a part hands on may be a variable of the row around, as it is.
            switch node.kind {
            case .unionAll(_, let sources):
                for part in sources { slots.formUnion(Set(part).intersection(argument)) }
            case .apply(.collect(_, let value), _) where argument.contains(value):
                slots.insert(value)
            default: break
            }
        }
        return slots
    }

    /// The same plan without a row around it, of which it reads nothing.
    var alone: LogicalPlan {
        guard case .argument(let outer) = spine.last?.kind else { return self }
        return without(outer, isAlone: true)
    }

    /// The same plan, which finds none of `outer` in the row around it, or no row around it.
    private func without(_ outer: BitSet, isAlone: Bool) -> LogicalPlan {
        var result: LogicalPlan?
        for node in spine.reversed() {
            guard let left = result else {
                if case .argument(let slots) = node.kind {
                    let rest = slots.subtracting(outer)
                    result = isAlone ? .unit : LogicalPlan(.argument(rest))
                } else {
                    result = node
                }
                continue
            }
            var isUnion = false
            if case .unionAll = node.kind { isUnion = true }
            // The parts of a union stand over the same row, other right sides over rows within.
            let rights = node.inputs.dropFirst().map {
                $0.without(outer, isAlone: isAlone && isUnion)
            }
            result = node.over([left] + rights)
        }
        return result ?? self
    }

    /// Whether the plan, as the right side of an apply, must run for one row at a time.
    var needsOneRow: Bool {
        for node in spine {
            switch node.kind {
            case .argument, .match, .filter, .project, .unwind: break
            case .empty: return false
            case .apply(.effect, _): return true
            // The right side of an apply within is judged by its own flag.
            case .apply(_, let isPerRow): if isPerRow { return true }
            default: return true
            }
        }
        return false
    }
}
