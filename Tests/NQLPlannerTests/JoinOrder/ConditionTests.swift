// Conditions of patterns: goal: each is checked where it must be. Method: plan outlines.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct ConditionTests {
    @Test func volatilePredicatesSeeEveryMatch() throws {
        let text = try outline("MATCH (n:Person) WHERE rand() < 0.5 RETURN n")
        #expect(text == "ProduceResults n\nFilter rand() < 0.5\nNodeScan (n:Person)")
    }

    @Test func boundNodesAreNotNull() throws {
        let text = try outline("OPTIONAL MATCH (a:City) MATCH (a) RETURN a")
        let expected = """
            ProduceResults a
            Filter a IS NOT NULL
            OptionalApply
              CartesianProduct
                NodeScan (a:City)
              Argument
            SingleRow
            """
        #expect(text == expected)
    }

    @Test func oneStepBetweenBoundNodesNeedsNoPlanOfItsOwn() throws {
        let text = """
            MATCH (a:Person)-[:KNOWS]->(b)-[:KNOWS]->(c) WHERE NOT (a)-[:KNOWS]-(c)
            AND (c)-[:LIVES_IN]->(b) RETURN a
            """
        let fused = try outline(text)
        #expect(fused.contains("AntiExpandInto (a)-[:KNOWS]-(c)"), "\(fused)")
        #expect(fused.contains("SemiExpandInto (c)-[:LIVES_IN]->(b)"), "\(fused)")
        let apart = try outline(text, disabling: ["fuse-semi-steps"])
        #expect(apart.contains("AntiApply") && apart.contains("SemiApply"), "\(apart)")
    }

    @Test func lookUpsOfUnknownTypeAreCheckedAgain() throws {
        let text = try outline("MATCH (a:Person {name: $name}) RETURN a")
        let expected = """
            ProduceResults a
            Filter a.name = $name
            IndexSeek (a) person_name = $name
            """
        #expect(text == expected)
    }

    @Test func failingPredicatesComeLast() throws {
        let text = try outline(
            "MATCH (a:Person {id: 1})-[:KNOWS]->(b) WHERE 1 / a.age > 0 RETURN b")
        let expected = """
            ProduceResults b
            Filter (1 / a.age) > 0
            Expand (a)-[:KNOWS]->(b)
            IndexSeek (a) person_id = 1
            """
        #expect(text == expected)
    }

    @Test func changesComeBeforeReads() throws {
        let text = try outline("CREATE (:City) WITH 1 AS x MATCH (a:City), (b:City) RETURN a, b")
        #expect(!text.contains("CartesianProduct\n    NodeScan"))
        #expect(text.contains("Apply"))
    }
}
