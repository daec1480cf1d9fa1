// Bounds of rows: goal: they follow from exact counts, unique keys, constant limits and lists, are
// those of all runs together, and end where an update may have changed what is read. Method: plans
// over the fixture's statistics; that real results keep to them is checked with the workloads.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct RowBoundsTests {
    private func bound(_ text: String) throws -> Double {
        guard case .query(let query) = try parseStatement(text).kind else { return .nan }
        return try planQuery(query, context: FixtureGraph.context()).root.estimate.bound
    }

    @Test(arguments: [
        ("MATCH (a:Person) RETURN a.age AS a", 10_000),
        ("MATCH (a:Person {id: 7}) RETURN a.age AS a", 1),
        ("UNWIND [1, 2, 3] AS x MATCH (a:Person {id: x}) RETURN a.age AS a", 3),
        ("MATCH (a:Person) WHERE a.id IN [1, 2] RETURN a.age AS a", 2),
        ("MATCH (a:Person) RETURN a.age AS a LIMIT 5", 5),
        ("MATCH (a:Person) RETURN a.age AS a ORDER BY a SKIP 5 LIMIT 5", 10),
        ("MATCH (a:City), (b:Country) RETURN a.name AS a, b.name AS b", 4_000),
        ("MATCH (a:City) RETURN count(a.name) AS n", 1),
        // Without degrees no node has more relationships than there are.
        ("MATCH (c:City)-[:PART_OF]->(d) RETURN d.name AS d", 40_000),
        ("UNWIND [1, 2] AS x CALL (x) { MATCH (c:City) RETURN c LIMIT 3 } RETURN c", 6),
        ("MATCH (a:Person {id: 7}) OPTIONAL MATCH (b:Person {id: a.age}) RETURN b.age AS b", 2),
    ])
    func known(_ text: String, _ expected: Double) throws {
        #expect(try bound(text) <= expected, "\(text)")
        #expect(try bound(text) >= 1)
    }

    @Test(arguments: [
        "UNWIND $list AS x RETURN x", "MATCH p = (a:Person)-[*]->(b) RETURN length(p) AS n",
        "CREATE (:City) WITH 1 AS x MATCH (c:City) RETURN c.name AS name",
    ])
    func unknown(_ text: String) throws {
        #expect(try bound(text) == .infinity)
    }
}
