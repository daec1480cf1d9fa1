// Rule `unnest-subqueries`: goal: EXISTS and pattern predicates among the conjuncts of WHERE
// become semi- and anti-joins, elsewhere nested plans. Method: plan outlines with the rule, and
// without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct UnnestSubqueriesTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person) WHERE EXISTS { (a)-[:WROTE]->(p) WHERE p.text = 'x' }"
            + " RETURN a"
        let expected = """
            ProduceResults a
            SemiApply
              Filter p.text = 'x'
              Expand (a)-[:WROTE]->(p)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter EXISTS {#2}
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["unnest-subqueries"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) WHERE NOT (a)-[:WROTE]->() RETURN a"
        let expected = """
            ProduceResults a
            AntiApply
              Expand (a)-[:WROTE]->(anon_2)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter NOT EXISTS {#1}
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["unnest-subqueries"]) == without)
    }

    @Test func case3() throws {
        let text = "MATCH (a:Person) WHERE a.age = 1 OR (a)-[:WROTE]->() RETURN a"
        let expected = """
            ProduceResults a
            Filter (a.age = 1) OR EXISTS {#1}
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }
}
