// CycleSearch: whether a path leads from a node back to itself. A walk may go forth and back over
// one relationship where its direction does not matter, which a trail may not: each node keeps two
// different first relationships of the ways to it, so that for a way back over any relationship one
// remains that did not begin with it. Those two are enough: the shortest way that begins with a
// relationship meets no node twice.

import NenCore

/// Looks for a closed path through a node.
final class CycleSearch {
    private struct Way {
        var node: UInt32
        /// First relationship of the way.
        var first: UInt32
    }

    private let walker: PathWalker
    /// Whether a path may not end with the relationship it began with.
    private let mustDiffer: Bool
    /// By node: two first relationships + 1, one in each half.
    private let firsts: NodeTable<UInt64>
    private let ways: PooledArray<Way>
    private let steps: PooledArray<TrailStep>
    private var goals: NodeTable<UInt8>?

    init(_ walker: PathWalker, mustDiffer: Bool, pool: PagePool) {
        self.walker = walker
        self.mustDiffer = mustDiffer
        firsts = NodeTable(pool: pool)
        ways = PooledArray(pool: pool)
        steps = PooledArray(pool: pool)
    }

    var byteCount: Int { firsts.byteCount + ways.capacity * 8 }

    /// Whether a path of 1 … `limit` relationships leads from `start` to itself, or to another node
    /// for which `goals` has a number.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func isClosed(
        _ start: UInt32, limit: Int, goals: NodeTable<UInt8>? = nil
    ) throws(NQLError) -> Bool {
        self.goals = goals
        defer { self.goals = nil }
        firsts.removeAll()
        ways.removeAll()
        guard limit > 0, try walker.begins(0, start) else { return false }
        if try take(start, first: nil, start) { return true }
        var depth = 1
        var next = 0
        while next < ways.count, depth < limit {
            let end = ways.count
            while next < end {
                let way = ways[next]
                next += 1
                if try !walker.begins(0, way.node) { continue }
                if try take(way.node, first: way.first, start) { return true }
            }
            depth += 1
        }
        return false
    }

    /// Takes all steps from a node; whether one of them leads home. `first` is nil at the start.
    private func take(
        _ node: UInt32, first: UInt32?, _ start: UInt32
    ) throws(NQLError) -> Bool {
        steps.removeAll()
        try walker.appendSteps(from: node, piece: 0, place: 0, to: steps)
        for index in 0 ..< steps.count {
            let step = steps[index]
            if step.neighbour == start {
                guard let first else { return true }
                if !mustDiffer || first != step.relationship { return true }
                continue
            }
            if let goals, goals[step.neighbour] != 0 { return true }
            let begin = first ?? step.relationship
            let mark = UInt64(begin) + 1
            let known = try firsts.place(step.neighbour)
            if known.pointee == 0 {
                known.pointee = mark
            } else if mustDiffer, known.pointee >> 32 == 0, known.pointee != mark {
                known.pointee |= mark << 32
            } else {
                continue
            }
            try ways.append(Way(node: step.neighbour, first: begin))
        }
        return false
    }
}
