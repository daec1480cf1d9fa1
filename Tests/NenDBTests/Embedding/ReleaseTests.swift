// Goal: what a query used is given back when it ends. Method: after queries of every way to
// execute, nothing may hold the pages any more once the database is gone.

import Testing

@testable import NenDB
@testable import NenEngine

@Suite struct ReleaseTests {
    @Test(arguments: [
        "MATCH (n) RETURN count(*)",
        "MATCH (n:A)-[:R]->(m) RETURN count(*)",
        "MATCH (a)-[:R]->(b)-[:R]->(c) WHERE a <> c RETURN count(*)",
        "MATCH (n:A) RETURN n.v % 7 AS k, count(*), sum(n.v), collect(n.v)",
        "MATCH (a)-[:R]->(b) WHERE NOT (b)-[:R]->(a) RETURN a.v, count(DISTINCT b)",
        "MATCH (n:A) WHERE EXISTS { (n)-->(m) WHERE m.v > n.v } RETURN n.v ORDER BY n.v LIMIT 3",
        "MATCH (n:A {v: 1}) CALL (n) { MATCH (n)-[:R*1..3]->(m) RETURN count(m) AS c } RETURN c",
        "MATCH p = SHORTEST 2 (:A {v: 1})((x)-[:R]->(y))+(:A {v: 5}) RETURN p",
        "MATCH (n:A) SET n.w = n.v FOREACH (x IN [1] | MERGE (:B {v: x})) RETURN count(*)",
        "MATCH (n:A) RETURN 1 / (n.v - 5)",
    ])
    func nothingHoldsAClosedDatabase(_ text: String) throws {
        weak var pages: PageStore?
        do {
            let db = try Database.inMemory()
            for label in 0 ..< 12 {
                try db.query(
                    "UNWIND range(1, 9) AS v CREATE (n:A:L\(label) {v: v})-[:R]->(:A {v: v + 1})")
            }
            try db.query("MATCH (a:A), (b:A) WHERE a.v + 1 = b.v MERGE (a)-[:R]->(b)")
            for threads in [1, 2] {
                let session = db.session()
                session.limits.threadCount = threads
                for prefix in ["", "PROFILE ", "EXPLAIN "] {
                    _ = try? session.run(prefix + text).rows()
                }
            }
            pages = db.engine.store.pages
            #expect(pages != nil)
        }
        #expect(pages == nil)
    }
}
