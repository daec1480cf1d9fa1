// Goal: nobody has to say ANALYZE: plans follow the data, in the process that changed it and in one
// that opens it later. Method: a hundred thousand rows whose distribution is turned around, and the
// rows that EXPLAIN expects before and behind that.

import Foundation
import NenDB
import Testing

@Suite struct KeptStatisticsTests {
    private static let rowCount = 100_000

    /// The rows expected of the scan's filter, as EXPLAIN has them.
    private func expected(_ db: Database, _ kind: String) throws -> Double {
        let text = try db.query(
            "EXPLAIN FORMAT JSON MATCH (e:Event) WHERE e.kind = '\(kind)' RETURN e.id"
        ).scalar(as: String.self)
        let mark = "\"rows\":"
        let rest = try #require(text.range(of: mark).map { text[$0.upperBound...] })
        let digits = rest.drop { $0 == " " }.prefix { "0123456789.eE+-".contains($0) }
        return try #require(Double(digits))
    }

    private func load(_ db: Database) throws {
        for part in 0 ..< 10 {
            try db.query(
                "UNWIND range(0, 9999) AS x CREATE (:Event {id: $part * 10000 + x, "
                    + "kind: CASE WHEN x % 1000 = 0 THEN 'rare' ELSE 'usual' END})",
                ["part": .integer(Int64(part))])
        }
    }

    private func turnAround(_ db: Database) throws {
        try db.query(
            "MATCH (e:Event) SET e.kind = CASE e.kind WHEN 'rare' THEN 'usual' ELSE 'rare' END")
    }

    @Test func plansFollowWithinTheProcess() throws {
        let db = try Database.inMemory()
        try load(db)
        #expect(try expected(db, "rare") < 400)
        #expect(try expected(db, "usual") > 90_000)
        try turnAround(db)
        #expect(try expected(db, "rare") > 90_000)
        #expect(try expected(db, "usual") < 400)
    }

    /// Also where the process that made the changes had no time to look at them.
    @Test(arguments: [false, true]) func plansFollowInALaterProcess(maintains: Bool) throws {
        let file = TemporaryDatabase()
        var options = DatabaseOptions()
        options.maintainsItself = maintains
        let first = try Database(at: file.path, options: options)
        try load(first)
        try first.maintain()
        try turnAround(first)
        if maintains { usleep(1_500_000) }
        try first.close()
        options.maintainsItself = false
        let second = try Database(at: file.path, options: options)
        #expect(try expected(second, "rare") > 90_000)
        #expect(try expected(second, "usual") < 400)
        let age = "SHOW STATISTICS YIELD kind, pattern, changesSince "
            + "WHERE pattern = '(:Event).kind' RETURN changesSince"
        // What maintenance has stored is as old as the file; what was sampled just now is new.
        #expect(try second.query(age).scalar(as: Int.self) == 0)
        try second.close()
    }
}
