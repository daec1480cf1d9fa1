// SnapshotKnowledge: a view's indexes, sampled values and degrees, for the planner and for SHOW.

import Glibc
import NQLPlan
import NenCore

/// Reads what a view tells of its values.
struct SnapshotKnowledge: GraphKnowledge, @unchecked Sendable {
    // Sendable: the planner runs on the thread of the view.
    let graph: GraphView
    let files: FileDoor
    /// What keys are charged to while they are looked up.
    let memory: MemoryAccount

    /// nil also for an index that is damaged: whoever reads it for the statement says so.
    func estimate(_ index: IndexDescriptor) -> IndexEstimate? {
        guard let tree = graph.indexTree(index.id),
            var estimate = try? IndexSample.estimate(tree, properties: index.properties.count)
        else { return nil }
        if index.isUnique {
            estimate.distinctCounts[index.properties.count - 1] = estimate.entryCount
        }
        return estimate
    }

    /// nil also where the column is damaged.
    func estimate(_ owner: PropertyOwner) -> PropertyEstimate? {
        (try? graph.context.estimates.estimate(owner, in: graph)) ?? nil
    }

    /// nil also where some adjacency is damaged.
    func degrees(atHand: Bool) -> DegreeStatistics? {
        let known = graph.context.estimates.knownDegrees(in: graph)
        let isSmall = graph.nodeChunkCount <= SnapshotKnowledge.smallChunkCount
        if known != nil || (atHand && !isSmall) { return known }
        return try? graph.context.estimates.degrees(in: graph)
    }

    /// nil also where the index is damaged.
    func entities(_ index: IndexDescriptor, _ range: KeyRange, most: Int) -> [UInt32]? {
        let statement = StatementState(
            options: ExecutionOptions(memoryBudgetBytes: SnapshotKnowledge.keyBudgetBytes),
            interruption: Interruption.current ?? Interruption(), within: memory)
        let builder = CellBuilder(arena: Arena(pool: statement.pool), base: graph.base)
        guard let cells = try? SnapshotKnowledge.cells(range, builder) else { return nil }
        guard let cursor = graph.indexSeek(index, cells) else { return [] }
        var found = [UInt32](repeating: 0, count: most + 1)
        let count = found.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { try? cursor.next(into: $0, capacity: most + 1) }
        }
        guard let count, count <= most else { return nil }
        return Array(found.prefix(count))
    }

    private static func cells(
        _ range: KeyRange, _ builder: CellBuilder
    ) throws(NQLError) -> IndexRange {
        func bound(_ bound: KeyRange.Bound?) throws(NQLError) -> IndexRange.Bound? {
            guard let bound else { return nil }
            return IndexRange.Bound(
                value: try builder.cell(bound.value), isInclusive: bound.isInclusive)
        }
        var equals: [Cell] = []
        for value in range.equals { equals.append(try builder.cell(value)) }
        return IndexRange(
            equals: equals, lower: try bound(range.lower), upper: try bound(range.upper))
    }

    func degree(of node: UInt32, type: NameID?, isIncoming: Bool) -> Double? {
        (try? graph.degree(
            node: node, type: type, direction: isIncoming ? .incoming : .outgoing)
        ).map(Double.init)
    }

    func walk(
        from node: UInt32, _ ends: [LandmarkCheck.End], hops: Int, most: Int
    ) -> LandmarkWalk? {
        var walk = GraphWalk(start: node, stepsMax: most)
        while walk.levels.count < hops, !walk.isOver {
            guard (try? walk.grow(graph, ends)) != nil else { return nil }
        }
        return LandmarkWalk(levels: walk.levels, isWhole: walk.frontier.isEmpty)
    }

    func lineCount(ofFile location: String) -> Double? {
        guard let file = try? files.open(location) else { return nil }
        defer { close(file.descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: SnapshotKnowledge.sampleBytes) {
            $1 = max(0, pread(file.descriptor, $0.baseAddress, SnapshotKnowledge.sampleBytes, 0))
        }
        let lines = bytes.count { $0 == UInt8(ascii: "\n") }
        if bytes.count < SnapshotKnowledge.sampleBytes { return Double(lines) }
        return Double(file.byteCount) * Double(max(1, lines)) / Double(bytes.count)
    }

    /// Bytes of a file that are looked at.
    private static let sampleBytes = 1 << 16
    /// Bytes that a key may take that is looked up.
    private static let keyBudgetBytes = 1 << 20
    /// Node chunks that are looked through in a moment.
    private static let smallChunkCount = 16
}

/// A breadth-first search that gives up early.
private struct GraphWalk {
    /// New nodes of each hop.
    private(set) var levels: [Double] = []
    private(set) var frontier: [UInt32]
    private var met: Set<UInt32>
    private var stepsLeft: Int

    init(start: UInt32, stepsMax: Int) {
        frontier = [start]
        met = [start]
        stepsLeft = stepsMax
    }

    var isOver: Bool { frontier.isEmpty || stepsLeft <= 0 }

    /// One hop further; of a level that is left half-way all that it would have is estimated.
    mutating func grow(_ graph: GraphView, _ ends: [LandmarkCheck.End]) throws {
        var next: [UInt32] = []
        var (done, missed) = (0, 0)
        for node in frontier where stepsLeft > 0 {
            for end in ends {
                let direction: AdjacencyDirection = end.isIncoming ? .incoming : .outgoing
                let take = { (run: AdjacencyRun, walk: inout GraphWalk) in
                    let count = min(run.count, walk.stepsLeft)
                    for place in 0 ..< count where walk.met.insert(run.neighbours[place]).inserted {
                        next.append(run.neighbours[place])
                    }
                    walk.stepsLeft -= count
                    missed += run.count - count
                }
                if let type = end.type {
                    try graph.forEachRun(node: node, type: type, direction: direction) {
                        take($0, &self)
                    }
                } else {
                    try graph.forEachRun(node: node, direction: direction) { take($1, &self) }
                }
            }
            done += 1
        }
        let scale = Double(frontier.count) / Double(max(1, done))
        if !next.isEmpty { levels.append((Double(next.count) + Double(missed)) * scale) }
        frontier = next
    }
}
