// ShortestPath: one or all paths of the least length between two bound nodes, by breadth-first
// search from both ends: each round grows the smaller frontier by a level, until the frontiers
// meet.

import NQLPlan
import NenCore

/// `shortestPath(…)` and `allShortestPaths(…)` between bound ends.
final class ShortestPath: Operator {
    private let spec: ShortestPathSpec
    private let forwardWalker: PathWalker
    private let backwardWalker: PathWalker
    private let carried: [Slot]
    private let listSlot: Slot?
    private let nodeArena: Arena
    private let forward: SearchSide
    private let backward: SearchSide
    private let steps: PooledArray<TrailStep>
    /// Paths from a meeting node back to either end.
    private let prefixes: PooledArray<UInt32>
    private let suffixes: PooledArray<UInt32>
    /// Paths of the current row, `length` relationships each.
    private let found: PooledArray<UInt32>
    private var length = 0
    private var foundCount = 0
    private var handedOut = 0
    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ spec: ShortestPathSpec,
        forward: PathWalker, backward: PathWalker
    ) {
        self.spec = spec
        forwardWalker = forward
        backwardWalker = backward
        let slot = spec.expand.step.relationship
        carried = scope.live.filter { $0 != slot }
        listSlot = slot.flatMap { scope.live.contains($0) ? $0 : nil }
        let pool = scope.context.pool
        nodeArena = Arena(pool: pool)
        self.forward = SearchSide(pool: pool)
        self.backward = SearchSide(pool: pool)
        steps = PooledArray(pool: pool)
        prefixes = PooledArray(pool: pool)
        suffixes = PooledArray(pool: pool)
        found = PooledArray(pool: pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        foundCount = 0
        handedOut = 0
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if from == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                nodeArena.reset()
                forwardWalker.refresh()
                backwardWalker.refresh()
                let rows = input.batch.rows
                let step = spec.expand.step
                from = try NodeColumn(try rows.dense(step.from, nodeArena), rows.count, nodeArena)
                to = try NodeColumn(try rows.dense(step.to, nodeArena), rows.count, nodeArena)
                row = 0
                foundCount = 0
                handedOut = 0
            }
            let isMore = try emit()
            if row >= input.batch.count && handedOut >= foundCount { from = nil }
            if isMore { return true }
        } while true
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let lists = try arena.allocate(Cell.self, count: capacity)
        let builder = CellBuilder(arena: arena, base: context.base)
        let rows = input.batch.rows
        var filled = 0
        while filled < capacity {
            if handedOut >= foundCount {
                guard row < rows.count else { break }
                foundCount = 0
                handedOut = 0
                if let a = from?.node(row), let b = to?.node(row) {
                    forwardWalker.begin(rows, row)
                    backwardWalker.begin(rows, row)
                    try search(a, b)
                    try context.checkInterrupt()
                }
                row += 1
                continue
            }
            let cells = try builder.reserveCells(length)
            for index in 0 ..< length {
                let place = spec.expand.isReversed ? length - 1 - index : index
                cells[index] = Cell(relationship: found[handedOut * length + place])
            }
            lists[filled] = try builder.list(in: cells, count: length)
            positions[filled] = UInt16(truncatingIfNeeded: rows.position(row - 1))
            handedOut += 1
            filled += 1
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        if let listSlot { batch.vectors[listSlot] = Vector(.cell, lists) }
        return true
    }

    /// Fills `found` with the path or paths from `a` to `b`.
    private func search(_ a: UInt32, _ b: UInt32) throws(NQLError) {
        found.removeAll()
        if a == b {
            if spec.expand.minimum == 0 {
                length = 0
                foundCount = 1
            }
            return
        }
        try forward.begin(a)
        try backward.begin(b)
        let limit = spec.expand.maximum ?? Int.max
        while forward.depth + backward.depth < limit {
            let isForward = forward.frontierCount <= backward.frontierCount
            let side = isForward ? forward : backward
            let other = isForward ? backward : forward
            if side.frontierCount == 0 { return }
            try grow(side, isBackward: !isForward)
            try context.checkInterrupt()
            let meetings = side.frontier.filter { other.contains(side.node($0)) }
            if meetings.isEmpty { continue }
            length = forward.depth + backward.depth
            guard length >= spec.expand.minimum else { return }
            for record in meetings {
                let node = side.node(record)
                try enumerate(node)
                if !spec.all { return }
            }
            return
        }
    }

    /// Takes all steps from a side's frontier.
    private func grow(_ side: SearchSide, isBackward: Bool) throws(NQLError) {
        let frontier = side.frontier
        side.beginLevel()
        let walker = isBackward ? backwardWalker : forwardWalker
        for record in frontier {
            steps.removeAll()
            try walker.appendSteps(from: side.node(record), piece: 0, place: 0, to: steps)
            for index in 0 ..< steps.count {
                try Interruption.spend(PathWalker.stepWorkUnits)
                try side.reach(steps[index], from: record, keepsAll: spec.all)
            }
        }
    }

    /// Appends the paths through a meeting node.
    private func enumerate(_ node: UInt32) throws(NQLError) {
        let prefixCount = try forward.addPaths(to: node, all: spec.all, to: prefixes)
        let suffixCount = try backward.addPaths(to: node, all: spec.all, to: suffixes)
        let (before, behind) = (prefixes.count / prefixCount, suffixes.count / suffixCount)
        for prefix in 0 ..< prefixCount {
            for suffix in 0 ..< suffixCount {
                try Interruption.spend((before &+ behind) &* 4)
                for step in 0 ..< before {
                    try found.append(prefixes[(prefix + 1) * before - 1 - step])
                }
                for step in 0 ..< behind { try found.append(suffixes[suffix * behind + step]) }
                foundCount += 1
                if !spec.all { return }
            }
        }
    }
}

/// One direction of a two-sided search: the nodes reached, level by level, with the steps that
/// reached them.
final class SearchSide {
    private struct Record {
        var node: UInt32
        var depth: Int32
        /// First edge + 1; 0 for the start.
        var edge: UInt32
    }

    private struct Edge {
        var parent: UInt32
        var relationship: UInt32
        /// Next edge + 1 into the same node.
        var next: UInt32
    }

    private let records: PooledArray<Record>
    private let edges: PooledArray<Edge>
    /// Node → record + 1, open addressing; a slot holds node << 32 | record + 1.
    private let slots: PooledArray<UInt64>
    /// The way of an enumeration, and what is still to be tried along it.
    private let trail: PooledArray<UInt32>
    private let ways: PooledArray<UInt32>
    private(set) var depth = 0
    private var frontierStart = 0

    init(pool: PagePool) {
        trail = PooledArray(pool: pool)
        ways = PooledArray(pool: pool)
        records = PooledArray(pool: pool)
        edges = PooledArray(pool: pool)
        slots = PooledArray(pool: pool)
    }

    /// Starts anew at a node.
    func begin(_ node: UInt32) throws(NQLError) {
        records.removeAll()
        edges.removeAll()
        slots.removeAll()
        try slots.resize(64, filling: 0)
        depth = 0
        frontierStart = 0
        _ = try insert(node, depth: 0)
    }

    /// Records of the outermost level.
    var frontier: Range<Int> { frontierStart ..< records.count }
    var frontierCount: Int { records.count - frontierStart }

    func node(_ record: Int) -> UInt32 { records[record].node }

    func contains(_ node: UInt32) -> Bool { find(node) >= 0 }

    /// What is reached from now on lies one level further out.
    func beginLevel() {
        depth += 1
        frontierStart = records.count
    }

    /// Notes a step; nodes of earlier levels are left alone.
    func reach(
        _ step: TrailStep, from parent: Int, keepsAll: Bool
    ) throws(NQLError) {
        var record = find(step.neighbour)
        if record < 0 {
            record = try insert(step.neighbour, depth: depth)
        } else if !keepsAll || records[record].depth != Int32(depth) {
            return
        }
        try edges.append(
            Edge(
                parent: UInt32(parent), relationship: step.relationship,
                next: records[record].edge))
        records[record].edge = UInt32(edges.count)
    }

    /// Replaces `list` by the relationships from a node back to the start, one path behind the
    /// other (all are of one length: the node's depth); the number of paths, one at least.
    func addPaths(
        to node: UInt32, all keepsAll: Bool, to list: PooledArray<UInt32>
    ) throws(NQLError) -> Int {
        list.removeAll()
        trail.removeAll()
        ways.removeAll()
        let record = find(node)
        guard record >= 0, records[record].edge != 0 else { return 1 }
        var pathCount = 0
        // For each node on the way, the edge to be tried next + 1.
        try ways.append(records[record].edge)
        while ways.count > 0 {
            let edge = ways[ways.count - 1]
            if edge == 0 {
                ways.removeLast()
                if trail.count > 0 { trail.removeLast() }
                continue
            }
            let current = edges[Int(edge) - 1]
            try Interruption.spend(PathWalker.stepWorkUnits)
            ways[ways.count - 1] = current.next
            try trail.append(current.relationship)
            let next = records[Int(current.parent)].edge
            if next != 0 {
                try ways.append(next)
                continue
            }
            try Interruption.spend(trail.count &* 4)
            for step in 0 ..< trail.count { try list.append(trail[step]) }
            pathCount += 1
            if !keepsAll { break }
            trail.removeLast()
        }
        return pathCount
    }

    private func find(_ node: UInt32) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: CellOrder.hash(integer: Int64(node))) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { return -1 }
            if UInt32(truncatingIfNeeded: slot &>> 32) == node {
                return Int(UInt32(truncatingIfNeeded: slot)) - 1
            }
            place = (place + 1) & mask
        }
    }

    private func insert(_ node: UInt32, depth: Int) throws(NQLError) -> Int {
        try records.append(Record(node: node, depth: Int32(depth), edge: 0))
        if records.count * 2 > slots.count { try rehash() } else { place(records.count - 1) }
        return records.count - 1
    }

    private func rehash() throws(NQLError) {
        let size = slots.count * 4
        slots.removeAll()
        try slots.resize(size, filling: 0)
        for record in 0 ..< records.count { place(record) }
    }

    private func place(_ record: Int) {
        let node = records[record].node
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: CellOrder.hash(integer: Int64(node))) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = UInt64(node) << 32 | UInt64(record + 1)
    }
}
