// Pipelines on several threads: goal: every sink gives the same rows, in the same order, and fails
// with the same error, whatever the number of threads; a limit, a deadline and a small budget do
// what they do on one. Method: queries over a random graph of a dozen chunks (seed printed), each
// on 1, 2 and 7 threads; that the plan has the sink on several threads is checked, too.

import NQLPlan
import NQLPlanner
import NenCore
import Testing

@testable import NenEngine

@Suite struct PipelineTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    private func harness() throws -> StatementHarness {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        _ = try RandomGraph(
            nodes: 24_000, edges: 30_000, types: ["R", "S"], harness.engine, using: &random)
        return harness
    }

    /// Titles of the operators that several threads work on.
    private func sinks(_ plan: PhysicalPlan) -> Set<String> {
        var found: Set<String> = []
        var waiting = [plan.root]
        while let node = waiting.popLast() {
            if node.execution.threads > 1 { found.insert(node.kind.title) }
            waiting += node.inputs
        }
        return found
    }

    /// Sinks and queries that have them; rows come in an order that the query or the scan tells.
    private static let queries: [(sinks: Set<String>, text: String)] = [
        (["Sort"], "MATCH (a) RETURN a.v AS v, id(a) AS i ORDER BY v DESC, i % 7"),
        (["Sort"], "MATCH (a)-[r]->(b) RETURN r.w AS w, b.v AS v ORDER BY toString(w)"),
        (["Sort"], "MATCH (a) RETURN CASE WHEN id(a) > 20000 THEN 'x' ELSE a.v END AS v "
            + "ORDER BY v"),
        (["Sort"], "MATCH (a) RETURN CASE id(a) % 5 WHEN 0 THEN 0.0/0.0 WHEN 1 THEN null ELSE "
            + "id(a) % 100 END AS v, id(a) ORDER BY v"),
        (["TopK"], "MATCH (a) RETURN a.v AS v, id(a) AS i ORDER BY v DESC LIMIT 5"),
        (["TopK"], "MATCH (a) RETURN toString(id(a) % 1000) AS v, id(a) "
            + "ORDER BY v SKIP 3 LIMIT 50"),
        (["TopK"], "MATCH (a) RETURN a.v AS v, id(a) AS i ORDER BY v, i DESC LIMIT 300"),
        (["Distinct"], "MATCH (a)-[]->(b) RETURN DISTINCT a.v, b.v"),
        (["Distinct"], "MATCH (a) UNWIND range(0, 4) AS x RETURN DISTINCT id(a) / 3 + x AS v"),
        (["Aggregate", "TopK"], "MATCH (a) UNWIND range(0, 4) AS x "
            + "WITH id(a) + x AS k, count(*) AS n, collect(x) AS l, min(toString(x)) AS m "
            + "RETURN k, n, l, m ORDER BY n DESC, k LIMIT 20"),
        (["Aggregate"], "MATCH (a) UNWIND range(0, 4) AS x RETURN 'k' + toString(id(a) * 5 + x) "
            + "AS k, count(*), sum(x), max(a.v)"),
        (["Aggregate", "Sort"], "MATCH (a) WITH id(a) / 2 AS k, count(DISTINCT a.v) AS n, "
            + "collect(DISTINCT a.v) AS l RETURN k, n, l ORDER BY n"),
        (["Aggregate"], "MATCH (a) RETURN a.v AS v, count(DISTINCT id(a)), "
            + "sum(DISTINCT id(a) % 100), count(*)"),
        (["Aggregate"], "MATCH (a) UNWIND [1, 2.0, 2, null] AS x "
            + "RETURN count(DISTINCT id(a) * 10 + x), avg(DISTINCT x), count(DISTINCT a.v)"),
        (["Aggregate"], "MATCH (a) RETURN a.v AS v, collect(DISTINCT id(a) % 3), count(*)"),
        (["Aggregate"], "MATCH (a) OPTIONAL MATCH (a)-[:R]->(b:A) RETURN a.v AS v, count(b), "
            + "count(*), sum(b.v) ORDER BY v"),
        ([], "MATCH (a:A) RETURN count { (a)-[:R]->() } AS n, count(*), "
            + "sum(a.v) ORDER BY n"),
        ([], "UNWIND range(0, 30) AS x WITH DISTINCT x % 20 AS x "
            + "MATCH (a) WHERE a.v = x RETURN x, count(*) AS n, collect(id(a))[3]"),
        (["Aggregate"], "MATCH (a:A) WHERE EXISTS { MATCH (b:B {v: a.v}) WHERE b.v > 5 } "
            + "RETURN a.v AS v, count(*) ORDER BY v"),
        (["Aggregate"], "MATCH (a:A), (b:B) WHERE id(b) < 3 AND a.v <> b.v "
            + "RETURN b.v AS v, count(*), sum(a.v)"),
        (["Aggregate"], "MATCH (a:A), (b:B) WHERE a.v = id(b) AND b.v < 0 RETURN count(*)"),
        ([], "MATCH (a:A), (b:B) WHERE id(a) = id(b) + 1 RETURN count(*), sum(b.v)"),
    ]

    @Test func rowsAreThoseOfOneThread() throws {
        var harness = try harness()
        // Patterns are matched, not counted.
        harness.disabledRules = ["eliminate-counts", "side-by-side"]
        for (sinks, text) in PipelineTests.queries {
            (harness.options.threads, harness.forcedCandidate) = (1, nil)
            let wanted = try harness.rows(text).map { $0.map(rounded) }
            harness.forcedCandidate = .threads
            for threads in [2, 7] {
                harness.options.threads = threads
                let plan = try harness.plan(text, in: harness.engine.beginRead())
                #expect(sinks.isSubset(of: self.sinks(plan)), "\(text): \(self.sinks(plan))")
                let found = try harness.rows(text).map { $0.map(rounded) }
                #expect(found == wanted, "seed \(seed): \(text) with \(threads) threads")
            }
        }
    }

    private func rounded(_ value: Value) -> Value {
        guard case .float(let number) = value else { return value }
        if number.isNaN { return .string("NaN") }
        return number.isFinite ? .float((number * 1e9).rounded() / 1e9) : value
    }

    @Test(arguments: [
        // The error of the first row that fails, whichever thread meets one first.
        "MATCH (a) WITH CASE WHEN id(a) = 9000 THEN 1 / 0 WHEN id(a) > 15000 THEN date('x') ELSE 1 "
            + "END AS x RETURN count(x)",
        "MATCH (a) RETURN toInteger(id(a)) / (20000 - id(a)) AS x ORDER BY x LIMIT 3",
        "MATCH (a) RETURN DISTINCT 1 / (id(a) - 23000) AS x",
        "MATCH (a) WITH id(a) AS k, sum(9223372036854775807 - id(a) % 2) AS s RETURN sum(s)",
        "MATCH (a) RETURN a.v AS v, stDev(CASE WHEN id(a) > 9000 THEN 'x' ELSE id(a) END) AS p",
    ])
    func errorsAreThoseOfOneThread(_ text: String) throws {
        var harness = try harness()
        let wanted = try #require(harness.error(text))
        harness.forcedCandidate = .threads
        for threads in [2, 7] {
            harness.options.threads = threads
            let found = harness.error(text)
            #expect(found?.message == wanted.message && found?.detail == wanted.detail,
                "seed \(seed), \(threads) threads: \(found?.message ?? "no error")")
        }
    }

    @Test func limitsAboveReadNoMoreThanOnOneThread() throws {
        var harness = try harness()
        harness.forcedCandidate = .threads
        harness.options.threads = 7
        // Rows behind the first ones would fail.
        let text = "MATCH (a) RETURN DISTINCT 1 / (23000 - id(a)) AS x LIMIT 1"
        #expect(try harness.rows(text) == [[.integer(0)]])
        let sorted = "MATCH (a) WITH DISTINCT id(a) AS i ORDER BY i DESC RETURN i LIMIT 2"
        #expect(try harness.rows(sorted).count == 2)
    }

    @Test func aDeadlineEndsAllThreads() throws {
        var harness = try harness()
        harness.forcedCandidate = .threads
        harness.options.threads = 7
        let transaction = try harness.engine.beginRead()
        for text in [
            "MATCH (a), (b) WHERE a.v + b.v = 1000 RETURN count(*)",
            "MATCH (a), (b) RETURN id(a) * id(b) AS x ORDER BY x LIMIT 3",
        ] {
            let plan = try harness.plan(text, in: transaction)
            let error = #expect(throws: NQLError.self) {
                let cursor = try transaction.execute(
                    plan, options: harness.options,
                    interruption: Interruption(timeoutMilliseconds: 30))
                while try cursor.nextBatch() != nil {}
            }
            #expect(error?.detail == "Timeout", "\(text)")
        }
    }

    @Test func aBudgetThatIsTooSmallIsAnError() throws {
        var harness = try harness()
        harness.forcedCandidate = .threads
        harness.options.threads = 7
        harness.options.memoryBudgetBytes = 1 << 20
        for text in [
            "MATCH (a) UNWIND range(0, 9) AS x RETURN id(a) AS i, x ORDER BY x",
            "MATCH (a) UNWIND range(0, 9) AS x RETURN id(a) * x AS k, count(*) AS n",
            "MATCH (a) UNWIND range(0, 9) AS x RETURN count(DISTINCT id(a) * x) AS n",
        ] {
            #expect(harness.error(text)?.detail == "MemoryBudgetExceeded", "\(text)")
        }
    }
}
