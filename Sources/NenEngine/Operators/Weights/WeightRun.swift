// WeightRun: a weight program (`WeightProgram`) at work. From the leaves to the root every pattern
// node becomes a table of weights; a leaf costs nothing where exact statistics prove that every
// neighbour matches, for then the sum over neighbours is the degree.
//
// Arithmetic is 64-bit with overflow detection first; when a weight overflows, the program runs
// again in 128 bits. After Abo Khamis, Ngo and Rudra, FAQ (PODS 2016).

import NQLPlan
import NQLSyntax
import NenCore

/// Computes the terms of a program.
final class WeightRun {
    private let program: WeightProgram
    /// Knows all its operators, those with a run among them, and so outlives it.
    private unowned let compiler: PlanCompiler
    private var context: ExecutionContext { compiler.context }
    private var tables: [WeightNode: WeightTable] = [:]
    /// Of nodes that only labels restrict; they hold for nodes that a step leads to.
    private var labelTables: [PlanLabels: WeightTable] = [:]
    private var matrices: [WeightCycle: PairMatrix] = [:]
    /// Most bytes that were held at a time.
    private(set) var heldBytes = 0
    /// The most that something held besides the tables while it ran.
    private var passingBytes = 0

    /// Threads that the plan gives it.
    private let threads: Int

    init(_ program: WeightProgram, _ compiler: PlanCompiler, threads: Int) {
        self.threads = threads
        self.program = program
        self.compiler = compiler
    }

    /// The sum of all weights of all terms.
    func total() throws(NQLError) -> Int128 {
        for isWide in [false, true] {
            defer { forget() }
            if let total = try total(isWide) { return total }
        }
        throw WeightRun.overflow
    }

    /// The weights of each term's root, in the order of the terms; wide ones are 128 bits each.
    func roots() throws(NQLError) -> (tables: [WeightTable], isWide: Bool) {
        for isWide in [false, true] {
            defer { forget() }
            if let roots = try roots(isWide) { return (roots, isWide) }
        }
        throw WeightRun.overflow
    }

    static var overflow: NQLError {
        .runtime(.arithmetic, "IntegerOverflow", "The count is outside the range of integers.")
    }

    /// One per thread that may work.
    private func workers() -> [PlanCompiler] {
        let threads = min(threads, context.statement.options.threads)
        return (0 ..< max(1, threads)).map { $0 == 0 ? compiler : compiler.workerCopy() }
    }

    /// nil when an intermediate did not fit.
    private func total(_ isWide: Bool) throws(NQLError) -> Int128? {
        let compilers = workers()
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
        noteBytes()
        return total
    }

    private func roots(_ isWide: Bool) throws(NQLError) -> [WeightTable]? {
        let compilers = workers()
        var result: [WeightTable] = []
        for term in program.terms {
            guard let table = try table(term.root, isWide, compilers) else { return nil }
            result.append(table)
        }
        noteBytes()
        return result
    }

    private func noteBytes() {
        let labelled = labelTables.values.reduce(passingBytes) { $0 + $1.byteCount }
        heldBytes = max(heldBytes, tables.values.reduce(labelled) { $0 + $1.byteCount })
    }

    private func forget() {
        tables.removeAll()
        labelTables.removeAll()
        matrices.removeAll()
    }

    /// The tables below a node; nil on overflow.
    private func lowerTables(
        _ node: WeightNode, _ isWide: Bool, _ compilers: [PlanCompiler]
    ) throws(NQLError) -> WeightInputs? {
        var result = WeightInputs()
        for branch in node.branches {
            let steps = [(branch.types, branch.direction)]
            guard let table = try lower(branch.node, by: steps, isWide, compilers) else {
                return nil
            }
            result.branches.append(table)
        }
        guard let cycle = node.cycle else { return result }
        for (way, place) in [(cycle.left, \WeightInputs.left), (cycle.right, \.right)] {
            for step in way {
                guard let between = step.node else { continue }
                let steps = [(step.types, step.direction)]
                guard let table = try lower(between, by: steps, isWide, compilers) else {
                    return nil
                }
                result[keyPath: place].append(table)
            }
        }
        let last = [cycle.left, cycle.right].compactMap { $0.last.map { ($0.types, $0.direction) } }
        guard let meeting = try lower(cycle.meeting, by: last, isWide, compilers)
        else { return nil }
        result.meeting = meeting
        switch cycle.method {
        case .marks: break
        case .pairs: result.pairs = try pairs(cycle, compilers)
        case .triangles:
            let found = isWide
                ? try factors(cycle, node, result, compilers, UInt128.self)
                : try factors(cycle, node, result, compilers, UInt64.self)
            guard let found else { return nil }
            result.factors = found
        }
        return result
    }

    /// The factors of a cycle that meets each triangle once; nil on overflow.
    private func factors<Weight: WeightInteger>(
        _ cycle: WeightCycle, _ root: WeightNode, _ inputs: WeightInputs,
        _ compilers: [PlanCompiler], _ type: Weight.Type
    ) throws(NQLError) -> WeightTable? {
        let triangles = try WeightTriangles(cycle, root: root, compilers)
        defer { passingBytes = max(passingBytes, triangles.byteCount(type)) }
        return try triangles.factors(inputs, type)
    }

    /// The pairs of nodes between which the last step of a cycle's right way lies.
    private func pairs(
        _ cycle: WeightCycle, _ compilers: [PlanCompiler]
    ) throws(NQLError) -> PairMatrix {
        if let known = matrices[cycle] { return known }
        guard let step = cycle.right.last, let before = cycle.right.dropLast().last?.node else {
            preconditionFailure("a cycle without pairs")
        }
        let matrix = try PairMatrix(from: before, step, to: cycle.meeting, compilers)
        passingBytes = max(passingBytes, matrix.byteCount)
        matrices[cycle] = matrix
        return matrix
    }

    /// A table for a node that is reached by one of `steps`.
    private func lower(
        _ node: WeightNode, by steps: [(types: [String], direction: PatternDirection)],
        _ isWide: Bool, _ compilers: [PlanCompiler]
    ) throws(NQLError) -> WeightTable? {
        if isUniversal(node, steps) {
            return try WeightTable(chunkCount: 0, isUniversal: true, workers: 1, context.pool)
        }
        guard node.isPlain, let labels = node.labels, !labels.isDynamic else {
            return try table(node, isWide, compilers)
        }
        if let known = labelTables[labels] { return known }
        let table = try WeightTable(
            labels: LabelTest(labels), isWide: isWide, context.graph, context.pool)
        labelTables[labels] = table
        return table
    }

    /// The weights of a node; equal subtrees are computed once. nil on overflow.
    private func table(
        _ node: WeightNode, _ isWide: Bool, _ compilers: [PlanCompiler]
    ) throws(NQLError) -> WeightTable? {
        if let known = tables[node] { return known }
        guard let below = try lowerTables(node, isWide, compilers) else { return nil }
        let table = try WeightTable(
            chunkCount: context.graph.nodeChunkCount, isUniversal: false,
            workers: compilers.count, context.pool)
        let job = WeightJob(node, below, isWide: isWide, into: table, compilers)
        guard try job.run() != nil else { return nil }
        tables[node] = table
        return table
    }

    /// Whether every node that one of the steps can reach has weight one, by exact statistics.
    private func isUniversal(
        _ node: WeightNode, _ steps: [(types: [String], direction: PatternDirection)]
    ) -> Bool {
        guard node.isPlain else { return false }
        guard let labels = node.labels else { return true }
        return steps.contains { step in
            compiler.alwaysLeads(to: labels, types: step.types, step.direction)
        }
    }
}

/// The tables that a node's weights are worked out from.
struct WeightInputs {
    /// One per branch.
    var branches: [WeightTable] = []
    /// Of a cycle: the nodes between the steps of each way, and where the ways meet.
    var left: [WeightTable] = []
    var right: [WeightTable] = []
    var meeting: WeightTable?
    /// The factors themselves, where they are worked out for all nodes together.
    var factors: WeightTable?
    /// Between which nodes the cycle's last step lies, where that is looked up.
    var pairs: PairMatrix?
}

extension WeightNode {
    /// Whether nothing but labels restricts it.
    fileprivate var isPlain: Bool { branches.isEmpty && predicates.isEmpty && cycle == nil }
}
