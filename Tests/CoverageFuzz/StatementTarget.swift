// The `statement` target: any text is parsed, printed, formatted and planned. What parses must
// print, and its print must parse to the same tree; what was formatted stays as it is when it is
// formatted again; every error is a typed one whose span lies within the text.

import NQLSyntax
import NenCore
import NenDB

/// Lexer, parser, printer, formatter, binder and planner.
enum StatementTarget {
    /// The schema that statements are planned over: names, indexes, constraints and some rows.
    private static let schema = [
        "CREATE CONSTRAINT FOR (p:Person) REQUIRE p.id IS UNIQUE",
        "CREATE INDEX FOR (p:Person) ON (p.name, p.age)",
        "CREATE INDEX FOR ()-[k:KNOWS]-() ON (k.since)",
        "UNWIND range(1, 40) AS x CREATE (:Person {id: x, name: 'n' + x, age: x % 7, v: x})",
        "MATCH (a:Person), (b:Person) WHERE b.id = a.id + 1 CREATE (a)-[:KNOWS {since: a.id}]->(b)",
        "MATCH (a:Person {id: 1}), (b) CREATE (a)-[:R]->(b), (b)-[:S]->(:A:B {v: 1, x: 2})",
    ]

    private static let database = needed("a database") {
        var options = DatabaseOptions()
        options.limits.threadCount = 1
        options.limits.timeoutMilliseconds = 3_000
        options.limits.memoryBudgetBytes = 64 << 20
        options.memoryLimitBytes = 256 << 20
        let database = try Database.inMemory(options: options)
        for statement in schema { try database.query(statement) }
        return database
    }
    /// Calls since the plans were dropped.
    nonisolated(unsafe) private static var callCount = 0

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        if parses(text) { plan(text) }
        format(text)
    }

    private static func parses(_ text: String) -> Bool {
        let statement: Statement
        do throws(NQLError) {
            statement = try parseStatement(text)
        } catch {
            judge(error, text)
            if error.phase != .compile || error.code != .syntax { fail("not of syntax: \(error)") }
            return false
        }
        let printed = statement.printed()
        do throws(NQLError) {
            let again = try parseStatement(printed)
            if again.withoutSpans != statement.withoutSpans { fail("changed into \(printed)") }
        } catch {
            fail("printed as \(printed), which fails: \(error)")
        }
        return true
    }

    /// An error's place lies in the text, and it can be shown.
    private static func judge(_ error: NQLError, _ text: String) {
        let byteCount = UInt32(text.utf8.count)
        if error.span.start > error.span.end || error.span.end > byteCount {
            fail("a span of \(error.span.start)..<\(error.span.end) in \(byteCount) bytes")
        }
        let shown = renderDiagnostic(error, source: text, fileName: nil)
        if !shown.contains(error.code.rawValue) { fail("shown as \(shown)") }
    }

    private static func plan(_ text: String) {
        callCount += 1
        if callCount % 500 == 0 { database.clearPlanCache() }
        do {
            _ = try database.explain(text)
        } catch let error as NQLError {
            judge(error, text)
        } catch {
            fail("an error of another type: \(error)")
        }
    }

    private static func format(_ text: String) {
        guard let once = try? formatScript(text) else { return }
        guard let twice = try? formatScript(once) else { fail("cannot format again: \(once)") }
        if once != twice { fail("formatted again:\n\(twice)\nbefore:\n\(once)") }
    }
}
