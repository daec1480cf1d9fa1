// GraphPlanner+Reach: rows of relationships of variable length. What begins at a landmark is walked
// for a few hundred relationships while the plan is made; from there, and from all other nodes,
// `ReachModel` goes on.

import NQLPlan
import NQLSyntax
import NenCore

extension GraphPlanner {
    /// Rows behind a relationship of variable length from `from`, for each row before it. `starts`:
    /// the nodes that may be there.
    func variableFanOut(
        _ relationship: GraphRelationship, _ length: GraphLength, from: Slot, starts: Double,
        isInto: Bool
    ) -> Double {
        let isForward = from == relationship.from
        let to = isForward ? relationship.to : relationship.from
        let direction = isForward ? relationship.direction : relationship.direction.reversed
        if isInto, landmarks[to] != nil, landmarks[from] == nil, relationship.body == nil {
            let back = ways(relationship, length, direction.reversed, from: to, starts: 1)
            return min(back / max(1, nodes(from)), isReach(relationship) ? 1 : 1e6)
        }
        let ways = ways(relationship, length, direction, from: from, starts: starts)
        let share = endShare(relationship, direction, to)
        if isInto {
            return min(ways * share / max(1, nodes(to)), isReach(relationship) ? 1 : 1e6)
        }
        if let reach = relationship.reach {
            let isOne = reach.unreadEnds.contains(to) && conditions(reading: to).isEmpty
            return isOne ? min(1, ways * share) : ways * share
        }
        return ways * share
    }

    private func isReach(_ relationship: GraphRelationship) -> Bool { relationship.reach != nil }

    /// The share of ends that have the labels of the node.
    private func endShare(
        _ relationship: GraphRelationship, _ direction: PatternDirection, _ to: Slot
    ) -> Double {
        let ends = cardinality.steps(relationship.types, direction, from: [], to: [])
        guard relationship.body == nil, ends > 0 else {
            return nodes(to) / max(1, cardinality.nodeCount)
        }
        return cardinality.steps(
            relationship.types, direction, from: [], to: knownLabels[to] ?? []) / ends
    }

    /// Trails, or nodes within reach, from one start to ends of any labels.
    private func ways(
        _ relationship: GraphRelationship, _ length: GraphLength, _ direction: PatternDirection,
        from: Slot, starts: Double
    ) -> Double {
        var sum = length.minimum == 0 ? 1.0 : 0.0
        if let maximum = length.maximum, maximum < max(1, length.minimum) { return sum }
        let all = max(1, cardinality.nodeCount)
        let average = repetition(relationship, direction)
        let end = PatternEnd(types: relationship.types, direction: direction)
        guard relationship.body == nil else {
            let model = ReachModel(
                targets: DegreeMoments(
                    nodeCount: all, total: average * all, maximum: average,
                    squares: average * average * all),
                onward: average, branching: max(average, 2))
            sum += model.trails(
                levels: [average], maximum: length.maximum, minimum: length.minimum)
            return isReach(relationship) ? min(sum, all) : sum
        }
        let first = cardinality.steps(
            relationship.types, direction, from: knownLabels[from] ?? [], to: []) / starts
        var levels = [first]
        var model = reachModel(end, average)
        if let walk = landmarkWalk(end, at: from, hops: length.maximum) {
            levels = walk.levels
            if walk.isWhole { model.onward = 0 }
            if !walk.isWhole, levels.count > 1, levels[levels.count - 2] > 0 {
                // It grows as it did, or as searches do on average.
                let growth = levels[levels.count - 1] / levels[levels.count - 2]
                model.onward = (growth * model.onward).squareRoot()
            }
        }
        if isReach(relationship) {
            return sum + model.reached(levels: levels, maximum: length.maximum)
        }
        return sum
            + model.trails(levels: levels, maximum: length.maximum, minimum: length.minimum)
    }

    private func reachModel(_ end: PatternEnd, _ average: Double) -> ReachModel {
        let reversed = PatternEnd(types: end.types, direction: end.direction.reversed)
        let all = max(1, cardinality.nodeCount)
        let even = DegreeMoments(
            nodeCount: all, total: average * all, maximum: average,
            squares: average * average * all)
        let branchings = [end, reversed].compactMap { cardinality.moments($0) }
            .map { $0.total / max(1, $0.nodeCount) }
        return ReachModel(
            targets: cardinality.moments(reversed) ?? even,
            onward: cardinality.fanOutBehind(previous: reversed, next: end, middle: []) ?? average,
            branching: branchings.max() ?? max(average, 2))
    }

    /// The first levels of a search from the landmarks `slot`, of each on average; nil when the
    /// node is none.
    private func landmarkWalk(
        _ end: PatternEnd, at slot: Slot, hops: Int?
    ) -> LandmarkWalk? {
        guard let landmark = landmarks[slot], landmarkDegree(end, at: slot) != nil else {
            return nil
        }
        let some = landmark.nodes.prefix(LandmarkWalk.startsMax)
        let ends = cardinality.ends(ofLandmark: end)
        var mean = LandmarkWalk()
        for node in some {
            guard let walk = cardinality.knowledge?.walk(
                from: node, ends, hops: hops ?? .max,
                most: LandmarkWalk.stepsMax / max(1, some.count))
            else { return nil }
            mean.add(walk, share: 1 / Double(some.count))
        }
        return mean.levels.isEmpty ? nil : mean
    }
}

extension LandmarkWalk {
    /// Landmarks from which walks begin.
    fileprivate static let startsMax = 4
    /// Relationships that all of them go over.
    fileprivate static let stepsMax = 1_024

    fileprivate mutating func add(_ other: LandmarkWalk, share: Double) {
        for (hop, count) in other.levels.enumerated() {
            if hop == levels.count { levels.append(0) }
            levels[hop] += count * share
        }
        isWhole = isWhole && other.isWhole
    }
}
