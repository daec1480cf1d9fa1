// Goal: searches that go together, or are kept from row to row, find what each alone would. Method:
// random graphs of 75 nodes (chains, a hub, loops, parallel relationships), all pairs of
// nodes, against breadth-first levels of a few lines: ends, lengths, and numbers of shortest paths.

import NenDB
import Testing

@Suite struct SearchScaleTests {
    /// A graph with the levels of every node.
    private struct Levels {
        /// By start and end: length and number of the shortest walks; nil where there is none.
        var found: [[(length: Int, count: Int)?]]

        init(_ nodes: Int, _ edges: [(Int, Int)], isDirected: Bool) {
            var steps = [[Int]](repeating: [], count: nodes)
            for (source, target) in edges {
                steps[source].append(target)
                if !isDirected, source != target { steps[target].append(source) }
            }
            found = (0..<nodes).map { start in
                var row = [(length: Int, count: Int)?](repeating: nil, count: nodes)
                row[start] = (0, 1)
                var level = [start]
                while !level.isEmpty {
                    var next: [Int] = []
                    for node in level {
                        guard let here = row[node] else { continue }
                        for end in steps[node] {
                            if row[end] == nil {
                                row[end] = (here.length + 1, 0)
                                next.append(end)
                            }
                            if row[end]?.length == here.length + 1 { row[end]?.count += here.count }
                        }
                    }
                    level = next
                }
                return row
            }
        }

        /// Rows for all pairs of different nodes.
        func rows(
            atMost limit: Int = .max, _ row: (Int, Int, Int, Int) -> [Int]
        ) -> [String] {
            var rows: [String] = []
            for (start, ends) in found.enumerated() {
                for (end, way) in ends.enumerated() where start != end {
                    guard let way, way.length <= limit else { continue }
                    rows.append(row(start, end, way.length, way.count).description)
                }
            }
            return rows.sorted()
        }
    }

    private func edges(_ nodes: Int, _ random: inout SeededGenerator) -> [(Int, Int)] {
        var edges: [(Int, Int)] = []
        // A chain with gaps, a hub, and some at random, loops and parallel ones among them.
        for node in 1..<nodes where Int.random(in: 0..<4, using: &random) > 0 {
            edges.append((node - 1, node))
        }
        let hub = Int.random(in: 0..<nodes, using: &random)
        for _ in 0..<12 { edges.append((hub, Int.random(in: 0..<nodes, using: &random))) }
        for _ in 0..<25 {
            let pair = (
                Int.random(in: 0..<nodes, using: &random), Int.random(in: 0..<nodes, using: &random)
            )
            edges.append(pair)
            if Int.random(in: 0..<5, using: &random) == 0 { edges.append(pair) }
        }
        return edges
    }

    @Test(arguments: [1, UInt64.random(in: 0...UInt64.max)] as [UInt64])
    func pairsHaveTheirWays(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let nodes = 75
        let edges = edges(nodes, &random)
        let session = try Database.inMemory().session()
        _ = try session.run("UNWIND range(0, \(nodes - 1)) AS i CREATE (:N {id: i})").rows()
        let pairs = edges.map { "[\($0.0), \($0.1)]" }.joined(separator: ", ")
        _ = try session.run(
            "UNWIND [\(pairs)] AS e MATCH (a:N {id: e[0]}), (b:N {id: e[1]}) CREATE (a)-[:R]->(b)"
        ).rows()
        for arrow in ["->", "-"] {
            let levels = Levels(nodes, edges, isDirected: arrow == "->")
            let lengths = levels.rows { a, b, length, _ in [a, b, length] }
            let counts = levels.rows { a, b, _, count in [a, b, count] }
            let triples = "RETURN a.id, b.id, length(p)"
            let numbers = "RETURN a.id, b.id, count(*)"
            let far = "MATCH (a:N)-[:R*]\(arrow)(b)"
            let near = "MATCH (a:N)-[:R*0..3]\(arrow)(b)"
            let bothWays = ["MATCH (a:N) MATCH (b:N)", "MATCH (b:N) MATCH (a:N)"]
            var statements = [
                ("MATCH (a:N) MATCH p = ANY SHORTEST (a)-[:R]\(arrow)+(b) WHERE a <> b \(triples)",
                 lengths),
                ("MATCH (a:N) MATCH p = ALL SHORTEST (a)-[:R]\(arrow)+(b) WHERE a <> b \(numbers)",
                 counts),
                ("\(far) WHERE a <> b RETURN DISTINCT a.id, b.id",
                 levels.rows { a, b, _, _ in [a, b] }),
                ("\(near) WHERE a <> b RETURN DISTINCT a.id, b.id",
                 levels.rows(atMost: 3) { a, b, _, _ in [a, b] }),
            ]
            for both in bothWays {
                let different = "\(both) WHERE a <> b WITH a, b"
                statements += [
                    ("\(different) MATCH p = shortestPath((a)-[:R*]\(arrow)(b)) \(triples)",
                     lengths),
                    ("\(different) MATCH p = ANY SHORTEST (a)-[:R]\(arrow)+(b) \(triples)",
                     lengths),
                    ("\(different) MATCH p = allShortestPaths((a)-[:R*]\(arrow)(b)) \(numbers)",
                     counts),
                    ("\(different) MATCH p = shortestPath((a)-[:R*..3]\(arrow)(b)) \(triples)",
                     levels.rows(atMost: 3) { a, b, length, _ in [a, b, length] }),
                    ("\(different) WHERE EXISTS { (a)-[:R*..3]\(arrow)(b) } RETURN a.id, b.id",
                     levels.rows(atMost: 3) { a, b, _, _ in [a, b] }),
                ]
            }
            for (text, expected) in statements {
                let rows = try session.run(text).rows().map { row in
                    "[" + row.values.map(\.literalText).joined(separator: ", ") + "]"
                }
                #expect(rows.sorted() == expected, "seed \(seed): \(text)")
            }
        }
    }
}
