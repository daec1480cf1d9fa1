// RandomGraph: a random multigraph with self-loops, in a database and as plain arrays, so that
// operators can be compared with naive loops.

import NenCore

@testable import NenEngine

/// A graph as the naive model sees it.
struct RandomGraph {
    struct Edge {
        var id: UInt32
        var type: String
        var source: Int
        var target: Int
        var weight: Int64
    }

    /// Node numbers in order of creation.
    var ids: [UInt32] = []
    /// Property `v` of node i; nil where it is missing.
    var values: [Int64?] = []
    /// Node i has label A; all others have B.
    var isA: [Bool] = []
    var edges: [Edge] = []

    /// Fills an empty database. Edges are written in several transactions, so that adjacency has
    /// bases and deltas; some are deleted again.
    init(
        nodes: Int, edges: Int, types: [String], _ engine: Engine,
        using random: inout SeededGenerator
    ) throws {
        let write = try engine.store.beginWrite()
        let labels = [try write.internLabel("A"), try write.internLabel("B")]
        let key = try write.internKey("v")
        for _ in 0 ..< nodes {
            let isA = Bool.random(using: &random)
            let value: Int64? = Int.random(in: 0 ..< 10, using: &random) == 0
                ? nil : Int64.random(in: 0 ..< 20, using: &random)
            let properties = value.map { [(key, Cell(integer: $0))] } ?? []
            ids.append(
                try write.createNode(labels: [labels[isA ? 0 : 1]], properties: properties))
            values.append(value)
            self.isA.append(isA)
        }
        try write.commit()
        try addEdges(edges - edges / 4, types, engine, &random)
        try addEdges(edges / 4, types, engine, &random)
        try deleteSome(engine, &random)
    }

    private mutating func addEdges(
        _ count: Int, _ types: [String], _ engine: Engine, _ random: inout SeededGenerator
    ) throws {
        let write = try engine.store.beginWrite()
        let weightKey = try write.internKey("w")
        for _ in 0 ..< count {
            let type = types.randomElement(using: &random) ?? "T"
            let source = Int.random(in: 0 ..< ids.count, using: &random)
            let isLoop = Int.random(in: 0 ..< 10, using: &random) == 0
            let target = isLoop ? source : Int.random(in: 0 ..< ids.count, using: &random)
            let weight = Int64.random(in: 0 ..< 5, using: &random)
            let id = try write.createRelationship(
                type: try write.internType(type), source: ids[source], target: ids[target],
                properties: [(weightKey, Cell(integer: weight))])
            edges.append(
                Edge(id: id, type: type, source: source, target: target, weight: weight))
        }
        try write.commit()
    }

    private mutating func deleteSome(
        _ engine: Engine, _ random: inout SeededGenerator
    ) throws {
        let write = try engine.store.beginWrite()
        for index in edges.indices.reversed()
        where Int.random(in: 0 ..< 12, using: &random) == 0 {
            try write.deleteRelationship(edges[index].id)
            edges.remove(at: index)
        }
        try write.commit()
    }

    /// Steps from node i: neighbour and edge, in a direction ("out", "in", "both").
    func steps(_ node: Int, _ types: [String], _ direction: String) -> [(Int, Edge)] {
        var result: [(Int, Edge)] = []
        for edge in edges where types.isEmpty || types.contains(edge.type) {
            if direction != "in", edge.source == node { result.append((edge.target, edge)) }
            if direction == "in", edge.target == node { result.append((edge.source, edge)) }
            if direction == "both", edge.target == node, edge.source != node {
                result.append((edge.source, edge))
            }
        }
        return result
    }
}
