// ReachSearch: the nodes that walks lead to from up to 64 sources at once, breadth first. Each
// source has a bit, a *lane*; a node's word says which sources have reached it, so that a step is
// looked at once for all of them (Then et al., "The More the Merrier: Efficient Multi-Source Graph
// Traversal", VLDB 2014). With one source nothing is kept of a node but a bit.

import NenCore

/// A breadth-first search from some sources, one level at a time.
final class ReachSearch {
    private let walker: PathWalker
    /// Several sources: which lanes have met the node. One source: by node / 64, a bit for each
    /// node that it has met.
    private let seen: NodeTable<UInt64>
    /// Lanes that meet a node in the level being built.
    private let fresh: NodeTable<UInt64>
    /// Nodes in the order in which they were met; with several sources each with its new lanes.
    private let nodes: PooledArray<UInt32>
    private let lanes: PooledArray<UInt64>
    private let steps: PooledArray<TrailStep>
    private var runs: [AdjacencyRun] = []
    private var levelStart = 0
    private var isSingle = true
    /// Lanes that go on.
    var active: UInt64 = .max
    /// Nanoseconds for a node, its steps aside, by and large.
    private static let nodeWorkUnits = 20

    /// Relationships walked by the paths to the last level.
    private(set) var depth = 0

    init(_ walker: PathWalker, pool: PagePool) {
        self.walker = walker
        seen = NodeTable(pool: pool)
        fresh = NodeTable(pool: pool)
        nodes = PooledArray(pool: pool)
        lanes = PooledArray(pool: pool)
        steps = PooledArray(pool: pool)
    }

    var byteCount: Int {
        seen.byteCount + fresh.byteCount + nodes.capacity * 4 + lanes.capacity * 8
    }

    /// Nodes met so far, those of the last level behind the others.
    var count: Int { nodes.count }

    func node(_ index: Int) -> UInt32 { nodes[index] }

    /// The sources for which the node of this place is a new one.
    func lanes(_ index: Int) -> UInt64 { isSingle ? 1 : lanes[index] }

    /// Starts anew; lane i begins at `sources[i]`, all different. With `isSourceMet` a way back to
    /// a source is none. The sources take the first places.
    func begin(
        _ sources: UnsafeBufferPointer<UInt32>, isSourceMet: Bool
    ) throws(NQLError) {
        precondition(!sources.isEmpty && sources.count <= 64, "\(sources.count) sources")
        seen.removeAll()
        fresh.removeAll()
        nodes.removeAll()
        lanes.removeAll()
        isSingle = sources.count == 1
        active = isSingle ? 1 : UInt64.max >> UInt64(64 - sources.count)
        levelStart = 0
        depth = 0
        for (lane, source) in sources.enumerated() {
            try nodes.append(source)
            if !isSingle { try lanes.append(1 << UInt64(lane)) }
            if !isSourceMet { continue }
            if isSingle {
                try seen.place(source >> 6).pointee |= 1 << UInt64(source & 63)
            } else {
                try seen.place(source).pointee |= 1 << UInt64(lane)
            }
        }
    }

    /// Starts anew from any number of sources whose ends are not told apart: they have one lane.
    func beginTogether() {
        seen.removeAll()
        fresh.removeAll()
        nodes.removeAll()
        lanes.removeAll()
        isSingle = true
        active = 1
        levelStart = 0
        depth = 0
    }

    /// Adds a source to those that share a lane; false where it has been met.
    func add(_ source: UInt32, isMet: Bool) throws(NQLError) -> Bool {
        let word = try seen.place(source &>> 6)
        let bit: UInt64 = 1 &<< UInt64(source & 63)
        if word.pointee & bit != 0 { return false }
        if isMet { word.pointee |= bit }
        try nodes.append(source)
        return true
    }

    /// Takes all steps from the last level; false when there is nothing new.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func grow() throws(NQLError) -> Bool {
        let (first, last) = (levelStart, nodes.count)
        let isPlain = walker.isPlain
        depth += 1
        for index in first ..< last {
            let node = nodes[index]
            try Interruption.spend(ReachSearch.nodeWorkUnits)
            let lanes = lanes(index) & active
            if lanes == 0 { continue }
            guard try walker.begins(0, node) else { continue }
            if isPlain {
                try walker.plainRuns(from: node, into: &runs)
                for run in runs {
                    if isSingle { try meet(run) } else { try meet(run, lanes) }
                }
                continue
            }
            steps.removeAll()
            try walker.appendSteps(from: node, piece: 0, place: 0, to: steps)
            for index in 0 ..< steps.count {
                let neighbour = steps.pointer[index].neighbour
                if isSingle { try meet(neighbour) } else { try meet(neighbour, lanes) }
            }
        }
        levelStart = last
        if !isSingle { try closeLevel() }
        return nodes.count > last
    }

    private func meet(_ run: AdjacencyRun) throws(NQLError) {
        for index in 0 ..< run.count { try meet(run.neighbours[index]) }
    }

    private func meet(_ run: AdjacencyRun, _ lanes: UInt64) throws(NQLError) {
        for index in 0 ..< run.count { try meet(run.neighbours[index], lanes) }
    }

    /// Notes a node that a step leads to; one source.
    @inline(__always)
    private func meet(_ node: UInt32) throws(NQLError) {
        let word = try seen.place(node &>> 6)
        let bit: UInt64 = 1 &<< UInt64(node & 63)
        if word.pointee & bit != 0 { return }
        word.pointee |= bit
        try nodes.append(node)
    }

    /// The same for some lanes. A node joins the next level once.
    @inline(__always)
    private func meet(_ node: UInt32, _ lanes: UInt64) throws(NQLError) {
        let new = lanes & ~seen[node]
        if new == 0 { return }
        let word = try fresh.place(node)
        if word.pointee == 0 { try nodes.append(node) }
        word.pointee |= new
    }

    private func closeLevel() throws(NQLError) {
        for index in levelStart ..< nodes.count {
            let word = try fresh.place(nodes[index])
            let new = word.pointee
            word.pointee = 0
            try seen.place(nodes[index]).pointee |= new
            try lanes.append(new)
        }
    }
}
