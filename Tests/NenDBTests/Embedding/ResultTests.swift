// Goal: no order of calls crashes, results outlive what they came from, batches need no copy.
// Method: handles used after their parents are gone; batches compared with rows; decoding into
// types.

import Foundation
import NenDB
import Testing

@Suite struct ResultTests {
    private func numbers(_ count: Int) throws -> Database {
        let db = try Database.inMemory()
        try db.query("UNWIND range(1, $n) AS x CREATE (:N {v: x, f: x / 2.0, s: toString(x)})", [
            "n": .integer(Int64(count))
        ])
        return db
    }

    @Test func resultOutlivesDatabaseAndTransaction() throws {
        var db: Database? = try numbers(10_000)
        let result = try #require(
            try db?.read { tx in try tx.query("MATCH (n:N) RETURN n.v AS v, n.s AS s") })
        let first = try #require(try result.next())
        db = nil
        var count = 1
        while let row = try result.next() {
            #expect(row.values.count == 2)
            count += 1
        }
        #expect(count == 10_000)
        #expect(try result.next() == nil)
        #expect(first.columns == ["v", "s"])
    }

    @Test func resultOfAWriteOutlivesIt() throws {
        let db = try Database.inMemory()
        let result = try db.write { tx in
            try tx.query("UNWIND range(1, 5000) AS x CREATE (n:N {v: x}) RETURN n.v AS v")
        }
        #expect(try result.rows().count == 5_000)
    }

    @Test func rowsKeepWhatTheySawWhileOthersWrite() throws {
        let db = try numbers(5_000)
        let result = try db.query("MATCH (n:N) RETURN n.v AS v")
        _ = try result.next()
        try db.query("MATCH (n:N) SET n.v = -1")
        var sum: Int64 = 0
        while let row = try result.next() { sum += try row.get("v", as: Int64.self) }
        #expect(sum > 0)
    }

    @Test func closedResultIsEmpty() throws {
        let result = try numbers(10).query("MATCH (n:N) RETURN n.v AS v")
        result.close()
        #expect(try result.next() == nil)
        #expect(try result.nextBatch() == nil)
    }

    @Test func batchesHoldTheSameValuesAsRows() throws {
        let db = try numbers(10_000)
        let text = "MATCH (n:N) RETURN n.v AS v, n.f AS f, n.s AS s"
        var expected = try db.query(text).rows().map(\.values)[...]
        let result = try db.query(text)
        while let batch = try result.nextBatch() {
            #expect(batch.columns == ["v", "f", "s"])
            for row in 0..<batch.rowCount {
                let values = try (0..<3).map { try batch.value(row: row, column: $0) }
                #expect(values == expected.popFirst())
            }
            _ = try batch.withIntegers(column: 0) { integers in
                for row in 0..<batch.rowCount {
                    let value = try batch.value(row: row, column: 0)
                    #expect(value == .integer(integers[row]))
                }
            }
            _ = try batch.withFloats(column: 1) { floats in
                for row in 0..<batch.rowCount {
                    let value = try batch.value(row: row, column: 1)
                    #expect(value == .float(floats[row]))
                }
            }
            #expect(try batch.withIntegers(column: 2) { $0.count } == nil)
        }
        #expect(expected.isEmpty)
    }

    @Test func integersComeWithoutCopying() throws {
        let result = try numbers(10_000).query("MATCH (n:N) RETURN n.v AS v")
        var sum: Int64 = 0
        var plainRowCount = 0
        while let batch = try result.nextBatch() {
            try batch.withIntegers(column: 0) { integers in
                plainRowCount += integers.count
                for value in integers { sum += value }
            }
        }
        #expect(plainRowCount == 10_000)
        #expect(sum == 50_005_000)
    }

    @Test func staleBatchIsAnError() throws {
        let result = try numbers(5_000).query("MATCH (n:N) RETURN n.v AS v")
        let first = try #require(try result.nextBatch())
        _ = try first.value(row: 0, column: 0)
        #expect(thrown { _ = try first.value(row: 0, column: 9) }?.code == .argument)
        #expect(thrown { _ = try first.value(row: 99_999, column: 0) }?.code == .argument)
        _ = try result.nextBatch()
        #expect(thrown { _ = try first.value(row: 0, column: 0) }?.detail == "BatchIsGone")
        let last = try result.nextBatch()
        result.close()
        if let last { #expect(thrown { _ = try last.value(row: 0, column: 0) } != nil) }
    }

    @Test func scalarWantsOneValue() throws {
        let db = try Database.inMemory()
        #expect(try db.query("RETURN 7").scalar() == 7)
        #expect(thrown { _ = try db.query("RETURN 7, 8").scalar(as: Int.self) } != nil)
        #expect(thrown { _ = try db.query("UNWIND [] AS x RETURN x").scalar(as: Int.self) } != nil)
        #expect(thrown { _ = try db.query("RETURN 'x'").scalar(as: Int.self) }?.code == .type)
    }

    private struct Person: Decodable, Equatable {
        var name: String
        var age: Int?
        var tags: [String]
    }

    @Test func rowsDecodeIntoTypes() throws {
        let db = try Database.inMemory()
        try db.query("CREATE (:P {name: 'Ada', age: 36, tags: ['x', 'y']})")
        try db.query("CREATE (:P {name: 'Bob', tags: []})")
        let ada = Person(name: "Ada", age: 36, tags: ["x", "y"])
        let bob = Person(name: "Bob", age: nil, tags: [])
        let text = "MATCH (p:P) RETURN p.name AS name, p.age AS age, p.tags AS tags ORDER BY name"
        #expect(try db.query(text).decode(Person.self) == [ada, bob])
        let nodes = try db.query("MATCH (p:P) RETURN p ORDER BY p.name")
        #expect(try nodes.decode(Person.self) == [ada, bob])
        #expect(try db.query("UNWIND [1, 2] AS x RETURN x").decode(Int.self) == [1, 2])
        #expect(try db.query("RETURN [[1], []] AS x").decode([[UInt8]].self) == [[[1], []]])
        #expect(throws: NQLError.self) {
            try db.query("RETURN 300 AS x").decode(UInt8.self)
        }
        #expect(throws: NQLError.self) {
            try db.query("RETURN 'x' AS name").decode(Person.self)
        }
        #expect(throws: NQLError.self) {
            try db.query("RETURN 1 AS a, 2 AS b").decode(Int?.self)
        }
    }

    @Test func asyncTwins() async throws {
        let db = try Database.inMemory()
        try await db.write { tx in _ = try tx.query("CREATE (:A {v: 1})") }
        let count = try await db.read { tx in
            try tx.query("MATCH (n:A) RETURN count(*)").scalar(as: Int.self)
        }
        #expect(count == 1)
        #expect(try await db.rows("MATCH (n:A) RETURN n.v AS v").map { $0["v"] } == [1])
        await #expect(throws: NQLError.self) {
            try await db.write { tx in _ = try tx.query("RETURN x") }
        }
    }

    @Test func manyThreadsReadAndOneWrites() async throws {
        let db = try Database.inMemory()
        try db.query("CREATE (:Account {balance: 50}), (:Account {balance: 50})")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<200 {
                    try await db.write { tx in
                        _ = try tx.query(
                            "MATCH (a:Account) WITH collect(a) AS l WITH l[0] AS a, l[1] AS b "
                                + "SET a.balance = a.balance - 1, b.balance = b.balance + 1")
                    }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<200 {
                        let sum = try await db.rows("MATCH (a:Account) RETURN sum(a.balance)")
                        #expect(sum[0].values == [100])
                    }
                }
            }
            try await group.waitForAll()
        }
        let low = try db.query("MATCH (a:Account) RETURN min(a.balance)").scalar(as: Int.self)
        #expect(low == -150)
    }
}
