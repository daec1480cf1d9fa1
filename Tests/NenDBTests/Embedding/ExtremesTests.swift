// Goal: what a schema-free graph may hold in one place: keys, types and labels of a chunk beyond
// sixteen bits, and texts of a chunk beyond the longest extent. Method: one node or chunk that has
// them, stored, read again and checked.

import NenCore
import NenDB
import Testing

@Suite struct ExtremesTests {
    @Test func aNodeOfSeventyThousandKeys() throws {
        let db = try Database.inMemory()
        var map: [String: Value] = [:]
        for number in 0 ..< 70_000 { map["k\(number)"] = .integer(Int64(number)) }
        try db.query("CREATE (:A {id: 1}), (:A {id: 2})")
        try db.query("MATCH (a:A {id: 1}) SET a += $map", ["map": .map(map)])
        try db.query("MATCH (a:A {id: 1}) SET a.k69999 = 'last' REMOVE a.k1")
        let row = try db.query(
            "MATCH (a:A {id: 1}) RETURN size(keys(a)) AS n, a.k69999 AS x, a.k65536 AS y, a.k1 AS z"
        ).rows()[0]
        #expect(try row.get("n", as: Int.self) == 70_000)
        #expect(try row.get("x", as: String.self) == "last")
        #expect(try row.get("y", as: Int.self) == 65_536)
        #expect(try row.get("z", as: Int?.self) == nil)
        // A chunk of so many keys takes no new rows.
        try db.query("CREATE (:A {id: 3})")
        #expect(try db.query("MATCH (a:A) RETURN sum(a.id)").scalar() == 6)
        #expect(try db.check() == [])
    }

    @Test func aNodeOfThirtyFiveThousandTypes() throws {
        var options = DatabaseOptions()
        // Maintenance of so many types takes its time in a debug build.
        options.busyTimeoutMilliseconds = 60_000
        let db = try Database.inMemory(options: options)
        try db.query(
            "CREATE (a:A) WITH a UNWIND range(1, 35000) AS i CREATE (a)-[:$('T' + i)]->(a)")
        #expect(
            try db.query("MATCH (:A)-[r]->(:A) RETURN count(DISTINCT type(r))").scalar() == 35_000)
        try db.query("MATCH (a:A) CREATE (a)-[:T35000]->(:B)")
        #expect(try db.query("MATCH (:A)-[r:T35000]->() RETURN count(r)").scalar() == 2)
        #expect(try db.check() == [])
    }

    @Test func aNodeOfSeventyThousandLabels() throws {
        let db = try Database.inMemory()
        try db.query("CREATE (a:A) WITH a SET a:$([i IN range(1, 70000) | 'L' + i])")
        #expect(try db.query("MATCH (a:L70000) RETURN size(labels(a))").scalar() == 70_001)
        try db.query("MATCH (a:A) REMOVE a:$([i IN range(2, 70000) | 'L' + i])")
        #expect(try db.query("MATCH (a:L1) RETURN size(labels(a))").scalar() == 2)
        #expect(try db.check() == [])
    }

    @Test func textsOfAChunkBeyondTheLongestExtent() throws {
        let db = try Database.inMemory()
        let text = String(repeating: "0123456789abcdef", count: 6_400)
        try db.query(
            "UNWIND range(1, 1500) AS i CREATE (:T {i: i, t: $text + i})", ["text": .string(text)])
        let total = "MATCH (t:T) RETURN sum(size(t.t))"
        let expected = 1_500 * text.utf8.count + 9 + 180 + 2_700 + 2_004
        #expect(try db.query(total).scalar() == Int64(expected))
        // One text changes: the full heaps stay where they are.
        try db.query("MATCH (t:T {i: 700}) SET t.t = t.t + '!'")
        #expect(try db.query(total).scalar() == Int64(expected + 1))
        #expect(
            try db.query("MATCH (t:T) WHERE t.t ENDS WITH '700!' RETURN t.i").scalar() == 700)
        #expect(try db.check() == [])
    }

    @Test func aValueBeyondTheLongestExtentIsRefused() throws {
        let db = try Database.inMemory()
        let error = #expect(throws: NQLError.self) {
            try db.query(
                """
                WITH reduce(s = 'abcdefgh', k IN range(1, 23) | s + s) AS half
                CREATE (:T {parts: [half, half]})
                """)
        }
        #expect(error?.code == .capacity && error?.detail == "ValueTooLong")
        #expect(try db.query("MATCH (n) RETURN count(*)").scalar() == 0)
    }
}
