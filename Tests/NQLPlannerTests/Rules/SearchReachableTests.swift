// Rule `search-reachable`: goal: patterns of variable length are searched breadth first where
// neither their paths nor the number of their rows matters, and nowhere else. Method: which of the
// two operators the plan has, and outlines of some plans.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct SearchReachableTests {
    @Test(arguments: [
        "MATCH (a:Person)-[:KNOWS*]-(b) RETURN DISTINCT a, b",
        "MATCH (a:Person)-[:KNOWS*1..3]-(b:Person) RETURN a.name, count(DISTINCT b)",
        "MATCH (a:Person)-[:KNOWS*0..]->(b) RETURN max(b.age), min(b.age)",
        "MATCH (a:Person)-[:KNOWS*]->(b) RETURN collect(DISTINCT b.name)",
        "MATCH (a:Person)-[:KNOWS*]->(b) WITH a, b ORDER BY b.age WITH DISTINCT b RETURN b.name",
        "MATCH (a:Person)-[:KNOWS*]->(b)-[:LIVES_IN]->(c) RETURN DISTINCT c",
        "MATCH (a:Person) WHERE EXISTS { (a)-[:KNOWS*]->(:Person) } RETURN a",
        "MATCH (a:Person) WHERE NOT (a)-[:KNOWS*]->() RETURN a",
        "MATCH (a:Person), (b:Person) WHERE (a)-[:KNOWS*]-(b) RETURN count(*)",
        "MATCH (a:Person)-[r:KNOWS* {since: 3}]->(b) RETURN DISTINCT b",
        "MATCH (a:Person) ((x)-[:KNOWS]->(y) WHERE x.age < y.age)+ (b) RETURN DISTINCT b",
        "MATCH (a:Person)-[:KNOWS]->{0,3}(b) RETURN DISTINCT b",
        "MATCH (a:Person)-[:KNOWS*]->(b) WITH a.name AS n, b OPTIONAL MATCH (b)-[:LIVES_IN]->(c)"
            + " RETURN DISTINCT n, c",
        "MATCH (a:Person)-[:KNOWS*]->(b) RETURN b UNION MATCH (b:City) RETURN b",
    ])
    func isSearched(text: String) throws {
        let plan = try outline(text)
        #expect(plan.contains("Reach ") && !plan.contains("VarLengthExpand"), "\(plan)")
        #expect(!plan.contains("Repeat "), "\(plan)")
        let without = try outline(text, disabling: ["search-reachable"])
        #expect(!without.contains("Reach "), "\(without)")
    }

    @Test(arguments: [
        // Rows count.
        "MATCH (a:Person)-[:KNOWS*]-(b) RETURN a, b",
        "MATCH (a:Person)-[:KNOWS*]-(b) RETURN count(b)",
        "MATCH (a:Person)-[:KNOWS*]-(b) RETURN a.name, count(DISTINCT b), count(*)",
        "MATCH (a:Person)-[:KNOWS*]-(b) RETURN sum(b.age)",
        "MATCH (a:Person)-[:KNOWS*]->(b) WITH b LIMIT 3 RETURN DISTINCT b",
        "MATCH (a:Person)-[:KNOWS*]->(b) WITH b ORDER BY b.age LIMIT 3 RETURN DISTINCT b",
        "MATCH (a:Person)-[:KNOWS*]->(b) WITH rand() AS x, b RETURN DISTINCT x",
        "MATCH (a:Person)-[:KNOWS*]->(b) WHERE rand() < 0.5 RETURN DISTINCT b",
        "MATCH (a:Person) RETURN COUNT { (a)-[:KNOWS*]->(b) } AS c",
        "MATCH (a:Person) RETURN COLLECT { MATCH (a)-[:KNOWS*]->(b) RETURN b.name } AS c",
        // Relationships are read.
        "MATCH (a:Person)-[r:KNOWS*]->(b) RETURN DISTINCT b, size(r)",
        "MATCH p = (a:Person)-[:KNOWS*]->(b) RETURN DISTINCT b, length(p)",
        "MATCH (a:Person)-[r:KNOWS*]->(b) WHERE size(r) % 2 = 0 RETURN DISTINCT b",
        "MATCH (a:Person) ((x)-[:KNOWS]->(y))+ (b) RETURN DISTINCT b, size(y)",
        // They must differ from others.
        "MATCH (a:Person)-[:KNOWS*]->(b)-[:KNOWS]->(c) RETURN DISTINCT c",
        "MATCH (a:Person)-[:KNOWS*]->(b)-[:KNOWS*]->(c) RETURN DISTINCT c",
        // The shortest walk need not be a trail.
        "MATCH (a:Person)-[:KNOWS*2..]-(b) RETURN DISTINCT b",
        "MATCH (a:Person) ((x)-[:KNOWS]-(y)-[:KNOWS]-(z))+ (b) RETURN DISTINCT b",
        // The condition may fail.
        "MATCH (a:Person) ((x)-[r:KNOWS]-(y) WHERE 1 / r.since > 0)+ (b) RETURN DISTINCT b",
    ])
    func isEnumerated(text: String) throws {
        let plan = try outline(text)
        #expect(!plan.contains("Reach "), "\(plan)")
    }

    @Test func existenceNeedsOneEnd() throws {
        let text = "MATCH (a:Person) WHERE EXISTS { (a)-[:KNOWS*]->(:Person) } RETURN a"
        let expected = """
            ProduceResults a
            SemiApply
              Reach (a)-[:KNOWS*1..]->(anon_2:Person), any end
              Argument
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    @Test func conditionsOnTheEndAreCheckedBeforePathsAreMade() throws {
        let text = "MATCH p = (a:Person {age: 1})-[:KNOWS*]->(b {age: 2}) RETURN p"
        let expected = """
            ProduceResults p
            Project path(a, anon_1, b) AS p
            VarLengthExpand (a)-[anon_1:KNOWS*1..]->(b) WHERE b.age = 2
            Filter a.age = 1
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = try outline(text, disabling: ["push-down-filters"])
        #expect(!without.contains("WHERE b.age"), "\(without)")
    }

    @Test(arguments: [
        "MATCH p = (a:Person)-[:KNOWS*]->(b:Person) WHERE id(a) = 1 AND id(b) = 2 RETURN p",
        "MATCH (a), (b) WHERE id(a) = 1 AND id(b) = 2 AND (a)-[:KNOWS*]->(b) RETURN a.name",
        "MATCH (a:Person) WHERE EXISTS { (a)-[:KNOWS*]->(b) WHERE id(b) = 1 } RETURN a.name",
    ])
    func pathsGoBetweenWhatIsLookedUp(text: String) throws {
        let plan = try outline(text)
        let lines = plan.split(separator: "\n").map { $0.drop { $0 == " " } }
        guard let walk = lines.firstIndex(where: {
            $0.hasPrefix("VarLengthExpand") || $0.hasPrefix("Reach")
        }) else {
            Issue.record("\(plan)")
            return
        }
        // Whatever binds the ends stands below, or around it.
        #expect(!lines[walk].contains("WHERE"), "\(plan)")
        #expect(plan.contains("EntityByID"), "\(plan)")
    }
}
