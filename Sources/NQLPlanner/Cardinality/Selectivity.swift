// Selectivity: the share of rows a predicate lets through. Estimates of properties are used where
// there are some; the defaults below stand for everything unknown.

import NQLPlan
import NQLSyntax
import NenCore

/// Shares assumed when nothing is known.
enum DefaultSelectivity {
    static let equality = 0.1
    static let range = 0.3
    static let prefix = 0.1
    static let text = 0.1
    static let isNull = 0.1
    static let existence = 0.5
    static let other = 0.5
    /// Elements of a list of unknown length.
    static let listLength = 10.0
}

/// Shares of predicates over the nodes of one pattern.
struct SelectivityModel {
    let cardinality: CardinalityModel
    /// Labels known of node slots.
    let labels: [Slot: [PlanLabels]]
    /// The types of relationship slots.
    var types: [Slot: [String]] = [:]

    func selectivity(_ predicate: PlanExpression) -> Double {
        switch predicate.kind {
        case .constant(.boolean(true)): return 1
        case .constant: return 0
        case .binary(.and, let left, let right): return selectivity(left) * selectivity(right)
        case .binary(.or, let left, let right):
            let (a, b) = (selectivity(left), selectivity(right))
            return a + b - a * b
        case .not(let operand): return max(0.001, 1 - selectivity(operand))
        case .binary(let op, let left, let right): return comparison(op, left, right)
        case .isNull(let operand, let negated):
            let share = nullFraction(operand) ?? DefaultSelectivity.isNull
            return negated ? 1 - share : share
        case .hasLabels(let operand, let wanted):
            guard operand.type == .node else { return DefaultSelectivity.other }
            let known = operand.plainSlot.flatMap { labels[$0] } ?? []
            let all = max(cardinality.nodes(known), 1)
            return min(1, cardinality.nodes(known + wanted.conjuncts) / all)
        case .nested: return DefaultSelectivity.existence
        default: return DefaultSelectivity.other
        }
    }

    private func comparison(
        _ op: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression
    ) -> Double {
        switch op {
        case .equal: return equality(left, right)
        case .notEqual: return max(0.001, 1 - equality(left, right))
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return range(op, left, right)
        case .inList:
            let one = equality(left, nil)
            return min(1, one * listLength(right))
        case .startsWith: return DefaultSelectivity.prefix
        case .endsWith, .contains, .matches: return DefaultSelectivity.text
        default: return DefaultSelectivity.other
        }
    }

    private func equality(_ left: PlanExpression, _ right: PlanExpression?) -> Double {
        if let right {
            if left.type == .node && right.type == .node {
                return 1 / max(1, nodeCount(left, right))
            }
            if left.type == .relationship && right.type == .relationship {
                return 1 / max(1, Double(cardinality.statistics.relationshipCount))
            }
        }
        var best: Double?
        for side in [left, right] {
            guard let side, let share = share(of: side) else { continue }
            best = min(best ?? 1, share)
        }
        return best ?? DefaultSelectivity.equality
    }

    private func nodeCount(_ left: PlanExpression, _ right: PlanExpression) -> Double {
        let first = left.plainSlot.flatMap { labels[$0] } ?? []
        let second = right.plainSlot.flatMap { labels[$0] } ?? []
        return max(cardinality.nodes(first), cardinality.nodes(second))
    }

    /// The share of one value of a property.
    private func share(of side: PlanExpression) -> Double? {
        guard case .property(let base, let key) = side.kind, let slot = base.plainSlot else {
            return nil
        }
        if let types = types[slot] { return cardinality.shareOfValue(key, types: types) }
        let known = labels[slot] ?? []
        if cardinality.isUnique(key, labels: known) {
            return 1 / max(1, cardinality.nodes(known))
        }
        if let share = cardinality.shareOfValue(key, labels: known) { return share }
        guard let estimate = cardinality.property(key, labels: known) else { return nil }
        return (1 - estimate.nullFraction) / max(1, estimate.distinctCount)
    }

    private func nullFraction(_ operand: PlanExpression) -> Double? {
        guard case .property(let base, let key) = operand.kind, let slot = base.plainSlot else {
            return nil
        }
        return cardinality.property(key, labels: labels[slot] ?? [])?.nullFraction
    }

    /// The share of a range, by linear interpolation between the least and largest value.
    private func range(
        _ op: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression
    ) -> Double {
        let isFlipped = right.plainProperty != nil && left.plainProperty == nil
        guard let (slot, key) = left.plainProperty ?? right.plainProperty,
            let estimate = cardinality.property(key, labels: labels[slot] ?? []),
            let least = estimate.minimum?.magnitudeOnLine,
            let largest = estimate.maximum?.magnitudeOnLine,
            let bound = (isFlipped ? left : right).constantValue?.magnitudeOnLine,
            largest > least
        else { return DefaultSelectivity.range }
        let below = min(1, max(0, (bound - least) / (largest - least)))
        let isLess = (op == .less || op == .lessOrEqual) != isFlipped
        return max(0.001, (isLess ? below : 1 - below) * (1 - estimate.nullFraction))
    }

    /// Elements of a list, where they can be counted.
    func listLength(_ list: PlanExpression) -> Double {
        switch list.kind {
        case .list(let items): return Double(items.count)
        case .constant(.list(let items)): return Double(items.count)
        case .call("range", let bounds):
            let numbers = bounds.map { bound in
                if case .integer(let number) = bound.constantValue { return Double(number) }
                return Double.nan
            }
            guard numbers.count >= 2, !numbers.contains(where: \.isNaN)
            else { return DefaultSelectivity.listLength }
            let step = numbers.count > 2 ? numbers[2] : 1
            return step == 0 ? 0 : max(0, (numbers[1] - numbers[0]) / step + 1)
        default: return DefaultSelectivity.listLength
        }
    }
}

extension PlanExpression {
    /// `slot.key` as slot and key.
    var plainProperty: (Slot, String)? {
        guard case .property(let base, let key) = kind, let slot = base.plainSlot else {
            return nil
        }
        return (slot, key)
    }
}

extension Value {
    /// Numbers and points in time as a place on a line; nil for all other values.
    var magnitudeOnLine: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .float(let value): value.isFinite ? value : nil
        case .date(let date): Double(date.epochDays)
        case .localDateTime(let value): Double(value.epochSeconds)
        case .dateTime(let value): Double(value.epochSeconds)
        default: nil
        }
    }
}
