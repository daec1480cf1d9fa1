// PhysicalPlanner: logical steps to operators with estimates, bottom-up. Patterns go to
// `GraphPlanner`; all other steps stand as they are.

import NQLPlan
import NQLSyntax
import NenCore

/// Lowers one logical plan.
final class PhysicalPlanner {
    let binder: Binder
    let context: PlannerContext
    let cardinality: CardinalityModel
    let failure: FailureModel
    /// What is known of the columns that are bound so far.
    let facts: SlotFacts

    var selectivity: SelectivityModel {
        SelectivityModel(cardinality: cardinality, facts: facts)
    }

    init(_ binder: Binder) {
        self.binder = binder
        context = binder.context
        cardinality = CardinalityModel(
            catalog: binder.context.catalog, statistics: binder.context.statistics,
            knowledge: binder.context.knowledge)
        failure = FailureModel(functions: binder.context.functions)
        facts = SlotFacts(outerLabels: binder.nodeLabels)
    }

    /// Nanoseconds for lowering one step, by and large.
    private static let workUnits = 5_000

    /// The operators of `plan`; an `argument` leaf stands for `argumentRows` rows. Once the
    /// statement is interrupted, steps without rows take the place of what is left; the check
    /// behind it ends the planning.
    func lower(_ plan: LogicalPlan, argumentRows: Double) -> PlanDraft {
        let spine = plan.spine
        var index = spine.count - 1
        var draft = lowerLeaf(spine[index], argumentRows)
        while index > 0 {
            if Interruption.isOver(after: PhysicalPlanner.workUnits) {
                return emptyDraft(plan.available)
            }
            index -= 1
            let node = spine[index]
            switch node.kind {
            case .match(let graph):
                // Semi-joins right above a pattern are done within it, as early as their slots
                // are bound.
                var subqueries: [LogicalPlan] = []
                while index > 0, binder.isEnabled("place-subqueries"),
                    spine[index - 1].step?.isSemiApply == true
                {
                    index -= 1
                    subqueries.append(spine[index])
                }
                draft = lowerMatch(graph, over: draft, subqueries)
            case .step(let step): draft = lowerStep(step, node, over: draft, argumentRows)
            case .argument, .empty: preconditionFailure("a leaf above another step")
            }
        }
        return draft
    }

    private func lowerLeaf(_ leaf: LogicalPlan, _ argumentRows: Double) -> PlanDraft {
        switch leaf.kind {
        case .argument(let slots):
            PlanDraft(.argument, rows: argumentRows, ownCost: 0, argument: slots)
        case .empty(let slots): emptyDraft(slots)
        case .step(let step): estimate(step, [])
        case .match: preconditionFailure("a pattern without an input")
        }
    }

    /// No row: a limit of zero over nulls.
    func emptyDraft(_ slots: BitSet) -> PlanDraft {
        let zero = PlanExpression(.constant(.integer(0)), type: .integer)
        var draft = PlanDraft(.singleRow, rows: 1, ownCost: 0)
        draft = PlanDraft(.limit(zero), [draft], rows: 0, ownCost: 0)
        if slots.isEmpty { return draft }
        let nulls = slots.elements.map { slot in
            SlotAssignment(
                slot: slot, expression: PlanExpression(.constant(.null), type: .null))
        }
        return PlanDraft(.project(nulls), [draft], rows: 0, ownCost: 0)
    }

    private func lowerMatch(
        _ graph: QueryGraph, over driving: PlanDraft, _ subqueries: [LogicalPlan]
    ) -> PlanDraft {
        let patterns = subqueries.compactMap { subquery -> PatternSubquery? in
            guard case .apply(let kind, let isPerRow) = subquery.step else { return nil }
            let right = subquery.inputs[1]
            return PatternSubquery(
                right: right, kind: kind, isPerRow: isPerRow, mayFail: mayFail(right))
        }
        return GraphPlanner(self, graph, input: driving, subqueries: patterns).plan()
    }

    private func mayFail(_ plan: LogicalPlan) -> Bool {
        var result = false
        _ = plan.mapExpressions { expression in
            if !result { result = failure.mayFail(expression) }
            return expression
        }
        return result
    }

    private func lowerStep(
        _ step: OperatorKind, _ plan: LogicalPlan, over left: PlanDraft, _ argumentRows: Double
    ) -> PlanDraft {
        switch step {
        case .apply(let kind, let isPerRow):
            return lowerApply(kind, isPerRow, left, plan.inputs[1])
        case .merge, .foreach:
            let right = lower(plan.inputs[1], argumentRows: 1)
            return PlanDraft(
                step, [left, right], rows: left.rows,
                ownCost: left.rows * (CostModel.writeRow + right.cost))
        case .aggregate(let keys, let aggregates):
            let draft = estimate(step, [left])
            guard binder.isEnabled("eliminate-counts"),
                let eliminated = PatternElimination(self).draft(
                    keys: keys, aggregates, plan.inputs[0])
            else { return draft }
            return cheaper(eliminated, context.options.weight(.elimination), than: draft)
        default:
            let rights = plan.inputs.dropFirst().map { lower($0, argumentRows: argumentRows) }
            return estimate(step, [left] + rights)
        }
    }

    private func lowerApply(
        _ kind: ApplyKind, _ isPerRow: Bool, _ left: PlanDraft, _ plan: LogicalPlan
    ) -> PlanDraft {
        let right = lower(plan, argumentRows: max(1, left.rows))
        let rows: Double
        switch kind {
        case .inner: rows = right.rows
        case .optional: rows = max(left.rows, right.rows)
        case .semi, .anti:
            rows = left.rows
                * existence(kind, right, rowsEach: right.rows / max(1, left.rows))
            if let fused = fuseSemiStep(kind, left, right, rows: rows) { return fused }
        case .mark, .count, .collect, .effect: rows = left.rows
        }
        let alone = isPerRow || right.needsOneRow
        let overhead =
            alone
            ? left.rows * CostModel.applyRow
            : (left.rows / MemoryModel.batchRows).rounded(.up) * CostModel.applyBatch
        let applied = PlanDraft(
            .apply(kind, isPerRow: alone), [left, right], rows: rows, ownCost: overhead)
        guard let hashed = hashSubquery(kind, left, plan, rows: rows) else { return applied }
        let weight = context.options.weight(.hashJoin)
        return cheaper(hashed, weight, than: applied)
    }

    /// The cheaper of two, the cost of the first weighted; it keeps what it was chosen over.
    func cheaper(_ first: PlanDraft, _ weight: Double, than second: PlanDraft) -> PlanDraft {
        let isFirst = first.cost * weight < second.cost
        let (chosen, other) = isFirst ? (first, second) : (second, first)
        if context.options.keepsTrace {
            let isSame = chosen.kind.title == other.kind.title
            let title = isSame ? other.source.kind.title : other.kind.title
            chosen.note([(title, other.cost)])
        }
        return chosen
    }

    /// The share of rows for which the subquery `right` has a row, or has none, when it has
    /// `rowsEach` for each on average: as many as it would be if numbers fell off geometrically.
    /// Where it begins with a relationship, no more rows have one than nodes have such a
    /// relationship.
    func existence(_ kind: ApplyKind, _ right: PlanDraft, rowsEach: Double) -> Double {
        var some = rowsEach / (1 + rowsEach)
        let spine = right.spine
        if spine.count > 1, case .argument = spine[spine.count - 1].kind,
            case .expand(let spec) = spine[spine.count - 2].kind
        {
            let labels = facts.labels(of: spec.from)
            if let connected = cardinality.connected(spec.types, spec.direction, labels: labels) {
                some = min(connected / max(1, cardinality.nodes(labels)), rowsEach)
            }
        }
        some = min(0.99, max(0.001, some))
        if case .anti = kind { return 1 - some }
        return some
    }

    /// Rule `fuse-semi-steps`: a semi-join or anti-join whose right side is one step between nodes
    /// that the left side binds needs no plan of its own; nil when it is something else.
    func fuseSemiStep(
        _ kind: ApplyKind, _ left: PlanDraft, _ right: PlanDraft, rows: Double
    ) -> PlanDraft? {
        guard isSemiStep(right, kind), case .expandInto(var spec) = right.kind,
            left.available.contains(spec.from), left.available.contains(spec.to)
        else { return nil }
        spec.relationship = nil
        return PlanDraft(
            .semiExpandInto(spec, isAnti: kind == .anti), [left], rows: rows,
            ownCost: left.rows * CostModel.semiExpandInto)
    }

    /// Whether the right side of an apply of this kind is but one step between bound nodes.
    func isSemiStep(_ right: PlanDraft, _ kind: ApplyKind) -> Bool {
        guard binder.isEnabled("fuse-semi-steps"), kind == .semi || kind == .anti,
            case .expandInto(let spec) = right.kind,
            case .argument = right.inputs[0].kind
        else { return false }
        return spec.toLabels == nil && spec.differentFrom.isEmpty
    }

    /// An operator with its estimate.
    func estimate(_ step: OperatorKind, _ inputs: [PlanDraft]) -> PlanDraft {
        let rows = inputs.first?.rows ?? 1
        let evaluation = CostModel.evaluation(step)
        var out = rows
        var cost = rows * (1 + evaluation)
        var knowsGroups = false
        switch step {
        case .filter(let predicates):
            out *= selectivity.selectivity(predicates)
        case .project(let items):
            for item in items { facts.note(item.slot, is: item.expression, selectivity) }
        case .unwind(let list, _):
            out = rows * selectivity.listLength(list)
            cost = rows * evaluation + out * CostModel.unwindRow
        case .aggregate(let keys, let aggregates):
            if keys.isEmpty {
                out = 1
            } else {
                let groups = GroupModel(selectivity: selectivity)
                    .groups(keys.map(\.expression), rows: rows)
                (out, knowsGroups) = (groups.count, groups.isKnown)
            }
            note(keys, aggregates, rowsPerGroup: rows / max(1, out))
            cost = rows * (CostModel.aggregateRow + evaluation) + out * CostModel.groupRow
        case .distinct(let slots):
            let groups = GroupModel(selectivity: selectivity)
                .groups(slots.map { binder.read($0) }, rows: rows)
            (out, knowsGroups) = (groups.count, groups.isKnown)
            cost = rows * CostModel.aggregateRow + out * CostModel.groupRow
        case .sort, .topK:
            if case .topK(_, let count) = step { out = min(rows, count.count ?? rows) }
            cost = rows * CostModel.sortRow * max(1, logarithm(out)) / 4
        case .skip(let count): out = max(0, rows - (count.count ?? 0))
        case .limit(let count): out = min(rows, count.count ?? rows)
        case .unionAll:
            out = inputs.reduce(0) { $0 + $1.rows }
            cost = out
        case .create, .set, .delete: cost = rows * (CostModel.writeRow + evaluation)
        case .procedureCall, .loadCSV: cost = rows * CostModel.procedureRow
        case .produceResults(let columns):
            cost = rows * CostModel.resultRow * Double(max(1, columns.count))
        case .singleRow: (out, cost) = (1, 0)
        default: break
        }
        return PlanDraft(step, inputs, rows: out, ownCost: cost, knowsGroups: knowsGroups)
    }

    /// Keeps what the columns of an aggregate stand for.
    private func note(
        _ keys: [SlotAssignment], _ aggregates: [AggregateCall], rowsPerGroup: Double
    ) {
        for key in keys { facts.note(key.slot, is: key.expression, selectivity) }
        for aggregate in aggregates {
            switch aggregate.function {
            case "collect": facts.note(aggregate.slot, listLength: rowsPerGroup)
            case "count": facts.note(aggregate.slot, meanCount: rowsPerGroup)
            default: break
            }
        }
    }

    private func logarithm(_ rows: Double) -> Double {
        var (value, result) = (rows, 0.0)
        while value > 1 && result < 64 {
            value /= 2
            result += 1
        }
        return result
    }
}

extension OperatorKind {
    /// Semi-join or anti-join by apply.
    var isSemiApply: Bool {
        switch self {
        case .apply(.semi, _), .apply(.anti, _): true
        default: false
        }
    }
}

extension PlanExpression {
    /// A constant number of rows.
    var count: Double? {
        if case .integer(let value) = constantValue { return Double(max(0, value)) }
        return nil
    }
}
