// IntersectCheck: what an intersection must satisfy besides the adjacency: labels of the node, and
// that relationships of one MATCH differ, those of its own sides and those matched before.

import NQLPlan
import NenCore

/// Matches of an intersection: node, input row, and relationship of each side that tells it.
struct IntersectOutput {
    var nodes: UnsafeMutablePointer<UInt32>
    var rows: UnsafeMutablePointer<UInt16>
    var relationships: [UnsafeMutablePointer<UInt32>?]
    var count: Int

    /// Keeps the matches that `test` accepts, which most often are all.
    @inline(__always)
    mutating func keep(where test: (Int) throws(NQLError) -> Bool) throws(NQLError) {
        var index = 0
        while index < count {
            let isAccepted = try test(index)
            if !isAccepted { break }
            index &+= 1
        }
        if index == count { return }
        var kept = index
        index &+= 1
        while index < count {
            if try test(index) {
                nodes[kept] = nodes[index]
                rows[kept] = rows[index]
                for column in relationships { column?[kept] = column?[index] ?? 0 }
                kept &+= 1
            }
            index &+= 1
        }
        count = kept
    }
}

/// Conditions on matches, applied to whole outputs.
final class IntersectCheck {
    /// A side's relationship that must differ from that of another side.
    private struct OwnPair {
        var first: Int
        var second: Int
    }

    /// A side's relationship that must differ from what is matched before.
    private struct Earlier {
        var side: Int
        var slot: Slot
    }

    private let labels: LabelTest?
    private var ownPairs: [OwnPair] = []
    private var earlier: [Earlier] = []

    init(_ spec: IntersectSpec) {
        labels = spec.labels.map { LabelTest($0) }
        for (side, step) in spec.steps.enumerated() {
            for slot in step.differentFrom {
                if let other = spec.steps.firstIndex(where: { $0.relationship == slot }) {
                    ownPairs.append(OwnPair(first: side, second: other))
                } else {
                    earlier.append(Earlier(side: side, slot: slot))
                }
            }
        }
    }

    /// Removes matches that do not satisfy the conditions; `rows` is the input.
    func apply(
        _ output: inout IntersectOutput, _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) {
        let (nodes, positions) = (output.nodes, output.rows)
        if let labels {
            var reader = LabelSetReader(context)
            let graph = context.graph
            var known = UInt32.max
            var isAccepted = false
            try output.keep { (index) throws(NQLError) in
                let set = try reader.labelSet(nodes[index])
                if set != known {
                    known = set
                    isAccepted = labels.accepts(labelSet: set, graph)
                }
                return isAccepted
            }
        }
        for pair in ownPairs {
            guard let first = output.relationships[pair.first],
                let second = output.relationships[pair.second]
            else { continue }
            try output.keep { (index) throws(NQLError) in first[index] != second[index] }
        }
        for one in earlier where output.count > 0 {
            guard let column = output.relationships[one.side] else { continue }
            let vector = rows.vectors[one.slot]
            let isTyped = vector.kind == .relationship && vector.validity == nil
            try output.keep { (index) throws(NQLError) in
                let element = vector.element(rows.position(Int(positions[index])))
                if isTyped { return vector.entities[element] != column[index] }
                return !StepCheck.holds(vector.cell(element: element), column[index], context.base)
            }
        }
    }
}
