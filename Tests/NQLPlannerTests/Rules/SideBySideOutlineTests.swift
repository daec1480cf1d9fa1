// Rule `side-by-side`: goal: OPTIONAL MATCHes from one row are not combined where no aggregate
// sees the combinations. Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct SideBySideOutlineTests {
    private let text = "MATCH (p:Person {id: 1}) OPTIONAL MATCH (p)-[:KNOWS]-(f) "
        + "OPTIONAL MATCH (p)-[:WROTE]->(m) RETURN p, "

    @Test func distinctValuesOfEachStandOneBehindTheOther() throws {
        let query = text + "count(DISTINCT f) AS f, max(m.date) AS m"
        #expect(try outline(query).contains("UnionAll"))
        #expect(try !outline(query, disabling: ["side-by-side"]).contains("UnionAll"))
    }

    @Test func whatCountsOrReadsCombinationsIsCombined() throws {
        for items in ["count(f) AS x", "count(*) AS x", "count(DISTINCT f.a + m.a) AS x",
            "count(DISTINCT coalesce(f.a, 1)) AS x", "f, count(DISTINCT m) AS x"] {
            #expect(try !outline(text + items).contains("UnionAll"), "\(items)")
        }
    }
}
