// WeightTable: one integer weight per node, chunk by chunk. Chunks whose weights are all zero have
// no memory; where only labels say which nodes have weight one, chunks that have it throughout
// share one array.

import NenCore

/// Integers that weights are computed in: 64 bits first, 128 when those overflow.
protocol WeightInteger: FixedWidthInteger, UnsignedInteger, BitwiseCopyable {}
extension UInt64: WeightInteger {}
extension UInt128: WeightInteger {}

/// Node → weight, over all node chunks of a view. Filled by several workers, each chunk by one.
final class WeightTable: @unchecked Sendable {
    // Sendable: workers write entries of different chunks; nobody reads before they are done.

    /// Chunk → weights of its 2,048 rows; nil: all zero.
    let chunks: UnsafeMutablePointer<UnsafeRawPointer?>
    let chunkCount: Int
    /// Every node that a step can reach has weight one: a sum over neighbours is their number.
    let isUniversal: Bool
    /// What chunks share whose weights are all one.
    private var ones: UnsafeRawPointer?
    /// Where the weights lie, one per worker; index 0 holds `chunks` too.
    private let arenas: [Arena]

    /// A table of zeros.
    init(
        chunkCount: Int, isUniversal: Bool, workers: Int, _ pool: PagePool
    ) throws(NQLError) {
        let arenas = (0 ..< max(1, workers)).map { _ in Arena(pool: pool) }
        let count = isUniversal ? 1 : max(1, chunkCount)
        chunks = try arenas[0].allocate(UnsafeRawPointer?.self, count: count)
        chunks.initialize(repeating: nil, count: count)
        self.arenas = arenas
        self.chunkCount = chunkCount
        self.isUniversal = isUniversal
    }

    /// Weight one for the nodes that carry the labels, as far as steps lead to them: a node that
    /// was deleted has no relationship.
    convenience init(
        labels: LabelTest, isWide: Bool, _ graph: GraphView, _ pool: PagePool
    ) throws(NQLError) {
        try self.init(
            chunkCount: graph.nodeChunkCount, isUniversal: false, workers: 1, pool)
        if isWide {
            try fill(labels, graph, UInt128.self)
        } else {
            try fill(labels, graph, UInt64.self)
        }
    }

    private func fill<Weight: WeightInteger>(
        _ labels: LabelTest, _ graph: GraphView, _ type: Weight.Type
    ) throws(NQLError) {
        let count = ChunkFormat.rowsPerChunk
        let ones = try allocate(Weight.self, worker: 0)
        ones.initialize(repeating: 1, count: count)
        self.ones = UnsafeRawPointer(ones)
        for chunk in 0 ..< chunkCount {
            let set = graph.chunkLabelSets[chunk]
            if set != .max {
                if labels.accepts(labelSet: set, graph) { chunks[chunk] = UnsafeRawPointer(ones) }
                continue
            }
            let handle = try storage { try graph.nodeChunk(chunk) }
            let weights = try allocate(Weight.self, worker: 0)
            weights.initialize(repeating: 0, count: count)
            for row in 0 ..< handle.rowCount
            where labels.accepts(labelSet: handle.labelSet(row), graph) {
                weights[row] = 1
            }
            chunks[chunk] = UnsafeRawPointer(weights)
        }
    }

    /// Memory for one chunk's weights.
    func allocate<Weight: WeightInteger>(
        _ type: Weight.Type, worker: Int
    ) throws(NQLError) -> UnsafeMutablePointer<Weight> {
        try arenas[worker].allocate(Weight.self, count: ChunkFormat.rowsPerChunk)
    }

    /// Bytes held.
    var byteCount: Int { arenas.reduce(0) { $0 + $1.byteCount } }

    /// Sum of the weights of `count` neighbours; sets `overflow` when it does not fit.
    @inline(__always)
    func sum<Weight: WeightInteger>(
        _ neighbours: UnsafePointer<UInt32>, _ count: Int, _ overflow: inout Bool
    ) -> Weight {
        if isUniversal { return Weight(truncatingIfNeeded: count) }
        let chunks = chunks
        var total: Weight = 0
        var carries = false
        var index = 0
        while index < count {
            let node = neighbours[index]
            if let weights = chunks[Int(node &>> 11)] {
                let weight = weights.assumingMemoryBound(to: Weight.self)[Int(node & 2_047)]
                let (next, carry) = total.addingReportingOverflow(weight)
                total = next
                carries = carries || carry
            }
            index &+= 1
        }
        overflow = overflow || carries
        return total
    }

    /// Weight of one node that a step can reach.
    @inline(__always)
    func weight<Weight: WeightInteger>(_ node: UInt32, _ type: Weight.Type) -> Weight {
        if isUniversal { return 1 }
        guard let weights = chunks[Int(node &>> 11)] else { return 0 }
        // Reading them would only take room in the cache.
        if weights == ones { return 1 }
        return weights.assumingMemoryBound(to: Weight.self)[Int(node & 2_047)]
    }
}
