// Goal: an index is built in little memory, by several walks, and is the same as in much. Method:
// texts in an order of their own, more than the share of the budget; looked up, checked, and with
// equal values under a unique constraint.

import NenCore
import Testing

@testable import NenDB

@Suite struct IndexBuildTests {
    private func database() throws -> Database {
        var options = DatabaseOptions()
        options.limits.memoryBudgetBytes = 3 << 20
        options.limits.threadCount = 1
        let db = try Database.inMemory(options: options)
        // 7,919 is prime: the ids come in an order of their own.
        for start in stride(from: 0, to: 12_000, by: 1_000) {
            try db.query(
                """
                UNWIND range($start, $start + 999) AS i
                WITH (i * 7919) % 12000 AS k
                CREATE (:A {k: k, t: toString(k + 100000) + $tail})
                """,
                [
                    "start": .integer(Int64(start)),
                    "tail": .string(String(repeating: "y", count: 120)),
                ])
        }
        return db
    }

    @Test func severalWalksGiveTheWholeIndex() throws {
        let db = try database()
        try db.query("CREATE INDEX FOR (n:A) ON (n.t)")
        #expect(try db.check().isEmpty)
        #expect(db.memory.peakBytes <= 3 << 20)
        for k in [0, 1, 4_711, 11_999] {
            let found: Int = try db.query(
                "MATCH (n:A) WHERE n.t STARTS WITH $start RETURN n.k",
                ["start": .string(String(k + 100_000))]
            ).scalar()
            #expect(found == k)
        }
        // An eighth of the index each: a scan would be cheaper for all of it.
        for lower in stride(from: 100_000, to: 112_000, by: 1_500) {
            let upper = lower + 1_500
            let text = "MATCH (n:A) WHERE n.t >= '\(lower)' AND n.t < '\(upper)' RETURN "
            #expect(try db.explain(text + "n.k").contains("IndexSeek"))
            #expect(try db.query(text + "count(DISTINCT n.t)").scalar() == 1_500)
        }
    }

    @Test func equalValuesAreFoundAcrossWalks() throws {
        let db = try database()
        try db.query("CREATE CONSTRAINT all_differ FOR (n:A) REQUIRE n.t IS UNIQUE")
        try db.query("DROP CONSTRAINT all_differ")
        try db.query("MATCH (n:A {k: 9000}) CREATE (:A {k: -1, t: n.t})")
        let error = #expect(throws: NQLError.self) {
            try db.query("CREATE CONSTRAINT FOR (n:A) REQUIRE n.t IS UNIQUE")
        }
        #expect(error?.detail == "UniquenessViolation")
        #expect(try db.check().isEmpty)
        db.clearPlanCache()
        #expect(db.memory.heldBytes == 0)
    }
}
