// Rule `index-order`: goal: ORDER BY, least and greatest values come from an index where it has the
// order. Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct IndexOrderTests {
    @Test func aLimitReadsTheIndex() throws {
        let text = "MATCH (a:Person) RETURN a.name AS n ORDER BY n DESC SKIP 2 LIMIT 3"
        let expected = """
            ProduceResults n
            Skip 2
            Limit 5
            Project a.name AS n
            IndexSeek (a) person_name DESC with null
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Skip 2
            TopK n DESC LIMIT 5
            Project a.name AS n
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["index-order"]) == without)
    }

    @Test func nullIsLeftOutWhereAConditionDoes() throws {
        let text = "MATCH (a:Person) WHERE a.name > 'x' AND a.age > 3 "
            + "RETURN a ORDER BY a.name, id(a) LIMIT 3"
        let expected = """
            ProduceResults a
            Limit 3
            Filter a.name > 'x' AND a.age > 3
            IndexSeek (a) person_name > 'x' ASC
            """
        #expect(try outline(text) == expected)
    }

    @Test func rowsOfEqualFirstKeysAreSorted() throws {
        let text = "MATCH (a:Person) WHERE a.name < $n OR a.name = $n AND a.id > $i "
            + "RETURN a.name AS n, a.id AS i ORDER BY n DESC, i LIMIT 3"
        let expected = """
            ProduceResults n, i
            Limit 3
            PartialSort n DESC, i, sorted by n DESC
            Project a.name AS n, a.id AS i
            Filter (a.name < $n) OR ((a.name = $n) AND (a.id > $i))
            IndexSeek (a) person_name <= $n DESC
            """
        #expect(try outline(text) == expected)
    }

    @Test func theOrderPassesAnExpand() throws {
        let text = "MATCH (a:Person)-[:WROTE]->(p:Post) RETURN p.text AS t ORDER BY a.id LIMIT 3"
        let expected = """
            ProduceResults t
            Limit 3
            Project p.text AS t
            Expand (a)-[:WROTE]->(p:Post)
            IndexSeek (a) person_id ASC with null
            """
        #expect(try outline(text) == expected)
    }

    @Test func extremesAreTheEnds() throws {
        let text = "MATCH (a:Person) WHERE a.id > 3 RETURN min(a.id) AS l, max(a.id) AS m"
        let expected = """
            ProduceResults l, m
            CartesianProduct
              Aggregate max(a.id) AS m
              Limit 1
              Filter a.id > 3
              IndexSeek (a) person_id > 3 DESC
            Aggregate min(a.id) AS l
            Limit 1
            Filter a.id > 3
            IndexSeek (a) person_id > 3 ASC
            """
        #expect(try outline(text) == expected)
    }

    /// What the limit leaves out is not made, so its errors would be lost.
    @Test func whatMayFailIsNotPassed() throws {
        let text = "MATCH (a:Person) RETURN 1 / a.age AS n ORDER BY a.name LIMIT 3"
        #expect(try outline(text).contains("TopK"))
        let extreme = "MATCH (a:Person) WHERE a.age + 1 > 3 RETURN max(a.name) AS n"
        #expect(!(try outline(extreme).contains("Limit")))
    }

    /// An update above must not change what is still to be read.
    @Test func updatesWaitForAllRows() throws {
        let text = "MATCH (a:Person) WITH a ORDER BY a.name LIMIT 3 SET a.name = 'x'"
        let expected = """
            Set a.name = 'x'
            Eager
            Limit 3
            IndexSeek (a) person_name ASC with null
            """
        #expect(try outline(text).hasSuffix(expected))
        let all = "MATCH (a:Person) WITH a ORDER BY a.name SET a.name = 'x'"
        #expect(try outline(all).contains("Sort"))
    }
}
