// Expand: from each row's node to its neighbours. The output is arrays of neighbours and
// relationships, plus for each the input row it belongs to: columns of the input are not copied but
// indexed. Where nothing reads neighbour or relationship and everything above can count equal rows,
// a row is handed on once with its degree as multiplicity.

import NQLPlan
import NQLSyntax
import NenCore

/// One step along relationships.
final class Expand: Operator {
    private let spec: ExpandSpec
    private let carried: [Slot]
    private let tables: StepTables
    private let needsRelationship: Bool
    private let isCounting: Bool
    private let check: StepCheck
    private let nodeArena: Arena

    private var nodes: NodeColumn?
    private var row = 0
    private var half = 0
    private var runs: [AdjacencyRun] = []
    private var run = 0
    private var offset = 0

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec, canCount: Bool) {
        self.spec = spec
        carried = scope.live.filter { $0 != spec.to && $0 != spec.relationship }
        tables = StepTables(
            types: spec.types, direction: spec.direction, scope.context)
        let isRelationshipLive = spec.relationship.map { scope.live.contains($0) } ?? false
        needsRelationship = isRelationshipLive || !spec.differentFrom.isEmpty
        isCounting = canCount && !needsRelationship && spec.toLabels == nil
            && !scope.live.contains(spec.to)
        check = StepCheck(toLabels: spec.toLabels, differentFrom: spec.differentFrom)
        nodeArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        nodes = nil
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if nodes == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try begin()
            }
            guard let nodes else { continue }
            if isCounting {
                let isMore = try count(nodes)
                self.nodes = nil
                if isMore { return true }
            } else if try emit(nodes) {
                return true
            } else if row >= input.batch.count {
                self.nodes = nil
            }
            try context.checkInterrupt()
        } while true
    }

    /// Takes up a new input batch.
    private func begin() throws(NQLError) {
        nodeArena.reset()
        tables.refresh()
        let rows = input.batch.rows
        let vector = try rows.dense(spec.from, nodeArena)
        nodes = try NodeColumn(vector, rows.count, nodeArena)
        row = 0
        half = 0
        run = 0
        offset = 0
        runs.removeAll(keepingCapacity: true)
    }

    // MARK: degrees

    private func count(_ nodes: NodeColumn) throws(NQLError) -> Bool {
        beginOutput()
        let source = input.batch
        let rows = source.rows
        let positions = try arena.allocate(UInt16.self, count: rows.count + 1)
        let weights = try arena.allocate(Int64.self, count: rows.count + 1)
        let old = source.multiplicity
        // Behind another expand the same node often stands in many rows.
        var last = UInt32.max
        var degree: Int64 = 0
        var filled = 0
        var row = 0
        while row < rows.count {
            guard let node = nodes.node(row) else {
                row &+= 1
                continue
            }
            if node != last {
                degree = try self.degree(node)
                last = node
            }
            let position = rows.position(row)
            positions[filled] = UInt16(truncatingIfNeeded: position)
            weights[filled] = degree &* (old?[position] ?? 1)
            filled &+= degree == 0 ? 0 : 1
            row &+= 1
        }
        if filled == 0 { return false }
        try batch.carry(source, carried, at: positions, count: filled, arena)
        batch.multiplicity = UnsafePointer(weights)
        return true
    }

    /// Steps that leave a node.
    private func degree(_ node: UInt32) throws(NQLError) -> Int64 {
        let epoch = context.writeEpoch
        var degree = 0
        for half in tables.halves {
            degree += try half.table.degree(node, epoch)
            if half.skipsLoops { degree -= try loops(node, half.table) }
        }
        return Int64(degree)
    }

    /// How often a node is its own neighbour.
    private func loops(_ node: UInt32, _ table: AdjacencyTable) throws(NQLError) -> Int {
        runs.removeAll(keepingCapacity: true)
        try table.appendRuns(node, to: &runs)
        var total = 0
        for run in runs {
            var index = SortedRun.lowerBound(run.neighbours, run.count, node)
            while index < run.count && run.neighbours[index] == node {
                total += 1
                index += 1
            }
        }
        return total
    }

    // MARK: neighbours

    private func emit(_ nodes: NodeColumn) throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = StepOutput(
            neighbours: try arena.allocate(UInt32.self, count: capacity),
            relationships: try arena.allocate(UInt32.self, count: capacity),
            rows: try arena.allocate(UInt16.self, count: capacity), count: 0)
        if tables.halves.count == 1, !tables.halves[0].skipsLoops {
            try fillPlain(nodes, tables.halves[0].table, &output)
        } else {
            try fill(nodes, &output)
        }
        let rows = input.batch.rows
        try check.apply(&output, rows, context, arena)
        if output.count == 0 { return false }
        try batch.carryStep(
            input.batch, carried, at: output.rows, count: output.count, arena)
        batch.vectors[spec.to] = Vector(.node, output.neighbours)
        if let slot = spec.relationship {
            batch.vectors[slot] = Vector(.relationship, output.relationships)
        }
        return true
    }

    /// Rows by which offsets are fetched ahead; neighbours by half of them, when offsets are there.
    private static let ahead = 32

    /// One type and direction: plain chunks in a tight loop.
    private func fillPlain(
        _ nodes: NodeColumn, _ table: AdjacencyTable, _ output: inout StepOutput
    ) throws(NQLError) {
        let total = input.batch.count
        let epoch = context.writeEpoch
        let capacity = Batch.rowCapacity
        let neighbours = output.neighbours
        let relationships = output.relationships
        let rows = output.rows
        var filled = 0
        var row = row
        let isScattered = nodes.isScattered(total)
        while row < total && filled < capacity {
            if isScattered, row &+ Expand.ahead < total {
                table.prefetch(nodes.ids[row &+ Expand.ahead])
                table.prefetchNeighbours(
                    nodes.ids[row &+ Expand.ahead / 2], epoch, relationships: needsRelationship)
            }
            guard let node = nodes.node(row) else {
                row &+= 1
                continue
            }
            let entry = try table.entry(Int(node &>> 11), epoch)
            if entry.form == .none {
                row &+= 1
                continue
            }
            if entry.form != .plain {
                self.row = row
                output.count = filled
                try fillRow(node, table, skipsLoops: false, &output)
                filled = output.count
                if offset != 0 || run != 0 || !runs.isEmpty { break }
                row &+= 1
                continue
            }
            let local = Int(node & 2_047)
            let start = Int(entry.offsets[local]) &+ offset
            let left = Int(entry.offsets[local &+ 1]) &- start
            let count = min(left, capacity &- filled)
            let from = entry.neighbours + start
            let fromRelationships = entry.relationships + start
            let mark = UInt16(truncatingIfNeeded: row)
            var index = 0
            while index < count {
                neighbours[filled &+ index] = from[index]
                rows[filled &+ index] = mark
                index &+= 1
            }
            if needsRelationship {
                index = 0
                while index < count {
                    relationships[filled &+ index] = fromRelationships[index]
                    index &+= 1
                }
            }
            filled &+= count
            if count < left {
                offset &+= count
                break
            }
            offset = 0
            row &+= 1
        }
        self.row = row
        output.count = filled
    }

    /// Any number of types and directions.
    private func fill(_ nodes: NodeColumn, _ output: inout StepOutput) throws(NQLError) {
        let total = input.batch.count
        let epoch = context.writeEpoch
        let halves = tables.halves
        while row < total && output.count < Batch.rowCapacity {
            guard let node = nodes.node(row) else {
                row += 1
                continue
            }
            while half < halves.count {
                let current = halves[half]
                let entry = try current.table.entry(Int(node &>> 11), epoch)
                if entry.form == .plain {
                    if !copyPlain(node, entry, skipsLoops: current.skipsLoops, &output) { return }
                } else if entry.form == .handle {
                    try fillRow(node, current.table, skipsLoops: current.skipsLoops, &output)
                    if !runs.isEmpty { return }
                }
                half += 1
            }
            half = 0
            row += 1
        }
    }

    /// Copies one node's neighbours from `offset` on; false when the output is full before all are
    /// copied.
    private func copyPlain(
        _ node: UInt32, _ entry: AdjacencyTable.Entry, skipsLoops: Bool,
        _ output: inout StepOutput
    ) -> Bool {
        let local = Int(node & 2_047)
        let start = Int(entry.offsets[local]) &+ offset
        let left = Int(entry.offsets[local &+ 1]) &- start
        if left == 0 {
            offset = 0
            return true
        }
        let count = min(left, Batch.rowCapacity &- output.count)
        let from = entry.neighbours + start
        let fromRelationships = entry.relationships + start
        let neighbours = output.neighbours
        let relationships = output.relationships
        let rows = output.rows
        let mark = UInt16(truncatingIfNeeded: row)
        var filled = output.count
        var index = 0
        // A self-loop is written and overwritten by what follows.
        while index < count {
            let neighbour = from[index]
            neighbours[filled] = neighbour
            relationships[filled] = fromRelationships[index]
            rows[filled] = mark
            filled &+= skipsLoops && neighbour == node ? 0 : 1
            index &+= 1
        }
        output.count = filled
        if count < left {
            offset &+= count
            return false
        }
        offset = 0
        return true
    }

    /// Copies the runs of one node from where the last call stopped; `runs` is empty when all are
    /// done.
    private func fillRow(
        _ node: UInt32, _ table: AdjacencyTable, skipsLoops: Bool, _ output: inout StepOutput
    ) throws(NQLError) {
        if runs.isEmpty {
            try table.appendRuns(node, to: &runs)
            run = 0
            offset = 0
        }
        let mark = UInt16(truncatingIfNeeded: row)
        while run < runs.count {
            let current = runs[run]
            while offset < current.count {
                if output.count == Batch.rowCapacity { return }
                let neighbour = current.neighbours[offset]
                if !(skipsLoops && neighbour == node) {
                    output.neighbours[output.count] = neighbour
                    output.relationships[output.count] = current.relationships[offset]
                    output.rows[output.count] = mark
                    output.count &+= 1
                }
                offset &+= 1
            }
            run += 1
            offset = 0
        }
        runs.removeAll(keepingCapacity: true)
        run = 0
        offset = 0
    }
}

/// Search in ascending runs.
enum SortedRun {
    /// Whether entry i is i, for all of `count` entries.
    static func isIdentity(_ entries: UnsafePointer<UInt32>, _ count: Int) -> Bool {
        var difference: UInt32 = 0
        var index = 0
        while index < count {
            difference |= entries[index] ^ UInt32(truncatingIfNeeded: index)
            index &+= 1
        }
        return difference == 0
    }

    /// First place whose neighbour is not below `wanted`.
    @inline(__always)
    static func lowerBound(
        _ neighbours: UnsafePointer<UInt32>, _ count: Int, _ wanted: UInt32
    ) -> Int {
        var low = 0
        var length = count
        while length > 0 {
            let half = length &>> 1
            if neighbours[low &+ half] < wanted {
                low = low &+ half &+ 1
                length = length &- half &- 1
            } else {
                length = half
            }
        }
        return low
    }
}
