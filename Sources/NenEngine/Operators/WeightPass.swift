// WeightPass: computes the weights of a pattern tree from its leaves to its root (see
// WeightProgram). Every pattern node is one pass over the chunks that can match it: the weight of a
// node is the product over its branches of the sum of its neighbours' weights. Leaves cost
// nothing where exact statistics prove that every neighbour matches: the sum is the degree.

import NQLPlanner
import NQLSyntax
import NenCore

/// Weights of one program in integers of one width.
final class WeightPass<Weight: WeightInteger> {
    private let context: ExecutionContext
    private let slotCount: Int
    private let plan: PlanCompiler
    private let arena: Arena
    private let scratch: Arena
    private let rows: Batch
    private var tables: [WeightNode: WeightTable<Weight>] = [:]
    private var runs: [AdjacencyRun] = []
    private let ones: UnsafePointer<Weight>
    /// Set when a weight did not fit; the results are then worthless.
    private(set) var hasOverflowed = false

    /// Tables' memory comes from `arena`.
    init(
        _ context: ExecutionContext, slotCount: Int, arena: Arena, _ plan: PlanCompiler
    ) throws(NQLError) {
        self.context = context
        self.slotCount = slotCount
        self.plan = plan
        self.arena = arena
        scratch = Arena(pool: context.pool)
        rows = Batch(slotCount: slotCount)
        let memory = try arena.allocate(Weight.self, count: 2_048)
        memory.initialize(repeating: 1, count: 2_048)
        ones = UnsafePointer(memory)
    }

    /// Number of matches of a tree: the sum of its root's weights.
    func count(_ root: WeightNode) throws(NQLError) -> Weight {
        let step = try NodeStep(root, self)
        let weights = try arena.allocate(Weight.self, count: 2_048)
        var total: Weight = 0
        for chunk in 0 ..< context.graph.nodeChunkCount {
            guard try fill(weights, chunk, root, step) else { continue }
            var row = 0
            while row < 2_048 {
                let (next, carry) = total.addingReportingOverflow(weights[row])
                total = next
                hasOverflowed = hasOverflowed || carry
                row &+= 1
            }
            if hasOverflowed { return 0 }
        }
        return total
    }

    /// What is prepared once per pattern node.
    struct NodeStep {
        let labels: LabelTest?
        let predicates: [Evaluator]
        let branches: [BranchStep]

        init(_ node: WeightNode, _ pass: WeightPass) throws(NQLError) {
            labels = node.labels.map { LabelTest($0) }
            var predicates: [Evaluator] = []
            let expressions = ExpressionCompiler(
                plan: pass.plan, available: [node.slot], feed: nil)
            for predicate in node.predicates {
                predicates.append(try expressions.compile(predicate))
            }
            self.predicates = predicates
            var branches: [BranchStep] = []
            for branch in node.branches { branches.append(try BranchStep(branch, pass)) }
            self.branches = branches
        }
    }

    /// What is prepared once per branch.
    struct BranchStep {
        let tables: StepTables
        let lower: WeightTable<Weight>
        let isOptional: Bool

        init(_ branch: WeightBranch, _ pass: WeightPass) throws(NQLError) {
            lower = try pass.table(branch)
            tables = StepTables(
                types: branch.types, direction: branch.direction, pass.context)
            tables.refresh()
            isOptional = branch.isOptional
        }
    }

    // MARK: tables

    /// The weights below a branch; equal subtrees are computed once.
    private func table(_ branch: WeightBranch) throws(NQLError) -> WeightTable<Weight> {
        let node = branch.node
        if isUniversal(branch) {
            return try WeightTable(
                chunkCount: context.graph.nodeChunkCount, isUniversal: true, arena)
        }
        if let known = tables[node] { return known }
        let step = try NodeStep(node, self)
        let fresh = try WeightTable<Weight>(
            chunkCount: context.graph.nodeChunkCount, isUniversal: false, arena)
        let isLeaf = node.branches.isEmpty && node.predicates.isEmpty
        var spare: UnsafeMutablePointer<Weight>?
        for chunk in 0 ..< fresh.chunkCount {
            if isLeaf, let verdict = try verdict(chunk, step.labels) {
                // Neighbours are live, so rows that are not need no zero.
                fresh.chunks[chunk] = verdict ? ones : nil
                continue
            }
            let weights = try spare ?? arena.allocate(Weight.self, count: 2_048)
            spare = weights
            if try fill(weights, chunk, node, step) {
                fresh.chunks[chunk] = UnsafePointer(weights)
                spare = nil
            }
        }
        tables[node] = fresh
        return fresh
    }

    /// Whether all nodes of a chunk satisfy the labels; nil when they differ or there are none.
    private func verdict(_ chunk: Int, _ labels: LabelTest?) throws(NQLError) -> Bool? {
        let graph = context.graph
        guard let labels else { return true }
        let set = graph.chunkLabelSets[chunk]
        return set == .max ? nil : labels.accepts(labelSet: set, graph)
    }

    /// Whether every node that the branch can reach has weight one, by exact statistics.
    private func isUniversal(_ branch: WeightBranch) -> Bool {
        let node = branch.node
        guard node.branches.isEmpty && node.predicates.isEmpty else { return false }
        guard let labels = node.labels else { return true }
        let graph = context.graph
        let catalog = graph.catalog
        let test = LabelTest(labels)
        let types = branch.types.compactMap { catalog.type($0) }
        for (group, count) in graph.statistics.relationshipsPerGroup where count > 0 {
            if !branch.types.isEmpty && !types.contains(group.type) { continue }
            if branch.direction != .incoming {
                if group.targetSet == GraphStatistics.foldedSet { return false }
                if !test.accepts(labelSet: group.targetSet, graph) { return false }
            }
            if branch.direction != .outgoing {
                if group.sourceSet == GraphStatistics.foldedSet { return false }
                if !test.accepts(labelSet: group.sourceSet, graph) { return false }
            }
        }
        return true
    }

    // MARK: chunks

    /// Computes the weights of a chunk's rows; false when all are zero.
    private func fill(
        _ weights: UnsafeMutablePointer<Weight>, _ chunk: Int, _ node: WeightNode,
        _ step: NodeStep
    ) throws(NQLError) -> Bool {
        try context.checkInterrupt()
        if try verdict(chunk, step.labels) == false { return false }
        let graph = context.graph
        let handle = try storage { try graph.nodeChunk(chunk) }
        guard handle.liveCount > 0 else { return false }
        scratch.reset()
        let candidates = try scratch.allocate(UInt16.self, count: 2_048)
        var count = candidateRows(handle, step.labels, into: candidates)
        for predicate in step.predicates where count > 0 {
            count = try keep(candidates, count, predicate, chunk, node.slot)
        }
        if count == 0 { return false }
        weights.initialize(repeating: 0, count: 2_048)
        var index = 0
        while index < count {
            weights[Int(candidates[index])] = 1
            index &+= 1
        }
        for branch in step.branches {
            count = try multiply(weights, candidates, count, chunk, branch)
            if count == 0 || hasOverflowed { return false }
        }
        return true
    }

    /// Live rows whose labels match, ascending.
    private func candidateRows(
        _ handle: ChunkHandle, _ labels: LabelTest?, into rows: UnsafeMutablePointer<UInt16>
    ) -> Int {
        let graph = context.graph
        let isMixed = handle.labelSets != nil
        var count = 0
        var row = 0
        while row < handle.rowCount {
            if handle.isLive(row) {
                let isMatch = !isMixed || labels == nil
                    || labels?.accepts(labelSet: handle.labelSet(row), graph) == true
                if isMatch {
                    rows[count] = UInt16(truncatingIfNeeded: row)
                    count &+= 1
                }
            }
            row &+= 1
        }
        return count
    }

    /// Keeps the rows for which `predicate` is true.
    private func keep(
        _ candidates: UnsafeMutablePointer<UInt16>, _ count: Int, _ predicate: Evaluator,
        _ chunk: Int, _ slot: Slot
    ) throws(NQLError) -> Int {
        let nodes = try scratch.allocate(UInt32.self, count: count)
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        for index in 0 ..< count { nodes[index] = first &+ UInt32(candidates[index]) }
        rows.vectors[slot] = Vector(.node, nodes)
        rows.count = count
        rows.selection = nil
        context.arena = scratch
        let truth = try predicate.booleans(rows.rows, context)
        if truth.isConstant {
            let isTrue = truth.kind == .boolean && truth.booleans[0] != 0
            return isTrue ? count : 0
        }
        let chosen = try scratch.allocate(UInt16.self, count: count + 1)
        let kept = Logic.select(truth, count, into: chosen)
        for index in 0 ..< kept { candidates[index] = candidates[Int(chosen[index])] }
        return kept
    }

    /// Multiplies the rows' weights by their neighbours' sums over one branch; keeps in
    /// `candidates` the rows that are not zero.
    private func multiply(
        _ weights: UnsafeMutablePointer<Weight>, _ candidates: UnsafeMutablePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ branch: BranchStep
    ) throws(NQLError) -> Int {
        let epoch = context.writeEpoch
        let sums = try scratch.allocate(Weight.self, count: count)
        sums.initialize(repeating: 0, count: count)
        for half in branch.tables.halves {
            let entry = try half.table.entry(chunk, epoch)
            if entry.form == .none { continue }
            if entry.form == .plain && !half.skipsLoops {
                addPlain(sums, candidates, count, entry, branch.lower)
            } else {
                try addRuns(sums, candidates, count, chunk, half, branch.lower)
            }
        }
        var kept = 0
        var index = 0
        while index < count {
            let row = Int(candidates[index])
            var sum = sums[index]
            if branch.isOptional && sum == 0 { sum = 1 }
            let (product, carry) = weights[row].multipliedReportingOverflow(by: sum)
            weights[row] = product
            hasOverflowed = hasOverflowed || carry
            candidates[kept] = candidates[index]
            kept &+= sum != 0 ? 1 : 0
            index &+= 1
        }
        return kept
    }

    private func addPlain(
        _ sums: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ entry: AdjacencyTable.Entry, _ lower: WeightTable<Weight>
    ) {
        var overflow = false
        var index = 0
        while index < count {
            let row = Int(candidates[index])
            let start = Int(entry.offsets[row])
            let length = Int(entry.offsets[row &+ 1]) &- start
            let sum = lower.sum(entry.neighbours + start, length, &overflow)
            let (next, carry) = sums[index].addingReportingOverflow(sum)
            sums[index] = next
            overflow = overflow || carry
            index &+= 1
        }
        hasOverflowed = hasOverflowed || overflow
    }

    private func addRuns(
        _ sums: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ half: StepTables.Half, _ lower: WeightTable<Weight>
    ) throws(NQLError) {
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        var overflow = false
        for index in 0 ..< count {
            let node = first &+ UInt32(candidates[index])
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(node, to: &runs)
            for run in runs {
                var sum = lower.sum(run.neighbours, run.count, &overflow)
                if half.skipsLoops {
                    sum = sum &- loops(run, node, lower)
                }
                let (next, carry) = sums[index].addingReportingOverflow(sum)
                sums[index] = next
                overflow = overflow || carry
            }
        }
        hasOverflowed = hasOverflowed || overflow
    }

    /// What a node's self-loops contributed to a run's sum.
    private func loops(
        _ run: AdjacencyRun, _ node: UInt32, _ lower: WeightTable<Weight>
    ) -> Weight {
        var total: Weight = 0
        var index = SortedRun.lowerBound(run.neighbours, run.count, node)
        while index < run.count && run.neighbours[index] == node {
            total = total &+ (lower.isUniversal ? 1 : lower.weight(node))
            index &+= 1
        }
        return total
    }
}
