// Goal: of CALL { … } IN TRANSACTIONS the transactions that were committed survive `kill -9`, whole
// and in order; the one that runs leaves nothing.
// Method: a process that writes pairs in lots; another process reads until some lots are there;
// then the writer is killed. The pairs found are the first ones, as many lots as were seen at
// least, and no half of a lot.

import Foundation
import NenDB
import Testing

struct BatchKillTests {
    private let lot = 50
    private let total = 2_000_000

    @Test func committedLotsSurviveAKill() throws {
        let file = TemporaryDatabase()
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        _ = try Database(at: file.path).query("CREATE INDEX FOR (h:Half) ON (h.n)")
        for round in 1...5 {
            let note: Comment = "seed \(seed), round \(round)"
            let writer = try NQLProcess([file.path, "--json-lines"])
            let reader = try NQLProcess([file.path, "--read-only", "--json-lines"])
            let before = writer.integer("MATCH (h:Half) RETURN coalesce(max(h.n), 0)") ?? -1
            #expect(before >= 0 && before % lot == 0, note)
            writer.send(
                "UNWIND range(\(before + 1), \(before + total)) AS x "
                    + "CALL (x) { CREATE (a:Half {n: x})-[:OTHER]->(b:Half {n: x}) } "
                    + "IN TRANSACTIONS OF \(lot) ROWS")
            var seen = before
            while seen < before + 3 * lot {
                seen = reader.integer("MATCH (h:Half) RETURN coalesce(max(h.n), 0)") ?? -1
                #expect(seen >= before && seen % lot == 0, note)
                if seen < 0 { break }
            }
            usleep(UInt32.random(in: 0..<5_000, using: &generator))
            writer.kill()
            #expect(reader.finish() == 0, note)
            try check(file.path, seen: seen, before: before, note)
        }
    }

    private func check(_ path: String, seen: Int, before: Int, _ note: Comment) throws {
        let db = try Database(at: path)
        let row = try db.query(
            "MATCH (h:Half) RETURN count(*) AS halves, count(DISTINCT h.n) AS pairs, "
                + "max(h.n) AS last"
        ).rows()[0]
        let pairs = try row.get("pairs", as: Int.self)
        #expect(try row.get("halves", as: Int.self) == 2 * pairs, note)
        #expect(try row.get("last", as: Int.self) == pairs, note)
        #expect(pairs >= seen && pairs % lot == 0 && pairs < before + total, note)
        let links = try db.query(
            "MATCH (a:Half)-[:OTHER]->(b:Half) WHERE a.n = b.n RETURN count(*)"
        ).scalar(as: Int.self)
        #expect(links == pairs, note)
        try db.close()
    }
}
