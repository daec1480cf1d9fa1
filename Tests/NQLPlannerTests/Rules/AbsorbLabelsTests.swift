// Rule `absorb-labels`: goal: label tests on pattern nodes reach scans and expands. Method: plan
// outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct AbsorbLabelsTests {
    @Test func scans() throws {
        let text = "MATCH (n) WHERE n:Person RETURN n"
        #expect(try outline(text) == "ProduceResults n\nNodeScan (n:Person)")
        let without = "ProduceResults n\nFilter n:Person\nNodeScan (n)"
        #expect(try outline(text, disabling: ["absorb-labels"]) == without)
    }

    @Test func dynamicLabelsStay() throws {
        let text = "MATCH (n) WHERE n:$($label) RETURN n"
        #expect(try outline(text) == "ProduceResults n\nFilter n:$($label)\nNodeScan (n)")
    }
}
