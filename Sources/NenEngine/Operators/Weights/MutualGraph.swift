// MutualGraph: the relationships of some types, whichever way they run, as pairs of different
// nodes, each kept at the end that has fewer neighbours (of equal ends: at the one with the lower
// number). From no node lead then more than the root of twice the number of pairs, hubs included,
// and a triangle has one node from which both others are led to. After Schank and Wagner, Finding,
// Counting and Listing All Triangles in Large Graphs (2005).
//
// Nodes have dense numbers, by which arrays are addressed: those of the chunks that have such
// relationships and may play a part, one chunk behind the other.

import NQLPlan
import NenCore

/// Pairs of nodes with relationships between them, in parts that are made in parallel.
final class MutualGraph: @unchecked Sendable {
    // Sendable: made by jobs whose tasks write the entries of their own nodes; read afterwards.

    /// Chunks that take part, ascending.
    let chunks: [Int]
    /// Chunk → dense number of its first row; `none` for those that take no part.
    let bases: PooledArray<UInt32>
    let nodeCount: Int
    /// Rows of each chunk: dense numbers behind them stand for no node.
    private let rowCounts: [Int]
    /// A part has 2^shift nodes.
    let shift: Int
    /// By dense number: the neighbours over all relationships.
    private let degrees: PooledArray<UInt32>
    /// Where the pairs kept at a node begin within those of its part, and how many they are.
    private let starts: PooledArray<Int>
    private let counts: PooledArray<UInt32>
    private let parts: [Part]
    /// Where the pairs of each part lie, once all are made.
    private let heads: PooledArray<Head>

    static let none = UInt32.max

    fileprivate struct Head {
        var others: UnsafePointer<UInt32>
        var times: UnsafePointer<UInt32>
    }

    /// Pairs of the nodes of one part.
    private final class Part {
        let others: PooledArray<UInt32>
        /// How many relationships run between the two.
        let times: PooledArray<UInt32>
        var hasParallels = false

        init(_ pool: PagePool) {
            others = PooledArray(pool: pool)
            times = PooledArray(pool: pool)
        }
    }

    /// - Parameters:
    ///   - chunks: those whose nodes may play a part.
    ///   - partsMin: how many parts there should be at least.
    init(
        _ chunks: [Int], _ tables: StepTables, partsMin: Int, _ context: ExecutionContext
    ) throws(NQLError) {
        let pool = context.pool
        var kept: [Int] = []
        for chunk in chunks {
            for half in tables.halves
            where try half.table.entry(chunk, context.writeEpoch).form != .none {
                kept.append(chunk)
                break
            }
        }
        self.chunks = kept
        bases = PooledArray(pool: pool)
        try bases.resize(max(1, context.graph.nodeChunkCount), filling: MutualGraph.none)
        for (place, chunk) in kept.enumerated() {
            bases[chunk] = UInt32(truncatingIfNeeded: place &<< 11)
        }
        nodeCount = kept.count &<< 11
        rowCounts = try kept.map { (chunk) throws(NQLError) in
            try storage { try context.graph.nodeChunk(chunk).rowCount }
        }
        var shift = 11 + max(0, kept.count.bitWidth - kept.count.leadingZeroBitCount)
        while shift > MutualGraph.partShiftMin, nodeCount >> shift < partsMin { shift -= 1 }
        self.shift = shift
        degrees = PooledArray(pool: pool)
        starts = PooledArray(pool: pool)
        counts = PooledArray(pool: pool)
        heads = PooledArray(pool: pool)
        try degrees.resize(nodeCount + 1, filling: 0)
        try starts.resize(nodeCount + 1, filling: 0)
        try counts.resize(nodeCount + 1, filling: 0)
        let last = (nodeCount &- 1) >> shift
        parts = (0 ..< (nodeCount == 0 ? 0 : last + 1)).map { _ in Part(pool) }
    }

    /// Nodes of a part are not fewer.
    private static let partShiftMin = 7

    var partCount: Int { parts.count }
    var hasParallels: Bool { parts.contains { $0.hasParallels } }

    var byteCount: Int {
        let entries = parts.reduce(0) { $0 + $1.others.capacity + $1.times.capacity }
        return entries * 4 + nodeCount * 16 + bases.capacity * 4
    }

    /// Dense numbers of a part's nodes.
    func nodes(ofPart part: Int) -> Range<Int> {
        part &<< shift ..< min(nodeCount, (part &+ 1) &<< shift)
    }

    /// The node that has a dense number.
    @inline(__always)
    func node(_ number: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: chunks[number &>> 11] &<< 11 | number & 2_047)
    }

    /// What is kept at a node.
    struct Pairs {
        var others: UnsafePointer<UInt32>
        var times: UnsafePointer<UInt32>
        var count: Int
    }

    /// The pairs kept at each node; made when all are kept.
    struct Index {
        fileprivate let heads: UnsafePointer<Head>
        fileprivate let starts: UnsafePointer<Int>
        fileprivate let counts: UnsafePointer<UInt32>
        fileprivate let shift: Int

        /// How many pairs are kept at a node.
        @inline(__always)
        func count(_ number: Int) -> Int { Int(counts[number]) }

        /// The pairs kept at a node that has some.
        @inline(__always)
        func pairs(_ number: Int) -> Pairs {
            let head = heads[number &>> shift]
            let start = starts[number]
            return Pairs(
                others: head.others + start, times: head.times + start, count: count(number))
        }
    }

    /// Where all pairs are found; valid as long as the graph.
    func index() throws(NQLError) -> Index {
        heads.removeAll()
        try heads.reserve(parts.count + 1)
        for part in parts {
            // A part without pairs is not asked for any.
            try part.others.reserve(1)
            try part.times.reserve(1)
            try heads.append(
                Head(
                    others: UnsafePointer(part.others.pointer),
                    times: UnsafePointer(part.times.pointer)))
        }
        return Index(
            heads: heads.pointer, starts: starts.pointer, counts: counts.pointer, shift: shift)
    }

    // MARK: Making it

    /// Counts the neighbours of a part's nodes; of all parts before pairs are kept.
    func countNeighbours(
        ofPart part: Int, _ tables: StepTables, _ context: ExecutionContext
    ) throws(NQLError) {
        try context.checkInterrupt()
        for number in nodes(ofPart: part) where number & 2_047 < rowCounts[number &>> 11] {
            var total = 0
            for half in tables.halves {
                total &+= try half.table.degree(node(number), context.writeEpoch)
            }
            degrees[number] = UInt32(clamping: total)
        }
    }

    /// Keeps the pairs of a part's nodes with those that have more neighbours.
    ///
    /// - Parameter seen: by dense number, all zero before and after.
    func keepPairs(
        ofPart number: Int, _ tables: StepTables, _ seen: UnsafeMutablePointer<UInt32>,
        _ context: ExecutionContext
    ) throws(NQLError) {
        let part = parts[number]
        var runs: [AdjacencyRun] = []
        var work = 0
        for near in nodes(ofPart: number) where degrees[near] > 0 {
            runs.removeAll(keepingCapacity: true)
            for half in tables.halves { try half.table.appendRuns(node(near), to: &runs) }
            let start = part.others.count
            for run in runs {
                work &+= run.count
                try keep(run, near, seen, part)
            }
            let count = part.others.count &- start
            starts[near] = start
            counts[near] = UInt32(truncatingIfNeeded: count)
            if count == 0 { continue }
            try part.times.resizeUninitialized(part.others.count)
            let (others, times) = (part.others.pointer + start, part.times.pointer + start)
            for index in 0 ..< count {
                let far = Int(others[index])
                times[index] = seen[far]
                if seen[far] > 1 { part.hasParallels = true }
                seen[far] = 0
            }
            if work > MutualGraph.workMax {
                work = 0
                try context.checkInterrupt()
            }
        }
    }

    /// Relationships between two looks at the statement's end.
    private static let workMax = 1 << 18

    @inline(__always)
    private func keep(
        _ run: AdjacencyRun, _ near: Int, _ seen: UnsafeMutablePointer<UInt32>, _ part: Part
    ) throws(NQLError) {
        try part.others.reserve(part.others.count &+ run.count)
        let others = part.others.pointer
        let (bases, degrees) = (bases.pointer, degrees.pointer)
        let degree = degrees[near]
        var count = part.others.count
        for index in 0 ..< run.count {
            let node = run.neighbours[index]
            let base = bases[Int(node &>> 11)]
            if base == MutualGraph.none { continue }
            let far = Int(base &+ (node & 2_047))
            let other = degrees[far]
            if other < degree || (other == degree && far <= near) { continue }
            others[count] = UInt32(truncatingIfNeeded: far)
            count &+= seen[far] == 0 ? 1 : 0
            seen[far] &+= 1
        }
        try part.others.resizeUninitialized(count)
    }
}
