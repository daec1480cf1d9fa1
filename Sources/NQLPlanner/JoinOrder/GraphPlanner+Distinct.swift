// GraphPlanner+Distinct: which relationships of a MATCH have to be compared, because they could be
// the same one. Two that are make their ends coincide, which folds every relationship between these
// ends onto one node; where the exact statistics know no such loop, the pattern as a whole has no
// match in which they are the same. So it is in a triangle: no side need be compared with another.

import NQLPlan
import NQLSyntax
import NenCore

extension GraphPlanner {
    /// Rows from which on comparing costs more than to be planned again when the graph changes.
    private static let provingRowCount = 1_000.0

    /// Slots of relationships of the same MATCH, already matched, that `relationship` must be
    /// compared with in `rowsIn` rows, and whether there are others that it cannot be.
    func rivals(
        _ relationship: GraphRelationship, solved: BitSet, rowsIn: Double
    ) -> (slots: [Slot], hasProven: Bool) {
        var slots: [Slot] = []
        var hasProven = false
        let maySkip = rowsIn >= GraphPlanner.provingRowCount && !planner.session.isWriting
            && planner.session.isEnabled("prove-distinct")
        for index in solved.elements where relationships[index].mayCoincide(with: relationship) {
            if maySkip, isDistinct(index, relationship) {
                hasProven = true
            } else {
                slots.append(relationships[index].slot)
            }
        }
        // Others are conditions: what is planned alone does not know the bound ones.
        if relationship.shortest != nil {
            for bound in graph.boundRelationships where bound.mayCoincide(with: relationship) {
                slots.append(bound.slot)
            }
        }
        return (slots, hasProven)
    }

    /// Whether no match of the whole pattern has both relationships the same, by the exact counts.
    private func isDistinct(_ index: Int, _ relationship: GraphRelationship) -> Bool {
        guard let other = relationships.firstIndex(where: { $0.slot == relationship.slot })
        else { return false }
        let pair = index * relationships.count + other
        if let known = distinctPairs[pair] { return known }
        let (first, second) = (relationships[index], relationship)
        var isDistinct = first.length == nil && second.length == nil
        if isDistinct, first.runs(like: second) {
            isDistinct = isLoop(joining: [(first.from, second.from), (first.to, second.to)])
        }
        if isDistinct, first.runs(against: second) {
            isDistinct = isLoop(joining: [(first.from, second.to), (first.to, second.from)])
        }
        distinctPairs[pair] = isDistinct
        return isDistinct
    }

    /// Whether a relationship that cannot be a loop runs from a node to itself when the two of each
    /// pair of nodes are the same.
    private func isLoop(joining pairs: [(Slot, Slot)]) -> Bool {
        var classes: [Slot: Slot] = [:]
        let find = { (slot: Slot) in classes[slot] ?? slot }
        for (a, b) in pairs {
            let (kept, joined) = (find(a), find(b))
            if kept == joined { continue }
            for slot in nodeSlots where find(slot) == joined { classes[slot] = kept }
        }
        return relationships.contains { one in
            one.length == nil && find(one.from) == find(one.to)
                && cardinality.selfLoops(one.types) == 0
        }
    }
}

extension GraphRelationship {
    /// Whether both can be the same one with their `from` the same node.
    fileprivate func runs(like other: GraphRelationship) -> Bool {
        direction == other.direction || direction == .both || other.direction == .both
    }

    /// Whether both can be the same one with the `from` of each the `to` of the other.
    fileprivate func runs(against other: GraphRelationship) -> Bool {
        direction == other.direction.reversed || direction == .both || other.direction == .both
    }
}
