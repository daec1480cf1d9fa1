// Rule `fold-constants`: goal: expressions without slots become their value; one that fails stays
// for the row that asks. Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct FoldConstantsTests {
    @Test func case1() throws {
        let text = "MATCH (n:Person) WHERE n.age > 1 + 2 * 3 RETURN n"
        let expected = """
            ProduceResults n
            Filter n.age > 7
            NodeScan (n:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Filter n.age > (1 + (2 * 3))
            NodeScan (n:Person)
            """
        #expect(try outline(text, disabling: ["fold-constants"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (n:Person) WHERE n.age > 1 / 0 RETURN n"
        let expected = """
            ProduceResults n
            Filter n.age > (1 / 0)
            NodeScan (n:Person)
            """
        #expect(try outline(text) == expected)
    }
}
