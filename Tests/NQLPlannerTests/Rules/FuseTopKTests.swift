// Rule `fuse-top-k`: goal: LIMIT over ORDER BY becomes a top-k. Method: plan outlines with the
// rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct FuseTopKTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person) RETURN a.text AS n ORDER BY n SKIP 2 LIMIT 3"
        let expected = """
            ProduceResults n
            Skip 2
            TopK n LIMIT 5
            Project a.text AS n
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Limit 3
            Skip 2
            Sort n
            Project a.text AS n
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["fuse-top-k"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) RETURN a.text AS n ORDER BY n SKIP $s LIMIT 3"
        let expected = """
            ProduceResults n
            Limit 3
            Skip $s
            Sort n
            Project a.text AS n
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }
}
