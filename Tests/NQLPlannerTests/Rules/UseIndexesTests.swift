// Rule `use-indexes`: goal: equality, IN, ranges, prefixes and identities become seeks. Method:
// plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct UseIndexesTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person {name: 'x'}) RETURN a"
        let expected = """
            ProduceResults a
            IndexSeek (a) person_name = 'x'
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter a.name = 'x'
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["use-indexes"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) WHERE a.id IN [1, 2] RETURN a"
        let expected = """
            ProduceResults a
            IndexSeek (a) person_id IN [1, 2]
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter a.id IN [1, 2]
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["use-indexes"]) == without)
    }

    @Test func case3() throws {
        let text = "MATCH (a:Person) WHERE a.name > 'x' AND a.name <= 'y' RETURN a"
        let expected = """
            ProduceResults a
            Filter a.name > 'x' AND a.name <= 'y'
            IndexSeek (a) person_name > 'x', <= 'y'
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter a.name > 'x' AND a.name <= 'y'
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["use-indexes"]) == without)
    }

    @Test func case4() throws {
        let text = "MATCH (a:Person) WHERE a.name STARTS WITH 'x' RETURN a"
        let expected = """
            ProduceResults a
            Filter a.name STARTS WITH 'x'
            IndexSeek (a) person_name STARTS WITH 'x'
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter a.name STARTS WITH 'x'
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["use-indexes"]) == without)
    }

    @Test func case5() throws {
        let text = "MATCH (a:Person) WHERE id(a) = 7 RETURN a"
        let expected = """
            ProduceResults a
            Filter a:Person
            EntityByID id(a) = 7
            """
        #expect(try outline(text) == expected)
    }

    @Test func case6() throws {
        let text = "UNWIND [1, 2] AS x MATCH (a:Person {id: x}) RETURN a"
        let expected = """
            ProduceResults a
            Apply
              IndexSeek (a) person_id = x
            Unwind [1, 2] AS x
            SingleRow
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            HashJoin a.id = x
              Unwind [1, 2] AS x
              SingleRow
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["use-indexes"]) == without)
    }

    @Test func case7() throws {
        let text = "MATCH (a:City), (b:Person {name: a.name}) RETURN b"
        let expected = """
            ProduceResults b
            Filter b.name = a.name
            Apply
              IndexSeek (b) person_name = a.name
            NodeScan (a:City)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults b
            Filter b.name = anon_2
            HashJoin b.name = anon_2
              Project a.name AS anon_2
              NodeScan (a:City)
            NodeScan (b:Person)
            """
        #expect(try outline(text, disabling: ["use-indexes"]) == without)
    }
}
