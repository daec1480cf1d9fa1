// WeightAggregate: the count of an acyclic pattern's matches by elimination (WeightProgram). From
// the leaves to the root every pattern node becomes a table of weights; a leaf costs nothing where
// exact statistics prove that every neighbour matches, for then the sum over neighbours is the
// degree.
//
// Arithmetic is 64-bit with overflow detection first; when a weight overflows, the program runs
// again in 128 bits. After Abo Khamis, Ngo and Rudra, FAQ (PODS 2016).

import NQLPlanner
import NQLSyntax
import NenCore

/// One row with the count.
final class WeightAggregate: Operator {
    private let program: WeightProgram
    /// Knows all its operators, this one among them, and so outlives it.
    private unowned let compiler: PlanCompiler
    private var tables: [WeightNode: WeightTable] = [:]
    private var heldBytes = 0
    private var isDone = false

    init(
        _ scope: OperatorScope, _ program: WeightProgram, _ compiler: PlanCompiler
    ) throws(NQLError) {
        self.program = program
        self.compiler = compiler
        super.init(scope, inputs: [])
    }

    override var stateByteCount: Int { heldBytes }

    override func open() throws(NQLError) { isDone = false }

    override func next() throws(NQLError) -> Bool {
        if isDone { return false }
        isDone = true
        var total = try run(isWide: false)
        if total == nil { total = try run(isWide: true) }
        guard let total, let count = Int64(exactly: total) else {
            throw .runtime(
                .arithmetic, "IntegerOverflow", "The count is outside the range of integers.")
        }
        beginOutput()
        batch.vectors[program.slot] = try arena.constant(Cell(integer: count))
        batch.count = 1
        batch.selection = nil
        batch.multiplicity = nil
        return true
    }

    /// The program's value; nil when an intermediate did not fit.
    private func run(isWide: Bool) throws(NQLError) -> Int128? {
        defer { tables.removeAll() }
        let isParallel = context.transaction == nil && context.graph.nodeChunkCount >= 8
        let threads = isParallel ? max(1, context.statement.options.threads) : 1
        let compilers = (0 ..< threads).map { $0 == 0 ? compiler : compiler.workerCopy() }
        var total: Int128 = 0
        for term in program.terms {
            guard let lower = try lowerTables(term.root, isWide, compilers) else { return nil }
            let job = WeightJob(term.root, lower, isWide: isWide, into: nil, compilers)
            guard let count = try job.run(), let signed = Int128(exactly: count) else {
                return nil
            }
            let (product, isOver) = signed.multipliedReportingOverflow(
                by: Int128(term.coefficient))
            let (sum, isOut) = total.addingReportingOverflow(product)
            if isOver || isOut { return nil }
            total = sum
        }
        heldBytes = max(heldBytes, tables.values.reduce(0) { $0 + $1.byteCount })
        return total
    }

    /// The tables below a node, one per branch; nil on overflow. Equal subtrees are computed once.
    private func lowerTables(
        _ node: WeightNode, _ isWide: Bool, _ compilers: [PlanCompiler]
    ) throws(NQLError) -> [WeightTable]? {
        var result: [WeightTable] = []
        for branch in node.branches {
            if isUniversal(branch) {
                result.append(
                    try WeightTable(
                        chunkCount: 0, isUniversal: true, workers: 1, context.pool))
                continue
            }
            if let known = tables[branch.node] {
                result.append(known)
                continue
            }
            guard let below = try lowerTables(branch.node, isWide, compilers) else { return nil }
            let table = try WeightTable(
                chunkCount: context.graph.nodeChunkCount, isUniversal: false,
                workers: compilers.count, context.pool)
            let job = WeightJob(branch.node, below, isWide: isWide, into: table, compilers)
            guard try job.run() != nil else { return nil }
            tables[branch.node] = table
            result.append(table)
        }
        return result
    }

    /// Whether every node that the branch can reach has weight one, by exact statistics.
    private func isUniversal(_ branch: WeightBranch) -> Bool {
        let node = branch.node
        guard node.branches.isEmpty && node.predicates.isEmpty else { return false }
        guard let labels = node.labels else { return true }
        if LabelTest.isDynamic(labels) { return false }
        let graph = context.graph
        let test = LabelTest(labels)
        let types = branch.types.compactMap { graph.catalog.type($0) }
        func mayMiss(_ set: UInt32) -> Bool {
            set == GraphStatistics.foldedSet || !test.accepts(labelSet: set, graph)
        }
        for (group, count) in graph.statistics.relationshipsPerGroup where count > 0 {
            if !branch.types.isEmpty && !types.contains(group.type) { continue }
            if branch.direction != .incoming && mayMiss(group.targetSet) { return false }
            if branch.direction != .outgoing && mayMiss(group.sourceSet) { return false }
        }
        return true
    }
}
