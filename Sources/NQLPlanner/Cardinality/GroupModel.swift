// GroupModel: how many groups the rows of an aggregate or of a DISTINCT fall into: the product of
// the keys' distinct values, as far as so many rows can have them all. r entities drawn from N that
// share D values have D · (1 - (1 - r/N)^(N/D)) of them (Yao, CACM 1977).

import Glibc
import NQLPlan
import NenCore

/// A number of groups.
struct GroupEstimate {
    var count: Double
    /// All keys' distinct values are known; else the number is a guess.
    var isKnown: Bool
}

/// Counts groups.
struct GroupModel {
    let selectivity: SelectivityModel

    private var cardinality: CardinalityModel { selectivity.cardinality }

    /// Values of a key, and the entities that have them.
    private struct KeyValues {
        var distinct: Double
        var entities: Double
    }

    /// Distinct combinations of `keys` among `rows` rows.
    /// - Parameter most: the most values that columns can have together, by the rows that had them.
    func groups(
        _ keys: [PlanExpression], rows: Double, most: (BitSet) -> Double = { _ in .infinity }
    ) -> GroupEstimate {
        if rows <= 1 { return GroupEstimate(count: max(0, rows), isKnown: true) }
        var product = 1.0
        var isKnown = true
        var entities = 1.0
        var read: BitSet = []
        for key in keys {
            let key = selectivity.facts.resolved(key)
            let slots = BitSet(key.freeSlots)
            read.formUnion(slots)
            let most = slots.isEmpty ? .infinity : max(1, most(slots))
            if var values = values(key) {
                values.distinct = min(values.distinct, most)
                product *= values.distinct
                entities *= max(values.entities, values.distinct)
            } else {
                product *= min(max(10, rows.squareRoot()), most)
                entities = .infinity
                isKnown = false
            }
        }
        var count = min(product, rows)
        if isKnown {
            count = GroupModel.drawn(rows, from: KeyValues(distinct: product, entities: entities))
        } else {
            count = min(rows * 0.9, product)
        }
        if !read.isEmpty { count = min(count, most(read)) }
        return GroupEstimate(count: max(1, count), isKnown: isKnown)
    }

    /// Distinct values among `rows` rows.
    private static func drawn(_ rows: Double, from values: KeyValues) -> Double {
        if values.distinct <= 1 || rows >= values.entities { return min(values.distinct, rows) }
        let missed = pow(1 - rows / values.entities, values.entities / values.distinct)
        return min(rows, values.distinct * (1 - missed))
    }

    /// The values of one key; nil when nothing is known.
    private func values(_ key: PlanExpression) -> KeyValues? {
        if key.constantValue != nil { return KeyValues(distinct: 1, entities: 1) }
        switch key.kind {
        case .slot(let slot):
            if key.type == .node {
                let all = cardinality.nodes(selectivity.facts.labels(of: slot))
                let reached = min(all, selectivity.facts.nodes[slot] ?? all)
                return entities(min(reached, selectivity.facts.candidates[slot] ?? all))
            }
            if key.type == .relationship {
                let types = selectivity.facts.types[slot] ?? []
                return entities(cardinality.relationships(types, from: [], to: []))
            }
        case .property:
            guard let distinct = selectivity.distinctCount(key) else { break }
            let estimate = selectivity.estimate(of: key)
            let nulls = (estimate?.nullFraction ?? 0) > 0 ? 1.0 : 0
            let all = estimate?.entityCount ?? distinct
            let most = key.plainProperty.flatMap { selectivity.facts.candidates[$0.0] } ?? all
            return KeyValues(
                distinct: min(distinct + nulls, max(1, most)), entities: min(all, max(1, most)))
        case .binary(.modulo, _, let divisor):
            if case .integer(let number) = divisor.constantValue, number != 0 {
                let distinct = Double(number.magnitude)
                return KeyValues(distinct: distinct, entities: distinct)
            }
        case .binary(.divide, let dividend, let divisor):
            if let intervals = intervals(dividend, divisor) { return intervals }
        case .call(let name, let arguments): return values(of: name, arguments)
        default: break
        }
        if key.type == .boolean { return KeyValues(distinct: 2, entities: 2) }
        return nil
    }

    /// Quotients of whole numbers, by the least and the largest of them.
    private func intervals(
        _ dividend: PlanExpression, _ divisor: PlanExpression
    ) -> KeyValues? {
        guard case .integer(let width) = divisor.constantValue, width != 0,
            let estimate = selectivity.estimate(of: dividend),
            case .integer(let least) = estimate.minimum,
            case .integer(let largest) = estimate.maximum
        else { return nil }
        let count = (Double(largest) - Double(least)) / Double(width.magnitude) + 1
        return KeyValues(
            distinct: min(count, estimate.distinctCount + 1), entities: estimate.entityCount)
    }

    private func entities(_ count: Double) -> KeyValues {
        KeyValues(distinct: max(1, count), entities: max(1, count))
    }

    /// Values of a function: no more than its arguments have.
    private func values(of function: String, _ arguments: [PlanExpression]) -> KeyValues? {
        let few: Double
        switch function.lowercased() {
        case "labels":
            few = Double(cardinality.statistics.nodesPerLabelSet.count { $0 > 0 })
        case "type": few = Double(cardinality.statistics.relationshipsPerType.count { $0 > 0 })
        case "sign": few = 3
        case "length": few = 10
        case "rand", "randomuuid": return nil
        default:
            var product = KeyValues(distinct: 1, entities: 1)
            for argument in arguments {
                guard let one = values(selectivity.facts.resolved(argument)) else { return nil }
                product.distinct *= one.distinct
                product.entities *= max(one.entities, one.distinct)
            }
            return arguments.isEmpty ? nil : product
        }
        return KeyValues(distinct: max(1, few), entities: max(1, few))
    }
}
