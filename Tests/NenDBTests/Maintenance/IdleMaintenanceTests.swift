// Goal: an idle database keeps itself in shape: what small writes left is worked in without
// anybody's asking, also what an earlier process left; the option switches it off; closing does not
// wait for it; CALL db.maintain() does the same at once. Method: small writes through the public
// API, and what maintenance still finds to do afterwards.

import Glibc
import Testing

@testable import NenDB
@testable import NenEngine

@Suite struct IdleMaintenanceTests {
    private func fill(_ db: Database, nodes: Int = 4_000) throws {
        try db.query(
            "UNWIND range(0, $n - 1) AS x CREATE (:P {id: x})", ["n": .integer(Int64(nodes))])
        try db.query("CREATE INDEX FOR (p:P) ON (p.id)")
        try db.query(
            "UNWIND range(0, $n - 1) AS x MATCH (a:P {id: x}), (b:P {id: (x * 7 + 1) % $n}) "
                + "CREATE (a)-[:R]->(b)", ["n": .integer(Int64(nodes))])
        try db.maintain()
    }

    private func write(_ db: Database, _ number: Int) throws {
        try db.query(
            "MATCH (a:P {id: $a}), (b:P {id: $b}) CREATE (a)-[:R]->(b)",
            ["a": .integer(Int64(number)), "b": .integer(Int64(number * 3 % 4_000))])
    }

    /// Small changes that lie beside their arrays.
    private func deltaEntries(_ db: Database) throws -> Int {
        let view = try db.engine.store.snapshot()
        var count = 0
        for chunk in 0 ..< view.nodeChunkCount {
            try view.nodeChunk(chunk).forEachAdjacency { count += $0.deltaCount }
        }
        return count
    }

    /// What is left to do, which asking does.
    private func groupsLeft(_ db: Database) throws -> Int {
        try db.query("CALL db.maintain() YIELD groupsFolded").scalar(as: Int.self)
    }

    @Test func anIdleDatabaseFoldsWhatSmallWritesLeave() throws {
        let db = try Database.inMemory()
        try fill(db)
        for number in 0 ..< 10 { try write(db, number * 391) }
        // Two rounds: what has just changed is let alone for one.
        var left = Int.max
        for _ in 0 ..< 100 where left > 0 {
            usleep(200_000)
            left = try deltaEntries(db)
        }
        #expect(left == 0)
        #expect(try groupsLeft(db) == 0)
        #expect(db.maintenanceFailure == nil)
    }

    @Test func theOptionSwitchesItOff() throws {
        var options = DatabaseOptions()
        options.maintainsItself = false
        let db = try Database.inMemory(options: options)
        try fill(db)
        for number in 0 ..< 10 { try write(db, number * 391) }
        usleep(1_200_000)
        #expect(try deltaEntries(db) > 0)
        #expect(try groupsLeft(db) > 0)
        #expect(try groupsLeft(db) == 0)
    }

    @Test func whatAnEarlierProcessLeftIsFound() throws {
        let file = TemporaryDatabase()
        var options = DatabaseOptions()
        options.maintainsItself = false
        let first = try Database(at: file.path, options: options)
        try fill(first)
        for number in 0 ..< 10 { try write(first, number * 391) }
        try first.close()
        let second = try Database(at: file.path)
        usleep(4_000_000)
        var left = Int.max
        for _ in 0 ..< 100 where left > 0 {
            usleep(200_000)
            left = try groupsLeft(second)
        }
        #expect(left == 0)
        #expect(try second.check().isEmpty)
        try second.close()
    }

    @Test func closingDoesNotWaitAndLosesNothing() throws {
        let file = TemporaryDatabase()
        var longest = 0.0
        for round in 0 ..< 12 {
            let db = try Database(at: file.path)
            if round == 0 { try fill(db) }
            for number in 0 ..< 20 { try write(db, (round * 577 + number * 31) % 4_000) }
            usleep(UInt32(round * 50_000))
            let clock = ContinuousClock()
            let time = try clock.measure { try db.close() }
            longest = max(longest, Double(time.components.attoseconds) / 1e18)
            let again = try Database(at: file.path)
            let count = try again.query("MATCH (:P)-[r:R]->(:P) RETURN count(r)").scalar(
                as: Int.self)
            #expect(count == 4_000 + (round + 1) * 20)
            #expect(try again.check().isEmpty)
            try again.close()
        }
        #expect(longest < 1, "\(longest) s")
    }

    /// Readers go on while it works and see their snapshot.
    @Test func readersAndWritersGoOn() throws {
        let db = try Database.inMemory()
        try fill(db)
        try db.read { reader in
            for number in 0 ..< 300 {
                try write(db, number * 13 % 4_000)
                if number % 50 == 0 { try db.maintain() }
                let count = try reader.query("MATCH ()-[r:R]->() RETURN count(r)")
                    .scalar(as: Int.self)
                #expect(count == 4_000)
            }
        }
        #expect(
            try db.query("MATCH ()-[r:R]->() RETURN count(r)").scalar(as: Int.self) == 4_300)
    }

    @Test func itIsRefusedWhereItCannotWork() throws {
        let db = try Database.inMemory()
        let session = db.session()
        try session.run("BEGIN")
        #expect(throws: NQLError.self) { try session.run("CALL db.maintain()").rows() }
        try session.run("ROLLBACK")
        #expect(try session.run("CALL db.maintain()").rows().count == 1)
        let file = TemporaryDatabase()
        try Database(at: file.path).close()
        var options = DatabaseOptions()
        options.isReadOnly = true
        let reading = try Database(at: file.path, options: options)
        #expect(try reading.query("CALL db.maintain() YIELD chunksRewritten").rows().count == 1)
        try reading.close()
    }
}
