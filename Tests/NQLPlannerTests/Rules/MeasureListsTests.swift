// Rule `measure-lists`: goal: a list that is only asked for its size is counted instead. Method:
// what plans read, with the rule and without.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct MeasureListsTests {
    @Test(arguments: [
        "MATCH (a:Person)-[:KNOWS]->(b) WITH a, collect(b.name) AS l RETURN a.name, size(l)",
        "MATCH (a:Person)-[:KNOWS]->(b) WITH a, collect(DISTINCT b.name) AS l WHERE size(l) > 2"
            + " RETURN a.name",
        "MATCH (a:Person)-[:KNOWS]->(b) WITH a, collect(b) AS l RETURN sum(size(l)), max(size(l))",
        "MATCH (a:Person) RETURN size(COLLECT { MATCH (a)-[:KNOWS]->(b) RETURN b.name }) AS n",
        "MATCH (a:Person) RETURN size([(a)-[:KNOWS]->(b) | b.name]) AS n",
        "MATCH (a:Person) WHERE size([(a)-[:KNOWS]->(b) WHERE b.age > 3 | b]) > 2 RETURN a.name",
    ])
    func listsAreCounted(text: String) throws {
        let plan = try outline(text)
        #expect(!plan.lowercased().contains("collect"), "\(plan)")
        let without = try outline(text, disabling: ["measure-lists"])
        #expect(without.lowercased().contains("collect"), "\(without)")
    }

    @Test(arguments: [
        "MATCH (a:Person)-[:KNOWS]->(b) WITH a, collect(b.name) AS l RETURN size(l), l",
        "MATCH (a:Person)-[:KNOWS]->(b) WITH a, collect(b.name) AS l UNWIND l AS x"
            + " RETURN size(l), x",
        "MATCH (a:Person)-[:KNOWS]->(b) WITH a, collect(b.name) AS l"
            + " WHERE EXISTS { (c) WHERE c.age = size(l) } RETURN a.name",
        "MATCH (a:Person)-[:KNOWS]->(b) WITH DISTINCT a, collect(b.name) AS l RETURN size(l)",
        "MATCH (a:Person) RETURN size(COLLECT { MATCH (a)-[:KNOWS]->(b) RETURN 1 / b.age }) AS n",
    ])
    func listsThatAreReadAreCollected(text: String) throws {
        let plan = try outline(text)
        #expect(plan.lowercased().contains("collect"), "\(plan)")
    }
}
