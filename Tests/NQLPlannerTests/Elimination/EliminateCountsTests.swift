// Rule `eliminate-counts`: goal: counts over trees are not enumerated when that is cheaper.
// Method: plan outlines with the rule, and without it where that differs.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct EliminateCountsTests {
    @Test func case1() throws {
        let text = "MATCH (a:Country)<-[:PART_OF]-(b:City)<-[:LIVES_IN]-(c:Person)"
            + "-[:WROTE]->(d:Post) RETURN count(*) AS n"
        let expected = """
            ProduceResults n
            WeightAggregate n = (b:City){-[:PART_OF]->(a:Country), \
            <-[:LIVES_IN]-(c:Person)-[:WROTE]->(d:Post)}
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Aggregate count(*) AS n
            Expand (c)-[:WROTE]->(d:Post)
            Expand (b)<-[:LIVES_IN]-(c:Person)
            Expand (a)<-[:PART_OF]-(b:City)
            NodeScan (a:Country)
            """
        #expect(try outline(text, disabling: ["eliminate-counts"]) == without)
    }

    @Test func case2() throws {
        let text = "MATCH (p:Post)-[:HAS_TAG]->(x:Tag), (p)-[:HAS_TAG]->(y:Tag) RETURN count(*)"
            + " AS n"
        let expected = """
            ProduceResults n
            WeightAggregate n = (p:Post){-[:HAS_TAG]->(x:Tag), -[:HAS_TAG]->(y:Tag)} + \
            -1·(p:Post)-[:HAS_TAG]->(x:Tag)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Aggregate count(*) AS n
            Expand (p)-[:HAS_TAG]->(y:Tag) distinct from anon_1
            Expand (x)<-[anon_1:HAS_TAG]-(p:Post)
            NodeScan (x:Tag)
            """
        #expect(try outline(text, disabling: ["eliminate-counts"]) == without)
    }

    @Test func case3() throws {
        let text = "MATCH (a:Person)-[:KNOWS]-(b:Person)-[:KNOWS]-(c:Person) WHERE a <> c"
            + " RETURN count(*) AS n"
        let expected = """
            ProduceResults n
            WeightAggregate n = (b:Person){-[:KNOWS]-(a:Person), -[:KNOWS]-(c:Person)} + \
            -1·(a:Person)-[:KNOWS]^2-(b:Person)
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Aggregate count(*) AS n
            Filter a <> c
            Expand (b)-[:KNOWS]-(a:Person) distinct from anon_3
            Expand (b)-[anon_3:KNOWS]-(c:Person)
            NodeScan (b:Person)
            """
        #expect(try outline(text, disabling: ["eliminate-counts"]) == without)
    }

    @Test func case4() throws {
        let text = "MATCH (p:Post)<-[:WROTE]-(a:Person) OPTIONAL MATCH (p)-[:HAS_TAG]->(t:Tag)"
            + " RETURN count(*) AS n"
        let expected = """
            ProduceResults n
            WeightAggregate n = (p:Post){<-[:WROTE]-(a:Person), -[:HAS_TAG]?->(t:Tag)}
            """
        #expect(try outline(text) == expected)
        let without = """
            ProduceResults n
            Aggregate count(*) AS n
            OptionalApply
              Expand (p)-[:HAS_TAG]->(t:Tag)
              Argument
            Expand (a)-[:WROTE]->(p:Post)
            NodeScan (a:Person)
            """
        #expect(try outline(text, disabling: ["eliminate-counts"]) == without)
    }

    @Test func case5() throws {
        let text = "MATCH (a:Person)-[:WROTE]->(p:Post) WHERE a.age = 3 RETURN count(*) AS n"
        let expected = """
            ProduceResults n
            Aggregate count(*) AS n
            Expand (a)-[:WROTE]->(p:Post)
            Filter a.age = 3
            NodeScan (a:Person)
            """
        #expect(try outline(text) == expected)
    }

    @Test func case6() throws {
        let text = "MATCH (a:Person {id: 1})-[:WROTE]->(p:Post) RETURN count(*) AS n"
        let expected = """
            ProduceResults n
            Aggregate count(*) AS n
            Expand (a)-[:WROTE]->(p:Post)
            IndexSeek (a) person_id = 1
            """
        #expect(try outline(text) == expected)
    }

    @Test func case7() throws {
        let text = "MATCH (a:Person)-[:KNOWS]->(b:Person)-[:KNOWS]->(c:Person)-[:KNOWS]->(a)"
            + " RETURN count(*) AS n"
        let expected = """
            ProduceResults n
            WeightAggregate n = (a:Person)[-[:KNOWS]->(b:Person)-[:KNOWS]-> ∩ <-[:KNOWS]-](c:Person)
            """
        #expect(try outline(text) == expected)
    }
}
