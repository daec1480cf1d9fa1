// The same query by different plans: every optimizer rule on or off, one thread or more, must give
// the same rows as bags.

import NQLPlan
import NQLPlanner
import NenCore
import Testing

@testable import NenEngine

@Suite struct EquivalenceTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    private static let queries = [
        "MATCH (a)-[r]->(b) RETURN a.v, r.w, b.v",
        "MATCH (a:A)-[:R]-(b:B) WHERE a.v < b.v RETURN a.v, count(*) AS c",
        "MATCH (a)-->(b)-->(c) WHERE a.v = 3 RETURN count(*)",
        "MATCH (a)-->(b)-->(a) RETURN count(*), sum(a.v)",
        "MATCH (a)--(b)--(c)--(a) WHERE a.v < b.v RETURN count(*)",
        "MATCH (a:A) OPTIONAL MATCH (a)-[r:S]->(b:B) WHERE b.v > 10 RETURN a.v, r.w, b.v",
        "MATCH (a:A) OPTIONAL MATCH (a)-->(b)-->(c:A) RETURN a.v, count(c) AS n",
        "MATCH (a) WHERE exists { (a)-[:R]->(:A) } RETURN count(a)",
        "MATCH (a) WHERE NOT (a)-[:R]->(:B) RETURN count(a), sum(a.v)",
        "MATCH (a)-->(b)-->(c) WHERE NOT (a)-->(c) RETURN a.v, c.v",
        "MATCH (a)--(b)-->(c) WHERE (c)-[:R|S]->(a) RETURN a.v, b.v, c.v",
        "MATCH (a)--(b)--(c) WHERE a <> c AND NOT (a)--(c) RETURN count(*), sum(a.v)",
        "OPTIONAL MATCH (a:A {v: 3})--(b) MATCH (c:B) WHERE NOT (a)-[:S]-(c) RETURN c.v",
        "MATCH (a) WHERE NOT (a)-->(a) RETURN count(*)",
        "MATCH (a) RETURN a.v, count { (a)-->() } AS n",
        "MATCH (a:A) RETURN a.v, [(a)-[r:R]->(b) WHERE r.w > 1 | r.w + b.v] AS l",
        "MATCH (a)-[:R*1..2]->(b) WHERE a.v = 1 RETURN a.v, b.v",
        "MATCH (a {v: 2})-[rs*0..2]-(b) RETURN size(rs) AS s, count(*) AS c",
        "MATCH (a), (b) WHERE a.v = 5 AND b.v = a.v + 1 RETURN count(*)",
        "MATCH (a) WITH a.v AS v, count(*) AS n WHERE n > 3 MATCH (b {v: v}) "
            + "RETURN v, n, count(b) AS m",
        "MATCH (a)-[r]->(b) WITH DISTINCT a.v AS x, b.v AS y RETURN count(*), sum(x), sum(y)",
        "MATCH (a) UNWIND [x IN range(0, 3) WHERE x <> a.v] AS x RETURN x, count(*) AS n",
        "MATCH (a:A) CALL { WITH a MATCH (a)-->(b) RETURN b.v AS m ORDER BY m DESC LIMIT 1 } "
            + "RETURN a.v, m",
        "MATCH (a) WHERE any(x IN [1, 2, 3] WHERE x = a.v) OR a.v > 15 RETURN count(*)",
        "MATCH (a) RETURN min(a.v), max(a.v), avg(a.v), count(DISTINCT a.v), stDev(a.v)",
        "MATCH (a)-[r]->(b) RETURN r.w AS w, min(a.v), max(b.v), collect(DISTINCT r.w) AS l",
        "MATCH (a) RETURN a.v AS v ORDER BY v DESC, a.v + 1 SKIP 3 LIMIT 7",
        "MATCH (a) RETURN CASE WHEN a.v IS NULL THEN 'none' WHEN a.v < 10 THEN 'low' ELSE 'high' "
            + "END AS k, count(*) AS n",
        "MATCH (a:A) RETURN a.v AS v UNION MATCH (b:B) RETURN b.v AS v",
    ]

    private func bag(_ harness: StatementHarness, _ text: String) throws -> [[Value]: Int] {
        NenEngineTests.bag(try harness.rows(text).map { $0.map(rounded) })
    }

    /// Sums of doubles may differ in the last digits between orders of addition.
    private func rounded(_ value: Value) -> Value {
        switch value {
        case .float(let number) where number.isFinite:
            return .float((number * 1e9).rounded() / 1e9)
        case .list(let items):
            // Lists from collect have no order of their own.
            return .list(items.map(rounded).sorted { "\($0)" < "\($1)" })
        default: return value
        }
    }

    @Test func rulesDoNotChangeResults() throws {
        var random = SeededGenerator(seed: seed)
        var harness = try StatementHarness()
        _ = try RandomGraph(
            nodes: 120, edges: 360, types: ["R", "S"], harness.engine, using: &random)
        for text in EquivalenceTests.queries {
            harness.disabledRules = Set(RuleSequence.names)
            let wanted = try bag(harness, text)
            harness.disabledRules = []
            #expect(try bag(harness, text) == wanted, "seed \(seed): \(text)")
            for rule in RuleSequence.names {
                harness.disabledRules = [rule]
                #expect(try bag(harness, text) == wanted, "seed \(seed): \(text) without \(rule)")
            }
        }
    }

    @Test func threadsDoNotChangeResults() throws {
        var random = SeededGenerator(seed: seed)
        var harness = try StatementHarness()
        _ = try RandomGraph(
            nodes: 24_000, edges: 30_000, types: ["R", "S"], harness.engine, using: &random)
        let queries = [
            "MATCH (a) RETURN a.v AS v, count(*), sum(a.v), min(a.v), collect(a.v)[0..5]",
            "MATCH (a:A) WHERE a.v > 4 RETURN count(*), avg(a.v), stDevP(a.v)",
            "MATCH (a)-[r:R]->(b) RETURN b.v AS k, sum(r.w), percentileDisc(a.v, 0.3)",
            "MATCH (a)-->(b)-->(c) RETURN count(*)",
            "MATCH (a)-[r]-(b:A) WHERE a.v < b.v RETURN a.v AS k, count(*), collect(r.w)",
            "MATCH (a)-[r]->(b) WHERE r.w > 1 RETURN sum(r.w), count(r)",
            "MATCH (a)-[r]->(b) RETURN a, count(*) AS n ORDER BY n DESC, id(a) LIMIT 20",
        ]
        for text in queries {
            harness.options.threads = 1
            let one = try harness.rows(text)
            for threads in [2, 3, 7] {
                harness.options.threads = threads
                let many = try harness.rows(text)
                #expect(many.map { $0.map(exceptSums) } == one.map { $0.map(exceptSums) },
                    "seed \(seed): \(text) with \(threads) threads")
            }
        }
    }

    private func exceptSums(_ value: Value) -> Value {
        guard case .float(let number) = value, number.isFinite else { return value }
        return .float((number * 1e9).rounded() / 1e9)
    }
}
