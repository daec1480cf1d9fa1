// Rule `place-subqueries`: goal: semi-joins are done as soon as their variables are bound.
// Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct PlaceSubqueriesTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person)-[:KNOWS]->(b:Person) WHERE NOT (a)-[:WROTE]->() RETURN b"
        let expected = """
            ProduceResults b
            Expand (a)-[:KNOWS]->(b:Person)
            AntiApply
              Expand (a)-[:WROTE]->(anon_4)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults b
            AntiApply
              Expand (a)-[:WROTE]->(anon_4)
              Argument
            Expand (a)-[:KNOWS]->(b:Person)
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["place-subqueries"]) == without)
    }
}
