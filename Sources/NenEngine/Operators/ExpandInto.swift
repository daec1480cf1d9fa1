// ExpandInto: the relationships between two nodes that are both bound. Where one of them stays the
// same over many rows, as behind an expand, its neighbours are marked in an array addressed by
// node, once, and every row costs one look-up. Otherwise the sorted run of one node is searched for
// the other.

import NQLPlan
import NQLSyntax
import NenCore

/// One step between bound ends.
final class ExpandInto: Operator {
    private let spec: ExpandSpec
    private let carried: [Slot]
    private let forward: StepTables
    private let marks: NeighbourMarks
    private let backwardMarks: NeighbourMarks
    private let check: StepCheck
    private let nodeArena: Arena
    private var from: NodeColumn?
    private var to: NodeColumn?
    /// The side that repeats in this batch; nil: search.
    private var anchor: NeighbourMarks?
    private var row = 0
    private var rowsSeen = 0
    /// Relationships found for the row before `row` and not handed out yet.
    private var found: [UInt32] = []
    private var runs: [AdjacencyRun] = []

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec) {
        self.spec = spec
        carried = scope.live.filter { $0 != spec.relationship }
        let context = scope.context
        forward = StepTables(types: spec.types, direction: spec.direction, context)
        let backward = StepTables(
            types: spec.types, direction: spec.direction.reversed, context)
        marks = NeighbourMarks(forward, context)
        backwardMarks = NeighbourMarks(backward, context)
        check = StepCheck(toLabels: spec.toLabels, differentFrom: spec.differentFrom)
        nodeArena = Arena(pool: context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        found.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if from == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try begin()
            }
            guard let from, let to else { continue }
            let isMore = try emit(from, to)
            if row >= input.batch.count && found.isEmpty { self.from = nil }
            if isMore { return true }
            try context.checkInterrupt()
        } while true
    }

    private func begin() throws(NQLError) {
        nodeArena.reset()
        forward.refresh()
        let rows = input.batch.rows
        let left = try NodeColumn(try rows.dense(spec.from, nodeArena), rows.count, nodeArena)
        let right = try NodeColumn(try rows.dense(spec.to, nodeArena), rows.count, nodeArena)
        from = left
        to = right
        row = 0
        found.removeAll(keepingCapacity: true)
        anchor = nil
        let leftRuns = left.runCount(rows.count)
        let rightRuns = right.runCount(rows.count)
        rowsSeen &+= rows.count
        // Marking pays from a few rows per node on.
        guard min(leftRuns, rightRuns) &* 4 <= rows.count else { return }
        let chosen = leftRuns <= rightRuns ? marks : backwardMarks
        if chosen.prepare(rowsSeen: rowsSeen) { anchor = chosen }
    }

    private func emit(_ from: NodeColumn, _ to: NodeColumn) throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = StepOutput(
            neighbours: try arena.allocate(UInt32.self, count: capacity),
            relationships: try arena.allocate(UInt32.self, count: capacity),
            rows: try arena.allocate(UInt16.self, count: capacity), count: 0)
        if let anchor {
            let isForward = anchor === marks
            try mark(isForward ? from : to, isForward ? to : from, anchor, isForward, &output)
        } else {
            try search(from, to, &output)
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
        _ anchors: NodeColumn, _ others: NodeColumn, _ marks: NeighbourMarks,
        _ isForward: Bool, _ output: inout StepOutput
    ) throws(NQLError) {
        let total = input.batch.count
        let capacity = Batch.rowCapacity
        var row = row
        flush(&output)
        var count = output.count
        var places = marks.places.pointer
        var marked = marks.node
        while row < total && count < capacity {
            guard let anchor = anchors.node(row), let other = others.node(row) else {
                row &+= 1
                continue
            }
            if anchor != marked {
                try marks.load(anchor)
                marked = anchor
                places = marks.places.pointer
            }
            var entry = places[Int(other)]
            if entry == 0 {
                row &+= 1
                continue
            }
            while entry != 0 && count < capacity {
                // Labels are tested on the far end, which is `other` when the anchor is `from`.
                output.neighbours[count] = isForward ? other : anchor
                output.relationships[count] = marks.relationship(entry)
                output.rows[count] = UInt16(truncatingIfNeeded: row)
                count &+= 1
                entry = marks.next(entry)
            }
            while entry != 0 {
                found.append(marks.relationship(entry))
                entry = marks.next(entry)
            }
            row &+= 1
        }
        self.row = row
        output.count = count
    }

    /// Hands out what is left of the row before `row`.
    private func flush(_ output: inout StepOutput) {
        guard !found.isEmpty, let to else { return }
        while output.count < Batch.rowCapacity, let relationship = found.popLast() {
            output.neighbours[output.count] = to.node(row - 1) ?? 0
            output.relationships[output.count] = relationship
            output.rows[output.count] = UInt16(truncatingIfNeeded: row - 1)
            output.count += 1
        }
    }

    /// Rows by binary search in sorted runs.
    private func search(
        _ from: NodeColumn, _ to: NodeColumn, _ output: inout StepOutput
    ) throws(NQLError) {
        let total = input.batch.count
        while output.count < Batch.rowCapacity {
            if found.isEmpty {
                guard row < total else { break }
                if let a = from.node(row), let b = to.node(row) { try find(a, b) }
                row += 1
                found.reverse()
            }
            flush(&output)
        }
    }

    /// Appends the relationships from `a` to `b` to `found`.
    private func find(_ a: UInt32, _ b: UInt32) throws(NQLError) {
        for half in forward.halves {
            if half.skipsLoops && a == b { continue }
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(a, to: &runs)
            for run in runs {
                var place = SortedRun.lowerBound(run.neighbours, run.count, b)
                while place < run.count && run.neighbours[place] == b {
                    found.append(run.relationships[place])
                    place += 1
                }
            }
        }
    }

    override var stateByteCount: Int { marks.byteCount + backwardMarks.byteCount }
}

extension NodeColumn {
    /// How often the node changes from row to row, plus one.
    func runCount(_ count: Int) -> Int {
        if isConstant { return 1 }
        var changes = 1
        var row = 1
        while row < count {
            changes &+= ids[row] != ids[row &- 1] ? 1 : 0
            row &+= 1
        }
        return changes
    }
}

/// The neighbours of one node, marked in an array addressed by node number. Parallel relationships
/// are chained.
final class NeighbourMarks {
    private struct Entry {
        var neighbour: UInt32
        var relationship: UInt32
        /// Next entry of the same neighbour; 0 at the end.
        var next: UInt32
    }

    private let tables: StepTables
    private let context: ExecutionContext
    /// Node → its first entry; 0: no neighbour. Entry 0 is not used.
    let places: PooledArray<UInt32>
    private let entries: PooledArray<Entry>
    private var runs: [AdjacencyRun] = []
    private var epoch = 0
    /// The node whose neighbours are marked.
    private(set) var node: UInt32 = .max

    /// Node numbers above this are not worth the array.
    private static let nodeLimit = 1 << 26

    init(_ tables: StepTables, _ context: ExecutionContext) {
        self.tables = tables
        self.context = context
        places = PooledArray(pool: context.pool)
        entries = PooledArray(pool: context.pool)
    }

    var byteCount: Int { places.capacity * 4 + entries.capacity * 12 }

    /// Makes room for a graph's nodes; false when that is not worth it for `rowsSeen` rows, or the
    /// budget has no room. Forgets marks of another state of the graph.
    func prepare(rowsSeen: Int) -> Bool {
        let capacity = context.graph.nodeChunkCount &<< 11
        // Without any node all ends are null.
        if capacity == 0 || capacity > NeighbourMarks.nodeLimit { return false }
        tables.refresh()
        if epoch != context.writeEpoch {
            clear()
            epoch = context.writeEpoch
        }
        if places.count >= capacity { return true }
        if rowsSeen &* 16 < capacity { return false }
        do {
            try places.resize(capacity, filling: 0)
            return true
        } catch {
            return false
        }
    }

    private func clear() {
        guard entries.count > 0 else { return }
        let list = entries.pointer
        let table = places.pointer
        var index = 1
        while index < entries.count {
            table[Int(list[index].neighbour)] = 0
            index &+= 1
        }
        entries.removeAll()
        node = .max
    }

    /// Marks the neighbours of `anchor`.
    func load(_ anchor: UInt32) throws(NQLError) {
        clear()
        try entries.append(Entry(neighbour: 0, relationship: 0, next: 0))
        for half in tables.halves {
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(anchor, to: &runs)
            for run in runs {
                try entries.reserve(entries.count + run.count)
                for index in 0 ..< run.count {
                    let neighbour = run.neighbours[index]
                    if half.skipsLoops && neighbour == anchor { continue }
                    let place = places.pointer + Int(neighbour)
                    try entries.append(
                        Entry(
                            neighbour: neighbour, relationship: run.relationships[index],
                            next: place.pointee))
                    place.pointee = UInt32(truncatingIfNeeded: entries.count &- 1)
                }
            }
        }
        node = anchor
    }

    @inline(__always)
    func next(_ entry: UInt32) -> UInt32 { entries.pointer[Int(entry)].next }

    @inline(__always)
    func relationship(_ entry: UInt32) -> UInt32 { entries.pointer[Int(entry)].relationship }
}
