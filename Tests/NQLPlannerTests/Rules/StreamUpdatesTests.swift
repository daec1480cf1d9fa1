// Rule `stream-updates`: goal: an update streams only where nobody can tell the difference.
// Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct StreamUpdatesTests {
    @Test func case1() throws {
        let text = "UNWIND [1, 2] AS x CREATE (n:Q {v: x})"
        let expected = """
            Create (n:Q) (streaming)
            Unwind [1, 2] AS x
            SingleRow
            """
        #expect(try outline(text) == expected)
        let without = """
            Create (n:Q)
            Unwind [1, 2] AS x
            SingleRow
            """
        #expect(try outline(text, disabling: ["stream-updates"]) == without)
    }

    @Test func case2() throws {
        let text = "UNWIND [1, 2] AS x CREATE (n:Q {v: x}) RETURN n.v"
        let expected = """
            ProduceResults n.v
            Project n.v AS n.v
            Create (n:Q)
            Unwind [1, 2] AS x
            SingleRow
            """
        #expect(try outline(text) == expected)
    }

    @Test func case3() throws {
        let text = "UNWIND [1, 2] AS x CREATE (n:Q {v: x}) RETURN x LIMIT 1"
        let expected = """
            ProduceResults x
            Limit 1
            Create (n:Q)
            Unwind [1, 2] AS x
            SingleRow
            """
        #expect(try outline(text) == expected)
    }

    @Test func case4() throws {
        let text = "MATCH (a:Person) CREATE (n:Q)"
        let expected = """
            Create (n:Q) (streaming)
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            Create (n:Q)
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["stream-updates"]) == without)
    }

    @Test func case5() throws {
        let text = "MATCH (a:Person) CREATE (n:Person)"
        let expected = """
            Create (n:Person)
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case6() throws {
        let text = "MATCH (a) CREATE (n:Q)"
        let expected = """
            Create (n:Q)
            NodeScan (a)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case7() throws {
        let text = "MATCH (a:Person {name: 'x'}) SET a.age = 3"
        let expected = """
            Set a.age = 3 (streaming)
            IndexSeek (a) person_name = 'x'
            """
        #expect(try outline(text) == expected)
        let without = """
            Set a.age = 3
            IndexSeek (a) person_name = 'x'
            """
        #expect(try outline(text, disabling: ["stream-updates"]) == without)
    }

    @Test func case8() throws {
        let text = "MATCH (a:Person {age: 4}) SET a.age = 3"
        let expected = """
            Set a.age = 3
            Filter a.age = 4
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case9() throws {
        let text = "UNWIND [1] AS x MERGE (n:Q {v: x})"
        let expected = """
            Merge (n:Q) (streaming)
              Filter n.v = x
              CartesianProduct
                NodeScan (n:Q)
              Argument
            Unwind [1] AS x
            SingleRow
            """
        #expect(try outline(text) == expected)
        let without = """
            Merge (n:Q)
              Filter n.v = x
              CartesianProduct
                NodeScan (n:Q)
              Argument
            Unwind [1] AS x
            SingleRow
            """
        #expect(try outline(text, disabling: ["stream-updates"]) == without)
    }

    @Test func case10() throws {
        let text = "UNWIND [1] AS x CREATE (n:Q) SET n.v = x"
        let expected = """
            Set n.v = x
            Create (n:Q)
            Unwind [1] AS x
            SingleRow
            """
        #expect(try outline(text) == expected)
    }
}
