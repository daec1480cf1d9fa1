// WeightTable: one integer weight per node, chunk by chunk. Chunks whose weights are all zero have no
// memory; chunks whose weights are all one share one array.

import NenCore

/// Integers that weights are computed in: 64 bits first, 128 when those overflow.
protocol WeightInteger: FixedWidthInteger, UnsignedInteger, BitwiseCopyable {}
extension UInt64: WeightInteger {}
extension UInt128: WeightInteger {}

/// Node → weight, over all node chunks of a view.
final class WeightTable<Weight: WeightInteger> {
    /// Chunk → weights of its 2,048 rows; nil: all zero.
    let chunks: UnsafeMutablePointer<UnsafePointer<Weight>?>
    let chunkCount: Int
    /// Every node that a step can reach has weight one: a sum over neighbours is their number.
    let isUniversal: Bool

    /// A table of zeros; memory comes from `arena` and lives as long.
    init(chunkCount: Int, isUniversal: Bool, _ arena: Arena) throws(NQLError) {
        chunks = try arena.allocate(UnsafePointer<Weight>?.self, count: max(1, chunkCount))
        chunks.initialize(repeating: nil, count: max(1, chunkCount))
        self.chunkCount = chunkCount
        self.isUniversal = isUniversal
    }

    /// Sum of the weights of `count` neighbours; sets `overflow` when it does not fit.
    @inline(__always)
    func sum(
        _ neighbours: UnsafePointer<UInt32>, _ count: Int, _ overflow: inout Bool
    ) -> Weight {
        if isUniversal { return Weight(truncatingIfNeeded: count) }
        var total: Weight = 0
        var index = 0
        while index < count {
            let node = neighbours[index]
            if let weights = chunks[Int(node &>> 11)] {
                let (next, carry) = total.addingReportingOverflow(weights[Int(node & 2_047)])
                total = next
                overflow = overflow || carry
            }
            index &+= 1
        }
        return total
    }

    /// Weight of one node.
    @inline(__always)
    func weight(_ node: UInt32) -> Weight {
        chunks[Int(node &>> 11)]?[Int(node & 2_047)] ?? 0
    }
}
