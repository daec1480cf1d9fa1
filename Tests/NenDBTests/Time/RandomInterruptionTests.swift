// Goal: wherever a statement is ended, it has changed nothing, or all when it was done; the
// database is consistent and goes on. Method: writing statements under deadlines of no or one
// millisecond, or cancelled at random moments, each over a graph whose state is known before; the
// seed is printed. `NEN_INTERRUPTIONS` sets how many (120).

import Foundation
import NenCore
import NenDB
import Testing

@Suite struct RandomInterruptionTests {
    private static let statements = [
        "UNWIND range(1, 3000) AS x CREATE (:Made {x: x, s: toString(x)})-[:R]->(:Made)",
        "MATCH (a:A) SET a.v = a.v + 1, a.t = 'text ' + a.v",
        "MATCH (a:A) WHERE a.v % 3 = 0 DETACH DELETE a",
        "MATCH (a:A)-[r:NEXT]->(b) DELETE r CREATE (b)-[:NEXT]->(a)",
        "UNWIND range(1, 2000) AS x MERGE (a:A {v: x}) ON CREATE SET a.fresh = true",
        "MATCH (a:A) REMOVE a.v SET a:Other",
        "CREATE INDEX other IF NOT EXISTS FOR (a:A) ON (a.t)",
        "CREATE CONSTRAINT one IF NOT EXISTS FOR (a:Key) REQUIRE a.k IS UNIQUE",
        "DROP INDEX other IF EXISTS",
        "MATCH (a:A) WITH a ORDER BY a.t DESC LIMIT 500 FOREACH (x IN [1, 2] | "
            + "CREATE (a)-[:MADE {x: x}]->(:Leaf))",
        "MATCH (n) WHERE n:Made OR n:Leaf DETACH DELETE n",
        "ANALYZE",
    ]

    private func state(_ database: Database) throws -> [String] {
        let nodes = try database.query(
            "MATCH (n) RETURN labels(n) AS l, count(*) AS c, sum(n.v) AS v, count(n.t) AS t, "
                + "count(n.fresh) AS f ORDER BY l"
        ).rows().map { "\($0.values.map(\.displayText))" }
        let relationships = try database.query(
            "MATCH (a)-[r]->(b) RETURN type(r) AS t, count(*) AS c, sum(a.v * 7 + b.v) AS v "
                + "ORDER BY t"
        ).rows().map { "\($0.values.map(\.displayText))" }
        let schema = try database.query("SHOW INDEXES YIELD name").rows()
            .map { $0.values[0].displayText }
        return nodes + relationships + schema
    }

    @Test func statementsAreUndoneOrDone() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("random interruptions: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let wanted = ProcessInfo.processInfo.environment["NEN_INTERRUPTIONS"].flatMap(Int.init)
        let database = try Database.inMemory()
        try database.query("CREATE INDEX FOR (a:A) ON (a.v)")
        try database.query(
            "UNWIND range(1, 1500) AS x CREATE (a:A {v: x, t: toString(x)})")
        try database.query(
            "MATCH (a:A), (b:A {v: a.v + 1}) CREATE (a)-[:NEXT]->(b)")
        var interrupted = 0
        var before = try state(database)
        for round in 0 ..< (wanted ?? 120) {
            let statement = try #require(Self.statements.randomElement(using: &random))
            let error = run(statement, on: database, &random)
            let after = try state(database)
            if let error {
                #expect(error.code == .interrupted, "seed \(seed), \(round): \(error)")
                #expect(after == before, "seed \(seed), round \(round): \(statement)")
                interrupted += 1
            }
            before = after
            if round % 50 == 49 {
                #expect(try database.check() == [], "seed \(seed), round \(round)")
            }
        }
        print("random interruptions: \(interrupted) of \(wanted ?? 120) were interrupted")
        #expect(interrupted > 5)
    }

    private func run(
        _ statement: String, on database: Database, _ random: inout SeededGenerator
    ) -> NQLError? {
        let cancellation = Cancellation()
        let session = database.session(cancellation: cancellation)
        let pause = UInt32.random(in: 0 ... 40_000, using: &random)
        let kind = Int.random(in: 0 ..< 4, using: &random)
        if kind < 2 {
            session.limits.timeoutMilliseconds = kind
        } else {
            Thread {
                usleep(pause)
                cancellation.cancel()
            }.start()
        }
        return thrown { try session.run(statement) }
    }
}
