// Limits, interrupts and lifetimes at the engine's interface.

import NQLPlan
import NQLPlanner
import NenCore
import Testing

@testable import NenEngine

@Suite struct EngineTests {
    private func failure(_ body: () throws -> Void) -> NQLError? {
        do {
            try body()
            return nil
        } catch {
            return error as? NQLError
        }
    }

    @Test(arguments: [
        "UNWIND range(1, 1000000) AS x RETURN collect(x)",
        "UNWIND range(1, 1000000) AS x RETURN count(DISTINCT x)",
        "UNWIND range(1, 1000000) AS x RETURN x % 2 AS k, percentileDisc(x, 0.5)",
    ])
    func budgetsHold(_ text: String) throws {
        var harness = try StatementHarness()
        harness.options.memoryBudgetBytes = 6 << 20
        let error = failure { try harness.run(text) }
        #expect(error?.code == .memory, "\(text): \(String(describing: error))")
        // The database stays usable, and all memory has come back.
        #expect(try harness.value("RETURN 1") == .integer(1))
    }

    @Test func memoryComesBack() throws {
        let harness = try StatementHarness()
        let transaction = try harness.engine.beginRead()
        let plan = try harness.plan(
            "UNWIND range(1, 100000) AS x RETURN x ORDER BY -x", in: transaction)
        let cursor = try transaction.execute(plan)
        var count = 0
        while let batch = try cursor.nextBatch() { count += batch.rowCount }
        #expect(count == 100_000)
        #expect(cursor.peakBytes > 1 << 20)
    }

    @Test func cancellationAndTimeout() throws {
        let harness = try StatementHarness()
        let transaction = try harness.engine.beginRead()
        let text = "UNWIND range(1, 3000) AS x UNWIND range(1, 3000) AS y "
            + "UNWIND range(1, 3000) AS z RETURN count(*)"
        let plan = try harness.plan(text, in: transaction)
        let token = CancellationToken()
        token.cancel()
        let cancelled = failure {
            _ = try transaction.execute(plan, interruption: Interruption(token: token))
                .nextBatch()
        }
        #expect(cancelled?.code == .interrupted && cancelled?.detail == "Cancelled")
        let late = failure {
            let limit = Interruption(timeoutMilliseconds: 20)
            _ = try transaction.execute(plan, interruption: limit).nextBatch()
        }
        #expect(late?.code == .interrupted && late?.detail == "Timeout")
    }

    @Test func trailsCanBeInterrupted() throws {
        let harness = try StatementHarness()
        try harness.run(
            "UNWIND range(0, 29) AS i CREATE (:N {i: i})")
        try harness.run("MATCH (a:N), (b:N) WHERE a.i <> b.i CREATE (a)-[:R]->(b)")
        let transaction = try harness.engine.beginRead()
        let plan = try harness.plan(
            "MATCH (a:N {i: 0})-[*]->(b:Missing|N {i: -1}) RETURN count(*)", in: transaction)
        let late = failure {
            let limit = Interruption(timeoutMilliseconds: 50)
            _ = try transaction.execute(plan, interruption: limit).nextBatch()
        }
        #expect(late?.detail == "Timeout")
    }

    @Test func rowsKeepAliveWhatTheyNeed() throws {
        var cursor: EngineCursor?
        do {
            let harness = try StatementHarness()
            try harness.run("UNWIND range(1, 5000) AS x CREATE ({v: x, s: 'a rather long text'})")
            let transaction = try harness.engine.beginRead()
            let plan = try harness.plan("MATCH (n) RETURN n.v AS v, n.s AS s", in: transaction)
            cursor = try transaction.execute(plan)
        }
        let first = try #require(try cursor?.nextBatch())
        #expect(try first.value(row: 3, column: 1) == .string("a rather long text"))
        var total = first.rowCount
        while let batch = try cursor?.nextBatch() { total += batch.rowCount }
        #expect(total == 5_000)
        #expect(failure { _ = try first.value(row: 0, column: 0) }?.code == .argument)
        #expect(failure { _ = try first.value(row: -1, column: 0) }?.code == .argument)
    }

    @Test func columnsInPlace() throws {
        let harness = try StatementHarness()
        try harness.run("UNWIND range(1, 3000) AS x CREATE (:N {v: x})")
        let transaction = try harness.engine.beginRead()
        let plan = try harness.plan("MATCH (n:N) RETURN n.v AS v", in: transaction)
        let cursor = try transaction.execute(plan)
        var sum: Int64 = 0
        while let batch = try cursor.nextBatch() {
            let part = try batch.withIntegers(column: 0) { $0.reduce(0, +) }
            if let part { sum += part } else {
                for row in 0 ..< batch.rowCount {
                    if case .integer(let value) = try batch.value(row: row, column: 0) {
                        sum += value
                    }
                }
            }
        }
        #expect(sum == 4_501_500)
    }

    @Test func readOnlyTransactionsRefuseWrites() throws {
        let harness = try StatementHarness()
        let transaction = try harness.engine.beginRead()
        let plan = try harness.plan("CREATE ()", in: transaction)
        #expect(failure { _ = try transaction.execute(plan) }?.code == .transaction)
    }

    @Test func profilesCountRows() throws {
        var harness = try StatementHarness()
        try harness.run("UNWIND range(1, 3000) AS x CREATE (:N {v: x})")
        harness.options.isProfiling = true
        let transaction = try harness.engine.beginRead()
        let plan = try harness.plan(
            "MATCH (n:N) WHERE n.v > 1000 RETURN n.v % 7 AS k, count(*) AS c", in: transaction)
        let cursor = try transaction.execute(plan, options: harness.options)
        while try cursor.nextBatch() != nil {}
        var rows: [String: Int] = [:]
        func walk(_ operation: PhysicalOperator) {
            let name = "\(operation.kind)".prefix { $0 != "(" }
            rows[String(name)] = cursor.profile[operation.id]?.rows
            for input in operation.inputs { walk(input) }
        }
        walk(plan.root)
        #expect(rows["nodeScan"] == 3_000)
        #expect(rows["filter"] == 2_000)
        #expect(rows["aggregate"] == 7)
        #expect(rows["produceResults"] == 7)
    }

    @Test func volatileFunctionsDifferBetweenRows() throws {
        let harness = try StatementHarness()
        let rows = try harness.rows("UNWIND range(1, 200) AS x RETURN DISTINCT rand()")
        #expect(rows.count > 190)
    }

    @Test func lazyOperands() throws {
        let harness = try StatementHarness()
        let text = "UNWIND [0, 1, 2] AS x RETURN "
        for (expression, wanted) in [
            ("x <> 0 AND 10 / x > 5", [false, true, false]),
            ("x = 0 OR 10 / x > 5", [true, true, false]),
            ("CASE WHEN x = 0 THEN true ELSE 10 / x > 5 END", [true, true, false]),
            ("coalesce(CASE WHEN x = 0 THEN true END, 10 / x > 5)", [true, true, false]),
        ] {
            let rows = try harness.rows(text + expression + " AS r")
            #expect(rows == wanted.map { [.boolean($0)] }, "\(expression)")
        }
        #expect(harness.error(text + "10 / x")?.code == .arithmetic)
    }

    @Test func reduceOverLongLists() throws {
        var harness = try StatementHarness()
        harness.options.memoryBudgetBytes = 64 << 20
        #expect(
            try harness.value(
                "RETURN reduce(s = 0, x IN range(1, 300000) | s + x)") == .integer(45_000_150_000))
        let rows = try harness.rows(
            "UNWIND [[1, 2, 3], [], [5]] AS l "
                + "RETURN reduce(s = '>', x IN l | s + 'number ' + x + ', ')")
        #expect(
            rows == [
                [.string(">number 1, number 2, number 3, ")], [.string(">")],
                [.string(">number 5, ")],
            ])
    }
}
