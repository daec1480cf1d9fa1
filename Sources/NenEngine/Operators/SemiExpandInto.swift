// SemiExpandInto: keeps the rows between whose two bound nodes there is a relationship, or those
// where there is none. As in ExpandInto, the neighbours of a node that stands in many rows are
// marked once, so that a row costs one look-up; otherwise those of the end that has fewer are
// searched for the other.

import NQLPlan
import NQLSyntax
import NenCore

/// Semi-join and anti-join with one step between bound ends.
final class SemiExpandInto: Operator {
    private let isAnti: Bool
    private let forward: NeighbourSide
    private let backward: NeighbourSide

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec, isAnti: Bool) {
        self.isAnti = isAnti
        forward = NeighbourSide(spec, scope.context)
        backward = NeighbourSide(spec.reversed, scope.context)
        super.init(scope, inputs: [input])
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            guard try input.pull() else { return false }
            beginOutput()
            let rows = input.batch.rows
            if rows.count == 0 { continue }
            try forward.take(rows, arena)
            try backward.take(rows, arena)
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            var count = 0
            if let anchor = try NeighbourSide.anchor(forward, backward, arena) {
                let other = anchor === forward ? backward : forward
                for row in 0 ..< rows.count {
                    chosen[count] = UInt16(truncatingIfNeeded: rows.position(row))
                    let isFound = try anchor.loadAnchor(row: row)
                        && anchor.leads(to: other.node(ofRow: row))
                    count &+= isFound != isAnti ? 1 : 0
                }
            } else {
                for row in 0 ..< rows.count {
                    chosen[count] = UInt16(truncatingIfNeeded: rows.position(row))
                    count &+= try isStep(row) != isAnti ? 1 : 0
                }
            }
            if count == 0 { continue }
            batch.pass(input.batch, live)
            batch.selection = UnsafePointer(chosen)
            batch.count = count
            return true
        } while true
    }

    /// Whether a relationship leads from one end of a row to the other.
    @inline(__always)
    private func isStep(_ row: Int) throws(NQLError) -> Bool {
        let (from, to) = (forward.degree(ofRow: row), backward.degree(ofRow: row))
        if from == 0 || to == 0 { return false }
        return from <= to
            ? try forward.leads(fromRow: row, to: backward.node(ofRow: row))
            : try backward.leads(fromRow: row, to: forward.node(ofRow: row))
    }

    override var stateByteCount: Int { forward.byteCount + backward.byteCount }
}
