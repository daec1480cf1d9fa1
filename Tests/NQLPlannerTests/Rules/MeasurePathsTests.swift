// Rule `measure-paths`: goal: of a path that is only asked for its length no path is made, and a
// shortest one tells its length without its list. Method: what plans read.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct MeasurePathsTests {
    @Test(arguments: [
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) RETURN length(p)",
        "MATCH p = allShortestPaths((a:Person)-[:KNOWS*]->(b:Person)) RETURN b, length(p) AS n",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) WHERE length(p) > 2 RETURN b",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person))"
            + " RETURN length(p) AS n, count(*) ORDER BY n",
        "MATCH (a:Person), (b:Person) OPTIONAL MATCH p = shortestPath((a)-[:KNOWS*]-(b))"
            + " RETURN length(p)",
    ])
    func stepsAreCounted(text: String) throws {
        let plan = try outline(text)
        #expect(plan.contains("steps AS") && !plan.contains("path("), "\(plan)")
        let without = try outline(text, disabling: ["measure-paths"])
        #expect(!without.contains("steps AS") && without.contains("path("), "\(without)")
    }

    @Test(arguments: [
        "MATCH p = (a:Person)-[:KNOWS*1..3]->(b:Person)-[:LIVES_IN]->(c) RETURN length(p)",
        "MATCH p = shortestPath((a:Person)-[r:KNOWS*]-(b:Person)) RETURN length(p), r",
    ])
    func listsAreMeasured(text: String) throws {
        let plan = try outline(text)
        #expect(plan.contains("size(") && !plan.contains("path("), "\(plan)")
    }

    @Test(arguments: [
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) RETURN p, length(p)",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) RETURN nodes(p)",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) WITH DISTINCT p RETURN length(p)",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) RETURN collect(p), max(length(p))",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person))"
            + " RETURN COUNT { MATCH (x) WHERE x.age = length(p) } AS n",
        "MATCH p = (a:Person)-[:KNOWS*1..2]->(b) OPTIONAL MATCH (b)-[:LIVES_IN]->(c)"
            + " WHERE c.population > length(p) RETURN b, c",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person))"
            + " WHERE EXISTS { (b)-[:KNOWS]->(c) WHERE c.age = length(p) } RETURN b",
    ])
    func pathsThatAreReadAreMade(text: String) throws {
        let plan = try outline(text)
        #expect(plan.contains("path(") && !plan.contains("steps AS"), "\(plan)")
    }
}
