// Rule `push-down-filters`: goal: predicates reach the place where their variables are bound, and
// never cross LIMIT, updates, or, when they may fail, what could have removed their row. Method:
// plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct PushDownFiltersTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person) WITH a, a.age AS age WHERE age = 30 AND a.name = 'x'"
            + " RETURN age"
        let expected = """
            ProduceResults age
            Project a.age AS age
            Filter a.age = 30
            IndexSeek (a) person_name = 'x'
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults age
            Filter age = 30 AND a.name = 'x'
            Project a.age AS age
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["push-down-filters"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person) OPTIONAL MATCH (a)-[:KNOWS]->(b) WITH a, b WHERE a.age = 3"
            + " AND b.age = 4 RETURN a, b"
        let expected = """
            ProduceResults a, b
            Filter b.age = 4
            OptionalApply
              Expand (a)-[:KNOWS]->(b)
              Argument
            Filter a.age = 3
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a, b
            Filter a.age = 3 AND b.age = 4
            OptionalApply
              Expand (a)-[:KNOWS]->(b)
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["push-down-filters"]) == without)
    }

    @Test func case3() throws {
        let text = "MATCH (a:Person) UNWIND a.list AS x WITH a, x WHERE a.age / x = 3 RETURN a"
        let expected = """
            ProduceResults a
            Filter (a.age / x) = 3
            Unwind a.list AS x
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case4() throws {
        let text = "MATCH (a:Person) WITH a, a.age AS n ORDER BY n LIMIT 3 WHERE n > 1 RETURN a"
        let expected = """
            ProduceResults a
            Filter n > 1
            TopK n LIMIT 3
            Project a.age AS n
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case5() throws {
        let text = "MATCH (a:Person) SET a.age = 1 WITH a WHERE a.age = 1 RETURN a.name"
        let expected = """
            ProduceResults a.name
            Project a.name AS a.name
            Filter a.age = 1
            Set a.age = 1
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }
}
