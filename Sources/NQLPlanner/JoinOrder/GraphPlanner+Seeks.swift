// GraphPlanner+Seeks: ways into the graph that an index or an identity gives.

import NQLPlan
import NQLSyntax
import NenCore

/// What a predicate says about one property of one node or relationship.
struct PropertyBound {
    enum Kind {
        case equal, oneOf, prefix
        case lower(isInclusive: Bool)
        case upper(isInclusive: Bool)
    }

    /// The condition that says so; nil when it is but one of several alternatives.
    var condition: Int?
    var key: String
    var kind: Kind
    var value: PlanExpression
    var selectivity: Double
}

extension GraphPlanner {
    /// Index seeks and look-ups by id for the node `slot`, with keys that read at most `given`, and
    /// unions of such where one of several conditions or labels must hold.
    func seeks(_ slot: Slot, given: BitSet) -> [PartialPlan] {
        let single = lookUps(slot, .node, given).compactMap { lookUp in
            leaf(lookUp, slot, labels: staticLabels[slot] ?? []).map { partial(lookUp, $0) }
        }
        return single + unions(slot, given)
    }

    /// The same for the pattern relationship `index`, with its ends.
    func relationshipSeeks(_ index: Int, given: BitSet) -> [PartialPlan] {
        let relationship = relationships[index]
        guard relationship.length == nil, relationship.from != relationship.to else { return [] }
        return lookUps(relationship.slot, .relationship, given).compactMap { lookUp in
            if case .indexSeek(let seek) = lookUp.kind {
                let type = planner.context.catalog.types[Int(seek.index.labelOrType)]
                guard relationship.types == [type] else { return nil }
            }
            return withEndpoints(lookUp, index)
        }
    }

    /// A way to entities, and which conditions it sees to.
    struct LookUp {
        var kind: OperatorKind
        var rows: Double
        var cost: Double
        /// The order in which it gives them.
        var order: RowOrdering?
        var used: Set<Int> = []
        /// Conditions that are checked again behind the look-up.
        var proven: Set<Int> = []

        /// Takes note of a condition whose value is a key.
        mutating func take(_ condition: Int?, needsRecheck: Bool) {
            guard let condition else { return }
            if needsRecheck { proven.insert(condition) } else { used.insert(condition) }
        }
    }

    private func lookUps(_ slot: Slot, _ entity: EntityKind, _ given: BitSet) -> [LookUp] {
        var predicates: [(index: Int?, PlanExpression)] = []
        for index in conditions(reading: slot) {
            if case .predicate(let predicate) = conditions[index].content {
                predicates.append((index, predicate))
            }
        }
        return lookUps(slot, entity, predicates, given)
    }

    /// - Parameter predicates: all must hold; with the condition that each is.
    private func lookUps(
        _ slot: Slot, _ entity: EntityKind, _ predicates: [(index: Int?, PlanExpression)],
        _ given: BitSet
    ) -> [LookUp] {
        var found = identities(slot, entity, predicates, given)
        guard planner.session.isEnabled("use-indexes") else { return found }
        let bounds = propertyBounds(slot, predicates, given)
        if bounds.isEmpty { return found }
        for index in planner.context.catalog.indexes where index.entity == entity {
            let present = presentKeys(slot, index, predicates.map(\.1))
            if let seek = seek(slot, index, bounds, present) { found.append(seek) }
        }
        return found
    }

    /// `id(slot) = value`, `id(slot) IN list`, and the same with `elementId`.
    private func identities(
        _ slot: Slot, _ entity: EntityKind, _ predicates: [(index: Int?, PlanExpression)],
        _ given: BitSet
    ) -> [LookUp] {
        var result: [LookUp] = []
        for (index, predicate) in predicates {
            guard case .binary(let op, let left, let right) = predicate.kind else { continue }
            let sides = op == .equal ? [(left, right), (right, left)]
                : op == .inList ? [(left, right)] : []
            for (side, value) in sides {
                guard case .call(let name, let arguments) = side.kind,
                    name == "id" || name == "elementId", arguments.count == 1,
                    arguments[0].plainSlot == slot, isKey(value, given)
                else { continue }
                let rows = op == .inList ? selectivity.listLength(value) : 1
                let seek = IdentitySeek(
                    slot: slot, entity: entity, value: value, isList: op == .inList,
                    isElementID: name == "elementId")
                result.append(
                    LookUp(
                        kind: .entityByID(seek), rows: rows, cost: CostModel.idSeek * rows,
                        used: index.map { [$0] } ?? []))
            }
        }
        return result
    }

    /// Whether a value is known before the look-up and the same for all of its rows. A key may
    /// fail: the look-up then does what the condition would do.
    private func isKey(_ value: PlanExpression, _ given: BitSet) -> Bool {
        value.freeSlots.isSubset(of: given) && !planner.failure.isVolatile(value)
    }

    /// Properties of an index that entities which satisfy `predicates` do not lack.
    func presentKeys(
        _ slot: Slot, _ index: IndexDescriptor, _ predicates: [PlanExpression]
    ) -> Set<NameID> {
        let catalog = planner.context.catalog
        var present: Set<NameID> = []
        for predicate in predicates {
            for key in predicate.propertiesPresent(of: slot) {
                if let number = catalog.key(key) { present.insert(number) }
            }
        }
        // What must exist may be missing in the middle of a statement that writes.
        if planner.session.isWriting { return present }
        for constraint in catalog.constraints
        where (constraint.kind == .exists || constraint.kind == .key)
            && constraint.entity == index.entity && constraint.labelOrType == index.labelOrType
        {
            present.formUnion(constraint.properties)
        }
        return present
    }

    func propertyBounds(
        _ slot: Slot, _ predicates: [(index: Int?, PlanExpression)], _ given: BitSet
    ) -> [PropertyBound] {
        var bounds: [PropertyBound] = []
        for (index, predicate) in predicates {
            guard case .binary(let op, let left, let right) = predicate.kind else { continue }
            let share = index.map { conditions[$0].selectivity }
                ?? selectivity.selectivity(predicate)
            if let bound = bound(index, op, left, right, slot, given, share) {
                bounds.append(bound)
            }
            if let flipped = op.flipped,
                let bound = bound(index, flipped, right, left, slot, given, share)
            {
                bounds.append(bound)
            }
        }
        return bounds
    }

    /// Bounds that several conditions have in common of which one must hold, as in keyset
    /// pagination: `n.p < $p OR (n.p = $p AND n.id > $id)` is within `n.p <= $p`.
    func commonBounds(
        _ slot: Slot, _ predicates: [(index: Int?, PlanExpression)], _ given: BitSet
    ) -> [PropertyBound] {
        predicates.flatMap { index, predicate -> [PropertyBound] in
            let disjuncts = predicate.disjuncts
            guard disjuncts.count > 1, disjuncts.count <= GraphPlanner.alternativesMax else {
                return []
            }
            let bounds = disjuncts.map { disjunct in
                propertyBounds(slot, disjunct.conjuncts.map { (nil, $0) }, given)
            }
            let share = index.map { conditions[$0].selectivity }
                ?? selectivity.selectivity(predicate)
            return bounds[0].compactMap { first -> PropertyBound? in
                for isLower in [true, false] where first.kind.mayBound(isLower: isLower) {
                    let isCommon = bounds.allSatisfy { others in
                        others.contains {
                            $0.key == first.key && $0.kind.mayBound(isLower: isLower)
                                && $0.value.withoutSpans == first.value.withoutSpans
                        }
                    }
                    guard isCommon else { continue }
                    return PropertyBound(
                        condition: nil, key: first.key,
                        kind: isLower ? .lower(isInclusive: true) : .upper(isInclusive: true),
                        value: first.value, selectivity: share)
                }
                return nil
            }
        }
    }

    private func bound(
        _ index: Int?, _ op: BinaryOperator, _ subject: PlanExpression, _ value: PlanExpression,
        _ slot: Slot, _ given: BitSet, _ share: Double
    ) -> PropertyBound? {
        guard let (owner, key) = subject.plainProperty, owner == slot, isKey(value, given)
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
        return PropertyBound(
            condition: index, key: key, kind: kind, value: value, selectivity: share)
    }

    /// A seek in `index`; nil when no predicate speaks of its first property.
    private func seek(
        _ slot: Slot, _ index: IndexDescriptor, _ bounds: [PropertyBound],
        _ present: Set<NameID>
    ) -> LookUp? {
        var seek = IndexSeek(
            slot: slot, index: index, equals: [], lower: nil, upper: nil, prefix: nil,
            isList: false)
        var lookUp = LookUp(kind: .singleRow, rows: 0, cost: 0)
        var share = 1.0
        var rest = 1.0
        var starts = 1.0
        for number in index.properties {
            let key = planner.context.catalog.keys[Int(number)]
            let mine = bounds.filter { $0.key == key }
            if let equal = mine.first(where: { $0.kind.isEqual }) {
                seek.equals.append(equal.value)
                share *= equal.selectivity
                lookUp.take(equal.condition, needsRecheck: equal.value.type.needsRecheck)
                continue
            }
            if let list = mine.first(where: { $0.kind.isOneOf }) {
                seek.equals.append(list.value)
                seek.isList = true
                share *= list.selectivity
                starts = selectivity.listLength(list.value)
                var needsRecheck = true
                if case .list(let element) = list.value.type {
                    needsRecheck = element.needsRecheck
                }
                lookUp.take(list.condition, needsRecheck: needsRecheck)
                break
            }
            rest = addRange(mine, &seek, &lookUp)
            break
        }
        let hasRange = seek.lower != nil || seek.upper != nil || seek.prefix != nil
        guard !seek.equals.isEmpty || hasRange else { return nil }
        let all = cardinality.owners(index)
        // What is known of one value tells more than the mean of all; how the values of several
        // properties go together only the index knows.
        let isKnownValue = seek.equals.count == 1 && seek.equals[0].constantValue != nil
        let ofValues = isKnownValue
            ? nil : cardinality.shareOfValue(index, leading: seek.equals.count)
        let ofKeys = ofValues.map { min(1, $0 * starts) } ?? share
        lookUp.rows = all * (seek.equals.count == 1 ? min(ofKeys, share) : ofKeys) * rest
        if index.isUnique, seek.equals.count == index.properties.count {
            lookUp.rows = min(lookUp.rows, starts)
        } else if let counted = counted(seek) {
            lookUp.rows = counted
        }
        lookUp.cost = CostModel.seekStart + max(0, starts - 1) * CostModel.seekKey
            + lookUp.rows * CostModel.seekRow
        // Entities that lack a property behind those that are asked for are not in the index.
        let asked = seek.equals.count + (hasRange ? 1 : 0)
        if !index.properties.dropFirst(asked).allSatisfy(present.contains) {
            seek.includesUnindexed = true
            if unindexed(index) > 0 { lookUp.cost += starts * all * CostModel.unindexedRow }
        }
        lookUp.kind = .indexSeek(seek)
        return lookUp
    }

    /// The entities that a look-up by one property is sure to find; nil where they are too many to
    /// be counted, or the value is not known.
    private func counted(_ seek: IndexSeek) -> Double? {
        guard seek.prefix == nil, seek.equals.count <= 1 else { return nil }
        var keys: [LandmarkCheck.Key] = seek.equals.map { seek.isList ? .oneOf($0) : .equal($0) }
        if keys.isEmpty {
            if let bound = seek.lower {
                keys.append(.lower(bound.value, isInclusive: bound.isInclusive))
            }
            if let bound = seek.upper {
                keys.append(.upper(bound.value, isInclusive: bound.isInclusive))
            }
        } else if seek.lower != nil || seek.upper != nil {
            return nil
        }
        return planner.lookUp(seek.index, keys).entities.map { max(0.5, Double($0.count)) }
    }

    /// Entities that an index does not hold.
    func unindexed(_ index: IndexDescriptor) -> Double {
        guard let entries = cardinality.estimate(index)?.entryCount else { return 0 }
        return max(0, cardinality.owners(index) - entries)
    }

    /// Adds the range or prefix on the next property; its predicates stay as filters.
    func addRange(
        _ bounds: [PropertyBound], _ seek: inout IndexSeek, _ lookUp: inout LookUp
    ) -> Double {
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
            lookUp.take(bound.condition, needsRecheck: true)
            share *= bound.selectivity
        }
        return share
    }

    /// The look-up of a node with `labels`, those it does not see to as a filter; nil when its
    /// index is that of another label.
    func leaf(_ lookUp: LookUp, _ slot: Slot, labels: [PlanLabels]) -> PlanDraft? {
        let draft = PlanDraft(
            lookUp.kind, rows: lookUp.rows, ownCost: lookUp.cost, order: lookUp.order)
        var known: [PlanLabels] = []
        if case .indexSeek(let seek) = lookUp.kind {
            let name = planner.context.catalog.labels[Int(seek.index.labelOrType)]
            guard labels.contains(.name(name)) else { return nil }
            known = [.name(name)]
        }
        guard let rest = PlanLabels.all(labels.filter { !known.contains($0) }) else {
            return draft
        }
        let share = nodes(slot) / max(1, cardinality.nodes(known))
        let node = PlanExpression(.slot(slot), type: .node)
        return PlanDraft(
            .filter([PlanExpression(.hasLabels(node, rest), type: .boolean)]), [draft],
            rows: lookUp.rows * min(1, share), ownCost: lookUp.rows * CostModel.filterRow)
    }

    // MARK: Unions

    /// Look-ups for each of several conditions of which one must hold, or for each of several
    /// labels; every node once. The condition is checked again behind them.
    private func unions(_ slot: Slot, _ given: BitSet) -> [PartialPlan] {
        guard planner.session.isEnabled("use-indexes") else { return [] }
        let labels = staticLabels[slot] ?? []
        var result: [PartialPlan] = []
        for index in conditions(reading: slot) where !conditions[index].isLast {
            guard case .predicate(let predicate) = conditions[index].content else { continue }
            let disjuncts = predicate.disjuncts
            guard disjuncts.count > 1, disjuncts.count <= GraphPlanner.alternativesMax else {
                continue
            }
            let parts = disjuncts.map { disjunct in
                let conjuncts = disjunct.conjuncts
                let own = conjuncts.compactMap { $0.labelTest(of: slot) }
                return cheapestLookUp(slot, labels + own, conjuncts.map { (nil, $0) }, given)
            }
            result += union(slot, parts, proven: [index])
        }
        for (position, label) in labels.enumerated() {
            let names = label.alternatives
            guard names.count > 1, names.count <= GraphPlanner.alternativesMax else { continue }
            var predicates: [(index: Int?, PlanExpression)] = []
            for index in conditions(reading: slot) where !conditions[index].isLast {
                if case .predicate(let predicate) = conditions[index].content {
                    predicates.append((nil, predicate))
                }
            }
            let parts = names.map { name in
                var one = labels
                one[position] = name
                return cheapestLookUp(slot, one, predicates, given)
            }
            result += union(slot, parts, proven: [])
        }
        return result
    }

    /// Alternatives that are looked up one by one.
    private static let alternativesMax = 64

    private func cheapestLookUp(
        _ slot: Slot, _ labels: [PlanLabels], _ predicates: [(index: Int?, PlanExpression)],
        _ given: BitSet
    ) -> PlanDraft? {
        lookUps(slot, .node, predicates, given)
            .compactMap { leaf($0, slot, labels: labels) }
            .min { $0.cost < $1.cost }
    }

    /// All parts together; nothing when one is missing.
    private func union(
        _ slot: Slot, _ parts: [PlanDraft?], proven: BitSet
    ) -> [PartialPlan] {
        let drafts = parts.compactMap { $0 }
        guard drafts.count == parts.count else { return [] }
        let rows = drafts.reduce(0) { $0 + $1.rows }
        let all = PlanDraft(
            .unionAll(targets: [slot], sources: drafts.map { _ in [slot] }), drafts, rows: rows,
            ownCost: rows)
        let distinct = PlanDraft(
            .distinct([slot]), [all], rows: rows, ownCost: rows * CostModel.aggregateRow)
        var plan = PartialPlan(draft: distinct, solved: [], waiting: allConditions)
        plan.proven = proven
        applyConditions(&plan, isComplete: false)
        return [plan]
    }

    /// The look-up of a relationship, with its ends.
    func withEndpoints(_ lookUp: LookUp, _ index: Int) -> PartialPlan {
        let relationship = relationships[index]
        let source = staticLabels[relationship.from] ?? []
        let target = staticLabels[relationship.to] ?? []
        let spec = step(relationship, from: relationship.from, solved: [])
        let all = max(
            1, cardinality.steps(relationship.types, .outgoing, from: [], to: []))
        let toTarget = cardinality.steps(
            relationship.types, relationship.direction, from: [], to: target) / all
        let onBoth = cardinality.steps(
            relationship.types, relationship.direction, from: source, to: target) / all
        let bare = PlanDraft(
            lookUp.kind, rows: lookUp.rows, ownCost: lookUp.cost, order: lookUp.order)
        var draft = PlanDraft(
            .projectEndpoints(spec), [bare], rows: lookUp.rows * toTarget,
            ownCost: lookUp.rows * CostModel.relationshipScanRow)
        if let labels = PlanLabels.all(source) {
            let node = PlanExpression(.slot(relationship.from), type: .node)
            let before = draft
            draft = PlanDraft(
                .filter([PlanExpression(.hasLabels(node, labels), type: .boolean)]), [before],
                rows: lookUp.rows * onBoth, ownCost: before.rows * CostModel.filterRow)
        }
        return partial(lookUp, draft, solved: [index])
    }

    func partial(
        _ lookUp: LookUp, _ draft: PlanDraft, solved: BitSet = []
    ) -> PartialPlan {
        var waiting = allConditions
        waiting.subtract(lookUp.used)
        var plan = PartialPlan(draft: draft, solved: solved, waiting: waiting)
        plan.proven = BitSet(lookUp.proven)
        applyConditions(&plan, isComplete: false)
        return plan
    }
}

extension PlanLabels {
    /// The names of which one must be carried; empty when it says something else.
    fileprivate var alternatives: [PlanLabels] {
        switch self {
        case .name: return [self]
        case .or(let left, let right):
            let (first, second) = (left.alternatives, right.alternatives)
            return first.isEmpty || second.isEmpty ? [] : first + second
        default: return []
        }
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
    /// Whether no value is below, or with `isLower` false above, the one it speaks of.
    func mayBound(isLower: Bool) -> Bool {
        switch self {
        case .equal: true
        case .lower: isLower
        case .upper: !isLower
        case .oneOf, .prefix: false
        }
    }

    var isEqual: Bool {
        if case .equal = self { return true }
        return false
    }

    var isOneOf: Bool {
        if case .oneOf = self { return true }
        return false
    }
}

extension PlanExpression {
    /// Keys of properties of `slot` that are not null where this is true.
    func propertiesPresent(of slot: Slot) -> Set<String> {
        let alternatives = disjuncts.map { disjunct in
            disjunct.conjuncts.reduce(into: Set<String>()) {
                $0.formUnion($1.propertiesTested(of: slot))
            }
        }
        return alternatives.dropFirst().reduce(alternatives[0]) { $0.intersection($1) }
    }

    /// The same of a condition without AND and OR.
    private func propertiesTested(of slot: Slot) -> [String] {
        func key(_ side: PlanExpression) -> String? {
            guard let (owner, key) = side.plainProperty, owner == slot else { return nil }
            return key
        }
        switch kind {
        case .isNull(let operand, negated: true): return [key(operand)].compactMap { $0 }
        case .binary(let op, let left, let right):
            switch op {
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .startsWith,
                .endsWith, .contains, .matches:
                return [key(left), key(right)].compactMap { $0 }
            case .inList: return [key(left)].compactMap { $0 }
            default: return []
            }
        default: return []
        }
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
    /// The labels that this condition asks of a node, if it asks nothing else.
    fileprivate func labelTest(of slot: Slot) -> PlanLabels? {
        guard case .hasLabels(let node, let labels) = kind, node.plainSlot == slot,
            !labels.isDynamic
        else { return nil }
        return labels
    }
}
