// Rule `merge-disjunctions`: goal: values of one thing, one of which must hold, become one list.
// Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct MergeDisjunctionsTests {
    @Test func valuesOfOneKeyAreLookedUp() throws {
        let text = "MATCH (a:Person) WHERE a.id = 1 OR a.id = 3 OR a.id IN [4, 5] RETURN a"
        let found = try outline(text)
        #expect(found.contains("IndexSeek (a) person_id IN [1, 3, 4, 5]"), "\(found)")
        let without = try outline(text, disabling: ["merge-disjunctions"])
        #expect(without.contains("UnionAll"), "\(without)")
        let neither = try outline(text, disabling: ["merge-disjunctions", "use-indexes"])
        #expect(neither.contains("NodeScan (a:Person)"), "\(neither)")
    }

    @Test func valuesOfSeveralKeysAreAUnion() throws {
        let found = try outline(
            "MATCH (a:Person) WHERE a.id = 1 OR a.name = 'x' OR a.id = 2 RETURN a")
        #expect(found.contains("Filter (a.id IN [1, 2]) OR (a.name = 'x')"), "\(found)")
        #expect(found.contains("UnionAll") && found.contains("IndexSeek (a) person_name = 'x'"))
    }

    @Test func whatMayFailStays() throws {
        let found = try outline("MATCH (a:Person) WHERE a.id = 1 OR a.id = 1 / a.age RETURN a")
        #expect(found.contains("(a.id = 1) OR (a.id = (1 / a.age))"), "\(found)")
    }
}
