// Goal: the interface does what a program expects in its first hour: variables as parameters, any
// typed column, rows as they come, handles that close alone, writes within writes refused at once.
// Method: a small graph; each promise asked for by its name.

import Foundation
import NenDB
import NenDBFoundation
import Testing

@Suite struct InterfaceTests {
    private struct Person: Codable, Equatable {
        var name: String
        var age: Int?
    }

    private func database() throws -> Database {
        let db = try Database.inMemory()
        try db.query(
            "CREATE (a:Person:Author {name: 'Ada', age: 36}), (b:Person {name: 'Kurt'}), "
                + "(a)-[:KNOWS {since: 1833}]->(b)")
        return db
    }

    @Test func parametersAreVariablesOrLiterals() async throws {
        let db = try database()
        let (name, age, nobody) = ("Grace", 41, nil as String?)
        try db.query(
            "CREATE (:Person {name: $name, age: $age, nick: $nick})",
            ["name": name, "age": age, "nick": nobody])
        let tags = ["a", "b"]
        let query = "MATCH (p:Person {name: $name}) RETURN p.age + size($tags) + $one"
        let parameters: [String: Value] = ["name": Value(name), "tags": ["x", 1], "one": 1]
        #expect(try db.query(query, parameters).scalar(as: Int.self) == 44)
        let mixed = try await db.write { tx in
            try tx.query(query, ["name": name, "tags": tags, "one": 1]).scalar(as: Int.self)
        }
        #expect(mixed == 44)
        let rows = try await db.rows(query, ["name": name, "tags": tags, "one": nil])
        #expect(rows[0].values == [nil])
        #expect(try db.session().run("RETURN $n", ["n": age]).scalar(as: Int.self) == 41)
        let plan = try db.explain("MATCH (n) WHERE n.x = $n RETURN n", ["n": age])
        #expect(plan.contains("ProduceResults"))
    }

    @Test func nothingPublicHidesAStandardName() {
        let result: Result<Int, any Error> = .success(1)
        #expect((try? result.get()) == 1)
    }

    @Test func typesOfFoundation() throws {
        let db = try Database.inMemory()
        let now = Date(timeIntervalSince1970: 1_700_000_000.25)
        let old = Date(timeIntervalSince1970: -0.75)
        let id = UUID()
        let data = Data([0, 1, 254, 255])
        let price = Decimal(string: "12.35") ?? 0
        struct Record: Decodable, Equatable {
            var at: Date
            var id: UUID
            var data: Data
            var price: Decimal
            var missing: Date?
        }
        try db.query(
            "CREATE (:R {at: $at, id: $id, data: $data, price: $price})",
            ["at": now, "id": id, "data": data, "price": price])
        let record = try db.query("MATCH (r:R) RETURN r").decode(Record.self)
        #expect(record == [Record(at: now, id: id, data: data, price: price, missing: nil)])
        let is2023 = try db.query("MATCH (r:R) RETURN r.at.year = 2023 AND r.price > 12")
        #expect(try is2023.scalar(as: Bool.self))
        let back = try db.query("RETURN $d AS d", ["d": old]).rows()[0].get("d", as: Date.self)
        #expect(back == old)
        let large = Decimal(string: "12345678901234567890.123456789") ?? 0
        #expect(Decimal(value: large.value) == large)
        #expect(Decimal(value: Decimal(7).value) == 7 && Decimal(7).value == 7)
    }

    /// A program can put together values that no calendar has: they are refused, not stored.
    @Test func temporalValuesOutOfTheirRangeAreRefused() throws {
        let db = try Database.inMemory()
        let day: Int64 = 86_400_000_000_000
        let values: [Value] = [
            .date(DateValue(epochDays: .max)), .date(DateValue(epochDays: .min)),
            .localTime(LocalTimeValue(nanosecondOfDay: day)),
            .localTime(LocalTimeValue(nanosecondOfDay: -1)),
            .time(TimeValue(nanosecondOfDay: 0, offsetSeconds: 100_000)),
            .localDateTime(LocalDateTimeValue(epochSeconds: .max, nanosecond: 0)),
            .localDateTime(LocalDateTimeValue(epochSeconds: 0, nanosecond: 1_000_000_000)),
            .dateTime(
                DateTimeValue(
                    epochSeconds: 0, nanosecond: 0, offsetSeconds: .max, zoneName: nil)),
        ]
        for value in values {
            for parameter in [value, .list([value]), .map(["in": value])] {
                let error = thrown { _ = try db.query("RETURN $p", ["p": parameter]).rows() }
                #expect(error?.code == .argument, "\(value)")
            }
            let error = thrown { _ = try db.query("CREATE (:N {p: $p})", ["p": value]) }
            #expect(error?.code == .argument, "\(value)")
        }
        #expect(try db.query("MATCH (n) RETURN count(n)").scalar() == 0)
        #expect(try db.check() == [])
    }

    @Test func idsAndLabelsOfDecodedEntities() throws {
        struct Knows: Decodable { var since: Int }
        struct Pair: Decodable {
            var a: Node<Person>
            var k: Relationship<Knows>
            var b: Node<Person>?
        }
        let db = try database()
        let query = "MATCH (a)-[k]->(b) RETURN a, k, b"
        let pair = try #require(try db.query(query).decode(Pair.self).first)
        #expect(pair.a.labels == ["Author", "Person"] && pair.a.name == "Ada")
        #expect(pair.k.source == pair.a.id && pair.k.target == pair.b?.id)
        #expect(pair.k.type == "KNOWS" && pair.k.since == 1833)
        let people = try db.query("MATCH (p:Person) RETURN p ORDER BY p.name")
            .decode(Node<Person>.self)
        #expect(people.map(\.properties.age) == [36, nil])
        let number = try db.query("MATCH (a:Author) RETURN id(a)").scalar(as: UInt32.self)
        #expect(people[0].id == number)
    }

    @Test func whatCannotBeDecodedIsAnErrorOfTheLibrary() throws {
        let db = try database()
        let query = "MATCH (p:Person) RETURN p.age AS age, 7 AS name"
        let failure = #expect(throws: NQLError.self) {
            try db.query(query).decode(Person.self)
        }
        #expect(failure?.code == .type && failure?.message.contains("`name`") ?? false)
        let missing = #expect(throws: NQLError.self) {
            try db.query("RETURN 1 AS x, 2 AS y").decode(Person.self)
        }
        #expect(missing?.detail == "UnknownColumn")
        #expect(throws: NQLError.self) { try Value.list([1, "x"]).decode([Int].self) }
        #expect(throws: NQLError.self) { try db.query("RETURN 1").decode(Node<Person>.self) }
    }

    @Test func anErrorShowsItsPlaceEverywhere() throws {
        let db = try database()
        let query = "MATCH (n)\nRETURN x"
        let error = try #require(throws: NQLError.self) { try db.query(query) }
        let text = error.rendered(source: query)
        #expect(text.contains(" --> 2:8\n") && text.contains("2 | RETURN x\n  |        ^\n"))
    }

    @Test func typedColumnsOfEveryType() throws {
        let db = try database()
        let text = """
            UNWIND [1, null, 3] AS i RETURN i, i * 1.5 AS f, 'x' + toString(i) AS s, i > 2 AS b,
            date('2024-01-01') AS d, 7 AS c, [i] AS l
            """
        func check(_ result: QueryResult) throws {
            let batch = try #require(try result.nextBatch())
            #expect(batch.rowCount == 3)
            #expect(try batch.withIntegers(column: 0) { $0.count } == nil)
            let sum = try batch.withIntegers(column: 0) { values, nulls in
                #expect(!nulls[0] && nulls[1] && !nulls[2] && !nulls.isEmpty)
                return values.reduce(0, +)
            }
            #expect(sum == 4)
            #expect(try batch.withFloats(column: 1) { values, nulls in
                nulls[1] ? values[0] + values[2] : 0
            } == 6)
            #expect(try batch.values(column: 2, as: String?.self) == ["x1", nil, "x3"])
            #expect(try batch.values(column: 3, as: Bool?.self) == [false, nil, true])
            #expect(try batch.values(column: 4, as: DateValue.self).count == 3)
            #expect(try batch.withIntegers(column: 5) { Array($0) } == [7, 7, 7])
            #expect(try batch.withIntegers(column: 2) { $0.count } == nil)
            #expect(try batch.values(column: 6, as: [Int?].self) == [[1], [nil], [3]])
            #expect(throws: NQLError.self) { try batch.values(column: 0, as: Int.self) }
            #expect(throws: NQLError.self) { try batch.withFloats(column: 9) { $0.count } }
        }
        try check(try db.query(text))
        try db.write { tx in try check(try tx.query(text)) }
        try db.write { tx in
            let result = try tx.query("CREATE (n:X {v: 5}) RETURN n, n.v AS v")
            let batch = try #require(try result.nextBatch())
            #expect(try batch.withIntegers(column: 1) { Array($0) } == [5])
        }
    }

    @Test func aHandleClosesAlone() throws {
        let file = TemporaryDatabase()
        let first = try Database(at: file.path)
        let second = try Database(at: file.path)
        try first.query("CREATE (:A)")
        try first.close()
        try first.close()
        let closed = #expect(throws: NQLError.self) { try first.query("MATCH (n) RETURN n") }
        #expect(closed?.detail == "Closed")
        #expect(throws: NQLError.self) { try first.write { _ in } }
        #expect(throws: NQLError.self) { try first.checkpoint() }
        #expect(try second.query("MATCH (n) RETURN count(*)").scalar(as: Int.self) == 1)
        do {
            let dropped = try Database(at: file.path)
            try dropped.query("CREATE (:A)")
        }
        try second.close()
        // Closed by the last handle, nothing has to be brought back.
        let report = try Database(at: file.path).openReport
        #expect(report.warnings == [] && report.remarks == [])
    }

    @Test func writesWithinAsyncOnesAreRefused() async throws {
        let db = try database()
        try await db.write { _ in
            _ = #expect(throws: NQLError.self) { try db.query("RETURN 1") }
        }
    }

    @Test func nestedWritesAreRefusedAtOnce() throws {
        let db = try database()
        let other = try Database.inMemory()
        let start = Date()
        try db.write { tx in
            try tx.query("CREATE (:B)")
            let nested = #expect(throws: NQLError.self) { try db.write { _ in } }
            #expect(nested?.detail == "NestedWrite")
            for query in ["CREATE (:C)", "MATCH (n) RETURN n"] {
                let stale = #expect(throws: NQLError.self) { try db.query(query) }
                #expect(stale?.detail == "QueryOutsideOfTransaction")
            }
            let session = #expect(throws: NQLError.self) { try db.session().run("CREATE (:C)") }
            #expect(session?.detail == "NestedWrite")
            // The committed state is there for who asks for it, and other databases are.
            let count = try db.read { try $0.query("MATCH (n:B) RETURN n").rows().count }
            #expect(count == 0)
            try other.query("CREATE (:Other)")
        }
        #expect(Date().timeIntervalSince(start) < 3)
        #expect(try db.query("MATCH (n:B) RETURN count(*)").scalar(as: Int.self) == 1)
    }

    @Test func functionsMustNotWrite() throws {
        let db = try database()
        try db.register(
            function: UserFunction(
                "my.write", [ProcedureField(name: "x", type: .any)], to: .integer
            ) { _ in
                try db.query("CREATE (:FromFunction)")
                return 1
            })
        let error = #expect(throws: NQLError.self) { try db.query("RETURN my.write(1)").rows() }
        #expect(error?.detail == "WriteInFunction")
        #expect(try db.query("MATCH (n:FromFunction) RETURN n").rows().isEmpty)
    }

    @Test func rowsComeAsTheyAreComputed() async throws {
        let db = try database()
        var sum = 0
        for try await row in db.stream("UNWIND range(1, $n) AS x RETURN x", ["n": 10_000]) {
            sum += try row.get(0, as: Int.self)
        }
        #expect(sum == 50_005_000)
        // Of a result that would take for ever only what is asked for.
        var count = 0
        for try await _ in db.stream("UNWIND range(1, 1000000000) AS x RETURN x") {
            count += 1
            if count == 3_000 { break }
        }
        var seen = 0
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try db.query("UNWIND range(1, 1000000000) AS x RETURN x").forEach { _ in
                seen += 1
                if seen == 3_000 { throw Enough() }
            }
        }
        await #expect(throws: NQLError.self) {
            for try await row in db.stream("UNWIND [1, 0] AS x RETURN 1 / x") { _ = row }
        }
        let task = Task {
            for try await row in db.stream("UNWIND range(1, 1000000000) AS x RETURN x") { _ = row }
        }
        try await Task.sleep(nanoseconds: 20_000_000)
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        let result = try db.query("UNWIND range(1, 5000) AS x RETURN x")
        _ = try result.next()
        #expect(try result.countRest() == 4_999)
    }

    @Test func asyncCallsRunSideBySide() async throws {
        let db = try database()
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0 ..< 400 {
                group.addTask {
                    if number % 10 == 0 {
                        try await db.write { tx in _ = try tx.query("CREATE (:T)") }
                    }
                    return try await db.read { try $0.query("RETURN 1").scalar(as: Int.self) }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 400)
        #expect(try db.query("MATCH (t:T) RETURN count(*)").scalar(as: Int.self) == 40)
    }

    @Test func outcomesOfStatements() throws {
        let db = try database()
        let session = db.session()
        #expect(try session.run("BEGIN").outcome == .transactionBegun(readOnly: false))
        #expect(try session.run("ROLLBACK").outcome == .rolledBack)
        let create = "CREATE INDEX i IF NOT EXISTS FOR (n:A) ON (n.x)"
        #expect(try session.run(create).outcome == .created(.index, name: "i"))
        #expect(try session.run(create).outcome == .existed(.index, name: "i"))
        #expect(try session.run("RETURN 1").outcome == .rows)
        let empty = try Database.inMemory()
        #expect(empty.mayChange("CREATE (n)") && !empty.mayChange("MATCH (n) RETURN n"))
        #expect(empty.mayChange("CALL apoc.create.node(['A'], {}) YIELD node RETURN node"))
        #expect(!empty.mayChange("CALL db.labels()"))
    }
}
