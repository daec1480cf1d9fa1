// Aggregates by several threads over a scan of few chunks: goal: the rows of a chunk, cut among the
// threads, come once each. Method: a graph whose nodes fill a chunk or two, some of them deleted,
// each with many neighbours; groups in the order of the scan, on one thread and on several.

import NenDB
import Testing

@Suite struct SharedChunkTests {
    @Test(arguments: [40, 700, 1_900])
    func rowsOfAChunkAreShared(nodeCount: Int) throws {
        let session = try Database.inMemory().session()
        try session.run(
            """
            UNWIND range(1, \(nodeCount)) AS k CREATE (a:A {k: k})
            FOREACH (x IN CASE k % 5 WHEN 0 THEN [k] ELSE [] END | SET a:B)
            """)
        let steps = max(4, 40_000 / nodeCount)
        try session.run(
            """
            MATCH (h:A {k: 7}) MATCH (a:A) UNWIND range(1, \(steps)) AS i
            CREATE (a)-[:R {w: i % 3}]->(h)
            """)
        try session.run("MATCH (a:A) WHERE a.k % 11 = 3 DETACH DELETE a")
        let texts = [
            "MATCH (a:A)-[r:R]->(h) RETURN a.k % 4 AS g, count(*) AS n, sum(r.w + a.k) AS s",
            "MATCH (a:A&!B)-[r:R]->(h) RETURN a.k AS g, sum(r.w) AS s",
        ]
        for text in texts {
            let results = try [1, 2, 3, 5].map { threads in
                session.limits.threadCount = threads
                return try session.run(text).rows().map { "\($0.values)" }
            }
            #expect(results.allSatisfy { $0 == results[0] } && results[0].count > 3, "\(text)")
        }
    }
}
