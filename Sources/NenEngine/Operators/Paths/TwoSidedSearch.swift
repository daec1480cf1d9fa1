// TwoSidedSearch: shortest paths between two nodes, breadth first from both: each round grows the
// smaller side by a level, until the sides meet. Where one end stays the same from pair to pair its
// side is kept: it has been grown for the pairs before, and what the other sides have cost since
// its last growth is credit for the next, so that from one node to very many no more is done than
// one search to everywhere, twice over.

import NenCore

/// Searches between pairs of nodes.
final class TwoSidedSearch {
    let forward: SearchSide
    let backward: SearchSide
    /// Where the sides of the last pair have met.
    let meetings: PooledArray<UInt32>
    /// Relationships of the shortest paths of the last pair.
    private(set) var length = 0
    /// Whether conditions differ from row to row, so that nothing can be kept.
    private let isPerRow: Bool
    private let context: ExecutionContext
    private var pair: (start: UInt32, goal: UInt32)?
    private var epoch = 0
    private var forwardCredit = 0
    private var backwardCredit = 0

    init(
        forward: PathWalker, backward: PathWalker, keepsAll: Bool, isPerRow: Bool,
        _ context: ExecutionContext
    ) {
        let pool = context.pool
        self.forward = SearchSide(forward, keepsAll: keepsAll, pool: pool)
        self.backward = SearchSide(backward, keepsAll: keepsAll, pool: pool)
        meetings = PooledArray(pool: pool)
        self.isPerRow = isPerRow
        self.context = context
    }

    var byteCount: Int { forward.byteCount + backward.byteCount + meetings.capacity * 4 }

    /// Forgets the last pair.
    func forget() { pair = nil }

    /// The relationships of the shortest paths between two different nodes, where the last search
    /// tells: one of its ends is one of these, and it came past the other. The search stays what it
    /// was, so that nothing is known of the paths.
    @inline(__always)
    func knownLength(_ start: UInt32, _ goal: UInt32) -> Int? {
        guard let pair, !isPerRow, epoch == context.writeEpoch else { return nil }
        if pair.start == start, let depth = forward.depth(of: goal) { return depth }
        return pair.goal == goal ? backward.depth(of: start) : nil
    }

    /// Looks for the paths between two different nodes; false when there is none of at most
    /// `limit` relationships. Then `meetings` are the nodes through which the shortest ones go:
    /// each is a way from the start to one of them, and on to the goal.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func find(_ start: UInt32, _ goal: UInt32, limit: Int) throws(NQLError) -> Bool {
        precondition(start != goal, "a pair of one node")
        if isPerRow || epoch != context.writeEpoch { pair = nil }
        epoch = context.writeEpoch
        let keepsForward = pair.map { $0.start == start } ?? false
        let keepsBackward = pair.map { $0.goal == goal } ?? false && !keepsForward
        pair = (start, goal)
        if !keepsForward {
            try forward.begin(start)
            forwardCredit = 0
        }
        if !keepsBackward {
            try backward.begin(goal)
            backwardCredit = 0
        }
        meetings.removeAll()
        if let depth = forward.depth(of: goal) { return try meet(at: goal, depth) }
        if let depth = backward.depth(of: start) { return try meet(at: start, depth) }
        while forward.depth + backward.depth < limit {
            let counts = (forward.frontierCount, backward.frontierCount)
            if counts.0 == 0 || counts.1 == 0 { return false }
            if counts.0 - forwardCredit <= counts.1 - backwardCredit {
                try forward.grow()
                forwardCredit = 0
                if keepsBackward { backwardCredit += forward.frontierCount }
                try findMeetings(forward, backward)
            } else {
                try backward.grow()
                backwardCredit = 0
                if keepsForward { forwardCredit += backward.frontierCount }
                try findMeetings(backward, forward)
            }
            if meetings.count == 0 { continue }
            length = forward.depth + backward.depth
            return true
        }
        return false
    }

    /// One side has been where the other begins.
    private func meet(at node: UInt32, _ depth: Int) throws(NQLError) -> Bool {
        length = depth
        try meetings.append(node)
        return true
    }

    private func findMeetings(_ side: SearchSide, _ other: SearchSide) throws(NQLError) {
        for record in side.frontier {
            let node = side.node(record)
            if other.contains(node) { try meetings.append(node) }
        }
    }
}
