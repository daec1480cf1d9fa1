// Goal: no statement goes on beyond its deadline, whatever it is busy with, and none that was ended
// leaves anything behind. Method: statements of every kind that would run for minutes or for ever,
// each under a short deadline, and each cancelled from another thread; they have to end with
// `Interrupted` long before a guard that only a hang would reach.

import Foundation
import NenCore
import NenDB
import Synchronization
import Testing

/// Reads all rows and their texts, as a command does.
func consume(_ result: QueryResult) throws {
    try result.withinStatement {
        while let row = try result.next() {
            for value in row.values { _ = value.displayText }
        }
    }
}

@Suite struct DeadlineTests {
    /// Far more than any deadline here, far less than the statements would take.
    private static let guardSeconds = 20.0

    /// A text of 4 MiB as an expression; `x` is what it is made of.
    private static func long(_ x: String) -> String {
        "reduce(t = '\(x)', i IN range(1, 22) | t + t)"
    }

    /// A list of few elements that stands for 2^300.
    private static let tree = "reduce(l = [1], i IN range(1, 300) | [l, l])"

    static let statements = [
        // Constant folding, which goes on under EXPLAIN too.
        "RETURN reduce(s = 0, x IN range(1, 100000) | s + reduce(t = 0, y IN range(1, 100000) "
            + "| t + y)) AS r",
        "EXPLAIN RETURN reduce(s = 0, x IN range(1, 100000) | s + "
            + "reduce(t = 0, y IN range(1, 100000) | t + y)) AS r",
        // Within one batch.
        "RETURN size([x IN range(1, 5000000) WHERE size([y IN range(1, 1000) WHERE y > x]) = 5]) "
            + "AS r",
        "RETURN all(x IN range(1, 100000) WHERE none(y IN range(1, 100000) WHERE x + y = 0)) AS r",
        "WITH range(1, 100000) AS xs UNWIND range(1, 1000000) AS x "
            + "WITH xs, x WHERE (x + 1000000) IN xs RETURN count(*) AS c",
        "WITH range(1, 1000000) AS xs, range(1, 1000000) AS ys UNWIND range(1, 100000) AS x "
            + "WITH x, xs, ys WHERE xs = ys + [x] OR xs + [x] = ys + [x] RETURN count(*) AS c",
        "WITH \(tree) AS a, \(tree) AS b RETURN a = b AS r",
        "WITH \(tree) AS a, \(tree) AS b RETURN a < b AS r",
        "UNWIND [\(tree), \(tree)] AS x RETURN DISTINCT size(x) AS r, x IS :: LIST<INTEGER> AS t",
        "UNWIND [\(tree), \(tree)] AS x WITH DISTINCT x RETURN count(*) AS r",
        "UNWIND [\(tree), \(tree)] AS x WITH x ORDER BY x RETURN count(*) AS r",
        "RETURN \(tree) AS r",
        "RETURN coll.flatten(\(tree), 1000) AS r",
        "UNWIND range(1, 100000) AS x RETURN collect(coll.sort([y IN range(1, 100000) "
            + "| -y * y % 1000])[0]) AS r",
        "UNWIND range(1, 30000000) AS x WITH x ORDER BY x % 7, -x RETURN collect(x)[0] AS r",
        // Long texts.
        "WITH \(long("ä")) AS t UNWIND range(1, 10000) AS i RETURN max(size(toUpper(t + i))) AS r",
        "WITH \(long("ä")) AS t UNWIND range(1, 10000) AS i "
            + "RETURN max(size(normalize(t + i, NFKD))) AS r",
        "WITH \(long("ab")) AS t UNWIND range(1, 10000) AS i RETURN max(size(reverse(t + i))) AS r",
        "WITH \(long(" ")) AS t UNWIND range(1, 10000) AS i RETURN max(size(trim(t + i))) AS r",
        "WITH \(long("a,")) AS t UNWIND range(1, 10000) AS i "
            + "RETURN max(size(split(t + i, ','))) AS r",
        "WITH \(long("a,")) AS t UNWIND range(1, 10000) AS i "
            + "RETURN max(size(replace(t + i, ',', ''))) AS r",
        "WITH \(long("ab")) AS t UNWIND range(1, 100000) AS i WITH t, i "
            + "WHERE t + i CONTAINS t + 'x' RETURN count(*) AS r",
        "WITH \(long("ab")) AS t UNWIND range(1, 100000) AS i WITH t, i "
            + "WHERE t + i < t + 'x' RETURN count(*) AS r",
        "WITH \(long(" ")) AS t UNWIND range(1, 10000) AS i RETURN max(toInteger(t + i)) AS r",
        // Regular expressions.
        "RETURN reduce(t = '', i IN range(1, 40) | t + 'a') + 'c' =~ '(a|aa|a+)+[bd]' AS r",
        "WITH \(long("a")) AS t RETURN t =~ '.*.*.*.*.*[xy]' AS r",
        "WITH \(long("a,")) AS t RETURN t =~ '(.*,){20}[xy]' AS r",
        "UNWIND range(1, 1000000) AS i WITH 'aaaaaaaaaaaaaaaaaaaaaaaa' + i AS t "
            + "WHERE t =~ '(a*)*(a*)*[bd]' RETURN count(*) AS r",
        // Operators.
        "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN sum(x * y) AS r",
        "MATCH (a), (b), (c), (d) WHERE a.i + b.i + c.i + d.i = -1 RETURN count(*) AS r",
        "MATCH (a:N {i: 0})-[*]->(b:N) WHERE a.i + b.i = -1 RETURN count(*) AS r",
        "MATCH (a) WHERE COUNT { MATCH (b), (c), (d) WHERE b.i + c.i + d.i < a.i } = -1 "
            + "RETURN count(*) AS r",
        "MATCH (a) WHERE EXISTS { MATCH (b), (c), (d) WHERE b.i + c.i + d.i + a.i = -1 } "
            + "RETURN count(*) AS r",
        "MATCH p = allShortestPaths((a)-[*]-(b)), (c), (d), (e) WHERE length(p) = -1 "
            + "RETURN count(*) AS r",
        "MATCH (a), (b), (c), (d), (e) CREATE (:Copy {i: a.i})",
        "MATCH (a) FOREACH (x IN range(1, 10000000) | SET a.x = x)",
        "UNWIND range(1, 100000000) AS x MERGE (:M {x: x % 100})",
        "CALL { UNWIND range(1, 100000000) AS x CREATE (:T {x: x}) } IN TRANSACTIONS OF 100 ROWS",
        // What the statement gives.
        "UNWIND range(1, 100000000) AS x RETURN x, toString(x) AS t",
        "RETURN [x IN range(1, 3000000) | [x, toString(x), {a: x}]] AS r",
        "RETURN slow(slow(slow(slow(1)))) AS r",
        "UNWIND range(1, 1000) AS x RETURN slow(x) AS r",
    ]

    private static func database() throws -> Database {
        var options = DatabaseOptions()
        options.limits.memoryBudgetBytes = 1 << 30
        options.limits.threadCount = 2
        let database = try Database.inMemory(options: options)
        try database.register(
            function: UserFunction(
                "slow", [ProcedureField(name: "x", type: .any)], to: .any,
                summary: "Takes its time."
            ) { given in
                usleep(30_000)
                return given[0]
            })
        try database.query("UNWIND range(0, 59) AS i CREATE (:N {i: i})")
        try database.query("MATCH (a:N), (b:N) WHERE a.i <> b.i CREATE (a)-[:R]->(b)")
        return database
    }

    /// What tells two states of the graph apart, as far as these statements change it.
    private static func state(_ database: Database) throws -> [String] {
        try database.query(
            "MATCH (n) RETURN labels(n) AS l, count(*) AS c, count(n.x) AS x ORDER BY l"
        ).rows().map { "\($0.values.map(\.displayText))" }
    }

    @Test(arguments: DeadlineTests.statements)
    func deadlineEnds(_ statement: String) throws {
        let database = try Self.database()
        let before = try Self.state(database)
        let session = database.session()
        session.limits.timeoutMilliseconds = 60
        let start = ContinuousClock().now
        let error = thrown { try consume(try session.run(statement)) }
        let seconds = start.duration(to: ContinuousClock().now) / .seconds(1)
        #expect(error?.code == .interrupted, "\(error.map { "\($0)" } ?? "no error")")
        #expect(error?.detail == "Timeout")
        #expect(seconds < Self.guardSeconds, "\(seconds) s")
        session.limits.timeoutMilliseconds = nil
        if !statement.contains("IN TRANSACTIONS") {
            #expect(try Self.state(database) == before)
        }
        #expect(try session.run("RETURN 1 AS x").scalar() == 1)
    }

    @Test func cancellationEndsAllOfThem() async throws {
        let database = try Self.database()
        for statement in Self.statements {
            let cancellation = Cancellation()
            let isDone = Atomic<Bool>(false)
            let canceller = Thread {
                usleep(30_000)
                cancellation.cancel()
            }
            canceller.start()
            let error = thrown {
                try consume(try database.session(cancellation: cancellation).run(statement))
            }
            isDone.store(true, ordering: .relaxed)
            #expect(error?.code == .interrupted, "\(statement): \(String(describing: error))")
            #expect(error?.detail == "Cancelled", "\(statement)")
        }
        #expect(try database.check().isEmpty)
    }

    // MARK: Texts of statements

    static let texts: [(name: String, text: String)] = [
        ("terms", "RETURN " + (0 ..< 150_000).map { "$x = \($0)" }.joined(separator: " OR ")),
        ("path", "MATCH (a)" + String(repeating: "-->(:N)", count: 3_000) + " RETURN count(*)"),
        ("unions", (0 ..< 8_000).map { "RETURN \($0) AS x" }.joined(separator: " UNION ")),
        ("list", "RETURN [" + (0 ..< 400_000).map(String.init).joined(separator: ",") + "] AS l"),
        ("columns", "RETURN " + (0 ..< 20_000).map { "\($0) AS c\($0)" }.joined(separator: ",")),
        ("conditions",
            "MATCH (n) WHERE "
                + (0 ..< 5_000).map { "n.p\($0) = \($0)" }.joined(separator: " AND ")
                + " RETURN n"),
        ("labels",
            "MATCH (n:" + (0 ..< 20_000).map { "A\($0)" }.joined(separator: "|") + ") RETURN n"),
        ("star",
            "MATCH " + (0 ..< 400).map { "(a:N)-->(b\($0):N)" }.joined(separator: ",")
                + " RETURN count(*)"),
        ("nodes",
            "MATCH " + (0 ..< 10_000).map { "(a\($0):X\($0))" }.joined(separator: ",")
                + " RETURN count(*)"),
        ("clique",
            "MATCH " + (0 ..< 30).flatMap { i in (0 ..< i).map { "(a\(i):N)-->(a\($0):N)" } }
                .joined(separator: ",") + " RETURN count(*)"),
    ]

    /// The longer deadline ends most of them behind the parser.
    @Test(arguments: DeadlineTests.texts.map(\.name), [5, 200])
    func planningEnds(_ name: String, milliseconds: Int) throws {
        let text = try #require(Self.texts.first { $0.name == name }?.text)
        let session = try Self.database().session()
        session.limits.timeoutMilliseconds = milliseconds
        let start = ContinuousClock().now
        let error = thrown {
            try consume(try session.run("EXPLAIN " + text, ["x": 1]))
        }
        let seconds = start.duration(to: ContinuousClock().now) / .seconds(1)
        if milliseconds < 100 {
            #expect(error?.code == .interrupted, "\(error.map { "\($0)" } ?? "no error")")
        }
        #expect(seconds < Self.guardSeconds, "\(seconds) s")
    }

    // MARK: Work beyond the deadline

    private static func names(_ count: Int, _ mark: String) -> String {
        (0 ..< count).map { "A\($0)" }.joined(separator: mark)
    }

    /// What once went on for many seconds of a processor after its time was up.
    static let busy: [(name: String, text: String)] = [
        ("types", "MATCH ()-[:\(names(20_000, "|"))]->() RETURN 1 AS x"),
        ("path of columns",
            "MATCH (a)" + (0 ..< 1_500).map { "-[r\($0):R]->(n\($0):N)" }.joined()
                + " RETURN *"),
        ("quantified paths",
            "MATCH (a)" + (0 ..< 1_000).map { "((x\($0))-->(y\($0)))+" }.joined()
                + "(b) RETURN count(*)"),
        ("labels set", "MATCH (n) SET n:\(names(20_000, ":"))"),
        ("labels removed", "MATCH (n) SET n:\(names(20_000, ":")) REMOVE n:\(names(20_000, ":"))"),
        ("long texts stored",
            "WITH \(long("a")) AS t UNWIND range(1, 10000) AS i CREATE (:X {t: t})"),
        ("combining marks", "RETURN size(normalize(\(long("\\u0301\\u0323")))) AS r"),
        ("marks compared", "RETURN \(long("\\u0301\\u0323")) IS NFKD NORMALIZED AS r"),
        ("columns hidden",
            "WITH " + (0 ..< 3_000).map { "\($0) AS c\($0)" }.joined(separator: ",")
                + String(repeating: " WITH *", count: 200) + " RETURN c0"),
        ("marks in the text", "RETURN size('\(String(repeating: "\u{301}", count: 2_000_000))')"),
    ]

    /// Seconds that this thread has had of a processor.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Counts the processor's time, which other tests do not lengthen.
    @Test(arguments: DeadlineTests.busy.map(\.name))
    func littleIsDoneBeyondTheDeadline(_ name: String) throws {
        let text = try #require(Self.busy.first { $0.name == name }?.text)
        let session = try Self.database().session()
        session.limits.threadCount = 1
        session.limits.timeoutMilliseconds = 60
        let start = Self.processorSeconds()
        let error = thrown { try consume(try session.run(text)) }
        let seconds = Self.processorSeconds() - start
        #expect(error == nil || error?.code == .interrupted, "\(String(describing: error))")
        #expect(seconds < 1.5, "\(seconds) s")
    }

    /// It would be written long after the statement's time.
    @Test func errorsRepeatNoLongValues() throws {
        let session = try Self.database().session()
        for text in ["date(\(Self.long("ä")))", "1 + duration('x' + \(Self.long("a")))"] {
            let error = thrown { try consume(try session.run("RETURN \(text) AS r")) }
            let message = try #require(error?.message)
            #expect(message.utf8.count <= NQLError.textByteCountMax)
            #expect(message.contains("…") && !message.contains("\u{FFFD}"))
            #expect(message.count > 1_000)
        }
    }

    @Test func theDeadlineOfOneStatementIsNotThatOfTheNext() throws {
        let session = try Self.database().session()
        session.limits.timeoutMilliseconds = 2_000
        for _ in 0 ..< 3 { try consume(try session.run("MATCH (n) RETURN count(n)")) }
        let result = try session.run("RETURN 1 AS x")
        try session.run("SET query_timeout = 1")
        #expect(try result.scalar() == 1)
    }
}
