// PhysicalPlanner: logical steps to operators with estimates, bottom-up. Patterns go to
// `GraphPlanner`, aggregates over them to `PatternElimination` as well.

import NQLPlan
import NQLSyntax
import NenCore

/// Lowers one logical plan.
final class PhysicalPlanner {
    let session: PlanningSession
    let context: PlannerContext
    let cardinality: CardinalityModel
    let failure: FailureModel
    /// What is known of the columns that are bound so far.
    let facts: SlotFacts
    /// How often the body of a FOREACH that is being planned runs.
    private var bodyRuns = 1.0

    var selectivity: SelectivityModel {
        SelectivityModel(cardinality: cardinality, facts: facts)
    }

    init(_ session: PlanningSession) {
        self.session = session
        context = session.context
        cardinality = CardinalityModel(
            catalog: session.context.catalog, statistics: session.context.statistics,
            knowledge: session.context.knowledge)
        failure = FailureModel(functions: session.context.functions)
        facts = SlotFacts(
            outerLabels: session.nodeLabels, parameters: session.parameters ?? [:])
    }

    /// Nanoseconds for lowering one step, by and large.
    private static let workUnits = 5_000

    /// The operators of `plan`; an `argument` leaf stands for `argumentRows` rows. Once the
    /// statement is interrupted, steps without rows take the place of what is left; the check
    /// behind it ends the planning.
    func lower(_ plan: LogicalPlan, argumentRows: Double) -> PlanDraft {
        let spine = plan.spine
        let leaf = spine.count - 1
        let draft = lowerLeaf(spine[leaf], argumentRows)
        return lower(spine, above: leaf, to: 0, over: draft, argumentRows)
    }

    /// The steps of a spine below its first, the lowest of which is a pattern that gives its rows
    /// in an order; nil when it cannot, or a step loses the order.
    func lower(
        _ spine: [LogicalPlan], in request: OrderRequest, _ argumentRows: Double
    ) -> PlanDraft? {
        var index = spine.count - 2
        guard case .match(let graph) = spine[index].kind else { return nil }
        let subqueries = takeSubqueries(spine, &index, 1)
        let start = lowerLeaf(spine[spine.count - 1], argumentRows)
        guard let draft = graphPlanner(graph, over: start, subqueries).plan(in: request) else {
            return nil
        }
        let whole = lower(spine, above: index, to: 1, over: draft, argumentRows)
        return whole.order == nil ? nil : whole
    }

    /// The steps above `spine[start]` up to `spine[top]`, on top of `draft`.
    private func lower(
        _ spine: [LogicalPlan], above start: Int, to top: Int, over draft: PlanDraft,
        _ argumentRows: Double
    ) -> PlanDraft {
        var draft = draft
        var index = start
        // Left inputs of the optional applies right below.
        var lefts: [PlanDraft] = []
        while index > top {
            if Interruption.isOver(after: PhysicalPlanner.workUnits) {
                return emptyDraft(spine[top].available)
            }
            index -= 1
            let node = spine[index]
            switch node.kind {
            case .match(let graph):
                let subqueries = takeSubqueries(spine, &index, top)
                draft = graphPlanner(graph, over: draft, subqueries).plan()
            case .order(let keys):
                draft = lowerOrder(keys, spine, &index, top, over: draft, argumentRows)
            case .aggregate(let keys, let aggregates):
                draft = lowerAggregate(
                    keys, aggregates, node, over: draft, lefts, argumentRows)
            case .apply(.optional, let isPerRow):
                lefts.append(draft)
                draft = lowerApply(.optional, isPerRow, draft, node.inputs[1])
                continue
            default: draft = lowerStep(node, over: draft, argumentRows)
            }
            lefts.removeAll()
        }
        return draft
    }

    /// Semi-joins right above a pattern are done within it, as early as their slots are bound.
    private func takeSubqueries(
        _ spine: [LogicalPlan], _ index: inout Int, _ top: Int
    ) -> [LogicalPlan] {
        var subqueries: [LogicalPlan] = []
        while index > top, session.isEnabled("place-subqueries"),
            spine[index - 1].kind.isSemiApply
        {
            index -= 1
            subqueries.append(spine[index])
        }
        return subqueries
    }

    private func lowerLeaf(_ leaf: LogicalPlan, _ argumentRows: Double) -> PlanDraft {
        switch leaf.kind {
        case .argument(let slots):
            PlanDraft(.argument, rows: argumentRows, ownCost: 0, argument: slots)
        case .empty(let slots): emptyDraft(slots)
        default: estimate(.singleRow, [])
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

    private func graphPlanner(
        _ graph: QueryGraph, over driving: PlanDraft, _ subqueries: [LogicalPlan]
    ) -> GraphPlanner {
        let patterns = subqueries.compactMap { subquery -> PatternSubquery? in
            guard case .apply(let kind, let isPerRow) = subquery.kind else { return nil }
            let right = subquery.inputs[1]
            return PatternSubquery(
                right: right, kind: kind, isPerRow: isPerRow,
                mayFail: right.containsExpression(where: failure.mayFail))
        }
        return GraphPlanner(self, graph, input: driving, subqueries: patterns)
    }

    private func lowerStep(
        _ plan: LogicalPlan, over left: PlanDraft, _ argumentRows: Double
    ) -> PlanDraft {
        switch plan.kind {
        case .unit, .argument, .empty: return left
        case .match, .order, .aggregate:
            session.report("a step that is lowered with its spine came alone")
            return left
        case .filter(let predicates): return estimate(.filter(predicates), [left])
        case .project(let items): return estimate(.project(items), [left])
        case .unwind(let list, let element):
            return estimate(.unwind(list: list, element: element), [left])
        case .call(let call): return estimate(.procedureCall(call), [left])
        case .loadCSV(let spec): return estimate(.loadCSV(spec), [left])
        case .distinct(let slots): return estimate(.distinct(slots), [left])
        case .slice(let skip, let limit): return lowerSlice(skip, limit, over: left)
        case .barrier: return estimate(.eager, [left])
        case .batches(let rules): return estimate(.transactions(rules), [left])
        case .apply(let kind, let isPerRow):
            return lowerApply(kind, isPerRow, left, plan.inputs[1])
        case .unionAll(let targets, let sources):
            let rights = plan.inputs.dropFirst().map { lower($0, argumentRows: argumentRows) }
            return estimate(.unionAll(targets: targets, sources: sources), [left] + rights)
        case .update(let update, let isBlocking):
            return lowerUpdate(update, isBlocking, plan, over: left)
        case .results(let columns): return estimate(.produceResults(columns), [left])
        }
    }

    private func lowerAggregate(
        _ keys: [SlotAssignment], _ aggregates: [AggregateCall], _ plan: LogicalPlan,
        over left: PlanDraft, _ lefts: [PlanDraft], _ argumentRows: Double
    ) -> PlanDraft {
        if keys.isEmpty, let stored = storedCounts(aggregates, plan.inputs[0]) { return stored }
        var draft = estimate(.aggregate(keys: keys, aggregates: aggregates), [left])
        if session.isEnabled("eliminate-counts"),
            let eliminated = PatternElimination(self).draft(
                keys: keys, aggregates, plan.inputs[0])
        {
            draft = cheaper(eliminated, context.options.weight(.elimination), than: draft)
        }
        if let apart = sideBySide(keys: keys, aggregates, plan.inputs[0], lefts) {
            draft = cheaper(apart, context.options.weight(.sideBySide), than: draft)
        }
        guard keys.isEmpty else { return draft }
        return extremesByIndex(aggregates, plan, left, instead: draft, argumentRows) ?? draft
    }

    /// An order, by an index where one has it; with the slice above it, if that keeps but the first
    /// rows.
    private func lowerOrder(
        _ keys: [SortKey], _ spine: [LogicalPlan], _ index: inout Int, _ top: Int,
        over left: PlanDraft, _ argumentRows: Double
    ) -> PlanDraft {
        let place = index
        if index > top, case .slice(let skip, let limit?) = spine[index - 1].kind,
            let count = topCount(skip, limit)
        {
            index -= 1
            let sorted = estimate(.topK(keys, count: count), [left])
            let first = sortedByIndex(
                spine, place, keys, count, left, instead: sorted, argumentRows) ?? sorted
            return skip.map { estimate(.skip($0), [first]) } ?? first
        }
        let sorted = estimate(.sort(keys), [left])
        return sortedByIndex(spine, place, keys, nil, left, instead: sorted, argumentRows)
            ?? sorted
    }

    private func lowerSlice(
        _ skip: PlanExpression?, _ limit: PlanExpression?, over left: PlanDraft
    ) -> PlanDraft {
        let rest = skip.map { estimate(.skip($0), [left]) } ?? left
        return limit.map { estimate(.limit($0), [rest]) } ?? rest
    }

    /// Choice `fuse-top-k`: how many of the ordered rows a slice asks for; nil when that is not
    /// known before they are sliced. Only literals are added: a sum of parameters could overflow,
    /// or hide which of both is negative.
    private func topCount(
        _ skip: PlanExpression?, _ limit: PlanExpression
    ) -> PlanExpression? {
        guard session.isEnabled("fuse-top-k") else { return nil }
        guard let skip else { return limit }
        guard case .integer(let first) = skip.constantValue,
            case .integer(let most) = limit.constantValue, first >= 0, most >= 0
        else { return nil }
        let (total, overflow) = first.addingReportingOverflow(most)
        return PlanExpression(
            .constant(.integer(overflow ? .max : total)), type: .integer, span: limit.span)
    }

    private func lowerUpdate(
        _ update: LogicalUpdate, _ isBlocking: Bool, _ plan: LogicalPlan, over left: PlanDraft
    ) -> PlanDraft {
        let step: OperatorKind
        let runs = bodyRuns
        defer { bodyRuns = runs }
        switch update {
        case .create(let spec):
            noteGrowth(spec, left.rows)
            return estimate(.create(spec, isBlocking: isBlocking), [left])
        case .set(let items): return estimate(.set(items, isBlocking: isBlocking), [left])
        case .delete(let items, let detach):
            return estimate(.delete(items, detach: detach, isBlocking: isBlocking), [left])
        case .merge(let spec):
            noteGrowth(spec.create, left.rows)
            step = .merge(spec, isBlocking: isBlocking)
        case .foreach(let list, let element):
            bodyRuns *= max(1, left.rows * selectivity.listLength(list))
            step = .foreach(list: list, element: element, isBlocking: isBlocking)
        }
        let right = lower(plan.inputs[1], argumentRows: 1)
        var rows = left.rows
        // A row goes on for each match, and for what is made where there is none.
        if case .merge = update { rows *= max(1, right.rows) }
        return PlanDraft(
            step, [left, right], rows: rows,
            ownCost: left.rows * (CostModel.writeRow + right.cost))
    }

    /// What is made for each of `rows` is there for the rows behind, and for what comes after.
    private func noteGrowth(_ spec: CreateSpec, _ rows: Double) {
        for case .node(let node) in spec.elements {
            let names = node.labels.compactMap { label -> String? in
                if case .fixed(let name) = label { return name }
                return nil
            }
            cardinality.note(node.slot, grows: Set(names), by: rows * bodyRuns)
        }
    }

    func lowerApply(
        _ kind: ApplyKind, _ isPerRow: Bool, _ left: PlanDraft, _ plan: LogicalPlan
    ) -> PlanDraft {
        if case .inner = kind, let draft = lowerUncorrelated(left, plan) { return draft }
        let right = lower(plan, argumentRows: max(1, left.rows))
        let each = right.rows / right.runs
        let rows: Double
        switch kind {
        case .inner: rows = left.rows * each
        case .optional: rows = left.rows * (each + existence(.anti, right, rowsEach: each))
        case .semi, .anti:
            rows = left.rows * existence(kind, right, rowsEach: each)
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
        return hashed(applied, kind, plan)
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

    /// Choice `run-uncorrelated-once`: a right side that reads nothing of the left one has the same
    /// rows for each of its rows; nil when it has to run for each.
    private func lowerUncorrelated(_ left: PlanDraft, _ plan: LogicalPlan) -> PlanDraft? {
        guard session.isEnabled("run-uncorrelated-once"), !plan.writes, plan.outerReads.isEmpty,
            !plan.isVolatile(failure)
        else { return nil }
        // A product reads its right input first, whether there is a row on the left or not.
        let isAlone = left.isSingleRow
        if !isAlone {
            let mayFail = plan.containsExpression(where: failure.mayFail)
            if left.hasArgument || left.writes || mayFail { return nil }
        }
        let right = lower(plan.alone, argumentRows: 1)
        if isAlone { return right }
        let rows = left.rows * right.rows
        return PlanDraft(
            .cartesianProduct, [left, right], rows: rows, ownCost: rows * CostModel.productRow)
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
        if hasOneRow(right) { some = min(1, rowsEach) }
        some = min(1 - 1e-6, max(1e-6, some))
        if case .anti = kind { return 1 - some }
        return some
    }

    /// Whether a subquery has at most one row for each row.
    private func hasOneRow(_ right: PlanDraft) -> Bool {
        RowBounds(self).assign(right, runs: right.runs)
        return right.bound <= right.runs
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
        guard session.isEnabled("fuse-semi-steps"), kind == .semi || kind == .anti,
            case .expandInto(let spec) = right.kind,
            case .argument = right.inputs[0].kind
        else { return false }
        return spec.toLabels == nil && spec.differentFrom.isEmpty
    }

    /// An operator with its estimate.
    func estimate(_ step: OperatorKind, _ inputs: [PlanDraft]) -> PlanDraft {
        let rows = inputs.first?.rows ?? 1
        let runs = inputs.first?.runs ?? 1
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
                out = runs
            } else {
                let groups = GroupModel(selectivity: selectivity)
                    .groups(
                        keys.map(\.expression), rows: rows / runs,
                        most: { inputs[0].leastRows(with: $0) / runs })
                (out, knowsGroups) = (groups.count * runs, groups.isKnown)
            }
            note(keys, aggregates, rowsPerGroup: rows / max(1, out))
            // Without keys there is no group to find.
            let each = keys.isEmpty ? CostModel.foldRow : CostModel.aggregateRow
            cost = rows * (each + evaluation) + out * CostModel.groupRow
        case .distinct(let slots):
            let groups = GroupModel(selectivity: selectivity)
                .groups(
                    slots.map { session.read($0) }, rows: rows / runs,
                    most: { inputs[0].leastRows(with: $0) / runs })
            (out, knowsGroups) = (groups.count * runs, groups.isKnown)
            cost = rows * CostModel.aggregateRow + out * CostModel.groupRow
        case .sort, .topK:
            if case .topK(_, let count) = step { out = cut(rows, runs, count) }
            cost = rows * CostModel.sortRow * max(1, logarithm(out / runs)) / 4
        case .partialSort: cost = rows * CostModel.sortRow / 2
        case .skip(let count): out = max(0, rows - runs * (facts.rowCount(count) ?? 0))
        case .limit(let count): out = cut(rows, runs, count)
        case .unionAll:
            out = inputs.reduce(0) { $0 + $1.rows * runs / $1.runs }
            cost = out
        case .create, .set, .delete: cost = rows * (CostModel.writeRow + evaluation)
        case .loadCSV(let spec):
            out = rows * lineCount(spec)
            cost = out * CostModel.procedureRow
        case .procedureCall: cost = rows * CostModel.procedureRow
        case .produceResults(let columns):
            cost = rows * CostModel.resultRow * Double(max(1, columns.count))
        case .singleRow: (out, cost) = (1, 0)
        default: break
        }
        return PlanDraft(step, inputs, rows: out, ownCost: cost, knowsGroups: knowsGroups)
    }

    /// Lines of a file of unknown length.
    private static let linesDefault = 1_000.0

    /// Records of a file whose name is known, else an assumed number.
    private func lineCount(_ spec: LoadCSVSpec) -> Double {
        guard spec.source.freeSlots.isEmpty, !spec.source.hasNestedPlan,
            case .string(let location) = try? context.evaluator?.evaluate(
                spec.source, parameters: session.parameters ?? [:]),
            let lines = context.knowledge?.lineCount(ofFile: location)
        else { return PhysicalPlanner.linesDefault }
        return max(0, lines - (spec.withHeaders ? 1 : 0))
    }

    /// What is left of `rows` rows when each run hands out `count` at most.
    private func cut(_ rows: Double, _ runs: Double, _ count: PlanExpression) -> Double {
        min(rows, facts.rowCount(count).map { runs * $0 } ?? rows)
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

extension PlanExpression {
    /// A constant number of rows.
    var count: Double? {
        if case .integer(let value) = constantValue { return Double(max(0, value)) }
        return nil
    }
}
