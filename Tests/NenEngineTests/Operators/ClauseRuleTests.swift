// What a clause sees (design §3, points 1 to 6), by texts.

import NenCore
import Testing

@testable import NenEngine

@Suite struct ClauseRuleTests {
    private func integer(_ number: Int64) -> Value { .integer(number) }

    @Test func readingClausesDoNotSeeTheirOwnStatementsCreations() throws {
        let harness = try StatementHarness()
        try harness.run("CREATE (), ()")
        let outcome = try harness.run("MATCH () CREATE () WITH * MATCH () CREATE ()")
        #expect(outcome.counters.nodesCreated == 10)
        #expect(try harness.value("MATCH (n) RETURN count(n)") == integer(12))
    }

    @Test func mergeSeesEarlierRows() throws {
        let harness = try StatementHarness()
        let outcome = try harness.run("UNWIND [1, 1] AS x MERGE (:A {v: x})")
        #expect(outcome.counters.nodesCreated == 1)
    }

    @Test func setSeesEarlierRows() throws {
        let harness = try StatementHarness()
        try harness.run("CREATE ({id: 1, hits: 0}), ({id: 2, hits: 0})")
        try harness.run(
            "UNWIND [1, 2, 1, 1] AS e MATCH (n {id: e}) SET n.hits = n.hits + 1")
        let rows = try harness.rows("MATCH (n) RETURN n.id, n.hits ORDER BY n.id")
        #expect(rows == [[integer(1), integer(3)], [integer(2), integer(1)]])
    }

    @Test func itemsOfSetRunLeftToRight() throws {
        let harness = try StatementHarness()
        try harness.run("CREATE ({a: 1, b: 2})")
        let rows = try harness.rows("MATCH (n) SET n.a = n.b, n.b = n.a RETURN n.a, n.b")
        #expect(rows == [[integer(2), integer(2)]])
    }

    @Test func earlierProjectionsKeepTheirValues() throws {
        let harness = try StatementHarness()
        try harness.run("UNWIND range(1, 5) AS x CREATE ({v: x, s: 'a text that is long'})")
        let rows = try harness.rows(
            "MATCH (n) WITH n, n.v AS old, n.s AS s SET n.v = 0, n.s = 'another long text' "
                + "RETURN sum(old), sum(n.v), collect(DISTINCT s)")
        let text = Value.list([.string("a text that is long")])
        #expect(rows == [[integer(15), integer(0), text]])
    }

    @Test func foreachRunsElementByElement() throws {
        let harness = try StatementHarness()
        let outcome = try harness.run(
            "FOREACH (x IN [1, 2, 1] | MERGE (a:A {v: x}) ON MATCH SET a.again = true)")
        #expect(outcome.counters.nodesCreated == 2)
        let rows = try harness.rows("MATCH (a:A) RETURN a.v, a.again ORDER BY a.v")
        #expect(rows == [[integer(1), .boolean(true)], [integer(2), .null]])
    }

    @Test func deletedEntities() throws {
        let harness = try StatementHarness()
        try harness.run("CREATE (:A {v: 1})-[:R {w: 1}]->(:B)")
        let error = harness.error("MATCH (a:A) DETACH DELETE a RETURN a.v")
        #expect(error?.code == .entityNotFound)
        #expect(error?.detail == "DeletedEntityAccess")
        #expect(try harness.value("MATCH (n) RETURN count(n)") == integer(2), "rolled back")
        #expect(
            try harness.value("MATCH ()-[r]->() DELETE r RETURN type(r)") == .string("R"))
        let connected = try StatementHarness()
        try connected.run("CREATE (:A)-[:R]->(:B)")
        #expect(connected.error("MATCH (a:A) DELETE a")?.detail == "DeleteConnectedNode")
        // Judged at the end of the statement: the relationship goes later.
        try connected.run("MATCH (a:A)-[r]->(b) DELETE a, r, a, b")
        #expect(try connected.value("MATCH (n) RETURN count(n)") == integer(0))
    }

    @Test func failedStatementsChangeNothing() throws {
        let harness = try StatementHarness()
        try harness.run("CREATE (:A {v: 1})")
        let write = try harness.engine.beginWrite()
        let first = try harness.plan("MATCH (a:A) SET a.v = 2", in: write)
        _ = try harness.execute(first, in: write)
        let second = try harness.plan(
            "UNWIND [1, 2, 0] AS x CREATE (:B {v: 10 / x})", in: write)
        #expect(throws: NQLError.self) { _ = try harness.execute(second, in: write) }
        try write.commit()
        #expect(try harness.value("MATCH (a:A) RETURN a.v") == integer(2))
        #expect(try harness.value("MATCH (b:B) RETURN count(b)") == integer(0))
    }

    @Test func mergeOfNull() throws {
        let harness = try StatementHarness()
        let error = harness.error("MERGE ({v: null})")
        #expect(error?.code == .semantic)
        #expect(error?.detail == "MergeReadOwnWrites")
    }

    @Test func propertiesThatCannotBeStored() throws {
        let harness = try StatementHarness()
        for value in ["[{a: 1}]", "n", "[n]"] {
            let error = harness.error("CREATE (n) SET n.p = \(value)")
            #expect(error?.code == .type && error?.detail == "InvalidPropertyType", "\(value)")
        }
    }

    @Test func replacingAndAddingProperties() throws {
        let harness = try StatementHarness()
        try harness.run("CREATE (:A {a: 1, b: 2}), (:B {c: 3})")
        try harness.run("MATCH (a:A), (b:B) SET a = b, a += {d: 4, c: null}")
        let rows = try harness.rows("MATCH (a:A) RETURN properties(a)")
        #expect(rows == [[.map(["d": .integer(4)])]])
    }

    @Test func limitsDoNotCutWritesShort() throws {
        let harness = try StatementHarness()
        let outcome = try harness.run("UNWIND range(1, 10) AS x CREATE (n {v: x}) RETURN n LIMIT 2")
        #expect(outcome.rows.count == 2)
        #expect(outcome.counters.nodesCreated == 10)
    }

    @Test func manyRowsThroughEveryUpdate() throws {
        let harness = try StatementHarness()
        let created = try harness.run(
            "UNWIND range(1, 6000) AS x CREATE (a:A {v: x})-[:R {w: x}]->(b:B {v: -x})")
        #expect(created.counters.nodesCreated == 12_000)
        #expect(created.counters.relationshipsCreated == 6_000)
        #expect(created.counters.propertiesSet == 18_000)
        try harness.run("MATCH (a:A) WHERE a.v % 2 = 0 SET a.v = a.v * 10, a:Even")
        let sums = try harness.rows("MATCH (a:A) RETURN sum(a.v), count(a)")
        #expect(sums == [[integer(99_030_000), integer(6_000)]])
        let deleted = try harness.run("MATCH (a:Even) DETACH DELETE a")
        #expect(deleted.counters.nodesDeleted == 3_000)
        #expect(deleted.counters.relationshipsDeleted == 3_000)
        #expect(try harness.value("MATCH ()-[r]->() RETURN sum(r.w)") == integer(9_000_000))
    }
}
