// WeightAggregate: the count of an acyclic pattern's matches by elimination. Every pattern node below
// the root becomes an array of weights, one per graph node: 1 (or 0 where labels or predicates
// fail) times, for each branch, the sum of the weights of the neighbours. The root's weights are
// added up. Weights are pulled: each node sums over its own adjacency, chunk by chunk, so chunks
// can be done in parallel. A leaf without predicates needs no array: its weight is decided by
// the label set of its chunk, or it is the degree.
//
// Arithmetic is 64-bit with overflow detection first; when a weight overflows, all is done again
// in 128 bits. After Abo Khamis, Ngo and Rudra, FAQ (PODS 2016).

import NQLPlanner
import NQLSyntax
import NenCore

/// One row with the count.
final class WeightAggregate: Operator {
    private let program: WeightProgram
    private let compiler: PlanCompiler
    private var isDone = false

    init(
        _ scope: OperatorScope, _ program: WeightProgram, _ compiler: PlanCompiler
    ) throws(NQLError) {
        self.program = program
        self.compiler = compiler
        super.init(scope, inputs: [])
    }

    override func open() throws(NQLError) { isDone = false }

    override func next() throws(NQLError) -> Bool {
        if isDone { return false }
        isDone = true
        var total: Int128 = 0
        for term in program.terms {
            let count = try WeightRun.count(term.root, compiler)
            let (product, overflow) = count.multipliedReportingOverflow(
                by: Int128(term.coefficient))
            let (sum, sumOverflow) = total.addingReportingOverflow(product)
            if overflow || sumOverflow { throw WeightRun.outOfRange }
            total = sum
        }
        guard let count = Int64(exactly: total) else { throw WeightRun.outOfRange }
        beginOutput()
        batch.vectors[program.slot] = try arena.constant(Cell(integer: count))
        batch.count = 1
        batch.selection = nil
        batch.multiplicity = nil
        return true
    }
}

/// Running one term.
enum WeightRun {
    static let outOfRange = NQLError.runtime(
        .arithmetic, "IntegerOverflow", "The count is outside the range of integers.")

    /// The number of matches of a pattern tree.
    static func count(
        _ root: WeightNode, _ compiler: PlanCompiler
    ) throws(NQLError) -> Int128 {
        if let narrow = try count(root, compiler, Int64.self) { return narrow }
        if let wide = try count(root, compiler, Int128.self) { return wide }
        throw outOfRange
    }

    /// The same in one width; nil on overflow.
    private static func count<W: WeightInteger>(
        _ root: WeightNode, _ compiler: PlanCompiler, _ width: W.Type
    ) throws(NQLError) -> Int128? {
        guard let job = try WeightJob<W>.make(root, compiler, keepsArray: false) else {
            return nil
        }
        return try job.run()
    }
}

/// Int64 and Int128.
protocol WeightInteger: FixedWidthInteger, BitwiseCopyable, Sendable {}
extension Int64: WeightInteger {}
extension Int128: WeightInteger {}

/// Weights of the node below a branch.
enum BranchWeights<W: WeightInteger> {
    /// Every neighbour counts one: the degree.
    case degree
    /// 1 or 0 by the neighbour's label set.
    case labels(PlanLabels)
    case array(PooledArray<W>)
}

/// Computes the weights of one pattern node over all chunks.
final class WeightJob<W: WeightInteger>: ParallelJob, @unchecked Sendable {
    // Sendable: workers[w] belongs to worker w, sums[t] to the one that does task t; tasks write
    // disjoint parts of `weights`, whose memory does not move while they run.
    private let node: WeightNode
    private let origin: PlanCompiler
    private let branches: [BranchWeights<W>]
    private let weights: PooledArray<W>?
    private let chunkCount: Int
    private var workers: [WeightWorker<W>?]
    /// One per worker, made before any of them runs.
    private let compilers: [PlanCompiler]
    private var sums: [Int128?]

    private init(
        _ node: WeightNode, _ origin: PlanCompiler, _ branches: [BranchWeights<W>],
        _ weights: PooledArray<W>?, chunkCount: Int, tasks: Int, threads: Int
    ) {
        self.node = node
        self.origin = origin
        self.branches = branches
        self.weights = weights
        self.chunkCount = chunkCount
        workers = Array(repeating: nil, count: threads)
        compilers = (0 ..< threads).map { $0 == 0 ? origin : origin.workerCopy() }
        sums = Array(repeating: 0, count: tasks)
        super.init(taskCount: tasks, workers: threads)
    }

    /// Prepares a node after computing everything below it; nil on overflow there.
    static func make(
        _ node: WeightNode, _ compiler: PlanCompiler, keepsArray: Bool
    ) throws(NQLError) -> WeightJob? {
        var branches: [BranchWeights<W>] = []
        for branch in node.branches {
            let below = branch.node
            if below.branches.isEmpty && below.predicates.isEmpty {
                guard let labels = below.labels else {
                    branches.append(.degree)
                    continue
                }
                if !LabelTest.isDynamic(labels) {
                    branches.append(.labels(labels))
                    continue
                }
            }
            guard let job = try make(below, compiler, keepsArray: true),
                try job.run() != nil, let array = job.weights
            else { return nil }
            branches.append(.array(array))
        }
        let context = compiler.context
        let chunkCount = context.graph.nodeChunkCount
        var weights: PooledArray<W>?
        if keepsArray {
            let array = PooledArray<W>(pool: context.pool)
            try array.resize(max(1, chunkCount << 11), filling: 0)
            weights = array
        }
        let isParallel = context.transaction == nil && chunkCount >= 8
        let threads = isParallel ? max(1, context.statement.options.threads) : 1
        let tasks = threads == 1 ? 1 : min(chunkCount, threads * 8)
        return WeightJob(
            node, compiler, branches, weights, chunkCount: chunkCount, tasks: tasks,
            threads: threads)
    }

    /// The sum of all weights; nil on overflow.
    func run() throws(NQLError) -> Int128? {
        try WorkerPool.shared.run(self)
        var total: Int128 = 0
        for sum in sums {
            guard let sum else { return nil }
            let (next, overflow) = total.addingReportingOverflow(sum)
            if overflow { return nil }
            total = next
        }
        return total
    }

    override func run(task: Int, worker number: Int) throws(NQLError) {
        let worker: WeightWorker<W>
        if let known = workers[number] {
            worker = known
        } else {
            worker = try WeightWorker(node, compilers[number], branches)
            workers[number] = worker
        }
        let start = chunkCount * task / taskCount
        let end = chunkCount * (task + 1) / taskCount
        var total: Int128 = 0
        for chunk in start ..< end {
            try worker.context.checkInterrupt()
            let target = weights.map { $0.pointer + chunk << 11 }
            guard let sum = try worker.sum(ofChunk: chunk, into: target) else {
                sums[task] = nil
                return
            }
            let (next, overflow) = total.addingReportingOverflow(sum)
            if overflow {
                sums[task] = nil
                return
            }
            total = next
        }
        sums[task] = total
    }

    override func cancel() { origin.context.statement.fail() }
}

/// One worker's tables for a pattern node.
final class WeightWorker<W: WeightInteger> {
    let context: ExecutionContext
    private let node: WeightNode
    private let labels: LabelTest?
    private let predicates: [Evaluator]
    private let steps: [StepTables]
    private let branches: [BranchWeights<W>]
    private let branchLabels: [LabelTest?]
    /// Chunk → 0 no, 1 yes, 2 mixed, per branch of form `labels`.
    private var chunkVerdicts: [[UInt8]]
    private let batch: Batch
    private let arena: Arena
    private var runs: [AdjacencyRun] = []

    init(
        _ node: WeightNode, _ compiler: PlanCompiler, _ branches: [BranchWeights<W>]
    ) throws(NQLError) {
        context = compiler.context
        self.node = node
        self.branches = branches
        let context = compiler.context
        var tests: [PlanExpression] = node.predicates
        if let own = node.labels, LabelTest.isDynamic(own) {
            labels = nil
            let slot = PlanExpression(.slot(node.slot), type: .node)
            tests.insert(PlanExpression(.hasLabels(slot, own), type: .boolean), at: 0)
        } else {
            labels = node.labels.map { LabelTest($0) }
        }
        let expressions = ExpressionCompiler(plan: compiler, available: [node.slot], feed: nil)
        predicates = try expressions.compile(tests)
        steps = node.branches.map {
            StepTables(types: $0.types, direction: $0.direction, context)
        }
        for step in steps { step.refresh() }
        branchLabels = branches.map {
            if case .labels(let labels) = $0 { return LabelTest(labels) }
            return nil
        }
        chunkVerdicts = []
        batch = Batch(slotCount: compiler.slotCount)
        arena = Arena(pool: context.pool)
        for test in branchLabels { chunkVerdicts.append(verdicts(test)) }
    }

    private func verdicts(_ test: LabelTest?) -> [UInt8] {
        guard let test else { return [] }
        let graph = context.graph
        let sets = graph.chunkLabelSets
        return (0 ..< graph.nodeChunkCount).map { chunk in
            let set = sets[chunk]
            if set == .max { return 2 }
            return test.accepts(labelSet: set, graph) ? 1 : 0
        }
    }

    /// Adds up the weights of a chunk's nodes, and stores them; nil on overflow.
    func sum(
        ofChunk chunk: Int, into target: UnsafeMutablePointer<W>?
    ) throws(NQLError) -> Int128? {
        let graph = context.graph
        let set = graph.chunkLabelSets[chunk]
        if set != .max, let labels, !labels.accepts(labelSet: set, graph) { return 0 }
        let handle = try storage { try graph.nodeChunk(chunk) }
        let rowCount = handle.rowCount
        if rowCount == 0 { return 0 }
        arena.reset()
        context.arena = arena
        let rows = try rowsOf(handle, chunk)
        if rows.count == 0 { return 0 }
        if node.branches.isEmpty {
            if let target { for row in 0 ..< rows.count { target[rows.position(row)] = 1 } }
            return Int128(rows.count)
        }
        var total: Int128 = 0
        let base = UInt32(truncatingIfNeeded: chunk) &<< 11
        for row in 0 ..< rows.count {
            let position = rows.position(row)
            guard let weight = try weight(base &+ UInt32(truncatingIfNeeded: position)) else {
                return nil
            }
            target?[position] = weight
            total &+= Int128(weight)
        }
        return total
    }

    /// The rows of a chunk that satisfy labels and predicates.
    private func rowsOf(_ handle: ChunkHandle, _ chunk: Int) throws(NQLError) -> RowSet {
        let rowCount = handle.rowCount
        let base = UInt32(truncatingIfNeeded: chunk) &<< 11
        let ids = try arena.allocate(UInt32.self, count: rowCount)
        for row in 0 ..< rowCount { ids[row] = base &+ UInt32(truncatingIfNeeded: row) }
        var vector = Vector(.node, ids)
        vector.sequence = base
        batch.vectors[node.slot] = vector
        batch.count = rowCount
        batch.selection = nil
        var rows = batch.rows
        if !handle.isAllLive || (labels != nil && handle.labelSets != nil) {
            let chosen = try arena.allocate(UInt16.self, count: rowCount + 1)
            var count = 0
            for row in 0 ..< rowCount where Bitmap.isSet(handle.liveBits, row) {
                if let labels, !labels.accepts(labelSet: handle.labelSet(row), context.graph) {
                    continue
                }
                chosen[count] = UInt16(truncatingIfNeeded: row)
                count += 1
            }
            rows = try rows.subset(chosen, count, arena)
        }
        for predicate in predicates where rows.count > 0 {
            let truth = try predicate.booleans(rows, context)
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            let count = Logic.select(truth, rows.count, into: chosen)
            rows = try rows.subset(chosen, count, arena)
        }
        return rows
    }

    /// The product over the branches; nil on overflow.
    private func weight(_ id: UInt32) throws(NQLError) -> W? {
        var product: W = 1
        var index = 0
        while index < branches.count {
            guard var sum = try branchSum(index, id) else { return nil }
            if node.branches[index].isOptional && sum < 1 { sum = 1 }
            if sum == 0 { return 0 }
            let (next, overflow) = product.multipliedReportingOverflow(by: sum)
            if overflow { return nil }
            product = next
            index &+= 1
        }
        return product
    }

    /// The sum of the neighbours' weights over one branch.
    private func branchSum(_ index: Int, _ id: UInt32) throws(NQLError) -> W? {
        var sum: W = 0
        let epoch = context.writeEpoch
        for half in steps[index].halves {
            if case .degree = branches[index], !half.skipsLoops {
                sum &+= W(truncatingIfNeeded: try half.table.degree(id, epoch))
                continue
            }
            let entry = try half.table.entry(Int(id &>> 11), epoch)
            switch entry.form {
            case .unresolved, .none: continue
            case .plain:
                let row = Int(id & 2_047)
                let start = Int(entry.offsets[row])
                let count = Int(entry.offsets[row &+ 1]) &- start
                guard
                    let part = try runSum(
                        index, entry.neighbours + start, count, half.skipsLoops ? id : nil)
                else { return nil }
                let (next, overflow) = sum.addingReportingOverflow(part)
                if overflow { return nil }
                sum = next
            case .handle:
                runs.removeAll(keepingCapacity: true)
                try half.table.appendRuns(id, to: &runs)
                for run in runs {
                    guard
                        let part = try runSum(
                            index, run.neighbours, run.count, half.skipsLoops ? id : nil)
                    else { return nil }
                    let (next, overflow) = sum.addingReportingOverflow(part)
                    if overflow { return nil }
                    sum = next
                }
            }
        }
        return sum
    }

    /// The sum over one run; neighbours equal to `loop` do not count.
    private func runSum(
        _ index: Int, _ neighbours: UnsafePointer<UInt32>, _ count: Int, _ loop: UInt32?
    ) throws(NQLError) -> W? {
        var sum: W = 0
        var place = 0
        switch branches[index] {
        case .degree:
            while place < count {
                if neighbours[place] != loop { sum &+= 1 }
                place &+= 1
            }
        case .labels:
            var counted = 0
            var reader = LabelSetReader(context)
            let verdicts = chunkVerdicts[index]
            guard let test = branchLabels[index] else { return 0 }
            try verdicts.withUnsafeBufferPointer { (table) throws(NQLError) in
                while place < count {
                    let neighbour = neighbours[place]
                    place &+= 1
                    if neighbour == loop { continue }
                    var verdict = Int(table[Int(neighbour &>> 11)])
                    if verdict == 2 {
                        let set = try reader.labelSet(neighbour)
                        verdict = test.accepts(labelSet: set, context.graph) ? 1 : 0
                    }
                    counted &+= verdict
                }
            }
            sum = W(truncatingIfNeeded: counted)
        case .array(let array):
            let weights = UnsafePointer(array.pointer)
            var hasOverflow = false
            while place < count {
                let neighbour = neighbours[place]
                place &+= 1
                if neighbour == loop { continue }
                let (next, overflow) = sum.addingReportingOverflow(weights[Int(neighbour)])
                sum = next
                hasOverflow = hasOverflow || overflow
            }
            if hasOverflow { return nil }
        }
        return sum
    }
}
