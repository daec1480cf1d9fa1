// PhysicalPlanner+SideBySide: OPTIONAL MATCHes from the same row, one after the other, under an
// aggregate.
//
// Each multiplies the rows of those before, though no aggregate looks at more than one of them and
// none counts how often a value comes: `count(DISTINCT f), collect(DISTINCT m)`. Then their rows
// need not be combined, but come one behind the other, with null for what the others find, which
// these aggregates pass over: as many rows as the sum, not the product.

import NQLPlan
import NenCore

extension PhysicalPlanner {
    /// Choice `side-by-side`: an aggregate over OPTIONAL MATCHes whose rows stand one behind the
    /// other; nil where something combines them.
    ///
    /// - Parameters:
    ///   - plan: what is aggregated.
    ///   - lefts: what the left inputs of the optional applies below were lowered to, the last of
    ///     them last.
    func sideBySide(
        keys: [SlotAssignment], _ aggregates: [AggregateCall], _ plan: LogicalPlan,
        _ lefts: [PlanDraft]
    ) -> PlanDraft? {
        guard lefts.count > 1, session.isEnabled("side-by-side"),
            let branches = optionalBranches(plan), branches.count <= lefts.count
        else { return nil }
        let all = branches.reduce(into: BitSet()) { $0.formUnion($1.own) }
        let readByKeys = keys.reduce(into: BitSet()) {
            $0.formUnion(BitSet($1.expression.freeSlots))
        }
        guard readByKeys.intersection(all).isEmpty,
            aggregates.allSatisfy({ ignoresRepetition($0, branches) })
        else { return nil }
        let read = aggregates.flatMap(\.arguments).reduce(into: BitSet()) {
            $0.formUnion(BitSet($1.freeSlots))
        }
        let targets = all.intersection(read).elements
        guard !targets.isEmpty else { return nil }
        let arms = branches.reversed().map { branch -> LogicalPlan in
            let nulls = targets.filter { !branch.own.contains($0) }.map { slot in
                SlotAssignment(
                    slot: slot, expression: PlanExpression(.constant(.null), type: .null))
            }
            return nulls.isEmpty ? branch.right : LogicalPlan(.project(nulls), [branch.right])
        }
        let union = LogicalPlan(
            .unionAll(targets: targets, sources: arms.map { _ in targets }), arms)
        // A branch may slice or aggregate for each row.
        let rows = lowerApply(.optional, true, lefts[lefts.count - branches.count], union)
        return estimate(.aggregate(keys: keys, aggregates: aggregates), [rows])
    }

    /// An OPTIONAL MATCH and what it alone binds.
    private struct OptionalBranch {
        var right: LogicalPlan
        var own: BitSet
    }

    /// Two or more in a row, the last first, that read but the row below all of them.
    private func optionalBranches(_ plan: LogicalPlan) -> [OptionalBranch]? {
        var branches: [OptionalBranch] = []
        var below = plan
        while case .apply(.optional, _) = below.kind, !below.inputs[1].writes,
            !below.inputs[1].containsExpression(where: failure.mayFail),
            !below.inputs[1].isVolatile(failure)
        {
            let own = below.available.subtracting(below.inputs[0].available)
            branches.append(OptionalBranch(right: below.inputs[1], own: own))
            below = below.inputs[0]
        }
        guard branches.count > 1 else { return nil }
        let isApart = branches.allSatisfy { branch in
            BitSet(branch.right.outerReads).isSubset(of: below.available)
        }
        return isApart ? branches : nil
    }

    /// Whether an aggregate gives the same however often a value comes, and null does not count:
    /// of one branch it reads what is null where the branch is.
    private func ignoresRepetition(
        _ call: AggregateCall, _ branches: [OptionalBranch]
    ) -> Bool {
        guard call.isDistinct || call.function == "min" || call.function == "max",
            call.arguments.count == 1, let argument = call.arguments.first,
            !failure.mayFail(argument), !failure.isVolatile(argument)
        else { return false }
        let read = BitSet(argument.freeSlots)
        return branches.allSatisfy { read.intersection($0.own).isEmpty }
            || argument.isNullOfNull
    }
}

extension PlanExpression {
    /// A column, or a property of one: null where the column is.
    fileprivate var isNullOfNull: Bool {
        switch kind {
        case .slot: true
        case .property(let base, _): base.isNullOfNull
        default: false
        }
    }
}
