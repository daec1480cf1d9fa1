// Intersections: goal: a node bound from several nodes at once gives what walking and closing
// gives. Method: random multigraphs with loops, parallel relationships and a few hubs; random
// cyclic patterns that read relationships or do not, in one MATCH or two, behind rows that came
// before; intersection forced, on one thread and on two, against the same without any rule.

import NenCore
import NenDB
import Testing

@Suite struct IntersectionTests {
    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func intersectionsAgreeWithWalks(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (intersected, matched) = (0, 0)
        for round in 0 ..< 10 {
            let session = try Database.inMemory().session()
            try session.run(graph(&random))
            for _ in 0 ..< 12 {
                let text = query(&random)
                session.limits.disabledRules = Set(OptimizerRules.names)
                session.limits.forcedCandidate = nil
                let expected = try session.run(text).rows().map { "\($0.values)" }.sorted()
                session.limits.disabledRules = ["eliminate-counts"]
                session.limits.forcedCandidate = "intersection"
                let plan = try session.run("EXPLAIN " + text).rows().map { "\($0.values)" }.joined()
                if plan.contains("Intersect") {
                    intersected += 1
                    if expected.count > 1 { matched += 1 }
                }
                for threads in [1, 2] {
                    session.limits.threadCount = threads
                    let found = try session.run(text).rows().map { "\($0.values)" }.sorted()
                    #expect(found == expected, "seed \(seed) round \(round): \(text)\n\(plan)")
                }
            }
        }
        #expect(intersected > 60 && matched > 20, "seed \(seed): \(intersected), \(matched)")
    }

    /// A statement that changes the graph between its reads sees each change.
    @Test func changesAreSeen() throws {
        let session = try Database.inMemory().session()
        try session.run("UNWIND range(0, 4) AS k CREATE (:A {k: k})")
        session.limits.forcedCandidate = "intersection"
        let text = """
            MATCH (a:A {k: 0}), (b:A {k: 1}), (c:A {k: 2})
            UNWIND range(1, 3) AS i
            CALL (a, b, c) {
              CREATE (a)-[:R]->(c)<-[:R]-(b)
              WITH a, b MATCH (a)-[r]->(x)<-[s]-(b) RETURN count(*) AS n
            }
            RETURN i, n
            """
        let rows = try session.run(text).rows().map { "\($0.values)" }
        session.limits.forcedCandidate = nil
        session.limits.disabledRules = Set(OptimizerRules.names)
        try session.run("MATCH (:A)-[r]->(:A) DELETE r")
        #expect(try session.run(text).rows().map { "\($0.values)" } == rows)
        #expect(rows.count == 3 && Set(rows).count == 3)
    }

    /// Two relationships that can only be the same one where a third would be a loop are not
    /// compared as long as there is no loop; those of which that is not sure are.
    @Test func onlyWhatMayCoincideIsCompared() throws {
        let session = try Database.inMemory().session()
        try session.run("UNWIND range(0, 149) AS k CREATE (:A {k: k})")
        try session.run(
            """
            UNWIND range(0, 1499) AS i
            MATCH (a:A {k: i % 150}), (b:A {k: (i * i / 7 + 3 * i + 1) % 150}) WHERE a <> b
            FOREACH (copy IN range(0, CASE i % 9 WHEN 0 THEN 1 ELSE 0 END) |
              CREATE (a)-[:R {w: i}]->(b))
            """)
        let triangle = "MATCH (a:A)-[r:R]-(b:A)-[s:R]-(c:A)-[t:R]-(a)"
            + " RETURN c.k % 7 AS g, count(*) AS n, sum(c.k) AS k"
        let bundle = "MATCH (a:A)-[r:R]-(b:A)-[s:R]-(c:A)-[t:R]-(b)"
            + " RETURN c.k % 7 AS g, count(*) AS n, sum(s.w - t.w * 2) AS w"
        let square = "MATCH (a:A)-[:R]->(b:A)-[:R]-(c:A)<-[:R]-(d:A)-[:R]-(a) WHERE a.k < 30"
            + " RETURN c.k % 7 AS g, count(*) AS n, sum(d.k) AS k"
        let plans = try [triangle, bundle, square].map { try agreed($0, session) }
        #expect(plans[0].contains("distinct proven") && !plans[0].contains("distinct from"))
        #expect(!plans[1].contains("distinct proven") && plans[1].contains("distinct from"))
        #expect(plans[2].contains("distinct proven") && plans[2].contains("distinct from"))
        try session.run("MATCH (a:A {k: 5}) CREATE (a)-[:R {w: 0}]->(a)-[:R {w: 1}]->(a)")
        for text in [triangle, bundle, square] {
            #expect(try !agreed(text, session).contains("distinct proven"))
        }
    }

    /// The plan of a statement, which gives what it gives without rules.
    private func agreed(_ text: String, _ session: Session) throws -> String {
        session.limits.disabledRules = Set(OptimizerRules.names)
        let expected = try session.run(text).rows().map { "\($0.values)" }.sorted()
        session.limits.disabledRules = ["eliminate-counts"]
        let plan = try session.run("EXPLAIN " + text).rows().map { "\($0.values)" }.joined()
        for threads in [1, 2] {
            session.limits.threadCount = threads
            let found = try session.run(text).rows().map { "\($0.values)" }.sorted()
            #expect(found == expected && expected.count > 1, "\(text)\n\(plan)")
        }
        return plan
    }

    /// 50 nodes, of which a few have most of 260 relationships.
    private func graph(_ random: inout SeededGenerator) -> String {
        var parts = (0 ..< 50).map { number in
            let label = ["A", "B", "A:B"].randomElement(using: &random) ?? "A"
            return "(n\(number):\(label) {k: \(number)})"
        }
        for _ in 0 ..< 260 {
            let isHub = Int.random(in: 0 ..< 3, using: &random) == 0
            let source = Int.random(in: 0 ..< (isHub ? 3 : 50), using: &random)
            let target = Int.random(in: 0 ..< (isHub ? 50 : 20), using: &random)
            let type = ["R", "R", "S"].randomElement(using: &random) ?? "R"
            let arrow = "(n\(source))-[:\(type) {w: \(parts.count)}]->(n\(target))"
            let copies = Int.random(in: 0 ..< 4, using: &random) == 0 ? 2 : 1
            for _ in 0 ..< copies { parts.append(arrow) }
        }
        return "CREATE " + parts.joined(separator: ", ")
    }

    /// Shapes with a node that closes two or more relationships, as pairs of nodes.
    private static let shapes: [[(Int, Int)]] = [
        [(0, 1), (1, 2), (2, 0)],
        [(0, 1), (1, 2), (2, 3), (3, 0)],
        [(0, 1), (1, 2), (2, 0), (2, 3), (3, 1)],
        [(0, 1), (0, 2), (1, 2), (3, 0), (3, 1), (3, 2)],
        [(0, 1), (0, 1), (1, 2)],
        [(0, 1), (1, 2), (2, 0), (2, 2)],
    ]

    private func query(_ random: inout SeededGenerator) -> String {
        let shape = Self.shapes.randomElement(using: &random) ?? []
        let last = shape.map { max($0.0, $0.1) }.max() ?? 0
        var readings = ["count(*) AS c"]
        var steps: [String] = []
        for (number, (from, to)) in shape.enumerated() {
            let types = [":R", ":S|R", "", ":R"].randomElement(using: &random) ?? ""
            let ends = [("", ""), ("<", ""), ("", ">"), ("", ">")].randomElement(using: &random)
            let (left, right) = ends ?? ("", "")
            var name = ""
            if Int.random(in: 0 ..< 3, using: &random) == 0 {
                name = "r\(number)"
                readings.append("sum(\(name).w) AS s\(number)")
            }
            let label = Int.random(in: 0 ..< 4, using: &random) == 0 ? ":A" : ""
            steps.append("(n\(from))\(left)-[\(name)\(types)]-\(right)(n\(to)\(label))")
        }
        readings.append("sum(n\(Int.random(in: 0 ... last, using: &random)).k) AS k")
        let node = Int.random(in: 0 ... last, using: &random)
        let condition = " WHERE n0.k < \(Int.random(in: 2 ..< 50, using: &random))"
        let cut = Int.random(in: 1 ..< steps.count, using: &random)
        let match: String
        switch Int.random(in: 0 ..< 4, using: &random) {
        case 0:
            match = "MATCH " + steps[..<cut].joined(separator: ", ") + condition
                + " MATCH " + steps[cut...].joined(separator: ", ")
        case 1:
            match = "UNWIND [1, 1, 2] AS u MATCH (n0)" + condition + " AND n0.k >= u MATCH "
                + steps.joined(separator: ", ")
        case 2:
            match = "MATCH " + steps[..<cut].joined(separator: ", ") + condition
                + " OPTIONAL MATCH " + steps[cut...].joined(separator: ", ")
        default: match = "MATCH " + steps.joined(separator: ", ") + condition
        }
        return match + " RETURN n\(node).k % 5 AS g, " + readings.joined(separator: ", ")
    }
}
