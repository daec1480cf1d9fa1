// ReachSearch: the nodes that walks lead to from up to 64 sources at once, breadth first. Each
// source has a bit, a *lane*; a node's word says which sources have reached it, so that a step is
// looked at once for all of them (Then et al., "The More the Merrier: Efficient Multi-Source Graph
// Traversal", VLDB 2014). With one source nothing is kept of a node but a bit.
//
// Where a level has most of the graph's relationships, nodes that have not been met look for one
// that has, against the direction of the walk, and stop at the first that leads to it from all
// sources (Beamer, Asanović, Patterson, Direction-Optimizing Breadth-First Search, SC 2012).

import NenCore

/// A breadth-first search from some sources, one level at a time.
final class ReachSearch {
    private let walker: PathWalker
    /// Takes the same steps from their ends.
    private let backward: PathWalker
    /// Several sources: which lanes have met the node. One source: by node / 64, a bit for each
    /// node that it has met.
    private let seen: NodeTable<UInt64>
    /// Lanes that meet a node in the level being built.
    private let fresh: NodeTable<UInt64>
    /// Nodes in the order in which they were met; with several sources each with its new lanes.
    private let nodes: PooledArray<UInt32>
    private let lanes: PooledArray<UInt64>
    private let steps: PooledArray<TrailStep>
    // Nothing called while it is changed reads or changes it.
    @exclusivity(unchecked) private var runs: [AdjacencyRun] = []
    private var levelStart = 0
    private var isSingle = true
    /// Whether all sources count as met, so that what is next to one was met in the first level.
    private var areSourcesMet = true
    /// Nodes that steps may lead to; nil until they are asked for.
    private var territory: Territory?
    /// Lanes that go on.
    var active: UInt64 = .max
    /// Nanoseconds for a node, its steps aside, by and large.
    private static let nodeWorkUnits = 20

    /// Relationships walked by the paths to the last level.
    private(set) var depth = 0

    /// The chunks whose nodes steps may lead to.
    private struct Territory {
        var chunks: [(number: Int, rowCount: Int)] = []
        var nodeCount = 0
        /// Steps to them.
        var stepCount = 0
        /// As of which the graph was looked at.
        var epoch: Int
    }

    init(_ walker: PathWalker, backward: PathWalker, pool: PagePool) {
        self.walker = walker
        self.backward = backward
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
        areSourcesMet = isSourceMet
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
        areSourcesMet = true
        active = 1
        levelStart = 0
        depth = 0
    }

    /// Adds a source to those that share a lane; false where it has been met.
    func add(_ source: UInt32, isMet: Bool) throws(NQLError) -> Bool {
        let word = try seen.place(source &>> 6)
        let bit: UInt64 = 1 &<< UInt64(source & 63)
        if word.pointee & bit != 0 { return false }
        if isMet { word.pointee |= bit } else { areSourcesMet = false }
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
        if isPlain, depth > 1, try mayPull(first ..< last) {
            try pull()
            levelStart = last
            try closePulled()
            return nodes.count > last
        }
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
        let seen = seen.reader
        for index in 0 ..< run.count {
            let node = run.neighbours[index]
            try note(node, lanes & ~seen[node])
        }
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
        try note(node, lanes & ~seen[node])
    }

    @inline(__always)
    private func note(_ node: UInt32, _ new: UInt64) throws(NQLError) {
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

    // MARK: From the nodes that have not been met

    /// Nanoseconds, by and large: for a step that is taken; for a node that has not been met, and
    /// for a step back from it; steps back that find a source, of those that lead to one.
    private static let pushWork = 2.5
    private static let pullNodeWork = 20.0
    private static let pullWork = 2.0
    private static let pulledSteps = 4.0
    /// Steps for each chunk of the graph that make it worth looking which have steps.
    private static let stepsPerChunkMin = 64

    /// Whether the next level costs less when nodes that have not been met look for its nodes.
    private func mayPull(_ level: Range<Int>) throws(NQLError) -> Bool {
        if !areSourcesMet || walker.hasStartLabels || !backward.isPlain { return false }
        let context = walker.context
        let least = context.graph.nodeChunkCount &* ReachSearch.stepsPerChunkMin
        var steps = 0
        var nextLook = least
        for index in level where lanes(index) & active != 0 {
            for half in walker.plainHalves {
                steps &+= try half.table.degree(nodes[index], context.writeEpoch)
            }
            // More steps only speak for it more.
            if steps < nextLook { continue }
            if try isPullCheaper(than: steps) { return true }
            nextLook = steps &* 2
        }
        if steps < least { return false }
        return try isPullCheaper(than: steps)
    }

    private func isPullCheaper(than steps: Int) throws(NQLError) -> Bool {
        let found = try look()
        let nodes = Double(found.nodeCount)
        let pushing = Double(steps) * ReachSearch.pushWork
        let tries = ReachSearch.pulledSteps * Double(found.stepCount) / Double(steps)
        return nodes * (ReachSearch.pullNodeWork + tries * ReachSearch.pullWork) < pushing
    }

    /// Finds the nodes that steps may lead to; once for a state of the graph.
    private func look() throws(NQLError) -> Territory {
        let context = walker.context
        let epoch = context.writeEpoch
        if let territory, territory.epoch == epoch { return territory }
        var found = Territory(epoch: epoch)
        for chunk in 0 ..< context.graph.nodeChunkCount {
            var hasSteps = false
            for half in backward.plainHalves
            where try half.table.entry(chunk, epoch).form != .none { hasSteps = true }
            if !hasSteps { continue }
            let rowCount = try storage { try context.graph.nodeChunk(chunk).rowCount }
            found.chunks.append((chunk, rowCount))
            found.nodeCount += rowCount
            for half in backward.plainHalves {
                found.stepCount += try half.table.neighbourCount(chunk, rowCount, epoch)
            }
        }
        territory = found
        return found
    }

    /// Meets the nodes that have not been met and are next to one that has: that one is of the last
    /// level, or they would have been met before.
    private func pull() throws(NQLError) {
        let territory = try look()
        let seen = seen.reader
        for (chunk, rowCount) in territory.chunks {
            try Interruption.spend(rowCount &* ReachSearch.nodeWorkUnits)
            for row in 0 ..< rowCount {
                let node = UInt32(truncatingIfNeeded: chunk &<< 11 | row)
                if isSingle {
                    if seen[node &>> 6] &>> UInt64(node & 63) & 1 == 1 { continue }
                    try backward.plainRuns(from: node, into: &runs)
                    if isNextToMet(seen) { try nodes.append(node) }
                    continue
                }
                let missing = active & ~seen[node]
                if missing == 0 { continue }
                try backward.plainRuns(from: node, into: &runs)
                let new = lanesNext(seen, missing)
                if new == 0 { continue }
                try fresh.place(node).pointee = new
                try nodes.append(node)
            }
        }
    }

    /// Whether one of the nodes of `runs` has been met by the only source.
    @inline(__always)
    private func isNextToMet(_ seen: NodeTable<UInt64>.Reader) -> Bool {
        for run in runs {
            for index in 0 ..< run.count {
                let node = run.neighbours[index]
                if seen[node &>> 6] &>> UInt64(node & 63) & 1 == 1 { return true }
            }
        }
        return false
    }

    /// Which of the lanes that miss a node have met one of `runs`.
    @inline(__always)
    private func lanesNext(_ seen: NodeTable<UInt64>.Reader, _ missing: UInt64) -> UInt64 {
        var found: UInt64 = 0
        for run in runs {
            var index = 0
            while index < run.count && found != missing {
                found |= seen[run.neighbours[index]] & missing
                index &+= 1
            }
        }
        return found
    }

    private func closePulled() throws(NQLError) {
        if !isSingle { return try closeLevel() }
        for index in levelStart ..< nodes.count {
            let node = nodes[index]
            try seen.place(node &>> 6).pointee |= 1 &<< UInt64(node & 63)
        }
    }
}
