// WeightWorker: the weights of one pattern node, chunk by chunk, for one worker: live rows that
// satisfy labels and predicates weigh one; each branch multiplies by the sum of the neighbours'
// weights.

import NQLPlan
import NQLSyntax
import NenCore

/// What one worker needs to compute one pattern node.
final class WeightWorker {
    /// A branch with the weights below it.
    private struct Branch {
        let tables: StepTables
        let lower: WeightTable
        let effect: WeightEffect
        /// A neighbour that k relationships lead to counts k to this power.
        let exponent: Int
    }

    let context: ExecutionContext
    private let node: WeightNode
    private let labels: LabelTest?
    private let predicates: [Evaluator]
    private let branches: [Branch]
    private let cycle: WeightCycleWalk?
    private let pairs: WeightPairs?
    /// What the cycle multiplies each node by, where that is known.
    private let factors: WeightTable?
    private let rows: Batch
    private let scratch: Arena
    private var runs: [AdjacencyRun] = []
    /// Neighbours of one node over all types and directions of a branch.
    private var neighbours: [UInt32] = []
    private var merged: [UInt32] = []
    /// Set when a weight did not fit.
    private(set) var hasOverflowed = false

    /// - Parameter lower: the tables below `node`.
    init(
        _ node: WeightNode, _ lower: WeightInputs, _ compiler: PlanCompiler
    ) throws(NQLError) {
        self.node = node
        let context = compiler.context
        self.context = context
        var tests = node.predicates
        if let own = node.labels, own.isDynamic {
            labels = nil
            let slot = PlanExpression(.slot(node.slot), type: .node)
            tests.insert(PlanExpression(.hasLabels(slot, own), type: .boolean), at: 0)
        } else {
            labels = node.labels.map { LabelTest($0) }
        }
        let expressions = ExpressionCompiler(plan: compiler, available: [node.slot], feed: nil)
        predicates = try expressions.compile(tests)
        branches = zip(node.branches, lower.branches).map { branch, table in
            let tables = StepTables(types: branch.types, direction: branch.direction, context)
            tables.refresh()
            return Branch(
                tables: tables, lower: table, effect: branch.effect,
                exponent: branch.exponent)
        }
        factors = lower.factors
        pairs = try lower.pairs.flatMap { (matrix) throws(NQLError) in
            try node.cycle.map { (cycle) throws(NQLError) in
                try WeightPairs(cycle, lower, matrix, context)
            }
        }
        if let cycle = node.cycle, factors == nil, pairs == nil {
            self.cycle = try WeightCycleWalk(cycle, lower, context)
        } else {
            cycle = nil
        }
        rows = Batch(slotCount: compiler.slotCount)
        scratch = Arena(pool: context.pool)
    }

    /// Computes the weights of a chunk's rows; false when all are zero (then `weights` may hold
    /// anything).
    func fill<Weight: WeightInteger>(
        _ weights: UnsafeMutablePointer<Weight>, chunk: Int
    ) throws(NQLError) -> Bool {
        try context.checkInterrupt()
        let graph = context.graph
        let set = graph.chunkLabelSets[chunk]
        if set != .max, let labels, !labels.accepts(labelSet: set, graph) { return false }
        let handle = try storage { try graph.nodeChunk(chunk) }
        guard handle.liveCount > 0 else { return false }
        scratch.reset()
        let candidates = try scratch.allocate(UInt16.self, count: ChunkFormat.rowsPerChunk)
        var count = candidateRows(handle, into: candidates)
        for predicate in predicates where count > 0 {
            count = try keep(candidates, count, predicate, chunk)
        }
        if count == 0 { return false }
        weights.initialize(repeating: 0, count: ChunkFormat.rowsPerChunk)
        var index = 0
        while index < count {
            weights[Int(candidates[index])] = 1
            index &+= 1
        }
        for branch in branches {
            count = try multiply(weights, candidates, count, chunk, branch)
            if count == 0 || hasOverflowed { return false }
        }
        if let factors { return multiply(weights, candidates, count, chunk, factors) }
        if let cycle { return try multiply(weights, candidates, count, chunk, cycle) }
        if let pairs { return try multiply(weights, candidates, count, chunk, pairs) }
        return true
    }

    /// Live rows whose labels match, ascending.
    private func candidateRows(
        _ handle: ChunkHandle, into rows: UnsafeMutablePointer<UInt16>
    ) -> Int {
        let graph = context.graph
        let test = handle.labelSets == nil ? nil : labels
        var count = 0
        var row = 0
        while row < handle.rowCount {
            let isMatch = test?.accepts(labelSet: handle.labelSet(row), graph) ?? true
            if isMatch && handle.isLive(row) {
                rows[count] = UInt16(truncatingIfNeeded: row)
                count &+= 1
            }
            row &+= 1
        }
        return count
    }

    /// Keeps the rows for which `predicate` is true.
    private func keep(
        _ candidates: UnsafeMutablePointer<UInt16>, _ count: Int, _ predicate: Evaluator,
        _ chunk: Int
    ) throws(NQLError) -> Int {
        let nodes = try scratch.allocate(UInt32.self, count: count)
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        for index in 0 ..< count { nodes[index] = first &+ UInt32(candidates[index]) }
        rows.vectors[node.slot] = Vector(.node, nodes)
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
    private func multiply<Weight: WeightInteger>(
        _ weights: UnsafeMutablePointer<Weight>, _ candidates: UnsafeMutablePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ branch: Branch
    ) throws(NQLError) -> Int {
        let epoch = context.writeEpoch
        let sums = try scratch.allocate(Weight.self, count: count)
        sums.initialize(repeating: 0, count: count)
        if branch.exponent > 1 { try addPowers(sums, candidates, count, chunk, branch) }
        for half in branch.tables.halves where branch.exponent == 1 {
            let entry = try half.table.entry(chunk, epoch)
            if entry.form == .none { continue }
            if entry.form == .plain && !half.skipsLoops {
                addPlain(sums, candidates, count, entry, branch.lower)
            } else {
                try addRuns(sums, candidates, count, chunk, half, branch.lower)
            }
        }
        var overflow = false
        var kept = 0
        var index = 0
        while index < count {
            let row = Int(candidates[index])
            var sum = sums[index]
            switch branch.effect {
            case .product: break
            case .optional: sum = max(1, sum)
            case .exists: sum = min(1, sum)
            case .absent: sum = sum == 0 ? 1 : 0
            }
            let (product, carry) = weights[row].multipliedReportingOverflow(by: sum)
            weights[row] = product
            overflow = overflow || carry
            candidates[kept] = candidates[index]
            kept &+= sum != 0 ? 1 : 0
            index &+= 1
        }
        hasOverflowed = hasOverflowed || overflow
        return kept
    }

    /// Multiplies the rows' weights by the factors of a cycle; false when all become zero.
    private func multiply<Weight: WeightInteger>(
        _ weights: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ cycle: WeightCycleWalk
    ) throws(NQLError) -> Bool {
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        var isNonzero = false
        for index in 0 ..< count {
            let row = Int(candidates[index])
            let factor = try cycle.factor(first &+ UInt32(candidates[index]), Weight.self)
            let (product, carry) = weights[row].multipliedReportingOverflow(by: factor)
            weights[row] = product
            hasOverflowed = hasOverflowed || carry || cycle.hasOverflowed
            if hasOverflowed { return false }
            isNonzero = isNonzero || product != 0
        }
        return isNonzero
    }

    /// The same for a cycle whose factors are worked out for many rows together.
    private func multiply<Weight: WeightInteger>(
        _ weights: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ pairs: WeightPairs
    ) throws(NQLError) -> Bool {
        let capacity = WeightPairs.blockCapacity
        let nodes = try scratch.allocate(UInt32.self, count: capacity)
        let factors = try scratch.allocate(Weight.self, count: capacity)
        let base = UInt32(truncatingIfNeeded: chunk &<< 11)
        var isNonzero = false
        for first in stride(from: 0, to: count, by: capacity) {
            let some = min(capacity, count &- first)
            for index in 0 ..< some { nodes[index] = base &+ UInt32(candidates[first &+ index]) }
            try pairs.factors(nodes, some, into: factors)
            for index in 0 ..< some {
                let row = Int(candidates[first &+ index])
                let (product, carry) = weights[row].multipliedReportingOverflow(
                    by: factors[index])
                weights[row] = product
                hasOverflowed = hasOverflowed || carry
                isNonzero = isNonzero || product != 0
            }
            if hasOverflowed || pairs.hasOverflowed {
                hasOverflowed = true
                return false
            }
        }
        return isNonzero
    }

    /// The same by factors that are known.
    private func multiply<Weight: WeightInteger>(
        _ weights: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ factors: WeightTable
    ) -> Bool {
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        var isNonzero = false
        for index in 0 ..< count {
            let row = Int(candidates[index])
            let factor = factors.weight(first &+ UInt32(candidates[index]), Weight.self)
            let (product, carry) = weights[row].multipliedReportingOverflow(by: factor)
            weights[row] = product
            hasOverflowed = hasOverflowed || carry
            isNonzero = isNonzero || product != 0
        }
        return isNonzero && !hasOverflowed
    }

    private func addPlain<Weight: WeightInteger>(
        _ sums: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ entry: AdjacencyTable.Entry, _ lower: WeightTable
    ) {
        let offsets = entry.offsets
        let neighbours = entry.neighbours
        var overflow = false
        var index = 0
        while index < count {
            let row = Int(candidates[index])
            let start = Int(offsets[row])
            let length = Int(offsets[row &+ 1]) &- start
            let sum: Weight = lower.sum(neighbours + start, length, &overflow)
            let (next, carry) = sums[index].addingReportingOverflow(sum)
            sums[index] = next
            overflow = overflow || carry
            index &+= 1
        }
        hasOverflowed = hasOverflowed || overflow
    }

    private func addRuns<Weight: WeightInteger>(
        _ sums: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ half: StepTables.Half, _ lower: WeightTable
    ) throws(NQLError) {
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        var overflow = false
        for index in 0 ..< count {
            let node = first &+ UInt32(candidates[index])
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(node, to: &runs)
            for run in runs {
                var sum: Weight = lower.sum(run.neighbours, run.count, &overflow)
                if half.skipsLoops { sum = sum &- loops(run, node, lower) }
                let (next, carry) = sums[index].addingReportingOverflow(sum)
                sums[index] = next
                overflow = overflow || carry
            }
        }
        hasOverflowed = hasOverflowed || overflow
    }

    /// Sums over the different neighbours, each with the number of relationships to it raised to
    /// the branch's exponent.
    private func addPowers<Weight: WeightInteger>(
        _ sums: UnsafeMutablePointer<Weight>, _ candidates: UnsafePointer<UInt16>,
        _ count: Int, _ chunk: Int, _ branch: Branch
    ) throws(NQLError) {
        let first = UInt32(truncatingIfNeeded: chunk &<< 11)
        var overflow = false
        for index in 0 ..< count {
            try collectNeighbours(first &+ UInt32(candidates[index]), branch)
            var start = 0
            while start < neighbours.count {
                let node = neighbours[start]
                var end = start &+ 1
                while end < neighbours.count && neighbours[end] == node { end &+= 1 }
                var weight = branch.lower.weight(node, Weight.self)
                let parallel = Weight(truncatingIfNeeded: end &- start)
                for _ in 0 ..< branch.exponent {
                    let (power, carry) = weight.multipliedReportingOverflow(by: parallel)
                    weight = power
                    overflow = overflow || carry
                }
                let (next, carry) = sums[index].addingReportingOverflow(weight)
                sums[index] = next
                overflow = overflow || carry
                start = end
            }
        }
        hasOverflowed = hasOverflowed || overflow
    }

    /// Puts the far ends of all relationships of a branch in order.
    private func collectNeighbours(_ node: UInt32, _ branch: Branch) throws(NQLError) {
        neighbours.removeAll(keepingCapacity: true)
        var (runCount, second) = (0, 0)
        for half in branch.tables.halves {
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(node, to: &runs)
            for run in runs {
                runCount &+= 1
                if runCount == 2 { second = neighbours.count }
                for position in 0 ..< run.count {
                    let far = run.neighbours[position]
                    if half.skipsLoops && far == node { continue }
                    neighbours.append(far)
                }
            }
        }
        switch runCount {
        case 0, 1: break
        case 2: merge(second)
        default: neighbours.sort()
        }
    }

    /// Merges the neighbours before place `second` with those from there on.
    private func merge(_ second: Int) {
        merged.removeAll(keepingCapacity: true)
        var (a, b) = (0, second)
        while a < second && b < neighbours.count {
            let isFirst = neighbours[a] <= neighbours[b]
            merged.append(neighbours[isFirst ? a : b])
            a &+= isFirst ? 1 : 0
            b &+= isFirst ? 0 : 1
        }
        merged += neighbours[a ..< second]
        merged += neighbours[b...]
        swap(&merged, &neighbours)
    }

    /// What a node's self-loops contributed to a run's sum.
    private func loops<Weight: WeightInteger>(
        _ run: AdjacencyRun, _ node: UInt32, _ lower: WeightTable
    ) -> Weight {
        var total: Weight = 0
        var index = SortedRun.lowerBound(run.neighbours, run.count, node)
        while index < run.count && run.neighbours[index] == node {
            total = total &+ lower.weight(node, Weight.self)
            index &+= 1
        }
        return total
    }
}
