// Goal: statements of very many clauses, patterns and operands run, on a thread of 512 KiB too,
// where one stack frame for each would not fit. Method: texts of each kind with so many parts that
// a recursion for each overflows (before, 231 clauses were enough), and what they give. An overflow
// ends the test process.
//
// NEN_CLAUSES sets how many (default 1,500; `make depth` takes 50,000).

import Foundation
import NenCore
import NenDB
import Testing

@Suite(.serialized) struct LongStatementTests {
    static let count = ProcessInfo.processInfo.environment["NEN_CLAUSES"].flatMap { Int($0) }
        ?? 1_500

    /// A text of many parts and what its first cell is.
    struct Long: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        /// nil: the statement returns nothing.
        var expected: Value?
        var testDescription: String { name }
    }

    private static func parts(
        _ count: Int, _ separator: String = " ", _ part: (Int) -> String
    ) -> String {
        (0 ..< count).map(part).joined(separator: separator)
    }

    static let clauses: [Long] = {
        let n = count
        let number = Value.integer(Int64(n))
        return [
            Long(
                name: "WITH",
                text: "WITH 0 AS a " + parts(n) { _ in "WITH a + 1 AS a" } + " RETURN a",
                expected: number),
            Long(
                name: "WITH DISTINCT",
                text: "WITH 1 AS a " + parts(n) { _ in "WITH DISTINCT a" } + " RETURN a",
                expected: .integer(1)),
            Long(
                name: "WITH count",
                text: "WITH 7 AS a " + parts(n) { _ in "WITH count(a) AS a" } + " RETURN a",
                expected: .integer(1)),
            Long(
                name: "WITH WHERE",
                text: "WITH 1 AS a " + parts(n) { _ in "WITH a + 1 AS a WHERE a > 0" }
                    + " RETURN a", expected: .integer(Int64(n + 1))),
            Long(
                name: "ORDER BY, LIMIT",
                text: "WITH 1 AS a " + parts(n / 2) { _ in "WITH a ORDER BY a WITH a LIMIT 2" }
                    + " RETURN a", expected: .integer(1)),
            Long(
                name: "UNWIND",
                text: parts(n) { "UNWIND [\($0)] AS x\($0)" } + " RETURN x\(n - 1)",
                expected: .integer(Int64(n - 1))),
            Long(
                name: "LET", text: parts(n) { "LET x\($0) = \($0)" } + " RETURN x0",
                expected: .integer(0)),
            Long(
                name: "CALL",
                text: parts(n) { "CALL { RETURN \($0) AS x\($0) }" } + " RETURN x\(n - 1)",
                expected: .integer(Int64(n - 1))),
            Long(
                name: "UNION ALL", text: parts(n, " UNION ALL ") { "RETURN \($0) AS x" },
                expected: .integer(0)),
            Long(
                name: "NEXT", text: parts(n, " NEXT ") { "RETURN \($0) AS x" },
                expected: .integer(Int64(n - 1))),
            Long(
                name: "MATCH", text: parts(n) { "MATCH (a\($0):Root)" } + " RETURN a0.i",
                expected: .integer(1)),
            Long(
                name: "OPTIONAL MATCH",
                text: parts(n) { "OPTIONAL MATCH (a\($0):Root)" } + " RETURN a0.i",
                expected: .integer(1)),
            Long(
                name: "EXPLAIN",
                text: "EXPLAIN WITH 0 AS a " + parts(n) { _ in "WITH a + 1 AS a WHERE a > 0" }
                    + " RETURN a", expected: nil),
        ]
    }()

    static let updates: [Long] = {
        let n = count
        let made = { (each: Int) in Value.integer(Int64(n * each)) }
        return [
            Long(
                name: "CREATE",
                text: parts(n) { "CREATE (a\($0):A {i: \($0)})" } + " " + parts(n) {
                    "CREATE (a\($0))-[:R]->(a\(($0 * 7) % n))"
                }, expected: made(2)),
            Long(
                name: "CREATE for two rows",
                text: "UNWIND [1, 2] AS row " + parts(n) { "CREATE (:A {i: \($0)})" },
                expected: made(2)),
            Long(
                name: "CREATE, SET",
                text: parts(n / 2) { "CREATE (a\($0):A) SET a\($0).i = \($0)" },
                expected: .integer(Int64(n / 2))),
            Long(
                name: "patterns of CREATE", text: "CREATE " + parts(n, ", ") { "(:A {i: \($0)})" },
                expected: made(1)),
            Long(
                name: "hops of CREATE",
                text: "CREATE (:A)" + parts(n, "") { _ in "-[:R]->(:A)" },
                expected: .integer(Int64(2 * n + 1))),
            Long(
                name: "MERGE", text: parts(n) { "MERGE (:A {i: \($0)})" }, expected: made(1)),
            Long(
                name: "FOREACH", text: parts(n) { _ in "FOREACH (x IN [1] | CREATE (:A))" },
                expected: made(1)),
            Long(
                name: "body of FOREACH",
                text: "FOREACH (x IN [1] | " + parts(n) { "MERGE (:A {i: \($0)})" } + ")",
                expected: made(1)),
            Long(
                name: "CALL that writes", text: parts(n) { _ in "CALL { CREATE (:A) }" },
                expected: made(1)),
            Long(
                name: "SET",
                text: "CREATE (a:A) " + parts(n) { "SET a.i = \($0)" }, expected: .integer(1)),
        ]
    }()

    static let expressions: [Long] = {
        let n = count * 4
        return [
            Long(
                name: "OR", text: "RETURN " + parts(n, " OR ") { "\($0) = -1" },
                expected: .boolean(false)),
            Long(
                name: "AND of a row",
                text: "UNWIND [0] AS x RETURN " + parts(n, " AND ") { "x <> \($0 + 1)" },
                expected: .boolean(true)),
            Long(
                name: "+", text: "UNWIND [1] AS x RETURN " + parts(n, " + ") { _ in "x" },
                expected: .integer(Int64(n))),
            Long(
                name: "comparisons", text: "RETURN " + parts(n, " < ") { "\($0)" },
                expected: .boolean(true)),
            Long(
                name: "IN",
                text: "UNWIND [-1] AS x RETURN x IN [" + parts(n, ", ") { "\($0)" } + "]",
                expected: .boolean(false)),
            Long(
                name: "map",
                text: "RETURN size(keys({" + parts(n, ", ") { "k\($0): \($0)" } + "}))",
                expected: .integer(Int64(n))),
            Long(
                name: "CASE",
                text: "UNWIND [\(n - 1)] AS x RETURN CASE x "
                    + parts(n) { "WHEN \($0) THEN \($0)" } + " END",
                expected: .integer(Int64(n - 1))),
            Long(
                name: "columns", text: "RETURN " + parts(n, ", ") { "\($0) AS c\($0)" },
                expected: .integer(0)),
            Long(
                name: "aggregates",
                text: "UNWIND [1, 2] AS x RETURN " + parts(n / 4, ", ") {
                    "sum(x + \($0)) AS c\($0)"
                }, expected: .integer(3)),
            Long(
                name: "labels", text: "MATCH (a:Root" + parts(n, "") { "&!L\($0)" }
                    + ") RETURN count(a)", expected: .integer(1)),
        ]
    }()

    /// Runs `body` on a thread with a stack of 512 KiB.
    private func onSmallStack(_ body: @escaping @Sendable () throws -> Void) throws {
        final class Outcome: @unchecked Sendable { var error: (any Error)? }
        let outcome = Outcome()
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            do { try body() } catch { outcome.error = error }
            done.signal()
        }
        thread.stackSize = 512 * 1_024
        thread.start()
        done.wait()
        if let error = outcome.error { throw error }
    }

    private func check(_ long: Long) throws {
        try onSmallStack {
            let db = try Database.inMemory()
            try db.query("CREATE (:Root {i: 1})")
            let result = try db.query(long.text)
            let first = try result.next()
            if let expected = long.expected {
                #expect(first?.values.first == expected)
            }
            while try result.next() != nil {}
        }
    }

    @Test(arguments: clauses)
    func clausesRunOnASmallStack(_ long: Long) throws { try check(long) }

    @Test(arguments: expressions)
    func operandsRunOnASmallStack(_ long: Long) throws { try check(long) }

    @Test(arguments: updates)
    func updatesRunOnASmallStack(_ long: Long) throws {
        try onSmallStack {
            let db = try Database.inMemory()
            try db.query(long.text)
            let nodes = try db.query("MATCH (a:A) RETURN count(a)").scalar(as: Int64.self)
            let links = try db.query("MATCH ()-[r]->() RETURN count(r)").scalar(as: Int64.self)
            let made = nodes + links
            #expect(Value.integer(made) == long.expected)
        }
    }

    @Test func aPathOfVeryManyHops() throws {
        let length = Self.count * 4
        try onSmallStack {
            let db = try Database.inMemory()
            try db.query(
                "UNWIND range(0, \(length)) AS i CREATE (:N {i: i})")
            try db.query("CREATE INDEX n FOR (n:N) ON (n.i)")
            try db.query(
                "UNWIND range(1, \(length)) AS i MATCH (a:N {i: i - 1}), (b:N {i: i}) "
                    + "CREATE (a)-[:R]->(b)")
            for pattern in [
                "MATCH p = shortestPath((a:N {i: 0})-[:R*]->(b:N {i: \(length)}))",
                "MATCH p = allShortestPaths((a:N {i: 0})-[:R*]->(b:N {i: \(length)}))",
            ] {
                let found = try db.query(pattern + " RETURN length(p)").scalar(as: Int.self)
                #expect(found == length, "\(pattern)")
            }
        }
    }

    /// What each clause sees stays what it was, though neighbouring updates are one operator.
    @Test func updatesInARowSeeEachOther() throws {
        let db = try Database.inMemory()
        let row = try db.query(
            "CREATE (a:A {x: 1}) CREATE (b:B {x: a.x + 1}) CREATE (a)-[r:R {x: b.x + 1}]->(b) "
                + "SET a.y = r.x SET a.y = a.y + 1 REMOVE b.x SET b.z = a.y RETURN a.y, b.x, b.z"
        ).rows()[0]
        #expect(row.values == [.integer(4), .null, .integer(4)])
        #expect(throws: NQLError.self) {
            try db.query("CREATE (c:C), (d:D) DELETE c DELETE c.x SET d.x = 1")
        }
        #expect(try db.query("MATCH (n) RETURN count(n)").scalar() == 2)
    }
}
