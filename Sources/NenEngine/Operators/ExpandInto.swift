// ExpandInto: the relationships between two nodes that are both bound. Where one of them stays the
// same over many rows, as behind an expand, its neighbours are marked once, and every row costs one
// look-up. Otherwise the neighbours of the one that has fewer are searched for the other.

import NQLPlan
import NQLSyntax
import NenCore

/// One step between bound ends.
final class ExpandInto: Operator {
    private let spec: ExpandSpec
    private let carried: [Slot]
    private let forward: NeighbourSide
    private let backward: NeighbourSide
    private let check: StepCheck
    private let nodeArena: Arena
    private var hasInput = false
    /// The state of the graph that the sides have taken up their nodes in.
    private var epoch = 0
    /// The side that repeats in this batch; nil: neither does.
    private var anchor: NeighbourSide?
    @exclusivity(unchecked) private var row = 0
    /// Relationships found for the row before `row`, and how many of them are handed out.
    private let found: PooledArray<UInt32>
    @exclusivity(unchecked) private var handedOut = 0

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec) {
        self.spec = spec
        carried = scope.live.filter { $0 != spec.relationship }
        let context = scope.context
        forward = NeighbourSide(spec, context)
        backward = NeighbourSide(spec.reversed, context)
        check = StepCheck(toLabels: spec.toLabels, differentFrom: spec.differentFrom)
        nodeArena = Arena(pool: context.pool)
        found = PooledArray(pool: context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        hasInput = false
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if hasInput, row < input.batch.count || handedOut < found.count {
                if epoch != context.writeEpoch { try begin() }
                if try emit() { return true }
            } else {
                hasInput = false
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try begin()
                row = 0
                found.removeAll()
                handedOut = 0
                hasInput = true
            }
            try context.checkInterrupt()
        } while true
    }

    /// Takes up the input's nodes.
    private func begin() throws(NQLError) {
        nodeArena.reset()
        epoch = context.writeEpoch
        let rows = input.batch.rows
        try forward.take(rows, nodeArena)
        try backward.take(rows, nodeArena)
        anchor = try NeighbourSide.anchor(forward, backward, nodeArena)
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = StepOutput(
            neighbours: try arena.allocate(UInt32.self, count: capacity),
            relationships: try arena.allocate(UInt32.self, count: capacity),
            rows: try arena.allocate(UInt16.self, count: capacity), count: 0)
        flush(&output)
        if anchor === forward {
            try mark(forward, backward, &output)
        } else if anchor === backward {
            try mark(backward, forward, &output)
        } else {
            try search(&output)
        }
        let rows = input.batch.rows
        try check.apply(&output, rows, context, arena)
        if output.count == 0 { return false }
        try batch.carryStep(
            input.batch, carried, at: output.rows, count: output.count, arena)
        if let slot = spec.relationship {
            batch.vectors[slot] = Vector(.relationship, output.relationships)
        }
        return true
    }

    /// Rows by marks of the side that repeats.
    private func mark(
        _ anchor: NeighbourSide, _ other: NeighbourSide, _ output: inout StepOutput
    ) throws(NQLError) {
        let total = input.batch.count
        while row < total && output.count < Batch.rowCapacity {
            guard try anchor.loadAnchor(row: row) else {
                row &+= 1
                continue
            }
            if anchor.isSettled {
                row = anchor.copyRows(
                    row ..< total, where: other, isForward: anchor === forward, into: &output)
            } else {
                let node = other.node(ofRow: row)
                if node != NeighbourSide.none { try anchor.find(node, into: found) }
                row &+= 1
                flush(&output)
            }
        }
    }

    /// Rows by searching among the neighbours of the node that has fewer.
    private func search(_ output: inout StepOutput) throws(NQLError) {
        let total = input.batch.count
        while row < total && output.count < Batch.rowCapacity {
            let (from, to) = (forward.degree(ofRow: row), backward.degree(ofRow: row))
            if from == 0 || to == 0 {
                row &+= 1
                continue
            }
            let (near, far) = from <= to ? (forward, backward) : (backward, forward)
            if try near.load(row: row) { try near.find(far.node(ofRow: row), into: found) }
            row &+= 1
            flush(&output)
        }
    }

    /// Hands out what is left of the row before `row`.
    @inline(__always)
    private func flush(_ output: inout StepOutput) {
        if found.count == 0 { return }
        // Labels are tested on the far end.
        let far = backward.node(ofRow: row &- 1)
        while output.count < Batch.rowCapacity && handedOut < found.count {
            output.neighbours[output.count] = far
            output.relationships[output.count] = found.pointer[handedOut]
            output.rows[output.count] = UInt16(truncatingIfNeeded: row &- 1)
            output.count &+= 1
            handedOut &+= 1
        }
        if handedOut == found.count {
            found.removeAll()
            handedOut = 0
        }
    }

    override var stateByteCount: Int { forward.byteCount + backward.byteCount }
}
