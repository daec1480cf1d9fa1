// WeightTriangles: the factors of a cycle that is a triangle over one undirected relation, for all
// nodes together. Every triangle of the graph is met once (`MutualGraph`) and counts for each of
// the six ways to lay the pattern's nodes (root, the one between, the meeting one) on its nodes.
//
// From each node those that it is paired with are marked; of the pairs of each of them the marked
// ones close a triangle. Each worker adds to factors of its own, which are added up at the end.

import NQLPlan
import NenCore

/// One cycle's factors, by node.
final class WeightTriangles {
    private let cycle: WeightCycle
    private let graph: MutualGraph
    private let compilers: [PlanCompiler]
    private let workers: [TriangleWorker]

    /// - Parameter root: what the cycle hangs on.
    init(
        _ cycle: WeightCycle, root: WeightNode, _ compilers: [PlanCompiler]
    ) throws(NQLError) {
        self.cycle = cycle
        self.compilers = compilers
        let context = compilers[0].context
        var chunks = Set(WeightJob.chunks(root, context.graph))
        for node in cycle.nodes { chunks.formUnion(WeightJob.chunks(node, context.graph)) }
        let tables = compilers.map { compiler in
            let tables = StepTables(
                types: cycle.left[0].types, direction: .both, compiler.context)
            tables.refresh()
            return tables
        }
        let graph = try MutualGraph(
            chunks.sorted(), tables[0], partsMin: compilers.count == 1 ? 1 : compilers.count * 8,
            context)
        self.graph = graph
        workers = try zip(compilers, tables).map { (compiler, tables) throws(NQLError) in
            try TriangleWorker(graph.nodeCount, tables, compiler.context)
        }
    }

    /// Bytes held while it runs.
    func byteCount<Weight: WeightInteger>(_ type: Weight.Type) -> Int {
        let each = workers.count * 5 + (workers.count + 2) * MemoryLayout<Weight>.size
        return graph.byteCount + graph.nodeCount * each
    }

    /// The factors; nil when one did not fit.
    ///
    /// - Parameter inputs: the weights of the node between and of the meeting one.
    func factors<Weight: WeightInteger>(
        _ inputs: WeightInputs, _ type: Weight.Type
    ) throws(NQLError) -> WeightTable? {
        guard let between = (inputs.left + inputs.right).first, let meeting = inputs.meeting else {
            preconditionFailure("a triangle without tables")
        }
        let context = compilers[0].context
        let (graph, workers) = (graph, workers)
        try forEachPart { (part, number) throws(NQLError) in
            let worker = workers[number]
            try graph.countNeighbours(ofPart: part, worker.tables, worker.context)
        }
        try forEachPart { (part, number) throws(NQLError) in
            let worker = workers[number]
            try graph.keepPairs(
                ofPart: part, worker.tables, worker.times.pointer, worker.context)
        }
        let roles = try TriangleRoles<Weight>(cycle, between, meeting, graph, context)
        let sums = try compilers.map { (compiler) throws(NQLError) in
            let sums = PooledArray<Weight>(pool: compiler.context.pool)
            try sums.resize(graph.nodeCount + 1, filling: 0)
            return sums
        }
        let hasParallels = graph.hasParallels
        let index = try graph.index()
        try forEachPart { (part, number) throws(NQLError) in
            try workers[number].meet(
                graph.nodes(ofPart: part), index, roles, sums[number].pointer,
                hasParallels: hasParallels)
        }
        if workers.contains(where: { $0.hasOverflowed }) { return nil }
        let table = try WeightTable(
            chunkCount: context.graph.nodeChunkCount, isUniversal: false, workers: 1,
            context.pool)
        for (place, chunk) in graph.chunks.enumerated() {
            guard let weights = try total(sums, place &<< 11, into: table) else { return nil }
            table.chunks[chunk] = UnsafeRawPointer(weights)
        }
        return table
    }

    private func forEachPart(
        _ body: @escaping (_ part: Int, _ worker: Int) throws(NQLError) -> Void
    ) throws(NQLError) {
        try TaskJob.run(graph.partCount, threads: workers.count, body)
    }

    /// Adds up what the workers found for the nodes of a chunk; nil on overflow.
    private func total<Weight: WeightInteger>(
        _ sums: [PooledArray<Weight>], _ first: Int, into table: WeightTable
    ) throws(NQLError) -> UnsafeMutablePointer<Weight>? {
        let count = ChunkFormat.rowsPerChunk
        let weights = try table.allocate(Weight.self, worker: 0)
        weights.initialize(repeating: 0, count: count)
        var isOver = false
        for part in sums {
            let factors = part.pointer + first
            for row in 0 ..< count {
                let (total, carry) = weights[row].addingReportingOverflow(factors[row])
                weights[row] = total
                isOver = isOver || carry
            }
        }
        return isOver ? nil : weights
    }
}

/// What a node weighs as the one between and as the meeting one, by dense number, and which of the
/// sides count once however many relationships there are.
private struct TriangleRoles<Weight: WeightInteger> {
    let between: PooledArray<Weight>
    let meeting: PooledArray<Weight>
    /// The sides from the root to the node between, from there to the meeting one, and from the
    /// root to that.
    let countsOnce: (Bool, Bool, Bool)

    init(
        _ cycle: WeightCycle, _ between: WeightTable, _ meeting: WeightTable,
        _ graph: MutualGraph, _ context: ExecutionContext
    ) throws(NQLError) {
        let isLong = cycle.left.count == 2
        let (long, short) = isLong ? (cycle.left, cycle.right) : (cycle.right, cycle.left)
        countsOnce = (long[0].isExistence, long[1].isExistence, short[0].isExistence)
        self.between = try TriangleRoles.dense(between, graph, context)
        self.meeting = try TriangleRoles.dense(meeting, graph, context)
    }

    private static func dense(
        _ table: WeightTable, _ graph: MutualGraph, _ context: ExecutionContext
    ) throws(NQLError) -> PooledArray<Weight> {
        let result = PooledArray<Weight>(pool: context.pool)
        try result.resize(graph.nodeCount + 1, filling: 0)
        for number in 0 ..< graph.nodeCount {
            result[number] = table.weight(graph.node(number), Weight.self)
        }
        return result
    }
}

/// Roles as a loop reads them; valid as long as they are.
private struct TriangleWeights<Weight: WeightInteger> {
    let between: UnsafePointer<Weight>
    let meeting: UnsafePointer<Weight>
    let countsOnce: (Bool, Bool, Bool)

    init(_ roles: TriangleRoles<Weight>) {
        between = UnsafePointer(roles.between.pointer)
        meeting = UnsafePointer(roles.meeting.pointer)
        countsOnce = roles.countsOnce
    }
}

/// What one thread needs.
private final class TriangleWorker {
    let context: ExecutionContext
    let tables: StepTables
    /// By dense number, zero between two nodes that triangles are looked for from: whether the node
    /// is marked, and by how many relationships, where that is not one.
    private let marks: PooledArray<UInt8>
    let times: PooledArray<UInt32>
    /// Of the pairs of a node: those that close a triangle.
    private let closing: PooledArray<UInt32>
    private(set) var hasOverflowed = false

    init(
        _ nodeCount: Int, _ tables: StepTables, _ context: ExecutionContext
    ) throws(NQLError) {
        self.context = context
        self.tables = tables
        marks = PooledArray(pool: context.pool)
        times = PooledArray(pool: context.pool)
        closing = PooledArray(pool: context.pool)
        try marks.resize(nodeCount + 1, filling: 0)
        try times.resize(nodeCount + 1, filling: 0)
    }

    /// Pairs that are looked at between two looks at the statement's end.
    private static let workMax = 1 << 18

    /// Meets the triangles of which one of the nodes leads to both others.
    func meet<Weight: WeightInteger>(
        _ nodes: Range<Int>, _ graph: MutualGraph.Index, _ roles: TriangleRoles<Weight>,
        _ factors: UnsafeMutablePointer<Weight>, hasParallels: Bool
    ) throws(NQLError) {
        try context.checkInterrupt()
        let (marks, times) = (marks.pointer, times.pointer)
        let weights = TriangleWeights(roles)
        var work = 0
        for first in nodes where graph.count(first) > 1 {
            let pairs = graph.pairs(first)
            for index in 0 ..< pairs.count {
                marks[Int(pairs.others[index])] = 1
                if hasParallels { times[Int(pairs.others[index])] = pairs.times[index] }
            }
            for index in 0 ..< pairs.count {
                let second = Int(pairs.others[index])
                let count = graph.count(second)
                if count == 0 { continue }
                work &+= count
                let thirds = graph.pairs(second)
                let found = try close(thirds, marks)
                if found == 0 { continue }
                if hasParallels {
                    let between = Weight(truncatingIfNeeded: pairs.times[index])
                    add(first, second, between, thirds, found, times, weights, factors)
                } else {
                    add(first, second, thirds, found, weights, factors)
                }
            }
            for index in 0 ..< pairs.count {
                marks[Int(pairs.others[index])] = 0
                times[Int(pairs.others[index])] = 0
            }
            if work > TriangleWorker.workMax {
                work = 0
                try context.checkInterrupt()
            }
        }
    }

    /// Collects the places in `thirds` of those that are marked.
    @inline(__always)
    private func close(
        _ thirds: MutualGraph.Pairs, _ marks: UnsafePointer<UInt8>
    ) throws(NQLError) -> Int {
        try closing.reserve(thirds.count)
        let closing = closing.pointer
        var found = 0
        var index = 0
        while index < thirds.count {
            closing[found] = UInt32(truncatingIfNeeded: index)
            found &+= Int(marks[Int(thirds.others[index])])
            index &+= 1
        }
        return found
    }

    /// Adds the triangles of two nodes with `found` others, no two of which have more than one
    /// relationship between them.
    @inline(__always)
    private func add<Weight: WeightInteger>(
        _ first: Int, _ second: Int, _ thirds: MutualGraph.Pairs, _ found: Int,
        _ weights: TriangleWeights<Weight>, _ factors: UnsafeMutablePointer<Weight>
    ) {
        let (between, meeting) = (weights.between, weights.meeting)
        let closing = closing.pointer
        var isOver = false
        let each = sum(
            product(between[first], meeting[second], &isOver),
            product(between[second], meeting[first], &isOver), &isOver)
        var (thirdBetween, thirdMeeting): (Weight, Weight) = (0, 0)
        for index in 0 ..< found {
            let third = Int(thirds.others[Int(closing[index])])
            thirdBetween = sum(thirdBetween, between[third], &isOver)
            thirdMeeting = sum(thirdMeeting, meeting[third], &isOver)
            factors[third] = sum(factors[third], each, &isOver)
        }
        for (root, other) in [(first, second), (second, first)] {
            let ways = sum(
                product(between[other], thirdMeeting, &isOver),
                product(thirdBetween, meeting[other], &isOver), &isOver)
            factors[root] = sum(factors[root], ways, &isOver)
        }
        if isOver { hasOverflowed = true }
    }

    /// The same where several relationships run between two nodes, `times` of them between the
    /// first two.
    private func add<Weight: WeightInteger>(
        _ first: Int, _ second: Int, _ times: Weight, _ thirds: MutualGraph.Pairs,
        _ found: Int, _ marked: UnsafePointer<UInt32>, _ weights: TriangleWeights<Weight>,
        _ factors: UnsafeMutablePointer<Weight>
    ) {
        var isOver = false
        for index in 0 ..< found {
            let place = Int(closing.pointer[index])
            let third = Int(thirds.others[place])
            let sides = (
                times, Weight(truncatingIfNeeded: thirds.times[place]),
                Weight(truncatingIfNeeded: marked[third]))
            // Each as the root, with the sides to the next, between the others, to the last.
            count(first, second, third, (sides.0, sides.1, sides.2), weights, factors, &isOver)
            count(second, third, first, (sides.1, sides.2, sides.0), weights, factors, &isOver)
            count(third, first, second, (sides.2, sides.0, sides.1), weights, factors, &isOver)
        }
        if isOver { hasOverflowed = true }
    }

    /// Adds a triangle to its root's factor, for both ways to go around it.
    private func count<Weight: WeightInteger>(
        _ root: Int, _ next: Int, _ last: Int, _ sides: (Weight, Weight, Weight),
        _ weights: TriangleWeights<Weight>, _ factors: UnsafeMutablePointer<Weight>,
        _ isOver: inout Bool
    ) {
        let once = weights.countsOnce
        for isBack in [false, true] {
            let (between, meeting) = isBack ? (last, next) : (next, last)
            let (out, back) = isBack ? (sides.2, sides.0) : (sides.0, sides.2)
            var ways = product(weights.between[between], weights.meeting[meeting], &isOver)
            if !once.0 { ways = product(ways, out, &isOver) }
            if !once.1 { ways = product(ways, sides.1, &isOver) }
            if !once.2 { ways = product(ways, back, &isOver) }
            factors[root] = sum(factors[root], ways, &isOver)
        }
    }

    @inline(__always)
    private func sum<Weight: WeightInteger>(
        _ a: Weight, _ b: Weight, _ isOver: inout Bool
    ) -> Weight {
        let (result, carry) = a.addingReportingOverflow(b)
        isOver = isOver || carry
        return result
    }

    @inline(__always)
    private func product<Weight: WeightInteger>(
        _ a: Weight, _ b: Weight, _ isOver: inout Bool
    ) -> Weight {
        let (result, carry) = a.multipliedReportingOverflow(by: b)
        isOver = isOver || carry
        return result
    }
}
