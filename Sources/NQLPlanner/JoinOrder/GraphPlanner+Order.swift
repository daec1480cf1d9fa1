// GraphPlanner+Order: ways into a pattern that give rows in an order: an index from one end, its
// leading properties given, the next ones in the order that is asked for.

import NQLPlan
import NenCore

extension GraphPlanner {
    /// The look-up, in the pattern, that gives most of the order; of several the cheapest. Nil
    /// where no index has any of it.
    func orderedStart(_ request: OrderRequest) -> PartialPlan? {
        let slot = request.ordering.slot
        let relationship = relationships.firstIndex { $0.slot == slot }
        let entity: EntityKind = relationship == nil ? .node : .relationship
        var predicates: [(index: Int?, PlanExpression)] = []
        for index in conditions(reading: slot) {
            if case .predicate(let predicate) = conditions[index].content {
                predicates.append((index, predicate))
            }
        }
        let safe = predicates.filter { part in part.index.map { !conditions[$0].isLast } ?? true }
        let bounds = propertyBounds(slot, predicates, input.available)
            + commonBounds(slot, safe, input.available)
        var best: PartialPlan?
        for index in planner.context.catalog.indexes where index.entity == entity {
            let present = presentKeys(slot, index, predicates.map(\.1))
            guard let lookUp = orderedLookUp(index, bounds, present, request),
                let plan = start(lookUp, index, slot, relationship)
            else { continue }
            if best.map({ isBetter(plan, than: $0) }) ?? true { best = plan }
        }
        return best
    }

    private func isBetter(_ plan: PartialPlan, than other: PartialPlan) -> Bool {
        let (mine, others) = (plan.draft.order?.keys.count, other.draft.order?.keys.count)
        return mine == others ? plan.draft.cost < other.draft.cost : mine ?? 0 > others ?? 0
    }

    /// The look-up as the pattern's node or relationship; nil when its index is that of another
    /// label or type.
    private func start(
        _ lookUp: LookUp, _ index: IndexDescriptor, _ slot: Slot, _ relationship: Int?
    ) -> PartialPlan? {
        guard let relationship else {
            guard nodeSlots.contains(slot) else { return nil }
            return leaf(lookUp, slot, labels: staticLabels[slot] ?? []).map {
                partial(lookUp, $0)
            }
        }
        let pattern = relationships[relationship]
        let type = planner.context.catalog.types[Int(index.labelOrType)]
        guard pattern.types == [type], pattern.length == nil, pattern.search == nil,
            pattern.from != pattern.to, pattern.innerReads.isEmpty
        else { return nil }
        return withEndpoints(lookUp, relationship)
    }

    /// The look-up in `index`; nil when its order is not the one that is asked for, or entities
    /// that it does not hold would have to stand among those that it holds.
    private func orderedLookUp(
        _ index: IndexDescriptor, _ bounds: [PropertyBound], _ present: Set<NameID>,
        _ request: OrderRequest
    ) -> LookUp? {
        let catalog = planner.context.catalog
        let names = index.properties.map { catalog.keys[Int($0)] }
        var seek = IndexSeek(
            slot: request.ordering.slot, index: index, equals: [], lower: nil, upper: nil,
            prefix: nil, isList: false)
        var lookUp = LookUp(kind: .singleRow, rows: 0, cost: 0)
        var share = 1.0
        for name in names {
            guard let equal = bounds.first(where: { $0.key == name && $0.kind.isEqual }) else {
                break
            }
            seek.equals.append(equal.value)
            share *= equal.selectivity
            lookUp.take(equal.condition, needsRecheck: equal.value.type.needsRecheck)
        }
        let leading = seek.equals.count
        guard leading < names.count else { return nil }
        let constants = Set(bounds.filter { $0.kind.isEqual }.map(\.key))
        guard let delivered = delivered(names, leading, constants, request) else { return nil }
        seek.order = delivered.isDescending ? .descending : .ascending
        let rest = addRange(bounds.filter { $0.key == names[leading] }, &seek, &lookUp)
        let lacking = index.properties.dropFirst(leading).filter { !present.contains($0) }
        let isNull = lacking.first == index.properties[leading]
        if !lacking.isEmpty, !(request.excludesNull && isNull && lacking.count == 1) {
            // Only where the order's first key is the last property do they belong to one end.
            guard leading + 1 == names.count else { return nil }
            seek.includesUnindexed = true
        }
        var keys = request.ordering.keys.prefix(delivered.count)
        if index.isUnique, delivered.end == names.count, !seek.includesUnindexed {
            keys = request.ordering.keys[...]
        }
        lookUp.order = RowOrdering(slot: request.ordering.slot, keys: Array(keys))
        estimate(&lookUp, seek, valueShare: share, rangeShare: rest, request)
        lookUp.kind = .indexSeek(seek)
        return lookUp
    }

    /// How many of the keys asked for an index gives, in which direction it is read, and where
    /// among its properties the last of them stands.
    ///
    /// - Parameters:
    ///   - leading: properties whose values are given.
    ///   - constants: properties that have one value in all rows.
    private func delivered(
        _ names: [String], _ leading: Int, _ constants: Set<String>, _ request: OrderRequest
    ) -> (count: Int, isDescending: Bool, end: Int)? {
        var isDescending: Bool?
        var place = leading
        var count = 0
        for key in request.ordering.keys {
            switch key.subject {
            case .property(let name):
                if constants.contains(name) { break }
                guard place < names.count, names[place] == name,
                    isDescending.map({ $0 == key.isDescending }) ?? true
                else { return isDescending.map { (count, $0, place) } }
                isDescending = key.isDescending
                place += 1
            case .identity:
                // Equal keys come ascending by entity; nothing of the entity differs behind it.
                guard place == names.count, !key.isDescending else {
                    return isDescending.map { (count, $0, place) }
                }
                return isDescending.map { (request.ordering.keys.count, $0, place) }
            }
            count += 1
        }
        return isDescending.map { (count, $0, place) }
    }

    /// Rows and cost, as far as the look-up is likely to be read.
    private func estimate(
        _ lookUp: inout LookUp, _ seek: IndexSeek, valueShare: Double, rangeShare: Double,
        _ request: OrderRequest
    ) {
        let all = cardinality.owners(seek.index)
        let missing = unindexed(seek.index)
        let ofValues = cardinality.shareOfValue(seek.index, leading: seek.equals.count)
        let held = seek.includesUnindexed ? all : all - missing
        lookUp.rows = held * (ofValues ?? valueShare) * rangeShare * request.share
        lookUp.cost = CostModel.seekStart + lookUp.rows * CostModel.orderedRow
        let comesFirst = seek.order == .descending || request.share >= 1
        if seek.includesUnindexed, missing > 0, comesFirst {
            lookUp.cost += all * CostModel.unindexedRow
        }
    }
}
