// Selectivity: the share of rows a predicate lets through. Estimates of properties are used where
// there are some; the defaults below stand for everything unknown.

import Glibc
import NQLPlan
import NQLSyntax
import NenCore

/// Shares assumed when nothing is known.
enum DefaultSelectivity {
    static let equality = 0.1
    static let range = 0.3
    /// Between two bounds.
    static let interval = 0.1
    static let prefix = 0.1
    static let text = 0.1
    static let isNull = 0.1
    static let existence = 0.5
    static let other = 0.5
    /// No predicate lets less through.
    static let least = 1e-9
    /// Elements of a list of unknown length.
    static let listLength = 10.0
}

/// Shares of predicates over the columns of one plan.
struct SelectivityModel {
    let cardinality: CardinalityModel
    let facts: SlotFacts

    func selectivity(_ predicate: PlanExpression) -> Double {
        switch predicate.kind {
        case .constant(.boolean(true)): return 1
        case .constant: return 0
        case .binary(.and, let left, let right): return selectivity([left, right])
        case .binary(.or, let left, let right):
            let (a, b) = (selectivity(left), selectivity(right))
            return a + b - a * b
        case .not(let operand): return negated(operand)
        case .binary(let op, let left, let right): return comparison(op, left, right)
        case .isNull(let operand, let negated):
            let share = estimate(of: operand)?.nullFraction ?? DefaultSelectivity.isNull
            return negated ? 1 - share : share
        case .hasLabels(let operand, let wanted):
            guard operand.type == .node else { return DefaultSelectivity.other }
            let known = operand.plainSlot.map { facts.labels(of: $0) } ?? []
            let all = max(cardinality.nodes(known), 1)
            return min(1, cardinality.nodes(known + wanted.conjuncts) / all)
        case .property:
            return estimate(of: predicate)?.share(of: .boolean(true), distinct: 2)
                ?? DefaultSelectivity.other
        case .nested, .subquery: return DefaultSelectivity.existence
        default: return DefaultSelectivity.other
        }
    }

    /// The share of rows that all of `predicates` let through. Two bounds of one property make one
    /// interval.
    func selectivity(_ predicates: [PlanExpression]) -> Double {
        var share = 1.0
        var ranges: [SlotProperty: PropertyRange] = [:]
        for predicate in predicates {
            share *= selectivity(predicate, among: &ranges)
        }
        return share
    }

    /// The share of the rows that earlier predicates have let through; `ranges` are the bounds that
    /// these had.
    func selectivity(
        _ predicate: PlanExpression, among ranges: inout [SlotProperty: PropertyRange]
    ) -> Double {
        guard let (subject, bound) = range(predicate) else { return selectivity(predicate) }
        let known = ranges[subject] ?? PropertyRange()
        var range = known
        range.add(bound)
        ranges[subject] = range
        return min(1, share(of: range, subject) / share(of: known, subject))
    }

    /// `NOT`: null is neither true nor false.
    private func negated(_ operand: PlanExpression) -> Double {
        var nulls = 0.0
        switch operand.kind {
        case .property: nulls = estimate(of: operand)?.nullFraction ?? 0
        case .binary(let op, let left, let right) where op != .and && op != .or:
            nulls = [left, right].compactMap { estimate(of: $0)?.nullFraction }.max() ?? 0
        default: break
        }
        return max(DefaultSelectivity.least, 1 - nulls - selectivity(operand))
    }

    private func comparison(
        _ op: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression
    ) -> Double {
        let whole = PlanExpression(.binary(op, left, right), type: .boolean)
        switch op {
        case .equal: return equality(left, right)
        case .notEqual: return negated(PlanExpression(.binary(.equal, left, right), type: .boolean))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard let (subject, bound) = range(whole) else {
                return shareOfCounts(op, left, right) ?? DefaultSelectivity.range
            }
            var range = PropertyRange()
            range.add(bound)
            return share(of: range, subject)
        case .inList: return membership(left, right)
        case .startsWith:
            if case .string(let prefix) = right.constantValue,
                let share = estimate(of: left)?.share(withPrefix: prefix)
            {
                return max(DefaultSelectivity.least, share)
            }
            return DefaultSelectivity.prefix
        case .endsWith, .contains:
            guard case .string(let text) = right.constantValue,
                let share = estimate(of: left)?.share(ofStrings: {
                    op == .contains ? $0.utf8.contains(text.utf8) : $0.hasSuffix(text)
                })
            else { return DefaultSelectivity.text }
            return share
        case .matches: return DefaultSelectivity.text
        default: return DefaultSelectivity.other
        }
    }

    // MARK: Equality

    private func equality(_ left: PlanExpression, _ right: PlanExpression) -> Double {
        if left.type == .node && right.type == .node {
            return 1 / max(1, nodeCount(left, right))
        }
        if left.type == .relationship && right.type == .relationship {
            return 1 / max(1, Double(cardinality.statistics.relationshipCount))
        }
        var best: Double?
        for (side, other) in [(left, right), (right, left)] {
            if let all = identities(side) { return 1 / max(1, all) }
            guard let share = share(of: side, value: other.constantValue) else { continue }
            best = min(best ?? 1, share)
        }
        return max(DefaultSelectivity.least, best ?? DefaultSelectivity.equality)
    }

    /// All that `id(x)` or `elementId(x)` may be; nil for any other expression.
    private func identities(_ expression: PlanExpression) -> Double? {
        guard case .call(let name, let arguments) = facts.resolved(expression).kind,
            name == "id" || name == "elementId", arguments.count == 1
        else { return nil }
        switch arguments[0].type {
        case .node:
            return cardinality.nodes(arguments[0].plainSlot.map { facts.labels(of: $0) } ?? [])
        case .relationship: return Double(cardinality.statistics.relationshipCount)
        default: return nil
        }
    }

    private func nodeCount(_ left: PlanExpression, _ right: PlanExpression) -> Double {
        let first = left.plainSlot.map { facts.labels(of: $0) } ?? []
        let second = right.plainSlot.map { facts.labels(of: $0) } ?? []
        return max(cardinality.nodes(first), cardinality.nodes(second))
    }

    /// The share of entities whose property `side` has one value, which may be known; nil for what
    /// is no property and where nothing is known.
    private func share(of side: PlanExpression, value: Value?) -> Double? {
        guard let (slot, key) = facts.resolved(side).plainEntityProperty else { return nil }
        if case .map = value { return nil }
        let estimate = property(slot, key)
        let distinct = distinctCount(slot, key, estimate)
        guard let estimate else { return distinct.map { 1 / max(1, $0) } }
        // A sample of an index may have met but the most frequent value.
        let count = max(distinct ?? estimate.distinctCount, Double(estimate.frequent.count))
        guard let value else { return estimate.shareOfAnyValue(distinct: count) }
        return estimate.share(of: value, distinct: count)
    }

    /// Estimates of a property of a column.
    private func property(_ slot: Slot, _ key: String) -> PropertyEstimate? {
        if let types = facts.types[slot] { return cardinality.property(key, types: types) }
        return cardinality.property(key, labels: facts.labels(of: slot))
    }

    /// Distinct values of a property of a column: by an index, or as estimated.
    private func distinctCount(
        _ slot: Slot, _ key: String, _ estimate: PropertyEstimate?
    ) -> Double? {
        if let types = facts.types[slot] {
            return cardinality.indexedDistinctCount(key, types: types) ?? estimate?.distinctCount
        }
        let labels = facts.labels(of: slot)
        return cardinality.indexedDistinctCount(key, labels: labels) ?? estimate?.distinctCount
    }

    /// The estimates of the property that an expression stands for; nil for anything else.
    func estimate(of expression: PlanExpression) -> PropertyEstimate? {
        guard let (slot, key) = facts.resolved(expression).plainEntityProperty else {
            return nil
        }
        return property(slot, key)
    }

    /// Distinct values of the property that an expression stands for.
    func distinctCount(_ expression: PlanExpression) -> Double? {
        guard let (slot, key) = facts.resolved(expression).plainEntityProperty else {
            return nil
        }
        return distinctCount(slot, key, property(slot, key))
    }

    private func membership(_ left: PlanExpression, _ list: PlanExpression) -> Double {
        if case .list(let values) = list.constantValue {
            let shares = Set(values.prefix(SelectivityModel.membersMax)).map {
                share(of: left, value: $0) ?? DefaultSelectivity.equality
            }
            let scale = Double(values.count) / Double(max(1, min(values.count, shares.count)))
            let isCut = values.count > SelectivityModel.membersMax
            return min(1, shares.reduce(0, +) * (isCut ? scale : 1))
        }
        let one = identities(left).map { 1 / max(1, $0) } ?? share(of: left, value: nil)
        return min(1, (one ?? DefaultSelectivity.equality) * listLength(list))
    }

    /// Members of a list that are looked up one by one.
    private static let membersMax = 64

    // MARK: Ranges

    /// A property of a column.
    struct SlotProperty: Hashable {
        var slot: Slot
        var key: String
    }

    /// Bounds of one property.
    struct PropertyRange {
        struct Bound {
            var isLower: Bool
            var isInclusive: Bool
            /// nil: not known yet.
            var value: Value?
        }

        var lower: Bound?
        var upper: Bound?

        /// The first bound on either side counts.
        mutating func add(_ bound: Bound) {
            if bound.isLower { lower = lower ?? bound } else { upper = upper ?? bound }
        }
    }

    /// A predicate as a bound of a property.
    private func range(
        _ predicate: PlanExpression
    ) -> (subject: SlotProperty, bound: PropertyRange.Bound)? {
        guard case .binary(let op, let left, let right) = predicate.kind else { return nil }
        let isLess = op == .less || op == .lessOrEqual
        guard isLess || op == .greater || op == .greaterOrEqual else { return nil }
        let isInclusive = op == .lessOrEqual || op == .greaterOrEqual
        for (subject, value, isLower) in [(left, right, !isLess), (right, left, isLess)] {
            if let (slot, key) = facts.resolved(subject).plainEntityProperty {
                return (
                    SlotProperty(slot: slot, key: key),
                    PropertyRange.Bound(
                        isLower: isLower, isInclusive: isInclusive, value: value.constantValue)
                )
            }
        }
        return nil
    }

    private func share(of range: PropertyRange, _ subject: SlotProperty) -> Double {
        let bounds = [range.lower, range.upper].compactMap { $0 }
        if bounds.isEmpty { return 1 }
        let estimate = property(subject.slot, subject.key)
        let all = estimate?.valueShare ?? 1
        var (from, to) = (0.0, all)
        var unknown = 0
        for bound in bounds {
            // Values up to an exclusive lower bound are out, those below an inclusive one.
            let isInclusive = bound.isLower != bound.isInclusive
            guard let value = bound.value,
                let below = estimate?.share(below: value, isInclusive: isInclusive)
            else {
                unknown += 1
                continue
            }
            if bound.isLower { from = below } else { to = below }
        }
        var share = max(0, to - from)
        if unknown == 1 { share *= DefaultSelectivity.range }
        if unknown == 2 { share *= DefaultSelectivity.interval }
        return max(share, estimate?.leastShare ?? DefaultSelectivity.least)
    }

    /// The share of groups by their number of rows; nil for what compares no count with a number.
    /// Groups are as uneven as most things in graphs are: of a mean m, (m / k)² have k or more.
    private func shareOfCounts(
        _ op: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression
    ) -> Double? {
        let isFlipped = left.constantValue != nil
        let (subject, value) = isFlipped ? (right, left) : (left, right)
        guard let slot = facts.resolved(subject).plainSlot, let mean = facts.meanCounts[slot],
            let number = value.constantValue?.magnitudeOnLine
        else { return nil }
        let isMore = (op == .greater || op == .greaterOrEqual) != isFlipped
        var some = number > mean ? (mean / number) * (mean / number) : 0.7
        if mean < 2, number >= 1 {
            // Hardly any group has a second row: it is those that count.
            let isAbove = (op == .greater || op == .lessOrEqual) != isFlipped
            let more = max(1, isAbove ? number : number - 1)
            let further = max(0, mean - 1)
            some = max(
                pow(further / (1 + further), more), (further / more) * (further / more))
            if number == 1, !isAbove { some = 1 - DefaultSelectivity.least }
        }
        return max(DefaultSelectivity.least, isMore ? some : 1 - some)
    }

    // MARK: Lists

    /// Elements of a list, or a default where they cannot be counted.
    func listLength(_ list: PlanExpression) -> Double {
        knownListLength(list) ?? DefaultSelectivity.listLength
    }

    /// Elements of a list, where they can be counted.
    func knownListLength(_ list: PlanExpression) -> Double? {
        switch list.kind {
        case .list(let items): return Double(items.count)
        case .constant(.list(let items)): return Double(items.count)
        case .call("range", let bounds):
            let numbers = bounds.map { facts.integer($0) ?? .nan }
            guard numbers.count >= 2, !numbers.contains(where: \.isNaN) else { return nil }
            let step = numbers.count > 2 ? numbers[2] : 1
            return step == 0 ? 0 : max(0, (numbers[1] - numbers[0]) / step + 1)
        case .slot(let slot): return facts.listLength(slot)
        case .parameter: return facts.valueCount(list)
        case .call("labels", _): return cardinality.meanLabels
        case .property: return facts.valueCount(list) ?? estimate(of: list)?.meanElements
        default: return nil
        }
    }
}

extension PlanExpression {
    /// `slot.key` as slot and key, where the slot may be a node or a relationship.
    var plainEntityProperty: (Slot, String)? {
        guard case .property(let base, _) = kind else { return nil }
        switch base.type {
        case .node, .relationship: return plainProperty
        default: return nil
        }
    }

    /// `slot.key` as slot and key.
    var plainProperty: (Slot, String)? {
        guard case .property(let base, let key) = kind, let slot = base.plainSlot else {
            return nil
        }
        return (slot, key)
    }
}
