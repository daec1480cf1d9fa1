// Goal: the degrees that plans are costed with are those of the graph, in whatever form the
// adjacency is stored. Method: random graphs with hubs, built over several transactions with
// deletions (deltas, sparse and dense groups, mixed chunks), compared with sums over a plain list
// of relationships; the seed is printed.

import NenCore
import Testing

@testable import NenEngine

@Suite struct DegreeAnalysisTests {
    private struct Edge: Hashable {
        var type: NameID
        var source: UInt32
        var target: UInt32
    }

    /// The statistics by definition.
    private func naive(_ edges: [Edge], _ view: GraphView) throws -> DegreeStatistics {
        var degrees: [DegreeEnd: [UInt32: Double]] = [:]
        for edge in edges {
            let out = DegreeEnd(type: edge.type, isIncoming: false)
            let into = DegreeEnd(type: edge.type, isIncoming: true)
            degrees[out, default: [:]][edge.source, default: 0] += 1
            degrees[into, default: [:]][edge.target, default: 0] += 1
        }
        var result = DegreeStatistics(relationshipCount: Double(edges.count))
        for (end, nodes) in degrees {
            for (node, degree) in nodes {
                let set = view.counter.counted(try view.labelSet(ofNode: node))
                result.moments[end, default: [:]][set, default: DegreeMoments()]
                    .add(degree: degree)
            }
        }
        for (first, nodes) in degrees {
            for (second, others) in degrees {
                let pair = DegreePair(first, second)
                guard pair.first == first, pair.second == second else { continue }
                for (node, degree) in nodes {
                    guard let other = others[node] else { continue }
                    let set = view.counter.counted(try view.labelSet(ofNode: node))
                    result.products[pair, default: [:]][set, default: 0] += degree * other
                }
            }
        }
        return result
    }

    private func build(
        _ store: GraphStore, nodes: Int, types: Int, _ random: inout SeededGenerator
    ) throws -> [Edge] {
        var edges: [UInt32: Edge] = [:]
        var ids: [UInt32] = []
        for round in 0 ..< 6 {
            let writer = try store.beginWrite()
            let labels = try ["A", "B", "C"].map(writer.internLabel)
            let numbers = try (0 ..< types).map { try writer.internType("T\($0)") }
            if round == 0 {
                for _ in 0 ..< nodes {
                    let mine = labels.filter { _ in Bool.random(using: &random) }
                    ids.append(try writer.createNode(labels: mine, properties: []))
                }
            }
            for _ in 0 ..< 3_000 {
                // The square makes hubs of the first nodes.
                let share = Double.random(in: 0 ..< 1, using: &random)
                let edge = Edge(
                    type: numbers[Int.random(in: 0 ..< types, using: &random)],
                    source: ids[Int(share * share * Double(nodes))],
                    target: ids[Int.random(in: 0 ..< nodes, using: &random)])
                let id = try writer.createRelationship(
                    type: edge.type, source: edge.source, target: edge.target, properties: [])
                edges[id] = edge
            }
            for id in edges.keys.sorted() where Int.random(in: 0 ..< 12, using: &random) == 0 {
                try writer.deleteRelationship(id)
                edges[id] = nil
            }
            try writer.commit()
            if round % 2 == 1 { _ = try store.maintainAll() }
        }
        return Array(edges.values)
    }

    @Test(arguments: [40, 3_000, 9_000]) func momentsAndProductsAreExact(nodes: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("momentsAndProductsAreExact: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        let edges = try build(store, nodes: nodes, types: 3, &random)
        let some = edges[0]
        let view = try store.snapshot()
        let wanted = try naive(edges, view)
        #expect(try DegreeAnalysis.run(view) == wanted, "seed \(seed)")
        // What is changed but not committed counts too.
        let writer = try store.beginWrite()
        let type = try writer.internType("T0")
        _ = try writer.createRelationship(
            type: type, source: some.source, target: some.target, properties: [])
        let more = edges + [Edge(type: type, source: some.source, target: some.target)]
        #expect(try DegreeAnalysis.run(writer) == naive(more, writer), "seed \(seed)")
        writer.abort()
    }

    @Test func pairsAreKeptOfTheMostFrequentTypesOnly() throws {
        var random = SeededGenerator(seed: 3)
        let store = try GraphStore.inMemory()
        _ = try build(store, nodes: 500, types: 20, &random)
        let degrees = try DegreeAnalysis.run(try store.snapshot())
        #expect(degrees.moments.count == 40)
        let ends = 2 * DegreeStatistics.pairedTypesMax
        let chains = 20 - DegreeStatistics.pairedTypesMax
        #expect(degrees.products.count <= ends * (ends + 1) / 2 + chains)
        let ofOneType = degrees.products.keys.filter { pair in
            pair.first.type == pair.second.type && pair.first != pair.second
        }
        #expect(ofOneType.count == 20)
        #expect(!degrees.products.isEmpty)
    }

    /// A third of the chunks stands for all.
    @Test func someChunksStandForAll() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let type = try writer.internType("T")
        let count = 9 * ChunkFormat.rowsPerChunk
        for _ in 0 ..< count { _ = try writer.createNode(labels: [], properties: []) }
        for node in 0 ..< UInt32(count) {
            for step in 1 ... 3 as ClosedRange<UInt32> {
                let target = (node + step) % UInt32(count)
                _ = try writer.createRelationship(
                    type: type, source: node, target: target, properties: [])
            }
        }
        try writer.commit()
        let degrees = try DegreeAnalysis.run(try store.snapshot(), chunksMax: 3)
        #expect(abs(degrees.share - 1.0 / 3) < 1e-9)
        let end = DegreeEnd(type: type, isIncoming: false)
        let moments = try #require(degrees.moments[end]?[0])
        #expect(abs(moments.total - Double(3 * count)) < 1)
        #expect(moments.maximum == 3)
    }
}
