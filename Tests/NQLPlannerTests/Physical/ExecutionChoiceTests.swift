// How operators are carried out: goal: threads, arrays by node, tests that are left out and buffers
// stand in the plan, and only where they are right. Method: plans over the fixture's statistics.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct ExecutionChoiceTests {
    private func plan(_ text: String, threads: Int = 4) throws -> PhysicalPlan {
        guard case .query(let query) = try parseStatement(text).kind else {
            throw PlanFault(description: "no query: \(text)")
        }
        var context = FixtureGraph.context(disabling: ["eliminate-counts"])
        context.options.threads = threads
        return try planQuery(query, context: context)
    }

    private func first(_ title: String, _ plan: PhysicalPlan) -> PhysicalOperator? {
        plan.root.spine.first { $0.kind.title == title }
    }

    @Test func aggregateOverManyRowsHasThreads() throws {
        let text = "MATCH (a:Person)-[:WROTE]->(p) RETURN a.age AS age, count(p.text) AS n"
        #expect(first("Aggregate", try plan(text))?.execution.threads == 4)
        #expect(first("Aggregate", try plan(text, threads: 1))?.execution.threads == 1)
    }

    @Test(arguments: [
        ("Sort", "MATCH (p:Post) RETURN p.text AS t ORDER BY t"),
        ("TopK", "MATCH (p:Post) RETURN p.text AS t ORDER BY t LIMIT 5"),
        ("Distinct", "MATCH (p:Post) RETURN DISTINCT p.text AS t"),
        ("Aggregate", "MATCH (p:Post) RETURN count(DISTINCT p.text) AS n"),
    ])
    func sinksOverManyRowsHaveThreads(_ title: String, _ text: String) throws {
        #expect(first(title, try plan(text))?.execution.threads == 4)
        #expect(first(title, try plan(text, threads: 1))?.execution.threads == 1)
    }

    @Test(arguments: [
        // Too few rows, rows that a limit leaves unread, values that differ from call to call, a
        // subquery.
        "MATCH (a:City) RETURN a.name AS name, count(a.id) AS n",
        "MATCH (p:Post) RETURN DISTINCT p.text AS t LIMIT 5",
        "MATCH (p:Post) WHERE rand() < 0.5 RETURN count(p.text) AS n",
        "MATCH (a:City) CALL (a) { MATCH (p:Post {id: a.id}) RETURN count(p.text) AS n }"
            + " RETURN n",
        "MATCH (p:Post) SET p.id = 1 WITH p RETURN count(p.text) AS n",
    ])
    func sinksOfOneThread(_ text: String) throws {
        var waiting = [try plan(text).root]
        while let node = waiting.popLast() {
            #expect(node.execution.threads == 1, "\(node.kind.title)")
            waiting += node.inputs
        }
    }

    @Test func groupsByNodeStandInAnArray() throws {
        let byNode = try plan("MATCH (a:Person)-[:WROTE]->(p) RETURN a, max(p.id) AS n")
        #expect(first("Aggregate", byNode)?.execution.isNodeAddressed == true)
        let byName = try plan("MATCH (a:Person)-[:WROTE]->(p) RETURN a.name AS a, max(p.id) AS n")
        #expect(first("Aggregate", byName)?.execution.isNodeAddressed == false)
        let sizes = [byNode, byName].map { first("Aggregate", $0)?.estimate.bytes ?? 0 }
        #expect(sizes[0] > 4 * 110_720, "the array is counted: \(sizes)")
    }

    @Test func labelsAreProvenByCountsOnly() throws {
        let few = try plan("MATCH (a:Person {age: 3})-[:WROTE]->(p:Post) RETURN p.id AS p")
        #expect(first("Expand", few)?.execution.provesLabels == false)
        let many = try plan("MATCH (a:Person)-[:WROTE]->(p:Post) WHERE a.age > 1 RETURN p.id AS p")
        #expect(first("Expand", many)?.execution.provesLabels == true && many.isSnapshotBound)
        let writing = try plan(
            "MATCH (a:Person)-[:WROTE]->(p:Post) WHERE a.age > 1 SET p.id = 1")
        for node in writing.root.spine { #expect(!node.execution.provesLabels) }
    }

    @Test func productsOfLargeInputsAreRemarkedOn() throws {
        let large = try plan("MATCH (a:Person), (b:Post) WHERE a.age < b.id RETURN count(*) AS n")
        let remark = large.notifications.first { $0.code == "LargeCartesianProduct" }
        #expect(remark?.hint == "If they belong together, tie them by the relationship"
            + " (b)<-[:WROTE]-(a).")
        let tied = try plan("MATCH (a:Person), (b:Post) WHERE a.age = b.id RETURN count(*) AS n")
        #expect(!tied.notifications.contains { $0.code == "LargeCartesianProduct" })
        let small = try plan("MATCH (a:Country), (b:Post) RETURN count(*) AS n")
        #expect(!small.notifications.contains { $0.code == "LargeCartesianProduct" })
    }
}
