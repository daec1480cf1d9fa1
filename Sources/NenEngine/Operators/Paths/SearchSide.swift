// SearchSide: a breadth-first search from one node that remembers the steps by which it reached
// others, level by level, so that shortest paths can be read backwards.

import NenCore

/// The nodes reached from one node, level by level, with the steps that reached them.
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
    /// Node → record + 1.
    private let numbers: NodeTable<UInt32>
    private let walker: PathWalker
    /// Whether all steps of shortest paths are kept, not one for each node.
    private let keepsAll: Bool
    private let steps: PooledArray<TrailStep>
    private var runs: [AdjacencyRun] = []
    /// The way of an enumeration, and what is still to be tried along it.
    private let trail: PooledArray<TrailStep>
    private let ways: PooledArray<UInt32>
    private(set) var depth = 0
    private var frontierStart = 0

    init(_ walker: PathWalker, keepsAll: Bool, pool: PagePool) {
        self.walker = walker
        self.keepsAll = keepsAll
        trail = PooledArray(pool: pool)
        ways = PooledArray(pool: pool)
        records = PooledArray(pool: pool)
        edges = PooledArray(pool: pool)
        numbers = NodeTable(pool: pool)
        steps = PooledArray(pool: pool)
    }

    var byteCount: Int {
        (records.capacity + edges.capacity) * 12 + numbers.byteCount
    }

    /// Starts anew at a node.
    func begin(_ node: UInt32) throws(NQLError) {
        records.removeAll()
        edges.removeAll()
        numbers.removeAll()
        depth = 0
        frontierStart = 0
        _ = try insert(node)
    }

    /// Records of the outermost level.
    var frontier: Range<Int> { frontierStart ..< records.count }
    var frontierCount: Int { records.count - frontierStart }

    func node(_ record: Int) -> UInt32 { records[record].node }

    func contains(_ node: UInt32) -> Bool { numbers[node] != 0 }

    /// Least number of steps to a node; nil when it has not been reached.
    func depth(of node: UInt32) -> Int? {
        let number = numbers[node]
        return number == 0 ? nil : Int(records[Int(number) - 1].depth)
    }

    /// Takes all steps from the outermost level.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func grow() throws(NQLError) {
        let level = frontier
        depth += 1
        frontierStart = records.count
        let isPlain = walker.isPlain
        for record in level {
            try Interruption.spend(PathWalker.stepWorkUnits)
            let node = records[record].node
            guard try walker.begins(0, node) else { continue }
            if isPlain {
                try walker.plainRuns(from: node, into: &runs)
                for run in runs { try reach(run, from: record) }
                continue
            }
            steps.removeAll()
            try walker.appendSteps(from: node, piece: 0, place: 0, to: steps)
            let (list, count) = (steps, steps.count)
            for index in 0 ..< count {
                let step = list.pointer[index]
                try reach(step.neighbour, step.relationship, from: record)
            }
        }
    }

    private func reach(_ run: AdjacencyRun, from parent: Int) throws(NQLError) {
        for index in 0 ..< run.count {
            try reach(run.neighbours[index], run.relationships[index], from: parent)
        }
    }

    /// Notes a step; nodes of earlier levels are left alone.
    @inline(__always)
    private func reach(
        _ node: UInt32, _ relationship: @autoclosure () -> UInt32, from parent: Int
    ) throws(NQLError) {
        var record = Int(numbers[node]) - 1
        if record < 0 {
            record = try insert(node)
        } else if !keepsAll || records[record].depth != Int32(depth) {
            return
        }
        try edges.append(
            Edge(
                parent: UInt32(parent), relationship: relationship(),
                next: records[record].edge))
        records[record].edge = UInt32(edges.count)
    }

    private func insert(_ node: UInt32) throws(NQLError) -> Int {
        try records.append(Record(node: node, depth: Int32(depth), edge: 0))
        try numbers.place(node).pointee = UInt32(records.count)
        return records.count - 1
    }

    /// Replaces `list` by the steps from a node back to the start, each with the node that it comes
    /// to there, one path behind the other (all are of one length: the node's depth); the number of
    /// paths, one at least.
    func listPaths(
        to node: UInt32, in list: PooledArray<TrailStep>
    ) throws(NQLError) -> Int {
        list.removeAll()
        trail.removeAll()
        ways.removeAll()
        let record = Int(numbers[node]) - 1
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
            let parent = records[Int(current.parent)]
            try trail.append(
                TrailStep(neighbour: parent.node, relationship: current.relationship))
            if parent.edge != 0 {
                try ways.append(parent.edge)
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
}
