// SemiExpandInto: keeps the rows between whose two bound nodes there is a relationship, or those
// where there is none. As in ExpandInto, the neighbours of a node that stands in many rows are
// marked in an array addressed by node, so that a row costs one look-up; otherwise the sorted run
// of one end is searched for the other.

import NQLPlan
import NQLSyntax
import NenCore

/// Semi-join and anti-join with one step between bound ends.
final class SemiExpandInto: Operator {
    private let spec: ExpandSpec
    private let wanted: UInt8
    private let forward: StepTables
    private let marks: NeighbourSet
    private let backwardMarks: NeighbourSet
    private var rowsSeen = 0
    private var runs: [AdjacencyRun] = []

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec, isAnti: Bool) {
        self.spec = spec
        wanted = isAnti ? 0 : 1
        let context = scope.context
        forward = StepTables(types: spec.types, direction: spec.direction, context)
        let backward = StepTables(
            types: spec.types, direction: spec.direction.reversed, context)
        marks = NeighbourSet(forward, context)
        backwardMarks = NeighbourSet(backward, context)
        super.init(scope, inputs: [input])
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            guard try input.pull() else { return false }
            beginOutput()
            let rows = input.batch.rows
            if rows.count == 0 { continue }
            forward.refresh()
            let from = try NodeColumn(try rows.dense(spec.from, arena), rows.count, arena)
            let to = try NodeColumn(try rows.dense(spec.to, arena), rows.count, arena)
            let found = try arena.allocate(UInt8.self, count: rows.count)
            if let anchor = anchor(from, to, rows.count) {
                let isForward = anchor === marks
                try mark(
                    isForward ? from : to, isForward ? to : from, anchor, rows.count,
                    into: found)
            } else {
                try search(from, to, rows.count, into: found)
            }
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            var count = 0
            var row = 0
            while row < rows.count {
                chosen[count] = UInt16(truncatingIfNeeded: rows.position(row))
                count &+= found[row] == wanted ? 1 : 0
                row &+= 1
            }
            if count == 0 { continue }
            batch.pass(input.batch, live)
            batch.selection = UnsafePointer(chosen)
            batch.count = count
            return true
        } while true
    }

    /// The marks of the side that repeats; nil: search.
    private func anchor(_ from: NodeColumn, _ to: NodeColumn, _ count: Int) -> NeighbourSet? {
        let leftRuns = from.runCount(count)
        let rightRuns = to.runCount(count)
        rowsSeen &+= count
        guard min(leftRuns, rightRuns) &* 4 <= count else { return nil }
        let chosen = leftRuns <= rightRuns ? marks : backwardMarks
        return chosen.prepare(rowsSeen: rowsSeen) ? chosen : nil
    }

    private func mark(
        _ anchors: NodeColumn, _ others: NodeColumn, _ marks: NeighbourSet, _ count: Int,
        into found: UnsafeMutablePointer<UInt8>
    ) throws(NQLError) {
        var places = marks.pointer
        var marked = marks.node
        var row = 0
        while row < count {
            found[row] = 0
            if let anchor = anchors.node(row), let other = others.node(row) {
                if anchor != marked {
                    try marks.load(anchor)
                    marked = anchor
                    places = marks.pointer
                }
                found[row] = places[Int(other)]
            }
            row &+= 1
        }
    }

    private func search(
        _ from: NodeColumn, _ to: NodeColumn, _ count: Int,
        into found: UnsafeMutablePointer<UInt8>
    ) throws(NQLError) {
        for row in 0 ..< count {
            found[row] = 0
            if let a = from.node(row), let b = to.node(row), try isStep(a, b) { found[row] = 1 }
        }
    }

    /// Whether a relationship leads from `a` to `b`.
    private func isStep(_ a: UInt32, _ b: UInt32) throws(NQLError) -> Bool {
        for half in forward.halves {
            if half.skipsLoops && a == b { continue }
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(a, to: &runs)
            for run in runs {
                let place = SortedRun.lowerBound(run.neighbours, run.count, b)
                if place < run.count && run.neighbours[place] == b { return true }
            }
        }
        return false
    }

    override var stateByteCount: Int { marks.byteCount + backwardMarks.byteCount }
}
