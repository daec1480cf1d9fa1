// Rule `prune-unsatisfiable`: goal: patterns without a match by the exact statistics are not
// searched, except in statements that write. Method: plan outlines with the rule, and without it
// where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct PruneUnsatisfiableTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person)-[:NEVER]->(b) RETURN b"
        let expected = """
            ProduceResults b
            Project null AS b
            Limit 0
            SingleRow
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults b
            RelationshipScan (a:Person)-[:NEVER]->(b)
            """
        #expect(try outline(text, disabling: ["prune-unsatisfiable"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) OPTIONAL MATCH (a)-[:LIVES_IN]->(b:Person) RETURN a, b"
        let expected = """
            ProduceResults a, b
            Project null AS b
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a, b
            OptionalApply
              Expand (a)-[:LIVES_IN]->(b:Person)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["prune-unsatisfiable"]) == without)
    }

    @Test func case3() throws {
        let text = "MATCH (a:Person) WHERE NOT (a)-[:NEVER]->() RETURN a"
        let expected = """
            ProduceResults a
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            AntiApply
              Expand (a)-[:NEVER]->(anon_2)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["prune-unsatisfiable"]) == without)
    }

    @Test func case4() throws {
        let text = "MATCH (a:Nobody) RETURN count(*) AS c"
        let expected = """
            ProduceResults c
            Aggregate count(*) AS c
            Limit 0
            SingleRow
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults c
            StoredCount c = (:Nobody)
            """
        #expect(try outline(text, disabling: ["prune-unsatisfiable"]) == without)
    }

    @Test func case5() throws {
        let text = "CREATE (:Nobody) WITH 1 AS x MATCH (a:Nobody) RETURN a"
        let expected = """
            ProduceResults a
            Apply per row
              NodeScan (a:Nobody)
            Create (anon_0:Nobody)
            SingleRow
            """
        #expect(try outline(text) == expected)
    }
}
