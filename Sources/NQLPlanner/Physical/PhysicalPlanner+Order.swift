// Rule `index-order`: ORDER BY, least and greatest values without sorting or reading all rows,
// where an index has the order.
//
// Before: TopK(p.price LIMIT 10) ─ NodeScan     After: Limit(10) ─ IndexSeek(p.price ASC)
// Before: Aggregate(max(p.price)) ─ NodeScan    After: Aggregate(…) ─ Limit(1) ─ IndexSeek(… DESC)
//
// The steps below are lowered anew with the index as their start, with the rows that are likely to
// be read until the limit is met; costs decide. Where the index gives the first keys only, rows of
// equal keys are sorted (`PartialSort`). Rows that the limit leaves out are not even made: so no
// step that may fail is passed, as its error would be lost.

import NQLPlan
import NenCore

/// A pattern that may give an order, with what stands on it.
private struct OrderedSteps {
    /// From the step that asks for the order down to the leaf; the pattern stands on that.
    var spine: [LogicalPlan]
    /// What the keys stand for there; as many of the first ones as are about one of its elements.
    var ordering: RowOrdering
}

extension PhysicalPlanner {
    /// Rows of a limit that is not known yet.
    private static let limitDefault = 100.0

    /// The order `spine[place]` by an index; nil where none has it, or it does not pay.
    ///
    /// - Parameters:
    ///   - count: of so many of the first rows; nil: of all.
    ///   - below: the input as it would be without.
    ///   - sorted: the sort over it.
    func sortedByIndex(
        _ spine: [LogicalPlan], _ place: Int, _ keys: [SortKey], _ count: PlanExpression?,
        _ below: PlanDraft, instead sorted: PlanDraft, _ argumentRows: Double
    ) -> PlanDraft? {
        // Changes above must wait until all rows are read.
        if count == nil, session.isWriting { return nil }
        let limit = count.map { facts.rowCount($0) ?? PhysicalPlanner.limitDefault }
            ?? limitAbove(spine, place)
        let wanted = keys.map { (session.read($0.slot), $0.isDescending) }
        guard let steps = orderedSteps(wanted, spine[place]) else { return nil }
        // For each row around.
        let all = max(1, below.rows / max(1, argumentRows))
        func lowered(reading rows: Double?) -> (draft: PlanDraft, keyCount: Int)? {
            let request = OrderRequest(
                ordering: steps.ordering, share: rows.map { min(1, $0 / all) } ?? 1,
                excludesNull: false)
            guard let draft = lower(steps.spine, in: request, argumentRows),
                let order = draft.order
            else { return nil }
            return (draft, order.keys.count)
        }
        guard var found = lowered(reading: limit) else { return nil }
        var result = found.draft
        if found.keyCount < keys.count {
            if let limit {
                let leading = wanted.prefix(found.keyCount).map(\.0)
                let groups = GroupModel(selectivity: selectivity).groups(leading, rows: all)
                found = lowered(reading: limit + all / groups.count) ?? found
            }
            result = estimate(.partialSort(keys, sorted: found.keyCount), [found.draft])
        }
        if let count {
            result = estimate(.limit(count), [result])
            if session.isWriting { result = estimate(.eager, [result]) }
        }
        return isWorthwhile(result, insteadOf: sorted, isPartial: limit != nil) ? result : nil
    }

    /// Each of `aggregates`, least and greatest values alone, by one look at an end of an index;
    /// nil where that is not possible, or does not pay.
    func extremesByIndex(
        _ aggregates: [AggregateCall], _ plan: LogicalPlan, _ below: PlanDraft,
        instead whole: PlanDraft, _ argumentRows: Double
    ) -> PlanDraft? {
        guard !aggregates.isEmpty,
            aggregates.allSatisfy({ $0.function == "min" || $0.function == "max" })
        else { return nil }
        let all = max(1, below.rows / max(1, argumentRows))
        let one = PlanExpression(.constant(.integer(1)), type: .integer)
        var result: PlanDraft?
        for call in aggregates {
            let isDescending = call.function == "max"
            guard let steps = orderedSteps([(call.arguments[0], isDescending)], plan),
                case .property = steps.ordering.keys[0].subject,
                let draft = lower(
                    steps.spine,
                    in: OrderRequest(
                        ordering: steps.ordering, share: 1 / all, excludesNull: true),
                    argumentRows)
            else { return nil }
            let extreme = estimate(
                .aggregate(keys: [], aggregates: [call]), [estimate(.limit(one), [draft])])
            result = result.map {
                PlanDraft(
                    .cartesianProduct, [$0, extreme], rows: 1, ownCost: CostModel.productRow)
            } ?? extreme
        }
        return result.flatMap {
            isWorthwhile($0, insteadOf: whole, isPartial: true) ? $0 : nil
        }
    }

    private func isWorthwhile(
        _ ordered: PlanDraft, insteadOf other: PlanDraft, isPartial: Bool
    ) -> Bool {
        let doubt = isPartial ? CostModel.orderRegret : 1
        return ordered.cost * doubt * context.options.weight(.indexOrder) < other.cost
    }

    /// The rows that a limit right above a step asks of it; nil without one.
    private func limitAbove(_ spine: [LogicalPlan], _ place: Int) -> Double? {
        var skipped = 0.0
        for node in spine[..<place].reversed() {
            guard case .slice(let skip, let limit) = node.kind else { return nil }
            if let skip { skipped += facts.rowCount(skip) ?? PhysicalPlanner.limitDefault }
            if let limit {
                return skipped + (facts.rowCount(limit) ?? PhysicalPlanner.limitDefault)
            }
        }
        return nil
    }

    // MARK: The pattern

    /// The pattern that binds what `keys` are about, if all between it and `step` hands on the
    /// order and cannot fail: not all rows may be read.
    private func orderedSteps(
        _ keys: [(key: PlanExpression, isDescending: Bool)], _ step: LogicalPlan
    ) -> OrderedSteps? {
        guard session.isEnabled("index-order"), session.isEnabled("use-indexes"),
            !context.catalog.indexes.isEmpty, !step.inputs[0].writes
        else { return nil }
        var keys = keys
        var spine = [step]
        while let node = spine[spine.count - 1].inputs.first {
            spine.append(node)
            if node.isOneRow { break }
            if mayFailItself(node) { return nil }
            switch node.kind {
            case .project(let items):
                let definitions = Dictionary(
                    items.map { ($0.slot, $0.expression) }, uniquingKeysWith: { $1 })
                keys = keys.map { key, isDescending in
                    let resolved = key.replacing { part in
                        part.plainSlot.flatMap { definitions[$0] }
                    }
                    return (resolved, isDescending)
                }
            case .match: continue
            case .filter, .unwind: continue
            case .apply(let kind, _):
                // Left rows without a right one come behind those of their batch.
                if case .optional = kind { return nil }
            default: return nil
            }
        }
        guard spine.count > 2, case .match(let graph) = spine[spine.count - 2].kind else {
            return nil
        }
        return ordering(keys, graph).map { OrderedSteps(spine: spine, ordering: $0) }
    }

    /// The first keys, as far as they are about one element of the pattern.
    private func ordering(
        _ keys: [(key: PlanExpression, isDescending: Bool)], _ graph: QueryGraph
    ) -> RowOrdering? {
        var ordering: RowOrdering?
        for (key, isDescending) in keys {
            guard let (slot, subject) = subject(key), ordering.map({ $0.slot == slot }) ?? true
            else { break }
            let next = RowOrdering.Key(subject: subject, isDescending: isDescending)
            ordering = RowOrdering(slot: slot, keys: (ordering?.keys ?? []) + [next])
        }
        guard let ordering else { return nil }
        let isElement = graph.hasNode(ordering.slot)
            || graph.relationships.contains { $0.slot == ordering.slot && $0.length == nil }
        return isElement ? ordering : nil
    }

    private func subject(_ key: PlanExpression) -> (Slot, RowOrdering.Key.Subject)? {
        if let (slot, name) = key.plainProperty { return (slot, .property(name)) }
        if let slot = key.plainSlot { return (slot, .identity) }
        if case .call("id", let arguments) = key.kind, let slot = arguments[0].plainSlot {
            return (slot, .identity)
        }
        return nil
    }

    /// Whether an expression of the step, or of what it runs for a row, may fail.
    private func mayFailItself(_ node: LogicalPlan) -> Bool {
        var result = false
        node.kind.forEachExpression { if !result { result = failure.mayFail($0) } }
        return result
            || node.inputs.dropFirst().contains {
                $0.containsExpression(where: failure.mayFail)
            }
    }
}
