// GraphPlanner+Seeks: ways into the graph that an index or an identity gives.

import NQLSyntax
import NenCore

/// What a predicate says about one property of one node.
struct PropertyBound {
    enum Kind {
        case equal, oneOf, prefix
        case lower(isInclusive: Bool)
        case upper(isInclusive: Bool)
    }

    var condition: Int
    var key: String
    var kind: Kind
    var value: PlanExpression
}

extension GraphPlanner {
    /// Index seeks and look-ups by id for `slot`, with keys that read at most `given`.
    func seeks(_ slot: Slot, given: BitSet) -> [PartialPlan] {
        var plans: [PartialPlan] = []
        for (index, id) in identities(slot, given) {
            let rows = id.type == .list(.integer) ? DefaultSelectivity.listLength : 1
            plans.append(
                leaf(
                    .entityByID(slot: slot, entity: .node, id: id), slot, rows: rows,
                    cost: CostModel.idSeek * rows, used: [index], covers: nil))
        }
        guard planner.binder.isEnabled("use-indexes") else { return plans }
        let bounds = propertyBounds(slot, given)
        if bounds.isEmpty { return plans }
        for index in planner.context.catalog.indexes where index.entity == .node {
            let label = planner.context.catalog.labels[Int(index.labelOrType)]
            guard (staticLabels[slot] ?? []).contains(.name(label)) else { continue }
            if let plan = seek(slot, index, label, bounds) { plans.append(plan) }
        }
        return plans
    }

    /// `id(slot) = value` conditions.
    private func identities(_ slot: Slot, _ given: BitSet) -> [(Int, PlanExpression)] {
        var result: [(Int, PlanExpression)] = []
        for index in conditions(reading: slot) {
            guard case .predicate(let predicate) = conditions[index].content,
                case .binary(let op, let left, let right) = predicate.kind,
                op == .equal
            else { continue }
            for (side, value) in [(left, right), (right, left)] {
                guard case .call(let name, let arguments) = side.kind, name == "id",
                    arguments.count == 1, arguments[0].plainSlot == slot,
                    value.freeSlots.isSubset(of: given), value.type == .integer
                        || value.isParameter, !planner.failure.mayFail(value)
                else { continue }
                result.append((index, value))
            }
        }
        return result
    }

    private func propertyBounds(_ slot: Slot, _ given: BitSet) -> [PropertyBound] {
        var bounds: [PropertyBound] = []
        for index in conditions(reading: slot) {
            guard case .predicate(let predicate) = conditions[index].content,
                case .binary(let op, let left, let right) = predicate.kind
            else { continue }
            if let bound = bound(index, op, left, right, slot, given) { bounds.append(bound) }
            if let flipped = op.flipped,
                let bound = bound(index, flipped, right, left, slot, given)
            {
                bounds.append(bound)
            }
        }
        return bounds
    }

    private func bound(
        _ index: Int, _ op: BinaryOperator, _ subject: PlanExpression, _ value: PlanExpression,
        _ slot: Slot, _ given: BitSet
    ) -> PropertyBound? {
        guard let (owner, key) = subject.plainProperty, owner == slot,
            value.freeSlots.isSubset(of: given), !planner.failure.mayFail(value)
        else { return nil }
        let kind: PropertyBound.Kind
        switch op {
        case .equal: kind = .equal
        case .inList: kind = .oneOf
        case .startsWith: kind = .prefix
        case .less: kind = .upper(isInclusive: false)
        case .lessOrEqual: kind = .upper(isInclusive: true)
        case .greater: kind = .lower(isInclusive: false)
        case .greaterOrEqual: kind = .lower(isInclusive: true)
        default: return nil
        }
        return PropertyBound(condition: index, key: key, kind: kind, value: value)
    }

    /// A seek in `index`; nil when no predicate speaks of its first property.
    private func seek(
        _ slot: Slot, _ index: IndexDescriptor, _ label: String, _ bounds: [PropertyBound]
    ) -> PartialPlan? {
        var seek = IndexSeek(
            slot: slot, index: index, equals: [], lower: nil, upper: nil, prefix: nil,
            isList: false)
        var share = 1.0
        var used: Set<Int> = []
        var starts = 1.0
        for number in index.properties {
            let key = planner.context.catalog.keys[Int(number)]
            let mine = bounds.filter { $0.key == key }
            if let equal = mine.first(where: { $0.kind.isEqual }) {
                seek.equals.append(equal.value)
                share *= conditions[equal.condition].selectivity
                if !equal.value.type.needsRecheck { used.insert(equal.condition) }
                continue
            }
            if let list = mine.first(where: { $0.kind.isOneOf }) {
                seek.equals.append(list.value)
                seek.isList = true
                share *= conditions[list.condition].selectivity
                starts = selectivity.listLength(list.value)
                if case .list(let element) = list.value.type, !element.needsRecheck {
                    used.insert(list.condition)
                }
                break
            }
            share *= addRange(mine, &seek)
            break
        }
        let hasRange = seek.lower != nil || seek.upper != nil || seek.prefix != nil
        guard !seek.equals.isEmpty || hasRange else { return nil }
        let all = cardinality.nodes([.name(label)])
        var rows = all * share
        if index.isUnique, seek.equals.count == index.properties.count {
            rows = min(rows, starts)
        }
        return leaf(
            .indexSeek(seek), slot, rows: rows,
            cost: starts * CostModel.seekStart + rows * CostModel.seekRow, used: used,
            covers: .name(label))
    }

    /// Adds the range or prefix on the next property; its predicates stay as filters.
    private func addRange(_ bounds: [PropertyBound], _ seek: inout IndexSeek) -> Double {
        var share = 1.0
        for bound in bounds {
            switch bound.kind {
            case .prefix where seek.prefix == nil && seek.lower == nil && seek.upper == nil:
                seek.prefix = bound.value
            case .lower(let isInclusive) where seek.lower == nil && seek.prefix == nil:
                seek.lower = IndexBound(value: bound.value, isInclusive: isInclusive)
            case .upper(let isInclusive) where seek.upper == nil && seek.prefix == nil:
                seek.upper = IndexBound(value: bound.value, isInclusive: isInclusive)
            default: continue
            }
            share *= conditions[bound.condition].selectivity
        }
        return share
    }

    /// A leaf, with the labels it does not see to as a filter.
    private func leaf(
        _ kind: OperatorKind, _ slot: Slot, rows: Double, cost: Double, used: Set<Int>,
        covers: PlanLabels?
    ) -> PartialPlan {
        var draft = PlanDraft(kind, rows: rows, ownCost: cost)
        let rest = (staticLabels[slot] ?? []).filter { $0 != covers }
        if let labels = PlanLabels.all(rest) {
            let known = covers.map { [$0] } ?? []
            let share = nodes(slot) / max(1, cardinality.nodes(known))
            let node = PlanExpression(.slot(slot), type: .node)
            draft = PlanDraft(
                .filter([PlanExpression(.hasLabels(node, labels), type: .boolean)]), [draft],
                rows: rows * min(1, share), ownCost: rows * CostModel.filterRow)
        }
        var waiting = allConditions
        waiting.subtract(used)
        var plan = PartialPlan(draft: draft, solved: [], waiting: waiting)
        applyConditions(&plan, isComplete: false)
        return plan
    }
}

extension NQLType {
    /// Whether two values of this type may be equivalent but not equal: NaN, lists and maps with
    /// null. Look-ups go by equivalence, so the predicate is checked behind them.
    var needsRecheck: Bool {
        switch self {
        case .boolean, .integer, .string, .date, .localTime, .time, .localDateTime, .dateTime,
            .duration, .point, .node, .relationship:
            false
        case .any, .null, .float, .number, .list, .map, .path, .nothing, .propertyValue, .union,
            .notNull:
            true
        }
    }
}

extension PropertyBound.Kind {
    var isEqual: Bool {
        if case .equal = self { return true }
        return false
    }

    var isOneOf: Bool {
        if case .oneOf = self { return true }
        return false
    }
}

extension BinaryOperator {
    /// The operator that says the same with its operands exchanged; nil when there is none.
    var flipped: BinaryOperator? {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: nil
        }
    }
}

extension PlanExpression {
    var isParameter: Bool {
        if case .parameter = kind { return true }
        return false
    }
}
