// Goal: whatever a statement does, what it holds counts; beyond the budget it fails with a typed
// error, has changed nothing, leaves the database usable and the account as it was. Method: small
// budgets and texts of two kilobytes, one test for each kind of thing that is held.

import Foundation
import NenCore
import Testing

@testable import NenDB

@Suite struct MemoryLimitTests {
    /// Two thousand of these are 4 MiB.
    private static let text = String(repeating: "x", count: 2_048)

    private func database(budget: Int = 2 << 20, limit: Int? = nil) throws -> Database {
        var options = DatabaseOptions()
        options.limits.memoryBudgetBytes = budget
        options.limits.threadCount = 2
        options.memoryLimitBytes = limit
        return try Database.inMemory(options: options)
    }

    /// Nodes `A` with ids and texts, made in portions that fit.
    private func filled(_ count: Int = 2_000, budget: Int = 2 << 20) throws -> Database {
        let db = try database(budget: budget)
        for start in stride(from: 0, to: count, by: 200) {
            try db.query(
                "UNWIND range($start, $start + 199) AS i CREATE (:A {id: i, t: toString(i)})",
                ["start": .integer(Int64(start))])
        }
        return db
    }

    /// What is held beside prepared plans.
    private func held(_ db: Database) -> Int {
        db.clearPlanCache()
        return db.memory.heldBytes
    }

    private func expectRefusal(
        _ db: Database, _ query: String, _ parameters: [String: Value] = [:],
        detail: String = "MemoryBudgetExceeded", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let nodes: Int = try db.query("MATCH (n) RETURN count(*)").scalar()
        let sum: String? = try db.query("MATCH (n:A {id: 7}) RETURN n.t").next()?.get(0)
        #expect(held(db) == 0, "before", sourceLocation: sourceLocation)
        do {
            let result = try db.query(query, parameters)
            while try result.next() != nil {}
            Issue.record("it ran", sourceLocation: sourceLocation)
        } catch let error as NQLError {
            #expect(error.code == .memory, "\(error)", sourceLocation: sourceLocation)
            #expect(error.detail == detail, "\(error)", sourceLocation: sourceLocation)
            #expect(error.hint != nil, sourceLocation: sourceLocation)
        }
        #expect(held(db) == 0, "after", sourceLocation: sourceLocation)
        #expect(
            try db.query("MATCH (n) RETURN count(*)").scalar() == nodes,
            sourceLocation: sourceLocation)
        #expect(
            try db.query("MATCH (n:A {id: 7}) RETURN n.t").next()?.get(0) == sum,
            sourceLocation: sourceLocation)
        #expect(try db.check().isEmpty, sourceLocation: sourceLocation)
    }

    // MARK: Writes

    @Test(arguments: [
        "UNWIND range(1, 2000) AS i CREATE (:A {t: $text + i})",
        "UNWIND range(1, 2000) AS i MERGE (:B {t: $text + i})",
        "FOREACH (i IN range(1, 2000) | CREATE (:A {t: $text + i}))",
        "UNWIND range(1, 2000) AS i CALL (i) { CREATE (:A {t: $text + i}) }",
        "UNWIND range(1, 200000) AS i CREATE (:A {v: i, w: i, x: i, y: i})",
    ])
    func creations(_ query: String) throws {
        try expectRefusal(try filled(200), query, ["text": .string(MemoryLimitTests.text)])
    }

    @Test(arguments: [
        "MATCH (n:A) SET n.t = $text + n.id",
        "MATCH (n:A) SET n += {t: $text + n.id}",
        "MATCH (n:A) SET n.u = [$text, n.id]",
        "MATCH (n:A) CREATE (n)-[:R {t: $text + n.id}]->(n)",
    ])
    func changes(_ query: String) throws {
        try expectRefusal(try filled(), query, ["text": .string(MemoryLimitTests.text)])
    }

    @Test func changesOfAnIndexedProperty() throws {
        let db = try filled(budget: 4 << 20)
        try db.query("CREATE INDEX FOR (n:A) ON (n.t)")
        try expectRefusal(
            db, "MATCH (n:A) SET n.t = left($text, 900) + n.id",
            ["text": .string(MemoryLimitTests.text)])
    }

    @Test func oneExplicitTransactionOfManyStatements() throws {
        let db = try filled(200, budget: 6 << 20)
        let session = db.session()
        try session.run("BEGIN")
        var rounds = 0
        let error = #expect(throws: NQLError.self) {
            while rounds < 100 {
                try session.run(
                    "UNWIND range(1, 100) AS i CREATE (:B {t: $text + i})",
                    ["text": .string(MemoryLimitTests.text)])
                rounds += 1
            }
        }
        #expect(error?.code == .memory)
        #expect(rounds > 2)
        // The statements before it are there, and the transaction can go on.
        #expect(try session.run("MATCH (n:B) RETURN count(*)").scalar() == 100 * rounds)
        try session.run("COMMIT")
        #expect(try db.query("MATCH (n:B) RETURN count(*)").scalar() == 100 * rounds)
        #expect(held(db) == 0)
        #expect(try db.check().isEmpty)
    }

    @Test func batchesCommitWithinTheBudget() throws {
        let db = try database()
        try db.query(
            """
            UNWIND range(1, 3000) AS i
            CALL (i) { CREATE (:A {t: $text + i}) } IN TRANSACTIONS OF 100 ROWS
            """, ["text": .string(MemoryLimitTests.text)])
        #expect(try db.query("MATCH (n:A) RETURN count(*)").scalar() == 3_000)
        #expect(held(db) == 0)
    }

    // MARK: Reads and results

    @Test(arguments: [
        "UNWIND range(1, 100000) AS i RETURN collect(i)",
        "UNWIND range(1, 100000) AS i RETURN collect(DISTINCT i)",
        "UNWIND range(1, 100000) AS i RETURN count(DISTINCT toString(i))",
        "UNWIND range(1, 100000) AS i WITH DISTINCT toString(i) AS s RETURN count(s)",
        "UNWIND range(1, 100000) AS i RETURN toString(i) AS s, count(*) AS c",
        "UNWIND range(1, 100000) AS i RETURN percentileCont(i, 0.5)",
        "RETURN range(1, 200000) AS list",
        "UNWIND range(1, 100) AS i UNWIND range(1, 1000) AS j WITH i, j RETURN collect([i, j])",
        "UNWIND range(1, 90000) AS i RETURN i UNION UNWIND range(1, 90000) AS i RETURN -i AS i",
    ])
    func rowsAndTables(_ query: String) throws {
        try expectRefusal(try filled(200), query)
    }

    @Test func whatIsSortedGoesToTemporaryFiles() throws {
        let db = try filled(200)
        let rows = try db.query("UNWIND range(1, 200000) AS i RETURN i ORDER BY -i")
        var next: Int64 = 200_000
        while let row = try rows.next() {
            #expect(try row[0] == .integer(next))
            next -= 1
        }
        #expect(next == 0)
        #expect(held(db) == 0)
    }

    @Test func rowsOfWritingStatements() throws {
        let db = try filled(200)
        try expectRefusal(
            db, "MATCH (n:A) SET n.v = 1 WITH n UNWIND range(1, 200) AS i RETURN n, $text + i AS t",
            ["text": .string(MemoryLimitTests.text)])
        try expectRefusal(db, "MATCH (n:A) SET n.v = 1 WITH n UNWIND range(1, 100) AS i RETURN n")
    }

    @Test func valuesOfOneRow() throws {
        // 40,000 cells are 640 KB, and 960 KB as values: with the chains of collect too much.
        let db = try database(budget: 3 << 20)
        let list: [Int] = try db.query("RETURN range(1, 20000) AS list").scalar()
        #expect(list.count == 20_000)
        try expectRefusal(db, "UNWIND range(1, 50000) AS i RETURN collect(i) AS list")
        #expect(held(db) == 0)
    }

    @Test func parameters() throws {
        let list = Value.list((0..<100_000).map { .integer($0) })
        try expectRefusal(try filled(200), "RETURN size($list)", ["list": list])
        let texts = Value.list(Array(repeating: .string(MemoryLimitTests.text), count: 1_000))
        try expectRefusal(try filled(200), "RETURN size($list)", ["list": texts])
    }

    /// A parameter is counted while it is read, with all the room it takes: where the system gives
    /// no more than twice the budget, too, the request is refused or answered, and the next one is.
    @Test(arguments: [50_000, 300_000, 1_000_000])
    func parametersOfRequests(count: Int) throws {
        let elements = (0..<count).map { "{\"$type\":\"Integer\",\"_value\":\"\($0)\"}" }
        let requests = "{\"query\":\"RETURN size($l) AS s\",\"params\":{\"l\":{\"$type\":\"List\","
            + "\"_value\":[\(elements.joined(separator: ","))]}}}\n{\"query\":\"RETURN 7 AS s\"}\n"
        let file = FileManager.default.temporaryDirectory.path + "/nen-\(UUID().uuidString)"
        try requests.write(toFile: file, atomically: false, encoding: .utf8)
        defer { unlink(file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -v 131072; exec \"$0\" :memory: --json-lines --memory-budget 64MiB "
                + "--memory-limit 64MiB < \"$1\"", NQLProcess.executable, file,
        ]
        process.standardOutput = output
        try process.run()
        let lines = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self
        ).split(separator: "\n")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && lines.count == 2, "\(lines)")
        let isAnswered = lines.first?.contains("\"_value\":\"\(count)\"") == true
        let isRefused = lines.first?.contains("\"code\":\"MemoryLimitExceeded\"") == true
        #expect(isAnswered != isRefused && (isAnswered || count > 50_000), "\(lines)")
        #expect(lines.last?.contains("\"_value\":\"7\"") == true, "\(lines)")
    }

    // MARK: Texts and plans

    @Test func longTexts() throws {
        let list = (0..<20_000).map(String.init).joined(separator: ",")
        try expectRefusal(try filled(200), "RETURN size([\(list)])")
        let db = try filled(200)
        #expect(throws: NQLError.self) { try db.explain("RETURN size([\(list)])") }
        #expect(held(db) == 0)
    }

    @Test func preparedPlansAreBoundedInBytes() throws {
        let db = try database(budget: 8 << 20)
        for number in 0..<60 {
            let list = (0..<1_000).map { String($0 + number) }.joined(separator: ", ")
            #expect(try db.query("RETURN size([\(list)])").scalar() == 1_000)
            #expect(db.plans.byteCount <= db.plans.byteCountMax)
            #expect(db.memory.heldBytes == db.plans.byteCount)
        }
        #expect(db.plans.count > 0)
        #expect(db.plans.byteCountMax == 1 << 20)
        #expect(held(db) == 0)
    }

    @Test func foldedConstantsCount() throws {
        let db = try database(budget: 64 << 20)
        #expect(try db.query("RETURN range(1, 10000)[7]").scalar() == 8)
        #expect(try db.query("UNWIND [1] AS x RETURN range(1, 10000)[x]").scalar() == 2)
        #expect(db.plans.byteCount > 10_000 * MemoryLayout<Value>.stride)
        // What is too large for a plan is computed when it is needed.
        let count = 100_000
        db.clearPlanCache()
        for first in 1...8 {
            let query = "UNWIND [0] AS x RETURN range(\(first), \(first + count))[x]"
            #expect(try db.query(query).scalar() == first)
        }
        #expect(db.plans.byteCount <= db.plans.byteCountMax)
        #expect(held(db) == 0)
    }

    // MARK: Several at once

    @Test func theDatabaseHasALimitOfItsOwn() throws {
        let db = try database(budget: 5 << 20, limit: 6 << 20)
        let listed = "UNWIND range(1, 60000) AS i WITH collect(i) AS l UNWIND l AS x RETURN x"
        let first = try db.query(listed)
        _ = try first.next()
        #expect(db.memory.heldBytes > 1 << 20)
        let error = #expect(throws: NQLError.self) {
            var others: [QueryResult] = []
            for _ in 0..<5 {
                let other = try db.query(listed)
                _ = try other.next()
                others.append(other)
            }
        }
        #expect(error?.detail == "DatabaseMemoryExceeded")
        first.close()
        #expect(held(db) == 0)
        let again = try db.query(listed)
        #expect(try again.rows().count == 60_000)
    }
}
