// Goal: SHOW MEMORY tells who holds memory; what a statement needed when it ran is what is expected
// of its next run, in this process and a later one, and decides whether it is admitted. Method:
// statements that hold much, of which the model knows little; predicted over actual peaks.

import Testing

@testable import NenDB
@testable import NenEngine

@Suite struct RememberedStatementsTests {
    private func fill(_ db: Database) throws {
        try db.query(
            "UNWIND range(0, 49999) AS x CREATE (:P {id: x, name: 'a name of person ' + x, "
                + "group: x % 500})")
    }

    private static let statements = [
        "MATCH (p:P) RETURN p.name AS name, count(*) AS n ORDER BY n, name",
        "MATCH (p:P) RETURN p.group AS g, collect(p.name) AS names",
        "MATCH (p:P) WITH DISTINCT p.name AS name RETURN count(name)",
        "MATCH (p:P) RETURN p ORDER BY p.name DESC",
        "MATCH (a:P) WITH collect(a.id) AS ids UNWIND ids AS i RETURN i, size(toString(i)) AS s "
            + "ORDER BY s, i",
        "MATCH (a:P), (b:P) WHERE a.id = b.id RETURN count(*)",
    ]

    private func run(_ db: Database, _ text: String) throws {
        let result = try db.query(text)
        while try result.next() != nil {}
    }

    /// Predicted over actual peak of a statement, from what SHOW MEMORY tells at its last row.
    private func ratio(_ db: Database, _ text: String) throws -> Double {
        let rowCount = try db.query(text).rows().count
        let result = try db.query(text)
        for _ in 0 ..< rowCount { _ = try result.next() }
        let row = try #require(
            try db.query("SHOW MEMORY YIELD kind, peak, predicted WHERE kind = 'statement'")
                .rows().first)
        let ratio = try row.get("predicted", as: Double.self)
            / max(1, row.get("peak", as: Double.self))
        withExtendedLifetime(result) {}
        return ratio
    }

    @Test func theSecondRunIsPredictedFromTheFirst() throws {
        let db = try Database.inMemory()
        try fill(db)
        for text in RememberedStatementsTests.statements {
            try run(db, text)
            let ratio = try ratio(db, text)
            #expect((0.5 ... 2).contains(ratio), "\(ratio): \(text)")
            #expect(try db.explain(text).contains("predicted from 2 earlier runs"))
        }
        // Layout and keywords make no difference; other literals are another statement.
        #expect(
            try db.explain("match (p:P)   return p.group AS g, collect(p.name) AS names")
                .contains("predicted from 2 earlier runs"))
        #expect(!(try db.explain("MATCH (p:P) RETURN p.group").contains("earlier run")))
        // What needs little is not remembered.
        try run(db, "MATCH (p:P) RETURN count(*)")
        #expect(!(try db.explain("MATCH (p:P) RETURN count(*)").contains("earlier run")))
    }

    @Test func aLaterProcessRemembers() throws {
        let file = TemporaryDatabase()
        let text = RememberedStatementsTests.statements[0]
        let first = try Database(at: file.path)
        try fill(first)
        try run(first, text)
        try first.close()
        let second = try Database(at: file.path)
        #expect(try second.explain(text).contains("predicted from 1 earlier run"))
        let found = try ratio(second, text)
        #expect((0.5 ... 2).contains(found), "\(found)")
        #expect(try second.check().isEmpty)
        try second.close()
        // Who only reads remembers for itself, and writes nothing.
        var options = DatabaseOptions()
        options.isReadOnly = true
        let third = try Database(at: file.path, options: options)
        try run(third, text)
        #expect(try third.explain(text).contains("predicted from"))
        try third.close()
    }

    @Test func admissionFollowsWhatWasNeeded() throws {
        let db = try Database.inMemory()
        try fill(db)
        let text = RememberedStatementsTests.statements[0]
        try run(db, text)
        let session = db.session()
        session.limits.admission = .predicted
        session.limits.memoryBudgetBytes = 1 << 20
        // The entry is of the statement, whatever its budget.
        #expect(throws: NQLError.self) { _ = try session.run(text).rows() }
        session.limits.memoryBudgetBytes = 1 << 30
        #expect(try session.run(text).rows().count == 50_000)
    }

    @Test func theRunningStatementIsShown() throws {
        let db = try Database.inMemory()
        try fill(db)
        let text = "MATCH (p:P)  RETURN p.name AS name ORDER BY name"
        let result = try db.query(text)
        _ = try result.next()
        let rows = try db.query("SHOW MEMORY").rows().filter {
            try $0.get("kind", as: String.self) == "statement"
        }
        #expect(rows.count == 1)
        let row = try #require(rows.first)
        let name = try row.get("name", as: String.self)
        #expect(name == "MATCH (p:P) RETURN p.name AS name ORDER BY name")
        let held = try row.get("bytes", as: Int.self)
        #expect(held > 1 << 20)
        #expect(try row.get("peak", as: Int.self) >= held)
        #expect(try row.get("predicted", as: Int.self) > 0)
        let pool = try db.query("SHOW MEMORY YIELD name, bytes WHERE name = 'database'")
            .rows()[0].get("bytes", as: Int.self)
        #expect(pool >= held)
        while try result.next() != nil {}
        withExtendedLifetime(result) {}
    }

    @Test func finishedStatementsAreNotShown() throws {
        let db = try Database.inMemory()
        try fill(db)
        try run(db, RememberedStatementsTests.statements[1])
        let shown = try db.query("SHOW MEMORY YIELD kind WHERE kind = 'statement'").rows()
        #expect(shown.isEmpty)
    }
}
