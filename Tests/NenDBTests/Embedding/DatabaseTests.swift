// Goal: the library as a program uses it: queries, parameters, rows, transactions, explicit
// sessions. Method: small graphs in memory and in files, each answer compared with what must come
// out.

import Foundation
import NenDB
import Testing

/// A path for a database file that the test removes with everything beside it.
struct TemporaryDatabase: ~Copyable {
    let path = FileManager.default.temporaryDirectory.path + "/nen-\(UUID().uuidString).nen"

    deinit {
        let folder = FileManager.default.temporaryDirectory.path
        let name = String(path.split(separator: "/").last ?? "")
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            if file.hasPrefix(name) { unlink(folder + "/" + file) }
        }
    }
}

/// The error that `body` throws, which must be an `NQLError`.
func thrown(_ body: () throws -> Void) -> NQLError? {
    do {
        try body()
        return nil
    } catch {
        return error as? NQLError
    }
}

@Suite struct DatabaseTests {
    /// Unicode takes the two texts for equivalent, and so does `==` of strings.
    @Test func plansAreKeptByTheBytesOfTheText() throws {
        let db = try Database.inMemory()
        #expect("\u{E9}" == "e\u{301}")
        for _ in 0 ..< 2 {
            #expect(try db.query("RETURN size('\u{E9}') AS n").scalar() == 1)
            #expect(try db.query("RETURN size('e\u{301}') AS n").scalar() == 2)
        }
    }

    /// Whether a parameter is null is a part of the plan.
    @Test func plansAreKeptForNullAndForValues() throws {
        let db = try Database.inMemory()
        try db.query("UNWIND range(1, 9) AS i CREATE (:A {x: i})")
        let text = "MATCH (a:A) WHERE $x IS NULL OR a.x = $x RETURN count(*) AS n"
        for _ in 0 ..< 2 {
            #expect(try db.query(text, ["x": nil]).scalar() == 9)
            #expect(try db.query(text, ["x": 3]).scalar() == 1)
            #expect(try db.query(text, ["x": 30]).scalar() == 0)
        }
    }

    @Test func parametersFromLiterals() throws {
        let db = try Database.inMemory()
        let row = try db.query(
            "RETURN $i AS i, $f AS f, $s AS s, $b AS b, $n AS n, $l AS l, $m AS m",
            ["i": 30, "f": 2.5, "s": "x", "b": true, "n": nil, "l": [1, "a"], "m": ["k": [1]]]
        ).rows()[0]
        #expect(try row.get("i", as: Int.self) == 30)
        #expect(try row.get("f", as: Double.self) == 2.5)
        #expect(try row.get("s", as: String.self) == "x")
        #expect(try row.get("b", as: Bool.self))
        #expect(try row.get("n", as: Int?.self) == nil)
        #expect(row["l"] == [1, "a"])
        #expect(try row.get("m", as: [String: [Int]].self) == ["k": [1]])
        #expect(row["none"] == Optional<Value>.none)
        #expect(row[0] == .integer(30))
        #expect(row[99] == Optional<Value>.none)
        #expect(thrown { _ = try row.get("i", as: String.self) }?.code == .type)
        #expect(thrown { _ = try row.get("none", as: String.self) }?.code == .argument)
        #expect(thrown { _ = try row.get(7, as: String.self) }?.code == .argument)
    }

    @Test func countersOfAWrite() throws {
        let db = try Database.inMemory()
        let counters = try db.query("CREATE (:A {v: 1})-[:T]->(:B)").counters
        #expect(counters.nodesCreated == 2 && counters.relationshipsCreated == 1)
        #expect(counters.labelsAdded == 2 && counters.propertiesSet == 1)
    }

    @Test func readSeesOneSnapshot() throws {
        let db = try Database.inMemory()
        try db.query("CREATE (:A)")
        try db.read { tx in
            let before: Int = try tx.query("MATCH (n) RETURN count(*)").scalar()
            try db.query("CREATE (:A)")
            let after: Int = try tx.query("MATCH (n) RETURN count(*)").scalar()
            #expect(before == 1 && after == 1)
        }
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 2)
    }

    @Test func writeCommitsOrUndoes() throws {
        struct Stop: Error {}
        let db = try Database.inMemory()
        let made: Int = try db.write { tx in
            try tx.query("CREATE (:A)")
            try tx.query("CREATE (:A)")
            return try tx.query("MATCH (n:A) RETURN count(*)").scalar()
        }
        #expect(made == 2)
        #expect(throws: Stop.self) {
            try db.write { tx in
                try tx.query("CREATE (:A)")
                throw Stop()
            }
        }
        #expect(try db.query("MATCH (n:A) RETURN count(*)").scalar() == 2)
    }

    @Test func readRefusesChanges() throws {
        let db = try Database.inMemory()
        let error = thrown { try db.read { tx in _ = try tx.query("CREATE (:A)") } }
        #expect(error?.code == .transaction && error?.detail == "ReadOnlyTransaction")
        #expect(thrown { try db.query("BEGIN") }?.detail == "TransactionControl")
        #expect(thrown { try db.write { tx in _ = try tx.query("COMMIT") } } != nil)
    }

    @Test func failedStatementWithinATransaction() throws {
        let db = try Database.inMemory()
        try db.write { tx in
            try tx.query("CREATE (:A)")
            let error = thrown { try tx.query("UNWIND [1, 0] AS x CREATE (:B {v: 1 / x})") }
            #expect(error?.code == .arithmetic)
            try tx.query("CREATE (:C)")
        }
        let labels = try db.query("MATCH (n) RETURN labels(n)[0] AS l ORDER BY l").rows()
        #expect(labels.map { $0[0] } == ["A", "C"])
    }

    @Test func errorsAreTyped() throws {
        let db = try Database.inMemory()
        let syntax = thrown { try db.query("RETURN x") }
        #expect(syntax?.code == .syntax && syntax?.detail == "UndefinedVariable")
        #expect(syntax?.phase == .compile && syntax?.span == SourceSpan(start: 7, end: 8))
        let missing = thrown { try db.query("RETURN $x") }
        #expect(missing?.code == .parameterMissing && missing?.phase == .compile)
        let runtime = thrown { _ = try db.query("UNWIND [0] AS x RETURN 1 / x").rows() }
        #expect(runtime?.code == .arithmetic && runtime?.phase == .runtime)
    }

    @Test func fileKeepsWhatWasCommitted() throws {
        let file = TemporaryDatabase()
        do {
            let db = try Database(at: file.path)
            try db.query("UNWIND range(1, 5000) AS x CREATE (:N {v: x, s: 'text ' + toString(x)})")
            try db.query("MATCH (a:N), (b:N) WHERE b.v = a.v + 1 CREATE (a)-[:NEXT {w: a.v}]->(b)")
            try db.close()
        }
        let db = try Database(at: file.path)
        #expect(try db.query("MATCH (n:N) RETURN sum(n.v)").scalar() == 12_502_500)
        #expect(try db.query("MATCH ()-[r:NEXT]->() RETURN sum(r.w)").scalar() == 12_497_500)
        try db.close()
        #expect(thrown { try db.query("RETURN 1") }?.code == .database)
    }

    @Test func readOnlyDatabase() throws {
        let file = TemporaryDatabase()
        var options = DatabaseOptions()
        options.isReadOnly = true
        #expect(thrown { _ = try Database(at: file.path, options: options) } != nil)
        let writer = try Database(at: file.path)
        try writer.query("CREATE (:A)")
        try writer.close()
        let db = try Database(at: file.path, options: options)
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 1)
        #expect(thrown { try db.query("CREATE (:A)") }?.detail == "ReadOnlyTransaction")
        #expect(thrown { try db.write { _ in } } == nil)
    }

    @Test func wrongFileIsATypedError() throws {
        let file = TemporaryDatabase()
        try Data("this is no database, but a text of some length".utf8).write(
            to: URL(fileURLWithPath: file.path))
        let error = thrown { _ = try Database(at: file.path) }
        let code = error?.code
        #expect(code == .corruption || code == .database, "\(String(describing: error))")
        #expect(thrown { _ = try Database(at: "/nonexistent/folder/x.nen") }?.code == .io)
    }

    @Test func explicitSession() throws {
        let db = try Database.inMemory()
        let session = db.session()
        try session.run("BEGIN")
        try session.run("CREATE (:A)")
        #expect(session.isInTransaction)
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 0)
        try session.run("COMMIT")
        #expect(!session.isInTransaction)
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 1)
        try session.run("BEGIN")
        try session.run("CREATE (:A)")
        try session.run("ROLLBACK")
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 1)
    }

    @Test func abandonedSessionGivesTheLockBack() throws {
        let db = try Database.inMemory()
        do {
            let session = db.session()
            try session.run("BEGIN")
            try session.run("CREATE (:A)")
        }
        try db.query("CREATE (:B)")
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 1)
    }

    @Test func secondWriterIsTold() throws {
        var options = DatabaseOptions()
        options.busyTimeoutMilliseconds = 50
        let db = try Database.inMemory(options: options)
        let first = db.session()
        try first.run("BEGIN")
        #expect(thrown { try db.query("CREATE (:A)") }?.code == .busy)
        try first.run("ROLLBACK")
    }
}
