// The verifier: goal: whatever rules run, every operator reads only what is produced below it.
// Method: a corpus of queries, planned with all rules, without any, and without each in turn; and
// plans broken on purpose, which the verifier must refuse.

import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct PlanVerifierTests {
    static let corpus = [
        "MATCH (n) RETURN n",
        "MATCH (a:Person)-[r:KNOWS]->(b:Person)-[:LIVES_IN]->(c:City) WHERE a.age > b.age"
            + " RETURN a.name, c.name, r ORDER BY c.name DESC SKIP 2 LIMIT 5",
        "MATCH (a:Person {name: 'x'}), (b:Person {name: a.name}) RETURN b",
        "MATCH (a:Person), (b:City) WHERE a.name = b.name RETURN a, b",
        "MATCH (a)-[:KNOWS*0..3]->(b)-[r:LIVES_IN]->(c) WHERE r.x = 1 RETURN a, b, c",
        "MATCH (a:Person) OPTIONAL MATCH (a)-[:WROTE]->(p)-[:HAS_TAG]->(t) WHERE t.name = a.name"
            + " RETURN a, count(t) AS c ORDER BY c LIMIT 3",
        "MATCH (a:Person) WHERE NOT (a)-[:WROTE]->()"
            + " AND EXISTS { (a)-[:KNOWS]->(b) WHERE b.age > 1 } RETURN count(*)",
        "MATCH (a:Person) WHERE COUNT { (a)-[:KNOWS]->() } > 3"
            + " RETURN [(a)-->(b) | b.name] AS names",
        "UNWIND [1, 2, 3] AS x WITH x WHERE x > 1 MATCH (a:Person {id: x}) RETURN a.name AS n, x",
        "MATCH (a:Person) WITH a.age AS age, collect(a) AS people WHERE size(people) > 1"
            + " UNWIND people AS p RETURN age, p.name",
        "MATCH (a:Person {id: 1}), (b:Person {id: 2}), "
            + "p = shortestPath((a)-[:KNOWS*]-(b)) RETURN p",
        "MERGE (a:Person {id: 1}) ON MATCH SET a.age = 2 ON CREATE SET a.age = 1 RETURN a",
        "MATCH (a:Person), (b:City) MERGE p = (a)-[:LIVES_IN {x: 1}]->(b) RETURN p",
        "MATCH (a:Person) SET a.age = a.age + 1 WITH a MATCH (a)-->(b) DETACH DELETE b",
        "CREATE p = (a:X)-[r:R]->(b:Y {v: 1}) RETURN p",
        "MATCH (a:Person) CALL { WITH a MATCH (a)-[:WROTE]->(p) RETURN p ORDER BY p.id LIMIT 1 }"
            + " RETURN a, p",
        "UNWIND [1] AS x CALL { WITH x CREATE (n {v: x}) } RETURN x",
        "MATCH (a:Person) RETURN a.name AS n UNION MATCH (c:City) RETURN c.name AS n",
        "MATCH ()-[r]->() MATCH (a)-[r]-(b) RETURN a, b",
        "MATCH p = (a)-[:KNOWS]->()-[:KNOWS]->(c) WHERE length(p) = 2 AND c.age = 1 RETURN p, a",
        "MATCH (a:Nobody)-[:KNOWS]->(b) RETURN b.name AS n ORDER BY n LIMIT 1",
        "OPTIONAL MATCH (a:Nobody) RETURN a",
        "MATCH (a:Person)-[:KNOWS]-(b:Person)-[:KNOWS]-(c:Person)"
            + " WHERE a <> c RETURN count(*) AS n",
        "CALL test.pair(1) YIELD a, b WHERE b > 1 RETURN a",
        "FOREACH (x IN [1, 2] | MERGE (n:Q {v: x}) SET n.w = 1)",
        "MATCH (a) RETURN reduce(s = 0, x IN [1, 2] | s + x + a.age) AS r",
        "MATCH (a:Person)-[:KNOWS]-(b)-[:KNOWS]-(c)-[:KNOWS]-(d)-[:KNOWS]-(e)-[:KNOWS]-(f)"
            + "-[:KNOWS]-(g)-[:KNOWS]-(h)-[:KNOWS]-(i)-[:KNOWS]-(j)-[:KNOWS]-(k)-[:KNOWS]-(l)"
            + " RETURN l LIMIT 1",
    ]

    @Test(arguments: corpus)
    func everyRuleInTurn(_ text: String) throws {
        _ = try plan(text)
        _ = try plan(text, disabling: Set(RuleSequence.names))
        for rule in RuleSequence.names { _ = try plan(text, disabling: [rule]) }
    }

    @Test(arguments: corpus)
    func estimatesAreFinite(_ text: String) throws {
        let plan = try plan(text)
        func visit(_ node: PhysicalOperator) {
            #expect(node.estimate.rows.isFinite && node.estimate.rows >= 0, "\(node.kind.title)")
            #expect(node.estimate.cost.isFinite && node.estimate.cost >= 0, "\(node.kind.title)")
            #expect(node.estimate.bytes.isFinite && node.estimate.bytes > 0, "\(node.kind.title)")
            for input in node.inputs { visit(input) }
        }
        visit(plan.root)
        #expect(plan.memory.floorBytes > 0)
        #expect(plan.memory.floorBytes <= plan.memory.peakBytes)
    }

    private func broken(_ root: PhysicalOperator, slots: Int) -> PhysicalPlan {
        PhysicalPlan(
            slots: Array(repeating: SlotInfo(name: "s", type: .any), count: slots), root: root,
            columns: [], isWriting: false, parameters: [],
            memory: MemoryForecast(floorBytes: 0, peakBytes: 0), notifications: [])
    }

    private let estimate = OperatorEstimate(rows: 1, cost: 1, bytes: 1)

    @Test func refusesMissingSlots() {
        let leaf = PhysicalOperator(
            .singleRow, inputs: [], output: [], estimate: estimate, id: 0)
        let read = PlanExpression(.slot(0), type: .any)
        let filter = PhysicalOperator(
            .filter([read]), inputs: [leaf], output: [], estimate: estimate, id: 1)
        #expect(throws: PlanFault.self) { try verify(broken(filter, slots: 1)) }
    }

    @Test func refusesPrunedSlots() {
        let leaf = PhysicalOperator(
            .nodeScan(node: 0, labels: nil), inputs: [], output: [], estimate: estimate, id: 0)
        let sort = PhysicalOperator(
            .sort([SortKey(slot: 0, isDescending: false)]), inputs: [leaf], output: [],
            estimate: estimate, id: 1)
        #expect(throws: PlanFault.self) { try verify(broken(sort, slots: 1)) }
    }

    @Test func refusesTwiceUsedNumbers() {
        let leaf = PhysicalOperator(
            .singleRow, inputs: [], output: [], estimate: estimate, id: 7)
        let limit = PhysicalOperator(
            .limit(PlanExpression(.constant(.integer(1)), type: .integer)), inputs: [leaf],
            output: [], estimate: estimate, id: 7)
        #expect(throws: PlanFault.self) { try verify(broken(limit, slots: 0)) }
    }

    @Test func refusesWrongNumberOfInputs() {
        let leaf = PhysicalOperator(
            .cartesianProduct, inputs: [], output: [], estimate: estimate, id: 0)
        #expect(throws: PlanFault.self) { try verify(broken(leaf, slots: 0)) }
    }
}
