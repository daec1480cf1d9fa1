// Goal: steps over relationships of any type find the same in a graph of very many types, where the
// types are looked at together, as type by type. Method: random relationships of 60 types (loops
// and parallel ones among them), degrees and neighbours against a list, before and after changes,
// in and behind the transaction that makes them.

import NenDB
import Testing

@Suite struct ManyTypesTests {
    private struct Edge {
        var source: Int
        var target: Int
        var type: Int
    }

    private let nodeCount = 40

    private func check(_ session: Session, _ edges: [Edge], _ place: String) throws {
        func ask(_ text: String) throws -> [String] {
            try session.run(text).rows().map { row in
                row.values.map(\.literalText).joined(separator: " ")
            }.sorted()
        }
        let out = edges.map { "\($0.source) \($0.target)" }.sorted()
        #expect(try ask("MATCH (a)-->(b) RETURN a.i, b.i") == out, "\(place)")
        #expect(try ask("MATCH (b)<--(a) RETURN a.i, b.i") == out, "\(place)")
        let both = edges.flatMap { edge in
            edge.source == edge.target
                ? ["\(edge.source) \(edge.target)"]
                : ["\(edge.source) \(edge.target)", "\(edge.target) \(edge.source)"]
        }.sorted()
        #expect(try ask("MATCH (a) MATCH (a)--(b) RETURN a.i, b.i") == both, "\(place)")
        #expect(
            try ask("MATCH (a), (b) MATCH (a)--(b) RETURN a.i, b.i") == both, "\(place): into")
        #expect(try ask("MATCH (a)--(b) RETURN count(*)") == ["\(both.count)"], "\(place)")
        let lonely = (0..<nodeCount).filter { node in
            !edges.contains { $0.source == node || $0.target == node }
        }
        #expect(
            try ask("MATCH (n) WHERE NOT (n)--() RETURN n.i") == lonely.map { "\($0)" }.sorted(),
            "\(place)")
        let most = (0..<50).map { "T\($0)" }.joined(separator: "|")
        let some = edges.filter { $0.type < 50 }.map { "\($0.source) \($0.target)" }.sorted()
        #expect(try ask("MATCH (a) MATCH (a)-[:\(most)]->(b) RETURN a.i, b.i") == some, "\(place)")
        let two = edges.map { first in
            edges.count { $0.source == first.target } - (first.source == first.target ? 1 : 0)
        }.reduce(0, +)
        #expect(try ask("MATCH (a)-->(b)-->(c) RETURN count(*)") == ["\(two)"], "\(place)")
    }

    @Test(arguments: [1, UInt64.random(in: 0...UInt64.max)] as [UInt64])
    func stepsAreThoseOfAllTypes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let session = try Database.inMemory().session()
        _ = try session.run("UNWIND range(0, \(nodeCount - 1)) AS i CREATE (:N {i: i})").rows()
        var edges: [Edge] = []
        for round in 0..<6 {
            let isRolledBack = round % 3 == 2
            let before = edges
            _ = try session.run("BEGIN").rows()
            for _ in 0..<30 {
                let edge = Edge(
                    source: Int.random(in: 0..<nodeCount - 3, using: &random),
                    target: Int.random(in: 0..<nodeCount - 3, using: &random),
                    type: Int.random(in: 0..<60, using: &random))
                edges.append(edge)
                _ = try session.run(
                    "MATCH (a:N {i: \(edge.source)}), (b:N {i: \(edge.target)})"
                        + " CREATE (a)-[:T\(edge.type)]->(b)").rows()
            }
            let gone = edges.remove(at: Int.random(in: 0..<edges.count, using: &random))
            _ = try session.run(
                "MATCH (a:N {i: \(gone.source)})-[r:T\(gone.type)]->(b:N {i: \(gone.target)})"
                    + " WITH r LIMIT 1 DELETE r").rows()
            try check(session, edges, "seed \(seed), round \(round), within")
            _ = try session.run(isRolledBack ? "ROLLBACK" : "COMMIT").rows()
            if isRolledBack { edges = before }
            try check(session, edges, "seed \(seed), round \(round)")
        }
    }
}
