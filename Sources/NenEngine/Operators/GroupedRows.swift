// GroupedRows: what one task of an aggregation has gathered, or one thread for all: the groups of
// the first rows in memory and, when that ends, the other rows on disk, their arguments evaluated.
// Where the aggregates hold no more for a group however many rows it has, rows of groups that are
// in memory go on being added there.

import NQLPlan
import NenCore

/// Groups in memory, and rows behind them on disk.
final class GroupedRows {
    let state: AggregateState
    private(set) var rest: PartitionedRows?
    private let part: AggregatePart
    private let memory: SinkMemory
    private let scratch: Arena

    /// - Parameter rest: rows that are on disk already.
    init(
        _ state: AggregateState, _ part: AggregatePart, _ memory: SinkMemory,
        rest: PartitionedRows? = nil
    ) {
        self.state = state
        self.rest = rest
        self.part = part
        self.memory = memory
        scratch = Arena(pool: part.context.pool)
    }

    /// Forgets all rows.
    func removeAll() {
        state.removeAll()
        rest = nil
    }

    /// Adds the rows of a batch.
    func add(_ batch: Batch) throws(NQLError) {
        if batch.count == 0 { return }
        guard let rest else {
            if part.keys.isEmpty || mayGrow { return try state.add(batch) }
            let fresh = PartitionedRows(part.layout, level: 0, memory, part.context)
            rest = fresh
            return try spill(batch, to: fresh)
        }
        try spill(batch, to: rest)
    }

    /// Whether the groups may double. They stay until all partitions are made, which need as much.
    @inline(__always)
    private var mayGrow: Bool { memory.allowsDoubling(state.heldByteCount, leavesHalf: true) }

    private func spill(_ batch: Batch, to rest: PartitionedRows) throws(NQLError) {
        let context = part.context
        scratch.reset()
        context.arena = scratch
        let rows = batch.rows
        var keys: [Vector] = []
        for key in part.keys { keys.append(try key.evaluate(rows, context)) }
        var arguments: [[Vector]] = []
        for call in part.calls {
            var vectors: [Vector] = []
            for argument in call.arguments {
                vectors.append(try argument.evaluate(rows, context))
            }
            arguments.append(vectors)
        }
        let weights = try batch.denseMultiplicity(scratch)
        if part.holdsGroupsOnly, !state.isList {
            let others = try scratch.allocate(UInt16.self, count: rows.count)
            let count = try state.addKnown(keys, arguments, weights, rows.count, others: others)
            if count > 0 {
                try rest.append(
                    keys: keys, arguments: arguments, weights: weights, rows.count,
                    chosen: (UnsafePointer(others), count))
            }
            return
        }
        try rest.append(
            keys: keys, arguments: arguments, weights: weights, rows.count, chosen: nil)
    }

    /// All rows have come.
    func finish() throws(NQLError) {
        scratch.releaseAll()
        try state.finish()
        try rest?.finish()
    }

    /// Bytes held in memory.
    var byteCount: Int { state.byteCount + (rest?.byteCount ?? 0) }
}
