// EXPLAIN and PROFILE: goal: the table shows operators, details, rows, cost, bytes and totals,
// aligned; the verbose form shows the plan after every rule that changed it. Method: snapshots.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct ExplainTests {
    private let text = "MATCH (a:Person {name: 'x'})-[:KNOWS]->(b) WHERE NOT (b)-[:WROTE]->()"
        + " RETURN b.name AS name LIMIT 2 + 1"

    @Test func table() throws {
        let expected = """
            Operator       │ Details                 │ Rows │   Cost │   Bytes
            ───────────────┼─────────────────────────┼──────┼────────┼────────
            ProduceResults │ name                    │    3 │ 2.2 µs │  64 KiB
            Project        │ b.name AS name          │    3 │ 2.2 µs │  64 KiB
            Limit          │ 3                       │    3 │ 2.1 µs │  64 KiB
            AntiApply      │                         │  3.6 │ 2.1 µs │  64 KiB
            │ Expand       │ (b)-[:WROTE]->(anon_4)  │  400 │ 1.5 µs │  64 KiB
            │ Argument     │                         │   40 │   0 ns │  64 KiB
            Expand         │ (a)-[:KNOWS]->(b)       │   40 │ 614 ns │  64 KiB
            IndexSeek      │ (a) person_name = 'x'   │    2 │ 490 ns │  64 KiB
            ───────────────┼─────────────────────────┼──────┼────────┼────────
            Total          │ memory 512 KiB at least │    3 │ 2.2 µs │ 512 KiB
            """
        let found = explain(try plan(text))
        #expect(found == expected, "\(found)")
    }

    @Test func profile() throws {
        let plan = try plan("MATCH (a:City) RETURN a.name AS name")
        var profile: [Int: OperatorProfile] = [:]
        func visit(_ node: PhysicalOperator) {
            profile[node.id] = OperatorProfile(rows: 400, nanoseconds: 2_500, bytes: 65_536)
            for input in node.inputs { visit(input) }
        }
        visit(plan.root)
        let lines = explain(plan, profile: profile).split(separator: "\n").map(String.init)
        #expect(lines[0].hasSuffix("│ Actual rows │ Ratio │   Time │ Actual bytes"))
        #expect(lines[2].hasSuffix("│         400 │    ×2 │ 2.5 µs │       64 KiB"))
        #expect(lines.last?.hasSuffix("│         400 │    ×2 │ 7.5 µs │      192 KiB") ?? false)
    }

    @Test func verboseShowsRules() throws {
        guard case .query(let query) = try parseStatement(text).kind else { return }
        let plan = try planQuery(query, context: FixtureGraph.context(trace: true))
        let rules = ["bound", "unnest-subqueries", "fold-constants", "push-down-limits"]
        #expect(plan.trace.map(\.rule) == rules)
        let verbose = explain(plan, ExplainStyle(isVerbose: true))
        #expect(verbose.contains("fold-constants:\nResults name\n  Slice limit 3\n"))
        let pushed = "push-down-limits:\nResults name\n  Project b.name AS name\n"
        #expect(verbose.contains(pushed))
    }

    @Test(arguments: [
        (0.0, "0"), (0.25, "0.3"), (9.96, "10.0"), (12.4, "12"), (999.6, "1,000"),
        (1_234_567, "1,234,567"), (1e20, "∞"), (.infinity, "∞"),
    ])
    func numbers(_ value: Double, _ expected: String) {
        #expect(ExplainTable.number(value) == expected)
    }
}
