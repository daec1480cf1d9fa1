// ReachModel: how many nodes are within reach of one, hop by hop. A search draws the far ends of
// relationships, and many lead to nodes that it knows already: the hubs are drawn over and over,
// the others hardly ever. With in-degrees as uneven as their mean and variance say (gamma
// distributed), n draws from T nodes have T · (1 - (1 + n·v/(m·D))^(-m²/v)) different ones, D being
// the sum of the degrees, m their mean, v their variance: coupons of unequal probability.

import Glibc
import NQLPlan
import NenCore

/// Growth of a search over one kind of relationship.
struct ReachModel {
    /// Nodes that some relationship leads to, the sum of their degrees, and of their squares.
    var targets: DegreeMoments
    /// Mean steps on from a node that was reached.
    var onward: Double
    /// Mean steps from a node that has any, in the direction in which there are more.
    var branching: Double

    /// Hops that are gone through one by one.
    private static let hopsMax = 64
    /// Below this a level has ended.
    private static let levelMin = 0.01

    /// Different nodes among the ends of so many relationships.
    private func distinct(_ draws: Double) -> Double {
        let count = max(1, targets.nodeCount)
        let mean = targets.total / count
        let variance = targets.squares / count - mean * mean
        if variance < 1e-3 * mean * mean || targets.total <= 0 {
            return count * (1 - exp(-draws / count))
        }
        let rate = draws * variance / (mean * targets.total)
        return count * (1 - pow(1 + rate, -mean * mean / variance))
    }

    /// Hops after which a search has seen all it will: the levels of a tree with such branching.
    private var hopsLikely: Double {
        let count = max(2, targets.nodeCount)
        return branching > 1.01 ? max(1, log(count) / log(branching)) : count
    }

    /// Nodes reached by a search whose first levels have so many, by at most `maximum` hops.
    func reached(levels: [Double], maximum: Int?) -> Double {
        var total = levels.reduce(0, +)
        guard var level = levels.last else { return 0 }
        var draws = total
        let known = distinct(draws)
        let hops = maximum.map(Double.init) ?? hopsLikely
        let last = min(hops, Double(ReachModel.hopsMax))
        var seen = known
        var hop = Double(levels.count)
        while hop + 1 <= last, level >= ReachModel.levelMin {
            draws += level * onward
            let all = distinct(draws)
            level = all - seen
            seen = all
            total += level
            hop += 1
        }
        // What goes on and on is a chain.
        let left = max(0, hops - Double(ReachModel.hopsMax))
        return min(total + level * left, max(1, targets.nodeCount))
    }

    /// Trails of at least `minimum` hops, which go to a node again and again, from a start with so
    /// many in their first hops.
    func trails(levels: [Double], maximum: Int?, minimum: Int) -> Double {
        guard var level = levels.last else { return 0 }
        let last = maximum.map(Double.init) ?? max(hopsLikely, Double(minimum))
        var sum = 0.0
        for (hop, count) in levels.enumerated() where hop + 1 >= minimum { sum += count }
        var hop = Double(levels.count)
        let end = min(last, Double(ReachModel.hopsMax))
        while hop + 1 <= end, level >= ReachModel.levelMin, sum < 1e9 {
            level *= onward
            hop += 1
            if hop >= Double(minimum) { sum += level }
        }
        return min(sum, 1e9)
    }
}
