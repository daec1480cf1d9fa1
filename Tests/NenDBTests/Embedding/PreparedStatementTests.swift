// Goal: a prepared statement gives at every run what the same text gives with the same parameters,
// whatever ran before and whatever was committed meanwhile, and a look-up allocates nothing from
// its second run on. Method: texts of many operators with values of many types in turn, beside
// `Database.query`; calls of malloc counted.

import Glibc
import MallocCount
import NenCore
import Testing

@testable import NenDB
@testable import NenEngine

@Suite struct PreparedStatementTests {
    private func people() throws -> Database {
        let db = try Database.inMemory()
        try db.query("CREATE CONSTRAINT FOR (p:Person) REQUIRE p.id IS UNIQUE")
        try db.query(
            "UNWIND range(0, 199) AS i CREATE (:Person {id: i, name: 'person ' + toString(i), "
                + "age: i % 50, score: i / 3.0, short: 'p' + toString(i)})")
        try db.query(
            "MATCH (a:Person), (b:Person) WHERE b.id = a.id + 1 OR b.id = a.id * 2 + 1 "
                + "CREATE (a)-[:KNOWS {since: a.id}]->(b)")
        try db.query(
            "UNWIND range(1, 9) AS i CREATE (:Event {i: i, at: datetime('2019-12-28T00:00Z') "
                + "+ duration({days: i}), time: localtime('06:00') + duration({hours: i})})")
        return db
    }

    private static let texts = [
        "MATCH (p:Person {id: $x}) RETURN p.name, p.age",
        "MATCH (p:Person {id: $x})-[:KNOWS]->(q) RETURN q.id AS id, q.name ORDER BY id",
        "MATCH (p:Person {id: $x})-[:KNOWS]-(:Person)-[:KNOWS]-(q) WHERE q.id <> $x "
            + "RETURN DISTINCT q.id AS id ORDER BY id LIMIT 3",
        "MATCH (p:Person) WHERE p.age > $x RETURN count(*), sum(p.id), collect(p.short)[0]",
        "MATCH (p:Person) WHERE p.age = $x RETURN p.id AS id ORDER BY id DESC",
        "MATCH (p:Person) WHERE p.score < $x OR p.name = $x RETURN p.id AS id ORDER BY id",
        "RETURN $x AS x, $x IS NULL AS n, [$x, 1] AS l",
        "MATCH (p:Person) WHERE p.id IN [$x, 3, 5] RETURN p.id AS id ORDER BY id",
        "UNWIND range(1, 3) AS i OPTIONAL MATCH (p:Person {id: $x})-[:KNOWS]->(q:Person {id: i}) "
            + "RETURN i, q.id ORDER BY i",
        "MATCH (p:Person {id: $x}) RETURN p.id, EXISTS { (p)-[:KNOWS]->(:Person {id: $x + 1}) }",
        "RETURN COUNT { MATCH (p:Person) WHERE p.age = $x RETURN p } AS c",
        "MATCH (a:Person {id: 0}), (b:Person {id: 40}) "
            + "MATCH p = shortestPath((a)-[:KNOWS*..20]-(b)) RETURN length(p) + size($x + '') AS n",
        "MATCH (a:Person {id: $x})-[:KNOWS*1..2]->(b) RETURN b.id AS id ORDER BY id",
        "MATCH (p:Person) RETURN p.id AS id ORDER BY id SKIP 2 LIMIT $x",
        "MATCH (p:Person {id: $x}) RETURN p",
        "MATCH (p:Person) WHERE $x IS NULL OR p.name = $x RETURN p.id AS id ORDER BY id",
        "RETURN $x IS NULL AS n",
        "MATCH (n:Nobody) RETURN n LIMIT $x",
        "MATCH (e:Event) WHERE e.at = $x OR e.at < $x RETURN e.i AS i ORDER BY i",
        "MATCH (e:Event) WHERE e.time >= $x RETURN e.i AS i, $x AS x ORDER BY i",
    ]
    /// Further values, as they are written.
    private static let times = [
        "date('2020-01-02')", "localtime('12:00:01')", "time('12:00+01:00')", "localtime('09:30')",
        "localdatetime('2020-01-01T00:00')", "datetime('2020-01-01T00:00Z')", "duration('P1D')",
        "datetime('2020-01-01T00:00[Europe/Berlin]')", "point({x: 1, y: 2})",
    ]

    private static let values: [Value] = [
        1, 40, 199, 7, 1, 12_345, .null, 2.5, .float(.nan), "person 7", "person of a longer name",
        "", true, .list([1, 2]), .map(["k": 1]), 3, -1, .null, 49,
    ]

    /// A value, the properties of a node in order.
    private func text(_ value: Value) -> String {
        guard case .node(let node) = value else { return "\(value)" }
        return "\(node.id) \(node.labels) \(node.properties.sorted { $0.key < $1.key })"
    }

    /// What comes of a run, errors included.
    private func outcome(_ body: () throws -> [Row]) -> String {
        do {
            return try body().map { "\($0.columns) \($0.values.map(text))" }
                .joined(separator: "\n")
        } catch let error as NQLError {
            return "\(error.code) \(error.message)"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: texts) func runsAreThoseOfTheText(text: String) throws {
        let db = try people()
        let statement = try db.prepare(text)
        let times = try PreparedStatementTests.times.map {
            try db.query("RETURN \($0) AS v").rows()[0].values[0]
        }
        for round in 0 ..< 3 {
            for value in PreparedStatementTests.values + times {
                statement.bind("x", value)
                let expected = outcome { try db.query(text, ["x": value]).rows() }
                #expect(outcome { try statement.rows() } == expected, "\(value), round \(round)")
                let rows = outcome {
                    var count = 0
                    try statement.run { _ in count += 1 }
                    let isEven = try statement.rows().count == count
                    return isEven ? [] : try db.query("RETURN 'uneven'").rows()
                }
                #expect(rows == "" || rows == expected, "\(value), round \(round)")
            }
            // The next round reads another snapshot.
            try db.query(
                "MATCH (p:Person {id: \(round)}) SET p.age = 49, p.name = 'renamed' "
                    + "CREATE (p)-[:KNOWS]->(:Person {id: \(1_000 + round), age: 1})")
        }
    }

    @Test func aWritingStatementIsATransactionEachTime() throws {
        let db = try people()
        let statement = try db.prepare("CREATE (:Person {id: $id}) RETURN $id AS id")
        for id in 500 ..< 510 {
            statement.bind("id", id)
            var seen: [Int] = []
            let counters = try statement.run { seen.append(try $0.get(0, as: Int.self)) }
            #expect(seen == [id] && counters.nodesCreated == 1)
        }
        statement.bind("id", 505)
        #expect(thrown { try statement.run { _ in } }?.code == .constraintValidationFailed)
        #expect(try db.query("MATCH (p:Person) WHERE p.id >= 500 RETURN count(*)").scalar() == 10)
    }

    @Test func runsWithinTransactionsSeeTheirState() throws {
        let db = try people()
        let statement = try db.prepare("MATCH (p:Person {id: $id}) RETURN p.age")
        statement.bind("id", 5)
        #expect(try statement.rows()[0][0] == 5)
        try db.write { tx in
            try tx.query("MATCH (p:Person {id: 5}) SET p.age = 77")
            #expect(try tx.query(statement).scalar() == 77)
            #expect(try statement.rows()[0][0] == 5)
        }
        #expect(try statement.rows()[0][0] == 77)
    }

    @Test func rowsAreReadByType() throws {
        let db = try people()
        let statement = try db.prepare(
            "MATCH (p:Person {id: $id}) RETURN p.age, p.score, p.name, p.none, p.short")
        statement.bind("id", 12)
        try statement.run { (row: borrowing ResultRow) throws in
            let columnCount = row.columns.count
            #expect(columnCount == 5)
            let (age, score) = (try row.get(0, as: Int.self), try row.get(1, as: Double.self))
            #expect(age == 12 && score == 4)
            let name = try row.get(2, as: String.self)
            let (isNamed, isNone) = (try !row.isNull(2), try row.isNull(3))
            #expect(name == "person 12" && isNamed && isNone)
            let none = try row.get(3, as: Int?.self)
            #expect(none == nil)
            let bytes = try row.withUTF8(2) { Array($0) }
            let noBytes = try row.withUTF8(0) { $0.count }
            #expect(bytes == Array("person 12".utf8) && noBytes == nil)
        }
        #expect(thrown { try statement.run { _ = try $0.get(2, as: Int.self) } }?.code == .type)
        #expect(thrown { try statement.run { _ = try $0.value(5) } }?.code == .argument)
        // An error in the closure leaves the statement as usable as it was.
        #expect(try statement.rows().count == 1)
    }

    @Test func misuseIsATypedError() throws {
        let db = try people()
        #expect(thrown { _ = try db.prepare("MATCH (n RETURN n") }?.code == .syntax)
        let statement = try db.prepare("MATCH (p:Person {id: $id}) RETURN p.age")
        #expect(thrown { _ = try statement.rows() }?.code == .parameterMissing)
        statement.bind("id", 1)
        let nested = thrown { try statement.run { _ in _ = try statement.rows() } }
        #expect(nested?.detail == "StatementIsRunning")
        #expect(try statement.rows().count == 1)
        try db.close()
        #expect(thrown { _ = try statement.rows() }?.code == .database)
    }

    /// A statement that is kept, but does not run, holds no snapshot: pages are used again.
    @Test func anIdleStatementPinsNothing() throws {
        let db = try people()
        let pins = db.engine.store.pages.pins
        /// Whether nothing is pinned, or soon no more: estimates may be sampled meanwhile.
        func isUnpinned() -> Bool {
            for _ in 0 ..< 500 where !pins.isEmpty { usleep(10_000) }
            return pins.isEmpty
        }
        let statement = try db.prepare("MATCH (p:Person {id: $id}) RETURN p.name")
        statement.bind("id", 3)
        #expect(try statement.rows().count == 1)
        #expect(isUnpinned())
        var wasPinned = false
        try statement.run { _ in wasPinned = !pins.isEmpty }
        #expect(wasPinned && isUnpinned())
        #expect(thrown { try statement.run { _ = try $0.value(9) } } != nil)
        #expect(isUnpinned())
    }

    @Test func timeoutsCountForEachRun() throws {
        let db = try people()
        let statement = try db.prepare("MATCH (p:Person) RETURN count(*)")
        statement.limits.timeoutMilliseconds = 50
        for _ in 0 ..< 5 {
            #expect(try statement.rows()[0][0] == 200)
            usleep(20_000)
        }
        let slow = try db.prepare(
            "MATCH (a:Person), (b:Person), (c:Person), (d:Person) "
                + "WHERE a.age + b.age + c.age = -$x RETURN count(*)")
        slow.limits.timeoutMilliseconds = 50
        for _ in 0 ..< 2 {
            slow.bind("x", 5)
            #expect(thrown { _ = try slow.rows() }?.code == .interrupted)
        }
    }

    /// Without optimisation Swift itself takes 40 bytes for a moment wherever an array is gone
    /// through, so that a debug build counts longer pieces only. `nenbench interactive` counts all,
    /// in a release build.
    @Test(.enabled(if: malloc_is_counted())) func lookUpsAllocateNothing() throws {
        #if DEBUG
        malloc_count_from(49)
        defer { malloc_count_from(0) }
        #endif
        let db = try people()
        let texts = [
            "MATCH (p:Person {id: $id}) RETURN p.name, p.age, p.score",
            "MATCH (p:Person {id: $id}) WHERE p.age > 3 RETURN p.short, p.age * 2 + 1",
        ]
        for text in texts {
            let statement = try db.prepare(text)
            var bytes = 0
            func run(_ id: Int) throws {
                statement.bind("id", id)
                try statement.run { row in
                    bytes += try row.withUTF8(0) { $0.count } ?? 0
                    bytes += try row.get(1, as: Int.self)
                }
            }
            for id in 0 ..< 20 { try run(id) }
            let before = malloc_count()
            for id in 0 ..< 200 { try run(id) }
            #expect(malloc_count() == before, "\(text)")
            #expect(bytes > 0)
        }
    }
}
