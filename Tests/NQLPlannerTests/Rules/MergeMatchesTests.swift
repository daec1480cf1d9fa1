// Rule `merge-matches`: goal: MATCH clauses in a row are ordered as one pattern. Method: plan
// outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct MergeMatchesTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person) MATCH (c:City {name: 'x'})<-[:LIVES_IN]-(a) RETURN a"
        let expected = """
            ProduceResults a
            Expand (c)<-[:LIVES_IN]-(a:Person)
            Filter c.name = 'x'
            NodeScan (c:City)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            HashJoin a
              Expand (c)<-[:LIVES_IN]-(a)
              Filter c.name = 'x'
              NodeScan (c:City)
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["merge-matches"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) WHERE NOT (a)-[:WROTE]->()"
            + " MATCH (a)-[:LIVES_IN]->(c {name: 'x'}) RETURN c"
        let expected = """
            ProduceResults c
            AntiApply
              Expand (a)-[:WROTE]->(anon_2)
              Argument
            Filter c.name = 'x'
            RelationshipScan (a:Person)-[:LIVES_IN]->(c)
            """
        let merged = try outline(text)
        #expect(merged == expected)
        let without = """
            ProduceResults c
            Filter c.name = 'x'
            Expand (a)-[:LIVES_IN]->(c)
            AntiApply
              Expand (a)-[:WROTE]->(anon_2)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["merge-matches"]) == without)
    }

    /// A condition that may fail would meet every pair.
    @Test func case3() throws {
        let text = "MATCH (a:Person) WHERE a.age + 1 > 3 MATCH (c:City) RETURN a, c"
        let expected = """
            ProduceResults a, c
            CartesianProduct
              NodeScan (c:City)
            Filter (a.age + 1) > 3
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        #expect(try outline(text, disabling: ["merge-matches"]) == expected)
        let joined = "MATCH (a:Person) WHERE a.age + 1 > 3 MATCH (a)-[:LIVES_IN]->(c) RETURN c"
        let together = """
            ProduceResults c
            Filter (a.age + 1) > 3
            RelationshipScan (a:Person)-[:LIVES_IN]->(c)
            """
        #expect(try outline(joined) == together)
    }
}
