// Rule `join-order`: goal: the cheapest order of a pattern is found, whatever the text says.
// Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct JoinOrderTests {
    @Test func case1() throws {
        let text = "MATCH (a:Person)-[:LIVES_IN]->(c:City)-[:PART_OF]->(d:Country {name: 'x'})"
            + " RETURN a"
        let expected = """
            ProduceResults a
            Expand (c)<-[:LIVES_IN]-(a:Person)
            Expand (d)<-[:PART_OF]-(c:City)
            Filter d.name = 'x'
            NodeScan (d:Country)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            Filter d.name = 'x'
            Expand (c)-[:PART_OF]->(d:Country)
            Expand (a)-[:LIVES_IN]->(c:City)
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["join-order"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (a:Person)-[:KNOWS]->(b:Person), (a)-[:KNOWS]->(c:Person),"
            + " (b)-[:KNOWS]->(c) RETURN a"
        let steps = [
            "(b)<-[:KNOWS]-(a) distinct proven", "(c)<-[:KNOWS]-(a) distinct proven",
        ]
        let expected = """
            ProduceResults a
            Intersect (a:Person): \(steps.joined(separator: ", "))
            Expand (b)-[:KNOWS]->(c:Person)
            NodeScan (b:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults a
            ExpandInto (b)-[:KNOWS]->(c) distinct from anon_1, anon_3
            Expand (a)-[anon_3:KNOWS]->(c:Person) distinct from anon_1
            Expand (a)-[anon_1:KNOWS]->(b:Person)
            NodeScan (a:Person)
            """
        let rules: Set = ["join-order", "prove-distinct"]
        #expect(try outline(text, disabling: rules) == without)
    }

    @Test func case3() throws {
        let text = "MATCH (a:City), (b:Country) WHERE a.name = b.name RETURN a, b"
        let expected = """
            ProduceResults a, b
            Filter a.name = anon_2
            HashJoin a.name = anon_2
              Project b.name AS anon_2
              NodeScan (b:Country)
            NodeScan (a:City)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case4() throws {
        let text = "MATCH (a:City), (b:Country) RETURN a, b"
        let expected = """
            ProduceResults a, b
            CartesianProduct
              NodeScan (b:Country)
            NodeScan (a:City)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case5() throws {
        let text = "MATCH (a:Person {id: 1})-[:KNOWS]->(b)-[:KNOWS]->(c)<-[:KNOWS]-(d:Person"
            + " {id: 2}) RETURN b"
        let expected = """
            ProduceResults b
            Filter anon_3 <> anon_1 AND anon_5 <> anon_1
            HashJoin b
              Expand (a)-[anon_1:KNOWS]->(b)
              IndexSeek (a) person_id = 1
            Expand (c)<-[anon_3:KNOWS]-(b) distinct from anon_5
            Expand (d)-[anon_5:KNOWS]->(c)
            IndexSeek (d) person_id = 2
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults b
            Filter d.id = 2
            Expand (c)<-[:KNOWS]-(d:Person) distinct from anon_1, anon_3
            Expand (b)-[anon_3:KNOWS]->(c) distinct from anon_1
            Expand (a)-[anon_1:KNOWS]->(b)
            Filter a.id = 1
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["join-order"]) == without)
    }

    @Test func case6() throws {
        let text = "MATCH (a:Person {id: 1})-[:KNOWS*1..2]->(b:Person) RETURN b"
        let expected = """
            ProduceResults b
            VarLengthExpand (a)-[:KNOWS*1..2]->(b:Person)
            IndexSeek (a) person_id = 1
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults b
            VarLengthExpand (a)-[:KNOWS*1..2]->(b:Person)
            Filter a.id = 1
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["join-order"]) == without)
    }

    @Test func case7() throws {
        let text = "MATCH ()-[r:KNOWS]->() RETURN count(r.x)"
        let expected = """
            ProduceResults count(r.x)
            Aggregate count(r.x) AS count(r.x)
            RelationshipScan (anon_0)-[r:KNOWS]->(anon_2)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults count(r.x)
            Aggregate count(r.x) AS count(r.x)
            Expand (anon_0)-[r:KNOWS]->(anon_2)
            NodeScan (anon_0)
            """
        #expect(try outline(text, disabling: ["join-order"]) == without)
    }

    @Test func case8() throws {
        let text = "MATCH (a:Person {id: 1}), (b:Person {id: 2}), p ="
            + " shortestPath((a)-[:KNOWS*]-(b)) RETURN p"
        let expected = """
            ProduceResults p
            Project path(a, anon_2, b) AS p
            ShortestPath (a)-[anon_2:KNOWS*1..]-(b)
            CartesianProduct
              IndexSeek (b) person_id = 2
            IndexSeek (a) person_id = 1
            """
        #expect(try outline(text) == expected)
    }

    @Test func case9() throws {
        let text = "MATCH (a:Person {id: 1}), (b:City {name: 'x'}) MERGE (a)-[r:LIVES_IN]->(b)"
            + " ON CREATE SET r.x = 1"
        let expected = """
            Merge (a)-[r:LIVES_IN]->(b) (streaming)
              ExpandInto (a)-[r:LIVES_IN]->(b)
              Argument
            CartesianProduct
              IndexSeek (a) person_id = 1
            Filter b.name = 'x'
            NodeScan (b:City)
            """
        #expect(try outline(text) == expected)
    }
}
