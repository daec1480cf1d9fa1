// Rule `hash-subqueries`: goal: what only equalities tie to a row is matched once. Method: plan
// outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct HashSubqueriesTests {
    @Test func existenceIsASemiJoin() throws {
        let text = "MATCH (a:Person) WHERE EXISTS { MATCH (b:City) WHERE b.name = a.name }"
            + " RETURN a"
        let expected = """
            ProduceResults a
            SemiJoin CASE WHEN a.name = a.name THEN a.name END = anon_4
              Project b.name AS anon_4
              NodeScan (b:City)
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
        let without = try outline(text, disabling: ["hash-subqueries"])
        #expect(without.contains("SemiApply"), "\(without)")
    }

    @Test func itsAbsenceIsAnAntiJoin() throws {
        let found = try outline(
            "MATCH (a:Person) WHERE NOT EXISTS { MATCH (b:City) WHERE b.name = a.name } RETURN a")
        #expect(found.contains("AntiJoin"), "\(found)")
    }

    @Test func anOptionalPatternIsAnOuterJoin() throws {
        let found = try outline(
            "MATCH (a:Person) OPTIONAL MATCH (b:City) WHERE b.name = a.name RETURN a, b")
        #expect(found.contains("LeftOuterHashJoin"), "\(found)")
    }

    @Test func whatReadsTheRowOtherwiseRunsForIt() throws {
        let found = try outline(
            "MATCH (a:Person) WHERE EXISTS { MATCH (b:City) WHERE b.name < a.name } RETURN a")
        #expect(found.contains("SemiApply"), "\(found)")
        let failing = try outline(
            "MATCH (a:Person) WHERE EXISTS { MATCH (b:City) WHERE 1 / b.x = a.age } RETURN a")
        #expect(failing.contains("SemiApply"), "\(failing)")
    }

    @Test func oneKeyOfTheRowMayFail() throws {
        let one = try outline(
            "MATCH (a:Person) WHERE EXISTS { MATCH (b:City) WHERE b.name = 1 / a.age } RETURN a")
        #expect(one.contains("SemiJoin"), "\(one)")
        let two = try outline(
            "MATCH (a:Person) WHERE EXISTS { MATCH (b:City) WHERE b.name = 1 / a.age"
                + " AND b.x = a.name } RETURN a")
        #expect(two.contains("SemiApply"), "\(two)")
    }

    @Test(arguments: [
        ("OPTIONAL MATCH (a)-[:KNOWS]->(b:Person) WHERE b.age > 99", "LeftOuterHashJoin a"),
        ("WHERE EXISTS { (a)-[:KNOWS]->(b:Person) WHERE b.age > 99 }", "SemiJoin a"),
        ("WHERE NOT EXISTS { (a)-[:KNOWS]->(b)-[:KNOWS]->(a) WHERE b.age > 99 }", "AntiJoin a"),
    ])
    func commonNodesAreKeys(clause: String, join: String) throws {
        let text = "MATCH (a:Person) \(clause) RETURN a.name"
        let found = try outline(text, forcing: .hashJoin)
        #expect(found.contains(join), "\(found)")
        let without = try outline(text, disabling: ["hash-subqueries"])
        #expect(!without.contains(join), "\(without)")
    }

    @Test func commonRelationshipsAreNoKeys() throws {
        let found = try outline(
            "MATCH (a:Person)-[r:KNOWS]->(c) OPTIONAL MATCH (a)-[r]->(b) RETURN a.name, b",
            forcing: .hashJoin)
        #expect(!found.contains("LeftOuterHashJoin"), "\(found)")
    }
}
