// Goal: what was acknowledged survives `kill -9`; readers of other processes are never disturbed.
// Method: real processes over one file, killed at random moments; a stream of transactions whose
// acknowledgements are counted; sums that every transaction preserves.
//
// NEN_KILLS sets how often the writer is killed (default 25; `make crash` takes 200).

import Foundation
import NenDB
import Testing

@Suite(.serialized) struct KillTests {
    private var killCount: Int {
        Int(ProcessInfo.processInfo.environment["NEN_KILLS"] ?? "") ?? 25
    }

    /// Transaction `n` makes the pair (n, n): a torn one would leave a half.
    private func pair(_ number: Int) -> String {
        "CREATE (a:Half {n: \(number)}), (b:Half {n: \(number)}), (a)-[:OTHER]->(b)"
    }

    /// Every acknowledged number is there, as whole pairs and without gap.
    private func check(_ path: String, acknowledged: Int, _ note: String) throws {
        let db = try Database(at: path)
        let rows = try db.query(
            "MATCH (a:Half) "
                + "RETURN count(*) AS halves, count(DISTINCT a.n) AS pairs, max(a.n) AS last"
        ).rows()
        let halves = try rows[0].get("halves", as: Int.self)
        let pairs = try rows[0].get("pairs", as: Int.self)
        let last = try rows[0].get("last", as: Int?.self) ?? 0
        let links = try db.query(
            "MATCH (a:Half)-[:OTHER]->(b:Half) WHERE a.n = b.n RETURN count(*)"
        ).scalar(as: Int.self)
        #expect(halves == 2 * pairs && links == pairs && pairs == last, "\(note)")
        #expect(last >= acknowledged, "\(note): \(last) of \(acknowledged) acknowledged")
        #expect(last <= acknowledged + 1, "\(note): \(last) of \(acknowledged) acknowledged")
        try db.close()
    }

    @Test func acknowledgedTransactionsSurviveKills() throws {
        let file = TemporaryDatabase()
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var acknowledged = 0
        for round in 1...killCount {
            let writer = try NQLProcess([file.path, "--json-lines"])
            let stop = acknowledged + Int.random(in: 0..<40, using: &generator)
            acknowledged = writer.integer("MATCH (a:Half) RETURN coalesce(max(a.n), 0)") ?? -1
            #expect(acknowledged >= 0, "seed \(seed), round \(round)")
            while acknowledged < stop {
                let answer = writer.run(pair(acknowledged + 1))
                #expect(answer?.hasPrefix("{\"columns\"") == true, "\(answer ?? "nothing")")
                acknowledged += 1
            }
            // One more is under way when the process dies.
            writer.send(pair(acknowledged + 1))
            usleep(UInt32.random(in: 0..<3_000, using: &generator))
            writer.kill()
            try check(file.path, acknowledged: acknowledged, "seed \(seed), round \(round)")
        }
    }

    @Test func pinnedReaderOutlivesAKilledWriter() throws {
        let file = TemporaryDatabase()
        let first = try NQLProcess([file.path, "--json-lines"])
        _ = first.run(
            "UNWIND range(1, 3000) AS x CREATE (:N {v: x, s: 'text of node ' + toString(x)})")
        _ = first.run("MATCH (a:N), (b:N) WHERE b.v = a.v + 1 CREATE (a)-[:NEXT]->(b)")
        let reader = try NQLProcess([file.path, "--read-only", "--json-lines"])
        _ = reader.run("BEGIN READ ONLY")
        let checksum =
            "MATCH (a:N)-[:NEXT]->(b:N) RETURN sum(a.v * 31 + b.v * 7 + size(a.s)) + count(*)"
        let before = reader.integer(checksum)
        #expect(before != nil)
        first.send("MATCH (n:N) SET n.v = n.v + 1, n.s = 'changed ' + n.s")
        first.kill()
        let second = try NQLProcess([file.path, "--json-lines"])
        let changed = second.integer("MATCH (n:N) WHERE n.s STARTS WITH 'changed' RETURN count(*)")
        #expect(changed == 0 || changed == 3_000)
        for number in 1...1_000 {
            let answer = second.run(pair(number))
            #expect(answer?.hasPrefix("{\"columns\"") == true, "\(answer ?? "nothing")")
            if number % 100 == 0 {
                _ = second.run("MATCH (n:N) SET n.v = n.v + 1")
                #expect(reader.integer(checksum) == before, "after \(number) transactions")
            }
        }
        #expect(reader.integer(checksum) == before)
        #expect(reader.run("COMMIT") != nil)
        #expect(reader.integer("MATCH (h:Half) RETURN count(*)") == 2_000)
        #expect(reader.finish() == 0)
        #expect(second.finish() == 0)
        try check(file.path, acknowledged: 1_000, "behind the takeover")
    }

    @Test func readersAlwaysSeeWholeTransactions() throws {
        let file = TemporaryDatabase()
        let writer = try NQLProcess([file.path, "--json-lines"])
        _ = writer.run("UNWIND range(1, 10) AS x CREATE (:Account {id: x, balance: 100})")
        let readers = try (0..<2).map { _ in
            try NQLProcess([file.path, "--read-only", "--json-lines"])
        }
        for round in 1...300 {
            let from = round % 10 + 1
            let to = (round * 7) % 10 + 1
            writer.send(
                "MATCH (a:Account {id: \(from)}), (b:Account {id: \(to)}) "
                    + "SET a.balance = a.balance - 5, b.balance = b.balance + 5")
            for reader in readers { reader.send("MATCH (a:Account) RETURN sum(a.balance)") }
            for reader in readers {
                #expect(reader.receive()?.contains("\"_value\":\"1000\"") == true, "round \(round)")
            }
            #expect(writer.receive()?.hasPrefix("{\"columns\"") == true, "round \(round)")
        }
        for reader in readers { #expect(reader.finish() == 0) }
        #expect(writer.finish() == 0)
    }

    /// Maintenance changes nothing, also when it dies in its middle.
    @Test func killsDuringMaintenanceLoseNothing() throws {
        let file = TemporaryDatabase()
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var count = 0
        for round in 1...max(4, killCount / 3) {
            let writer = try NQLProcess([file.path, "--json-lines"])
            if round == 1 {
                _ = writer.run("UNWIND range(0, 19999) AS x CREATE (:N {v: x})")
                _ = writer.run("CREATE INDEX FOR (n:N) ON (n.v)")
            }
            for step in 0 ..< 10 {
                let answer = writer.run(
                    "UNWIND range(0, 19999, 40) AS x MATCH (a:N {v: x}), "
                        + "(b:N {v: (x * \(round) + \(step)) % 20000}) CREATE (a)-[:R]->(b)")
                #expect(answer?.hasPrefix("{\"columns\"") == true, "\(answer ?? "nothing")")
                count += 500
            }
            writer.send("CALL db.maintain()")
            usleep(UInt32.random(in: 0 ..< 20_000, using: &generator))
            writer.kill()
            let db = try Database(at: file.path)
            let found = try db.query("MATCH (:N)-[r:R]->(:N) RETURN count(r)").scalar(as: Int.self)
            #expect(found == count, "seed \(seed), round \(round)")
            #expect(try db.check().isEmpty, "seed \(seed), round \(round)")
            try db.close()
        }
    }
}
