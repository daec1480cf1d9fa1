// DirectSearch: one or all shortest paths of a single repeated relationship: to one bound end from
// both sides (TwoSidedSearch), or from one node to every other with one search that keeps the steps
// by which it came (SearchSide). Each node is met once, so that the work is that of the
// relationships looked at, and of the paths handed out.
//
// A shortest walk to another node repeats nothing: it is what every mode allows. That is not so
// for paths back to the start, which are left to others, nor for a least length above 1.

import NQLPlan
import NQLSyntax
import NenCore

/// Shortest paths by the levels of nodes.
final class DirectSearch {
    private let spec: PathSearchSpec
    private let walker: PathWalker
    private let backwardWalker: PathWalker
    private let limit: Int
    private let pairs: TwoSidedSearch
    private let cycles: CycleSearch
    /// Paths from a node back to either end.
    private let prefixes: PooledArray<TrailStep>
    private let suffixes: PooledArray<TrailStep>
    private var start: UInt32 = 0
    /// The bound end of the pair that is still to be handed out.
    private var isPairFound = false
    private var end: UInt32?
    /// The next node reached to be handed out.
    private var record = 0

    /// nil where the levels of nodes do not tell the paths that are asked for.
    init?(
        _ spec: PathSearchSpec, _ walker: PathWalker, _ expressions: ExpressionCompiler,
        slotCount: Int
    ) throws(NQLError) {
        let piece = spec.pieces[0]
        guard spec.isDirect else { return nil }
        self.spec = spec
        self.walker = walker
        backwardWalker = try PathWalker(
            spec.pieces, spec.junctions, isReversed: !spec.isReversed, differentFrom: [],
            isConditional: false, expressions, slotCount: slotCount)
        limit = piece.maximum ?? Int.max
        let context = walker.context
        pairs = TwoSidedSearch(
            forward: walker, backward: backwardWalker,
            keepsAll: spec.selection.countsLengths, isPerRow: walker.isPerRow, context)
        cycles = CycleSearch(
            walker, mustDiffer: piece.steps[0].direction == .both && spec.mode != .walk,
            pool: context.pool)
        prefixes = PooledArray(pool: context.pool)
        suffixes = PooledArray(pool: context.pool)
    }

    var byteCount: Int { pairs.byteCount + cycles.byteCount }

    /// Forgets what earlier rows have found.
    func forget() { pairs.forget() }

    /// Looks at the relationship types anew; once per batch.
    func refresh() { backwardWalker.refresh() }

    /// Takes up an outer row.
    func begin(_ rows: RowSet, _ row: Int) {
        if walker.isPerRow { backwardWalker.begin(rows, row) }
    }

    /// Starts a search between two different nodes.
    func begin(_ start: UInt32, to end: UInt32) throws(NQLError) {
        self.start = start
        self.end = end
        isPairFound = try pairs.find(start, end, limit: limit)
    }

    /// Starts a search from one node to all others.
    func begin(_ start: UInt32) throws(NQLError) {
        self.start = start
        end = nil
        pairs.forget()
        try pairs.forward.begin(start)
        record = 1
    }

    /// Stores the paths to the next end in `found`; false when there is none. Without `needsPaths`
    /// the end stands for its one path.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func next(
        _ labels: LabelTest?, _ path: FoundPath, needsPaths: Bool, _ found: PooledArray<UInt32>
    ) throws(NQLError) -> Bool {
        let isEndEnough = !needsPaths && !spec.selection.countsLengths
        if let end {
            if !isPairFound { return false }
            isPairFound = false
            if isEndEnough {
                path.removeAll()
                try path.begin(end)
                try path.store(in: found)
                return true
            }
            for index in 0 ..< pairs.meetings.count {
                try store(through: pairs.meetings[index], path, found)
                if !spec.selection.countsLengths { break }
            }
            return true
        }
        let side = pairs.forward
        while true {
            if record == side.frontier.upperBound {
                if side.frontierCount == 0 || side.depth >= limit { return false }
                try walker.context.checkInterrupt()
                try side.grow()
                continue
            }
            let node = side.node(record)
            record += 1
            if let labels, try !walker.accepts(labels, node) { continue }
            if isEndEnough {
                path.removeAll()
                try path.begin(node)
                try path.store(in: found)
            } else {
                try store(to: node, path, found)
            }
            return true
        }
    }

    /// The start when paths lead from it to itself and no end was bound.
    func closingStart() throws(NQLError) -> UInt32? {
        if end != nil { return nil }
        if spec.pieces[0].minimum == 0 { return start }
        if spec.mode == .acyclic { return nil }
        return try cycles.isClosed(start, limit: limit) ? start : nil
    }

    /// Paths from the start to a node.
    private func store(
        to node: UInt32, _ path: FoundPath, _ found: PooledArray<UInt32>
    ) throws(NQLError) {
        let count = try pairs.forward.listPaths(to: node, in: prefixes)
        let length = prefixes.count / count
        for index in 0 ..< count {
            try begin(path, prefixes, from: index * length, length, to: node)
            try path.store(in: found)
        }
    }

    /// Paths between a pair through a node where its sides have met.
    private func store(
        through node: UInt32, _ path: FoundPath, _ found: PooledArray<UInt32>
    ) throws(NQLError) {
        let prefixCount = try pairs.forward.listPaths(to: node, in: prefixes)
        let suffixCount = try pairs.backward.listPaths(to: node, in: suffixes)
        let (before, behind) = (prefixes.count / prefixCount, suffixes.count / suffixCount)
        for prefix in 0 ..< prefixCount {
            for suffix in 0 ..< suffixCount {
                try begin(path, prefixes, from: prefix * before, before, to: node)
                for index in 0 ..< behind {
                    let step = suffixes[suffix * behind + index]
                    try path.append(step.relationship, step.neighbour, piece: 0)
                }
                try path.store(in: found)
                if !spec.selection.countsLengths { return }
            }
        }
    }

    /// Makes `path` the way that `list` has from a node back to the start.
    private func begin(
        _ path: FoundPath, _ list: PooledArray<TrailStep>, from offset: Int, _ length: Int,
        to node: UInt32
    ) throws(NQLError) {
        try Interruption.spend(length &* 8)
        path.removeAll()
        try path.begin(start)
        var index = length - 1
        while index >= 0 {
            let reached = index == 0 ? node : list[offset + index - 1].neighbour
            try path.append(list[offset + index].relationship, reached, piece: 0)
            index -= 1
        }
    }
}
