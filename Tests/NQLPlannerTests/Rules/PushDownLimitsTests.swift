// Rule `push-down-limits`: goal: limits move below what keeps the number of rows. Method: plan
// outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct PushDownLimitsTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person) RETURN a.name AS n LIMIT 3"
        let expected = """
            ProduceResults n
            Project a.name AS n
            Limit 3
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Limit 3
            Project a.name AS n
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["push-down-limits"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) CALL { MATCH (b:City) RETURN b UNION ALL MATCH (b:Country)"
            + " RETURN b } RETURN b LIMIT 3"
        let expected = """
            ProduceResults b
            Limit 3
            CartesianProduct
              UnionAll b
                NodeScan (b:Country)
              NodeScan (b:City)
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }
}
