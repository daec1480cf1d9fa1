// NodeLayout: which nodes there are after the nodes' phase: rows and label sets per chunk.

import NenCore

/// The chunks of an imported graph's nodes.
struct NodeLayout: Sendable {
    /// Rows per chunk.
    var rowCounts: [Int] = []
    /// Label set per chunk; `.max` for mixed chunks.
    var labelSets: [UInt32] = []
    /// Label sets per row of the mixed chunks.
    var mixed: [Int: [UInt32]] = [:]
    /// Nodes per label set.
    var nodesPerLabelSet: [UInt64] = []

    var chunkCount: Int { rowCounts.count }

    /// The label set of one node.
    func labelSet(of node: UInt32) -> UInt32 {
        let chunk = Int(node >> 11)
        let set = labelSets[chunk]
        return set != .max ? set : mixed[chunk]?[Int(node & 2047)] ?? 0
    }
}
