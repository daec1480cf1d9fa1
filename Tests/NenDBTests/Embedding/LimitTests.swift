// Goal: a query is refused, ended or interrupted within its limits, and plans are kept and
// forgotten rightly. Method: budgets and timeouts that a query must break; the same text on
// changing graphs.

import NenDB
import Testing

@testable import NenDB

@Suite struct LimitTests {
    private func database(budgetBytes: Int) throws -> Database {
        var options = DatabaseOptions()
        options.limits.memoryBudgetBytes = budgetBytes
        return try Database.inMemory(options: options)
    }

    @Test func queryOverBudgetIsRefusedBeforeItRuns() throws {
        let db = try database(budgetBytes: 1_000)
        let error = thrown {
            _ = try db.query("UNWIND range(1, 1000) AS x RETURN x ORDER BY x").rows()
        }
        #expect(error?.code == .memory && error?.phase == .compile)
        #expect(error?.detail == "MemoryFloorExceedsBudget")
        #expect(error?.message.contains("1000 bytes") == true)
    }

    @Test func noLimitOfTimeLocksTheSessionOut() throws {
        let session = try Database.inMemory().session()
        session.limits.timeoutMilliseconds = 0
        let long = "RETURN " + (1 ... 5_000).map { "\($0)" }.joined(separator: " + ") + " AS x"
        let error = thrown { _ = try session.run(long).rows() }
        #expect(error?.detail == "Timeout")
        for text in ["SET query_timeout = 0 + 0", "  set\tquery_timeout = null"] {
            session.limits.timeoutMilliseconds = 0
            try session.run(text)
            #expect(session.limits.timeoutMilliseconds == nil, "\(text)")
        }
        #expect(try session.run(long).scalar() == 12_502_500)
    }

    @Test func queryThatOutgrowsItsBudgetFailsCleanly() throws {
        let db = try database(budgetBytes: 16 << 20)
        let error = thrown {
            _ = try db.query(
                "UNWIND range(1, 3000000) AS x WITH collect(toString(x)) AS all RETURN all[7]"
            ).rows()
        }
        #expect(error?.code == .memory)
        #expect(try db.query("RETURN 1").scalar() == 1)
    }

    @Test func timeoutEndsAQuery() throws {
        let session = try Database.inMemory().session()
        session.limits.timeoutMilliseconds = 20
        let error = thrown {
            _ = try session.run(
                "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y RETURN sum(x * y)"
            ).rows()
        }
        #expect(error?.code == .interrupted)
        session.limits.timeoutMilliseconds = nil
        #expect(try session.run("RETURN 1").scalar() == 1)
    }

    @Test func cancellationEndsAQuery() throws {
        let session = try Database.inMemory().session()
        session.cancellation.cancel()
        let error = thrown { _ = try session.run("UNWIND range(1, 100000) AS x RETURN x").rows() }
        #expect(error?.code == .interrupted)
        session.cancellation.reset()
        #expect(try session.run("RETURN 1").scalar() == 1)
    }

    @Test func cancellationEndsTheBuildingOfIndexes() throws {
        let session = try Database.inMemory().session()
        try session.run("UNWIND range(1, 5000) AS x CREATE (:A {v: x})")
        for statement in [
            "CREATE INDEX FOR (a:A) ON (a.v)",
            "CREATE CONSTRAINT FOR (a:A) REQUIRE a.v IS UNIQUE",
            "CREATE CONSTRAINT FOR (a:A) REQUIRE a.v IS NOT NULL",
        ] {
            session.cancellation.cancel()
            let error = thrown { _ = try session.run(statement) }
            #expect(error?.code == .interrupted, "\(statement)")
            session.cancellation.reset()
            #expect(try session.run("SHOW INDEXES").rows().isEmpty)
            #expect(try session.run("SHOW CONSTRAINTS").rows().isEmpty)
            try session.run(statement)
            let name = try session.run("SHOW CONSTRAINTS YIELD name").rows().first?[0]
            if let name { try session.run("DROP CONSTRAINT `\(name.displayText)`") } else {
                let index = try session.run("SHOW INDEXES YIELD name").rows().first?[0]
                try session.run("DROP INDEX `\(try #require(index).displayText)`")
            }
        }
    }

    @Test func repeatedTextSeesTheChangedGraph() throws {
        let db = try Database.inMemory()
        let count = "MATCH (n:A) RETURN count(*)"
        let join = "MATCH (a:A)-[:T]->(b:B) RETURN count(*)"
        #expect(try db.query(count).scalar() == 0)
        #expect(try db.query(join).scalar() == 0)
        for round in 1...40 {
            try db.query("CREATE (:A)-[:T]->(:B)")
            #expect(try db.query(count).scalar() == round)
            #expect(try db.query(join).scalar() == round)
        }
        try db.query("CREATE INDEX FOR (n:A) ON (n.v)")
        #expect(try db.query(count).scalar() == 40)
        try db.query("MATCH (n) DETACH DELETE n")
        #expect(try db.query(count).scalar() == 0)
        #expect(try db.query(join).scalar() == 0)
    }

    @Test func plansAreBounded() throws {
        let db = try Database.inMemory()
        for number in 0..<(PlanCache.entryCountMax + 50) {
            #expect(try db.query("RETURN \(number)").scalar() == number)
        }
        #expect(db.plans.count <= PlanCache.entryCountMax)
    }

    @Test func parameterTypesGetTheirOwnPlans() throws {
        let db = try Database.inMemory()
        #expect(try db.query("RETURN $x + 1", ["x": 1]).scalar() == 2)
        #expect(try db.query("RETURN $x + 1", ["x": "a"]).scalar() == "a1")
        #expect(try db.query("RETURN $x + 1", ["x": [0]]).scalar() == [0, 1])
    }

    @Test func explainAndProfile() throws {
        let db = try Database.inMemory()
        try db.query("UNWIND range(1, 100) AS x CREATE (:N {v: x})")
        let plan = try db.explain("MATCH (n:N) WHERE n.v > 5 RETURN n.v AS v")
        #expect(plan.contains("NodeScan"))
        let result = try db.query("PROFILE MATCH (n:N) WHERE n.v > 5 RETURN n.v AS v")
        #expect(result.columns == ["plan"])
        #expect(try result.scalar(as: String.self).contains("95"))
        #expect(try db.query("EXPLAIN CREATE (:X)").columns == ["plan"])
        #expect(try db.query("MATCH (x:X) RETURN count(*)").scalar() == 0)
        #expect(thrown { _ = try db.query("EXPLAIN ANALYZE") } != nil)
    }
}
