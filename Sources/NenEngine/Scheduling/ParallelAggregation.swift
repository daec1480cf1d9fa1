// ParallelAggregation: an aggregate over a pipeline that starts at one scan. The chunks are cut
// into tasks, contiguous ranges, and chunks of nodes into rows where they are too few: what hangs
// on one node may be much. Every task folds its rows into a state of its own, and the states are
// merged in the order of the tasks. So the groups come out in the order of the scan, whatever the
// number of threads.

import NQLPlan
import NenCore

/// The job of one parallel aggregation.
final class ParallelAggregation: ParallelJob, @unchecked Sendable {
    // Sendable: `workers[w]` is only touched by worker w, `states[t]` only by the one that does t.
    private final class Worker {
        let compiler: PlanCompiler
        let pipeline: Operator
        let scan: MorselScan
        let keys: [Evaluator]
        let calls: [AggregateExpression]

        init(
            compiler: PlanCompiler, pipeline: Operator, scan: MorselScan, keys: [Evaluator],
            calls: [AggregateExpression]
        ) {
            self.compiler = compiler
            self.pipeline = pipeline
            self.scan = scan
            self.keys = keys
            self.calls = calls
        }
    }

    private let plan: PhysicalOperator
    /// Knows the operator that this job serves, and so outlives both.
    private unowned let origin: PlanCompiler
    /// What each task scans.
    private let ranges: [ChunkRange]
    private let directCapacity: Int
    private let workers: Slots<Worker?>
    private let states: Slots<AggregateState?>
    /// One per worker, made before any of them runs.
    private var compilers: [PlanCompiler] = []

    private init(
        _ plan: PhysicalOperator, _ origin: PlanCompiler, ranges: [ChunkRange], threads: Int,
        directCapacity: Int
    ) {
        self.plan = plan
        self.origin = origin
        self.ranges = ranges
        self.directCapacity = directCapacity
        workers = Slots(repeating: nil, count: threads)
        states = Slots(repeating: nil, count: ranges.count)
        super.init(taskCount: ranges.count, workers: threads)
    }

    /// A job for an aggregate operator that the plan gives to several threads; nil when the scan
    /// has but one morsel.
    static func make(
        _ plan: PhysicalOperator, _ compiler: PlanCompiler, directCapacity: Int
    ) -> ParallelAggregation? {
        let threads = min(
            plan.execution.threads, compiler.context.statement.options.threads)
        let tasks = threads * Int(OperatorExecution.morselsPerThread)
        guard threads > 1,
            let ranges = ranges(plan.inputs[0], compiler.context.graph, tasks: tasks)
        else { return nil }
        return ParallelAggregation(
            plan, compiler, ranges: ranges, threads: threads, directCapacity: directCapacity)
    }

    /// Cuts the chunks so that every task gets about as many that the scan does not skip; nil when
    /// there is not enough for two.
    private static func ranges(
        _ pipeline: PhysicalOperator, _ graph: GraphView, tasks: Int
    ) -> [ChunkRange]? {
        var matching: [Int] = []
        let chunkCount: Int
        switch pipeline.drivingScan {
        case .nodeScan(_, let labels):
            chunkCount = graph.nodeChunkCount
            let test = labels.map { LabelTest($0) }
            let sets = graph.chunkLabelSets
            for chunk in 0 ..< chunkCount {
                let set = sets[chunk]
                if set == .max || test?.accepts(labelSet: set, graph) ?? true {
                    matching.append(chunk)
                }
            }
            if matching.count * 2 <= tasks { return slices(matching, graph, tasks: tasks) }
        case .relationshipScan(let spec):
            chunkCount = graph.relationshipChunkCount
            let types = spec.types.compactMap { graph.catalog.type($0) }
            for chunk in 0 ..< chunkCount {
                let type = (try? graph.relationshipChunkType(chunk)) ?? .max
                if spec.types.isEmpty || types.contains(type) { matching.append(chunk) }
            }
        default: return nil
        }
        let count = min(matching.count, tasks)
        guard count > 1 else { return nil }
        let bounds = (0 ... count).map { task in
            if task == 0 { return 0 }
            return task == count ? chunkCount : matching[matching.count * task / count]
        }
        return (0 ..< count).map { ChunkRange(chunks: bounds[$0] ..< bounds[$0 + 1]) }
    }

    /// Cuts each of a few chunks of nodes into as many slices of rows; nil when there are not
    /// enough rows for two.
    private static func slices(
        _ chunks: [Int], _ graph: GraphView, tasks: Int
    ) -> [ChunkRange]? {
        var result: [ChunkRange] = []
        for chunk in chunks {
            // A chunk that cannot be read fails in the task that gets it.
            let rowCount = (try? graph.nodeChunk(chunk).rowCount) ?? 1
            let count = max(1, min(rowCount, tasks / chunks.count))
            for slice in 0 ..< count {
                let rows = rowCount * slice / count ..< rowCount * (slice + 1) / count
                result.append(ChunkRange(chunks: chunk ..< chunk + 1, rows: rows))
            }
        }
        return result.count > 1 ? result : nil
    }

    private func worker(_ number: Int) throws(NQLError) -> Worker {
        if let known = workers[number] { return known }
        guard case .aggregate(let keys, let aggregates) = plan.kind else {
            preconditionFailure("operator \(plan.id) is no aggregate")
        }
        let compiler = compilers[number]
        let pipeline = try compiler.compile(plan.inputs[0], nil, canCount: true)
        // The scan that drives the pipeline stands at the end of the left inputs.
        var bottom = pipeline
        while let input = bottom.inputs.first { bottom = input }
        guard let scan = bottom as? MorselScan else {
            preconditionFailure("the pipeline below operator \(plan.id) has no scan")
        }
        let fresh = Worker(
            compiler: compiler, pipeline: pipeline, scan: scan,
            keys: try compiler.compile(keys, [pipeline], nil).map(\.evaluator),
            calls: try compiler.compile(aggregates, [pipeline], nil))
        workers[number] = fresh
        return fresh
    }

    override func run(task: Int, worker number: Int) throws(NQLError) {
        let worker = try worker(number)
        let state = try AggregateState(
            keys: worker.keys, calls: worker.calls, directCapacity: 0,
            worker.compiler.context)
        worker.scan.range = ranges[task]
        try worker.pipeline.open()
        while try worker.pipeline.pull() { try state.add(worker.pipeline.batch) }
        states[task] = state
    }

    override func cancel() { origin.context.statement.fail() }

    /// Runs all tasks and merges their states into `target` in order.
    func fill(_ target: AggregateState) throws(NQLError) {
        compilers = workers.indices.map { _ in origin.workerCopy() }
        try WorkerPool.shared.run(self)
        for index in states.indices {
            if let state = states[index] { try target.merge(state) }
            states[index] = nil
        }
    }

    /// Adds what the workers' operators measured to `profiles`.
    func collectProfiles(_ body: (Operator) -> Void) {
        for index in workers.indices {
            for one in workers[index]?.compiler.operators ?? [] { body(one) }
        }
    }
}

/// A scan whose chunks may be limited to a range.
class MorselScan: Operator {
    /// Only these chunks, or rows of them; nil for all.
    final var range: ChunkRange?
}

extension PhysicalOperator {
    /// What stands at the bottom of a pipeline.
    var drivingScan: OperatorKind { inputs.first?.drivingScan ?? kind }
}
