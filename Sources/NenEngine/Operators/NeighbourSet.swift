// NeighbourSet: which nodes are neighbours of one node, as a byte for each node of the graph. Where
// the node changes, the bytes of the old neighbours are cleared one by one, so that a change costs
// what its neighbours cost, not what the graph costs.

import NenCore

/// The neighbours of one node, without the relationships that lead to them.
final class NeighbourSet {
    private let tables: StepTables
    private let context: ExecutionContext
    /// Node → 1 when it is a neighbour.
    private let bytes: PooledArray<UInt8>
    /// The nodes whose byte is set.
    private let members: PooledArray<UInt32>
    private var runs: [AdjacencyRun] = []
    private var epoch = 0
    /// The node whose neighbours these are.
    private(set) var node: UInt32 = .max

    /// Node numbers above this are not worth the array.
    private static let nodeLimit = 1 << 28

    init(_ tables: StepTables, _ context: ExecutionContext) {
        self.tables = tables
        self.context = context
        bytes = PooledArray(pool: context.pool)
        members = PooledArray(pool: context.pool)
    }

    var byteCount: Int { bytes.capacity + members.capacity * 4 }

    /// Addressed by node; valid until the next `prepare`.
    var pointer: UnsafePointer<UInt8> { UnsafePointer(bytes.pointer) }

    /// Makes room for a graph's nodes; false when that is not worth it for `rowsSeen` rows, or the
    /// budget has no room. Forgets what was known of another state of the graph.
    func prepare(rowsSeen: Int) -> Bool {
        let capacity = context.graph.nodeChunkCount &<< 11
        // Without any node all ends are null.
        if capacity == 0 || capacity > NeighbourSet.nodeLimit { return false }
        tables.refresh()
        if epoch != context.writeEpoch {
            clear()
            epoch = context.writeEpoch
        }
        if bytes.count >= capacity { return true }
        if rowsSeen &* 64 < capacity { return false }
        do {
            clear()
            try bytes.resize(capacity, filling: 0)
            return true
        } catch {
            return false
        }
    }

    private func clear() {
        node = .max
        if members.count == 0 { return }
        let list = members.pointer
        let table = bytes.pointer
        var index = 0
        while index < members.count {
            table[Int(list[index])] = 0
            index &+= 1
        }
        members.removeAll()
    }

    /// Becomes the neighbours of `anchor`.
    func load(_ anchor: UInt32) throws(NQLError) {
        clear()
        let table = bytes.pointer
        for half in tables.halves {
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(anchor, to: &runs)
            for run in runs {
                let start = members.count
                try members.resizeUninitialized(start + run.count)
                let list = members.pointer + start
                var index = 0
                while index < run.count {
                    let neighbour = run.neighbours[index]
                    list[index] = neighbour
                    table[Int(neighbour)] = 1
                    index &+= 1
                }
            }
        }
        // A loop leads to the node itself in either direction, so that no half need skip it.
        node = anchor
    }
}
