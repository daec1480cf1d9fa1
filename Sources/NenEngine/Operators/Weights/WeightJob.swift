// WeightJob: one pattern node's weights over all chunks, computed in parallel: stored in a table
// for the node above, or, at the root, added up.

import NQLPlan
import NenCore

/// Chunks are cut into tasks; every worker has its own tables and evaluators.
final class WeightJob: ParallelJob, @unchecked Sendable {
    // Sendable: workers[w] belongs to worker w, sums[t] to the one that does task t, and a chunk's
    // place in the table to the task that has the chunk.
    private let node: WeightNode
    private let lower: WeightInputs
    private let isWide: Bool
    /// nil at the root.
    private let table: WeightTable?
    /// Chunks that may have a weight that is not zero.
    private let chunks: [Int]
    private let compilers: [PlanCompiler]
    private let workers: Slots<WeightWorker?>
    /// Per task the sum of its weights; nil when one did not fit.
    private let sums: Slots<UInt128?>

    /// - Parameter compilers: one per worker, made before any of them runs.
    init(
        _ node: WeightNode, _ lower: WeightInputs, isWide: Bool, into table: WeightTable?,
        _ compilers: [PlanCompiler]
    ) {
        self.node = node
        self.lower = lower
        self.isWide = isWide
        self.table = table
        self.compilers = compilers
        chunks = WeightJob.chunks(node, compilers[0].context.graph)
        workers = Slots(repeating: nil, count: compilers.count)
        let tasks = compilers.count == 1 ? 1 : max(1, min(chunks.count, compilers.count * 8))
        sums = Slots(repeating: 0, count: tasks)
        super.init(taskCount: tasks, workers: compilers.count)
    }

    /// Chunks of nodes that may carry the labels.
    static func chunks(_ node: WeightNode, _ graph: GraphView) -> [Int] {
        let all = 0 ..< graph.nodeChunkCount
        guard let labels = node.labels, !labels.isDynamic else { return Array(all) }
        let test = LabelTest(labels)
        return all.filter { chunk in
            let set = graph.chunkLabelSets[chunk]
            return set == .max || test.accepts(labelSet: set, graph)
        }
    }

    /// Runs all tasks; the sum of the root's weights (0 below the root), nil on overflow.
    func run() throws(NQLError) -> UInt128? {
        try WorkerPool.shared.run(self)
        var total: UInt128 = 0
        for task in sums.indices {
            guard let sum = sums[task] else { return nil }
            let (next, overflow) = total.addingReportingOverflow(sum)
            if overflow { return nil }
            total = next
        }
        return total
    }

    override func run(task: Int, worker number: Int) throws(NQLError) {
        let worker: WeightWorker
        if let known = workers[number] {
            worker = known
        } else {
            worker = try WeightWorker(node, lower, compilers[number])
            workers[number] = worker
        }
        let range = chunks[
            chunks.count * task / taskCount ..< chunks.count * (task + 1) / taskCount]
        sums[task] = isWide
            ? try run(range, worker, number, UInt128.self)
            : try run(range, worker, number, UInt64.self)
    }

    private func run<Weight: WeightInteger>(
        _ range: ArraySlice<Int>, _ worker: WeightWorker, _ number: Int, _ type: Weight.Type
    ) throws(NQLError) -> UInt128? {
        let arena = Arena(pool: worker.context.pool)
        var spare: UnsafeMutablePointer<Weight>?
        var total: UInt128 = 0
        for chunk in range {
            let weights: UnsafeMutablePointer<Weight>
            if let spare {
                weights = spare
            } else if let table {
                weights = try table.allocate(Weight.self, worker: number)
            } else {
                weights = try arena.allocate(Weight.self, count: ChunkFormat.rowsPerChunk)
            }
            spare = weights
            let isNonzero = try worker.fill(weights, chunk: chunk)
            if worker.hasOverflowed { return nil }
            guard isNonzero else { continue }
            if let table {
                table.chunks[chunk] = UnsafeRawPointer(weights)
                spare = nil
                continue
            }
            var sum: UInt128 = 0
            var row = 0
            while row < ChunkFormat.rowsPerChunk {
                sum = sum &+ UInt128(truncatingIfNeeded: weights[row])
                row &+= 1
            }
            let (next, overflow) = total.addingReportingOverflow(sum)
            if overflow { return nil }
            total = next
        }
        return total
    }
}
