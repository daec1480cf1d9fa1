// Choice `run-uncorrelated-once`: goal: a subquery that reads nothing of the row has no plan for
// each row: as a CALL it is one side of a product, in an expression it has no argument and is no
// join. Method: plan outlines with the choice, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct RunUncorrelatedOnceTests {
    @Test func calls() throws {
        let text = "MATCH (a:Person) CALL () { MATCH (b:City) RETURN count(b) AS n }"
            + " RETURN a, n"
        let found = try outline(text)
        #expect(!found.contains("Apply") && found.contains("CartesianProduct"), "\(found)")
        let without = try outline(text, disabling: ["run-uncorrelated-once"])
        #expect(without.contains("Apply per row"), "\(without)")
    }

    @Test func theFirstCallNeedsNoRow() throws {
        let text = "CALL () { MATCH (b:City) RETURN b } RETURN b"
        #expect(try outline(text) == "ProduceResults b\nNodeScan (b:City)")
    }

    @Test func conditions() throws {
        let text = "MATCH (a:Person) WHERE EXISTS { (c:City) WHERE c.name = 'x' } RETURN a"
        let expected = """
            ProduceResults a
            Filter EXISTS {#1}
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    /// What may fail must not, where there is no row to fail for.
    @Test func failures() throws {
        let text = "MATCH (a:Person) CALL () { MATCH (b:City) WHERE 1 / b.x = 1 RETURN b }"
            + " RETURN a, b"
        #expect(try outline(text).contains("Apply"))
    }

    @Test func changes() throws {
        let text = "MATCH (a:Person) CALL () { CREATE (b:City) RETURN b } RETURN a, b"
        #expect(try outline(text).contains("Apply per row"))
        let random = "MATCH (a:Person) CALL () { RETURN rand() AS x } RETURN a, x"
        #expect(try outline(random).contains("Apply"))
    }
}
