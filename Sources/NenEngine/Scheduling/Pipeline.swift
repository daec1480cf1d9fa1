// Pipeline: a chain of operators from a source to a sink, run by several threads. What the source
// reads is cut into morsels, one a task; every worker has its own copy of the chain, and each task
// gathers its rows apart. What was gathered is combined in the order of the tasks: so results come
// as from one thread, whatever the number of threads; but that an optional apply hands out what it
// found nothing for behind each batch, and where batches end is a matter of tasks.
//
// What the copies share is made first, by the thread that asks, from the chain's own operators: the
// right sides of joins and products, top down as one thread would, and the groups of an aggregate
// in the chain, which are then the source.

import NQLPlan
import NenCore

/// A way to run what is below a sink on several threads.
final class Pipeline {
    private let plan: PhysicalOperator
    /// Knows the operator that this pipeline ends in, and so outlives both.
    private unowned let origin: PlanCompiler
    private let threads: Int
    /// The sink takes multiplicities.
    private let canCount: Bool
    /// What the workers' operators measured.
    private(set) var measures: [OperatorMeasure] = []

    /// The pipeline of input number `index` of `plan`; nil where the plan gives it one thread.
    init?(into plan: PhysicalOperator, input index: Int = 0, _ compiler: PlanCompiler) {
        let threads = min(plan.execution.threads, compiler.context.statement.options.threads)
        guard threads > 1 else { return nil }
        self.plan = plan.inputs[index]
        canCount = index == 0 && plan.leftCounts(false, plan.inputs[0])
        self.threads = threads
        origin = compiler
    }

    /// Runs all rows into `sink`. False, and nothing has been done that pulling from `input` would
    /// not use, when there is not enough for two threads.
    ///
    /// - Parameter input: the chain as it was compiled for one thread, opened.
    /// - Throws: what the first task that fails throws.
    func run<S: Sink>(_ input: Operator, into sink: S) throws(NQLError) -> Bool {
        var shared: [Int: SharedInput] = [:]
        var groups: AggregateGroups?
        var node = input
        while true {
            if let part = try node.share() {
                if node.isIdle { return true }
                if case .nothing = part { return false }
                shared[node.id] = part
                if case .groups(let found) = part {
                    groups = found
                    break
                }
            }
            guard let below = node.inputs.first else { break }
            node = below
        }
        let tasks = threads * Int(OperatorExecution.morselsPerThread)
        let ranges: [ChunkRange]?
        if let groups {
            ranges = ChunkRange.cut(groupCount: groups.count, tasks: tasks)
        } else {
            let spine = plan.spine
            ranges = ChunkRange.cut(
                spine[spine.count - 1].kind, origin.context.graph, tasks: tasks)
        }
        guard let ranges else { return false }
        let workers = min(threads, ranges.count)
        let job = PipelineJob(
            plan, sink, canCount: canCount, ranges: ranges,
            compilers: (0 ..< workers).map { _ in origin.workerCopy(sharing: shared) })
        try WorkerPool.shared.run(job)
        if origin.context.statement.options.isProfiling { measures += job.measures }
        try sink.combine(job.locals, threads: threads)
        return true
    }
}

/// The tasks of a pipeline.
private final class PipelineJob<S: Sink>: ParallelJob, @unchecked Sendable {
    // Sendable: workers[w] is only touched by worker w, locals[t] only by the one that does t.
    private struct Worker {
        let pipeline: Operator
        let source: MorselSource
        let part: S.Part
    }

    private let plan: PhysicalOperator
    private let sink: S
    private let canCount: Bool
    /// What each task reads.
    private let ranges: [ChunkRange]
    /// One per worker, made before any of them runs.
    private let compilers: [PlanCompiler]
    private let workers: Slots<Worker?>
    let locals: Slots<S.Local?>

    init(
        _ plan: PhysicalOperator, _ sink: S, canCount: Bool, ranges: [ChunkRange],
        compilers: [PlanCompiler]
    ) {
        self.plan = plan
        self.canCount = canCount
        self.sink = sink
        self.ranges = ranges
        self.compilers = compilers
        workers = Slots(repeating: nil, count: compilers.count)
        locals = Slots(repeating: nil, count: ranges.count)
        super.init(taskCount: ranges.count, workers: compilers.count)
    }

    private func worker(_ number: Int) throws(NQLError) -> Worker {
        if let known = workers[number] { return known }
        let compiler = compilers[number]
        let pipeline = try compiler.compile(plan, nil, canCount: canCount)
        // The source stands at the end of the left inputs.
        var bottom = pipeline
        while let input = bottom.inputs.first { bottom = input }
        guard let source = bottom as? MorselSource else {
            preconditionFailure("the pipeline of operator \(plan.id) has no source")
        }
        let fresh = Worker(
            pipeline: pipeline, source: source,
            part: try sink.makePart(compiler, over: pipeline))
        workers[number] = fresh
        return fresh
    }

    override func run(task: Int, worker number: Int) throws(NQLError) {
        let worker = try worker(number)
        let local = try sink.makeLocal(worker.part)
        worker.source.range = ranges[task]
        try worker.pipeline.open()
        while try worker.pipeline.pull() {
            if worker.pipeline.batch.count > 0 {
                try sink.consume(worker.pipeline.batch, local)
            }
        }
        try sink.endTask(local)
        locals[task] = local
    }

    /// What the workers' operators measured.
    var measures: [OperatorMeasure] {
        compilers.flatMap { $0.operators.compactMap { OperatorMeasure($0) } }
    }
}

/// What one running operator measured, for PROFILE.
struct OperatorMeasure {
    let id: Int
    /// Of two operators made from one of the plan this is the one that hands out its rows.
    let isLater: Bool
    let profile: OperatorProfile

    /// nil when the operator never ran.
    init?(_ one: Operator) {
        if one.profile.nanoseconds == 0 { return nil }
        id = one.id
        isLater = one.inputs.contains { $0.id == one.id }
        profile = OperatorProfile(
            rows: one.profile.rows, nanoseconds: one.ownNanoseconds, bytes: one.profile.bytes,
            spilledBytes: one.profile.spilledBytes)
    }
}
