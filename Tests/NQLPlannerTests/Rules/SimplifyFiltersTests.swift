// Rule `simplify-filters`: goal: what is always true goes, what is never true leaves an empty
// plan. Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct SimplifyFiltersTests {
    @Test func case1() throws {
        let text = "MATCH (n:Person) WHERE 1 = 1 AND n.age = 3 RETURN n"
        let expected = """
            ProduceResults n
            Filter n.age = 3
            NodeScan (n:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Filter n.age = 3 AND true
            NodeScan (n:Person)
            """
        #expect(try outline(text, disabling: ["simplify-filters"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (n:Person) WHERE 1 = 2 RETURN n"
        let expected = """
            ProduceResults n
            Project null AS n
            Limit 0
            SingleRow
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Filter false
            NodeScan (n:Person)
            """
        #expect(try outline(text, disabling: ["simplify-filters"]) == without)
    }

    /// What is not asked behind a constant is not in the plan either.
    @Test func operandsThatAreNotAsked() throws {
        let left = try outline("MATCH (n:Person) WHERE true OR 1 / n.age = 1 RETURN n")
        #expect(left == "ProduceResults n\nNodeScan (n:Person)")
        let right = try outline("MATCH (n:Person) WHERE 1 / n.age = 1 OR true RETURN n")
        #expect(right.contains("Filter"), "\(right)")
        let both = try outline("MATCH (n:Person) WHERE (false AND n.a = 1) OR n.b = 2 RETURN n")
        #expect(both.contains("Filter n.b = 2\n"), "\(both)")
    }
}
