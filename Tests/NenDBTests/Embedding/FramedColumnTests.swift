// Goal: values that are stored as offsets in a frame are read, compared, grouped, ordered and
// changed like others. Method: nodes and relationships with each value twice, under `x` where it is
// framed and under `y` where it is not, as one of five hundred has a value far from all others;
// statements over both, with random bounds, between random changes.

import NenCore
import Testing

@testable import NenDB
@testable import NenEngine

@Suite struct FramedColumnTests {
    /// Literals of one type that lie near each other, and one that lies far from them.
    struct Family: CustomTestStringConvertible, Sendable {
        let name: String
        let span: Int
        let far: String
        let text: @Sendable (Int) -> String

        var testDescription: String { name }
    }

    static let families = [
        Family(name: "one byte", span: 250, far: "9223372036854775807") { "\($0 - 100)" },
        Family(name: "two bytes", span: 60_000, far: "-9223372036854775808") {
            "\($0 + 9_000_000_000)"
        },
        Family(name: "four bytes", span: 4_000_000_000, far: "4611686018427387904") {
            "\($0 - 2_000_000_000)"
        },
        Family(name: "least numbers", span: 200, far: "0") { "(-9223372036854775807 - 1 + \($0))" },
        Family(name: "greatest numbers", span: 200, far: "0") { "(9223372036854775807 - \($0))" },
        Family(name: "dates", span: 20_000, far: "date('+999999999-01-01')") {
            "date('1970-01-01') + duration({days: \($0)})"
        },
        Family(name: "local times", span: 80_000, far: "localtime('23:59:59')") {
            "localtime('00:00:01') + duration({nanoseconds: \($0)})"
        },
        Family(name: "local date-times", span: 90_000_000, far: "localdatetime('9000-01-01T00:00')")
        {
            "localdatetime('2010-01-01T00:00:00') + duration({seconds: \($0)})"
        },
    ]

    private func database(
        _ family: Family, _ random: inout SystemRandomNumberGenerator
    ) throws -> Database {
        let db = try Database.inMemory()
        for start in stride(from: 0, to: 5_000, by: 1_000) {
            let rows = (start ..< start + 1_000).map { id in
                let value = family.text(.random(in: 0 ..< family.span, using: &random))
                if id % 500 == 7 { return "{i: \(id), far: true, y: \(family.far)}" }
                if id % 9 == 4 { return "{i: \(id)}" }
                return "{i: \(id), x: \(value)}"
            }
            try db.query(
                "UNWIND [\(rows.joined(separator: ", "))] AS r "
                    + "CREATE (:A {i: r.i, far: r.far, x: r.x, y: coalesce(r.x, r.y)})")
        }
        try db.query(
            "MATCH (a:A), (b:A) WHERE b.i = (a.i * 7 + 3) % 5000 "
                + "CREATE (a)-[:R {far: a.far, x: a.x, y: a.y}]->(b)")
        return db
    }

    /// Statements with `@` for the key.
    private static let statements = [
        "MATCH (n:A) WHERE n.far IS NULL AND n.@ >= LOW AND n.@ < HIGH RETURN count(*) AS c",
        "MATCH (n:A) WHERE n.far IS NULL AND n.@ > LOW AND n.@ <= HIGH "
            + "RETURN n.i AS i ORDER BY i LIMIT 50",
        "MATCH (n:A) WHERE n.far IS NULL AND n.@ = LOW RETURN n.i AS i ORDER BY i",
        "MATCH (n:A) WHERE n.far IS NULL AND (n.@ = LOW OR n.@ <> HIGH) RETURN count(*) AS c",
        "MATCH (n:A) WHERE n.far IS NULL AND n.@ IN [LOW, HIGH] RETURN count(*) AS c",
        "MATCH (n:A) WHERE n.far IS NULL AND n.@ IS NULL RETURN count(*) AS c",
        "MATCH (n:A) WHERE n.far IS NULL RETURN min(n.@) AS a, max(n.@) AS b, count(n.@) AS c, "
            + "count(DISTINCT n.@) AS d",
        "MATCH (n:A) WHERE n.far IS NULL RETURN n.@ AS p, count(*) AS c ORDER BY c DESC, p LIMIT 9",
        "MATCH (n:A) WHERE n.far IS NULL RETURN n.@ AS p, n.i AS i ORDER BY p DESC, i LIMIT 20",
        "MATCH (n:A) WHERE n.far IS NULL RETURN n.@ AS p, n.i AS i ORDER BY p, i LIMIT 20",
        "MATCH (n:A)-[:R]->(m:A) WHERE n.far IS NULL AND m.far IS NULL AND m.@ > LOW "
            + "RETURN count(*) AS c, min(m.@) AS a, max(n.@) AS b",
        "MATCH (n:A)-[:R]->(m:A) WHERE n.far IS NULL AND m.far IS NULL AND n.@ < m.@ "
            + "RETURN count(*) AS c",
        "MATCH (:A)-[r:R]->(m:A) WHERE r.far IS NULL AND r.@ >= LOW AND r.@ < HIGH "
            + "AND m.far IS NULL RETURN count(*) AS c, max(r.@) AS a, count(m.@) AS b",
        "MATCH (n:A) WHERE n.far IS NULL AND n.i < 300 "
            + "RETURN collect(n.@)[0 .. 10] AS l, size(collect(n.@)) AS s",
        "MATCH (n:A {i: 77}) RETURN n.@ AS p",
    ]

    private func differences(_ db: Database, low: String, high: String) throws -> [String] {
        var found: [String] = []
        for statement in FramedColumnTests.statements {
            let bounded = statement.replacing("LOW", with: low).replacing("HIGH", with: high)
            let framed = try db.query(bounded.replacing("@", with: "x")).rows().map(\.values)
            let plain = try db.query(bounded.replacing("@", with: "y")).rows().map(\.values)
            if framed != plain { found.append("\(bounded): \(framed) \(plain)") }
        }
        return found
    }

    private func change(
        _ db: Database, _ family: Family, _ random: inout SystemRandomNumberGenerator
    ) throws {
        for _ in 0 ..< 12 {
            let node = Int.random(in: 0 ..< 5_000, using: &random)
            if node % 500 == 7 { continue }
            let value = family.text(.random(in: 0 ..< family.span, using: &random))
            switch Int.random(in: 0 ..< 4, using: &random) {
            case 0: try db.query("MATCH (n:A {i: \(node)}) REMOVE n.x, n.y")
            case 1: try db.query("MATCH (n:A {i: \(node)}) DETACH DELETE n")
            case 2:
                try db.query(
                    "MATCH (n:A {i: \(node)})-[r:R]->() SET r.x = \(value), r.y = \(value)")
            default:
                try db.query("MATCH (n:A {i: \(node)}) SET n.x = \(value), n.y = \(value)")
            }
        }
        try db.query(
            "MATCH (n:A) WHERE n.far IS NULL AND n.i % 97 = 3 SET n.x = \(family.text(5)), "
                + "n.y = \(family.text(5))")
    }

    @Test(arguments: families)
    func equalPlainOnes(_ family: Family) throws {
        var random = SystemRandomNumberGenerator()
        let db = try database(family, &random)
        let view = try db.engine.store.snapshot()
        let key = try #require(view.catalog.key("x"))
        let encoding = try view.nodeChunk(0).column(key)?.encoding
        #expect(encoding == .framed)
        #expect(
            try differences(db, low: family.text(0), high: family.text(family.span - 1)) == [])
        for round in 0 ..< 2 {
            try change(db, family, &random)
            if round == 1 { try db.query("CALL db.maintain()") }
            let bounds = (0 ..< 2).map { _ in
                family.text(.random(in: 0 ..< family.span, using: &random))
            }
            #expect(try differences(db, low: bounds[0], high: bounds[1]) == [])
        }
    }

    /// Gathers over more chunks than are unpacked, whose frames differ; some have none.
    @Test func equalPlainOnesOverManyChunks() throws {
        let db = try Database.inMemory()
        try db.query(
            "UNWIND range(0, 79999) AS i WITH i, CASE WHEN i < 30000 THEN i % 200 "
                + "WHEN i < 60000 THEN i * 17 % 50000 ELSE i * 7919 % 1000000 END AS n "
                + "CREATE (:A {i: i, far: CASE WHEN i % 500 = 7 THEN true END, "
                + "x: CASE WHEN i % 500 <> 7 THEN n END, "
                + "y: CASE WHEN i % 500 = 7 THEN 9223372036854775807 ELSE n END, "
                + "s: CASE WHEN i % 500 <> 7 THEN localdatetime('2010-01-01T00:00:00') "
                + "+ duration({seconds: n}) END, t: CASE WHEN i % 500 = 7 "
                + "THEN localdatetime('9999-01-01T00:00:00') "
                + "ELSE localdatetime('2010-01-01T00:00:00') + duration({seconds: n}) END})")
        try db.query(
            "MATCH (a:A), (b:A) WHERE b.i = a.i * 7919 % 80000 "
                + "CREATE (a)-[:R {far: a.far, x: a.x, y: a.y}]->(b)")
        for (framed, plain) in [("x", "y"), ("s", "t")] {
            for statement in [
                "MATCH (n:A)-[:R]->(m:A) WHERE m.far IS NULL AND n.far IS NULL "
                    + "RETURN min(m.@) AS a, max(m.@) AS b, count(DISTINCT m.@) AS d, "
                    + "count(*) AS c",
                "MATCH (n:A)-[:R]->(m:A) WHERE m.far IS NULL AND n.far IS NULL AND n.i < 90 "
                    + "RETURN m.@ AS p, n.i AS i ORDER BY i",
                "MATCH (n:A)-[:R]->(m:A) WHERE m.far IS NULL AND n.far IS NULL "
                    + "AND (n.i < 45000 OR n.i > 79000) AND m.@ > n.@ RETURN count(*) AS c",
            ] {
                let found = try db.query(statement.replacing("@", with: framed)).rows()
                let wanted = try db.query(statement.replacing("@", with: plain)).rows()
                #expect(found.map(\.values) == wanted.map(\.values), "\(statement), \(framed)")
            }
        }
        #expect(try db.check() == [])
    }
}
