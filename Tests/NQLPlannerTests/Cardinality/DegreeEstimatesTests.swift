// Goal: patterns that meet in a node are estimated by the degrees of the nodes they meet in; two
// bounds of a key are one interval; groups are counted by distinct values. Method: a graph of one
// hub and a thousand others, known exactly, and the estimates of plans over it.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

/// A thousand nodes `:N` that all have a relationship `:R` to the first, which has ten outwards.
private struct HubKnowledge: GraphKnowledge {
    func estimate(_ index: IndexDescriptor) -> IndexEstimate? { nil }

    func entities(_ index: IndexDescriptor, _ range: KeyRange, most: Int) -> [UInt32]? { nil }

    func degree(of node: UInt32, type: NameID?, isIncoming: Bool) -> Double? { nil }

    func walk(
        from node: UInt32, _ ends: [LandmarkCheck.End], hops: Int, most: Int
    ) -> LandmarkWalk? { nil }

    func lineCount(ofFile location: String) -> Double? { nil }

    func estimate(_ owner: PropertyOwner) -> PropertyEstimate? {
        var estimate = PropertyEstimate(
            distinctCount: 100, nullFraction: 0, minimum: .integer(0), maximum: .integer(99),
            entityCount: 1_000, meanElements: 3)
        estimate.quantiles = (0 ..< 100).map { value in
            Quantile(
                value: .integer(Int64(value)), below: Double(value) / 100,
                upTo: Double(value + 1) / 100)
        }
        return estimate
    }

    func degrees(atHand: Bool) -> DegreeStatistics? {
        let out = DegreeEnd(type: 0, isIncoming: false)
        let into = DegreeEnd(type: 0, isIncoming: true)
        return DegreeStatistics(
            moments: [
                out: [
                    1: DegreeMoments(
                        nodeCount: 1_000, total: 1_009, maximum: 10, squares: 1_099),
                ],
                into: [
                    1: DegreeMoments(
                        nodeCount: 11, total: 1_009, maximum: 999, squares: 998_011),
                ],
            ],
            products: [
                DegreePair(out, out): [1: 1_099], DegreePair(into, into): [1: 998_011],
                DegreePair(out, into): [1: 9_990 + 10],
            ], relationshipCount: 1_009)
    }
}

@Suite struct DegreeEstimatesTests {
    private var context: PlannerContext {
        PlannerContext(
            catalog: Catalog(labels: ["N"], types: ["R"], keys: ["k"], labelSets: [[], [0]]),
            statistics: GraphStatistics(
                nodesPerLabelSet: [0, 1_000], relationshipsPerType: [1_009],
                selfLoopsPerType: [0],
                relationshipsPerGroup: [
                    RelationshipGroup(sourceSet: 1, type: 0, targetSet: 1): 1_009,
                ]),
            functions: FixtureFunctions(), evaluator: FixtureEvaluator(),
            knowledge: HubKnowledge())
    }

    /// The largest estimate of an operator with this title.
    private func rows(_ text: String, _ title: String) throws -> Double {
        guard case .query(let query) = try parseStatement(text).kind else { return -1 }
        let plan = try planQuery(query, context: context)
        var found: [Double] = []
        func visit(_ node: PhysicalOperator) {
            if node.kind.title == title { found.append(node.estimate.rows) }
            node.inputs.forEach(visit)
        }
        visit(plan.root)
        return found.max() ?? -1
    }

    private func isNear(_ found: Double, _ wanted: Double) -> Bool {
        found > wanted * 0.99 && found < wanted * 1.01
    }

    @Test func meetingsInTheHub() throws {
        let model = CardinalityModel(
            catalog: context.catalog, statistics: context.statistics, knowledge: HubKnowledge())
        let into = PatternEnd(types: ["R"], direction: .incoming)
        let out = PatternEnd(types: [], direction: .outgoing)
        let labels: [PlanLabels] = [.name("N")]
        // Of 999 · 998 pairs that meet in the hub.
        let mean = model.fanOutBehind(previous: into, next: into, middle: labels)
        #expect(isNear(mean ?? 0, (998_011.0 - 1_009) / 1_009))
        #expect(
            isNear(
                model.fanOutBehind(previous: into, next: into, middle: labels, differ: false) ?? 0,
                998_011.0 / 1_009))
        #expect(isNear(model.fanOutBehind(previous: into, next: out, middle: []) ?? 0, 9.91))
        #expect(model.maximumDegree(["R"], .incoming, from: labels) == 999)
        #expect(model.maximumDegree(["R"], .both, from: []) == 1_009)
        #expect(isNear(model.fanOut(["R"], .outgoing, from: labels, to: []), 1.009))
        #expect(model.connected(["R"], .incoming, labels: labels) == 11)
        let both = PatternEnd(types: ["R"], direction: .both)
        let pairs = 1_099.0 + 998_011.0 + 20_000.0 - 2_018.0
        let each = model.fanOutBehind(previous: both, next: both, middle: [])
        #expect(isNear(each ?? 0, pairs / 2_018))
    }

    @Test func stepsBehindAHub() throws {
        let text = "MATCH (a:N)-[:R]->(b:N)<-[:R]-(c:N) RETURN a.k, c.k"
        #expect(isNear(try rows(text, "ProduceResults"), 998_011 - 1_009))
    }

    @Test func intervalsAndGroups() throws {
        #expect(
            isNear(
                try rows("MATCH (a:N) WHERE a.k >= 10 AND a.k < 30 RETURN a.k", "Filter"), 200))
        #expect(isNear(try rows("MATCH (a:N) RETURN a.k, count(*)", "Aggregate"), 100))
        #expect(isNear(try rows("MATCH (a:N) WITH a.k AS k RETURN DISTINCT k", "Distinct"), 100))
        // Values of a tenth of the rows.
        let some = try rows("MATCH (a:N) WHERE a.k < 10 RETURN DISTINCT a.k", "Distinct")
        #expect(some > 50 && some <= 100)
    }

    @Test func lengthsOfLists() throws {
        #expect(isNear(try rows("MATCH (a:N) UNWIND a.k AS x RETURN x", "Unwind"), 3_000))
        let text = "MATCH (a:N) WITH a.k AS k, collect(a) AS all UNWIND all AS x RETURN x"
        #expect(isNear(try rows(text, "Unwind"), 1_000))
    }
}
