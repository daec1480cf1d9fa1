// Goal: a plan is made for the node that its keys name and for the length of its lists; parameters
// of another magnitude get a plan of their own, and every plan gives the same result. Method: a hub
// and two thousand leaves, and the estimates that EXPLAIN and PROFILE give.

import Foundation
import NenDB
import Testing

@Suite struct LandmarkTests {
    private func graph() throws -> Database {
        let db = try Database.inMemory()
        for statement in [
            "CREATE CONSTRAINT n_id FOR (n:N) REQUIRE n.id IS UNIQUE",
            "UNWIND range(0, 2000) AS i CREATE (:N {id: i})",
            "MATCH (h:N {id: 0}) MATCH (n:N) WHERE n.id > 0 CREATE (n)-[:R]->(h)",
            "UNWIND range(1, 1999) AS i MATCH (a:N {id: i}) MATCH (b:N {id: i + 1}) "
                + "CREATE (a)-[:NEXT]->(b)",
        ] { try db.query(statement) }
        return db
    }

    /// The estimates of all operators of this kind.
    private func estimates(
        _ db: Database, _ text: String, _ kind: String, _ parameters: [String: Value] = [:],
        profiled: Bool = false
    ) throws -> [Double] {
        let verb = profiled ? "PROFILE" : "EXPLAIN"
        let json = try db.query("\(verb) FORMAT JSON \(text)", parameters).rows()[0].values[0]
        guard case .string(let json) = json,
            let plan = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any],
            let root = plan["plan"] as? [String: Any]
        else { return [] }
        var (found, waiting) = ([Double](), [root])
        while let node = waiting.popLast() {
            if node["operator"] as? String == kind, let rows = node["rows"] as? NSNumber {
                found.append(rows.doubleValue)
            }
            waiting += node["inputs"] as? [[String: Any]] ?? []
        }
        return found
    }

    @Test func aHubIsNoAverageNode() throws {
        let db = try graph()
        let text = "MATCH (h:N {id: $id})<-[:R]-(n) RETURN count(n.id) AS c"
        #expect(try estimates(db, text, "Expand", ["id": 0]) == [2_000])
        let leaf = try estimates(db, text, "Expand", ["id": 7])
        #expect(leaf.count == 1 && leaf[0] <= 1)
        let named = "MATCH (h:N {id: 0}) OPTIONAL MATCH (h)<-[:R]-(n) RETURN count(n.id) AS c"
        #expect(try estimates(db, named, "Expand").first == 2_000)
    }

    @Test func eachMagnitudeHasItsPlan() throws {
        let db = try graph()
        let text = "MATCH (h:N {id: $id})<-[:R]-(n)-[:NEXT]->(m) RETURN count(m.id) AS c"
        for _ in 0 ..< 2 {
            let hub = try estimates(db, text, "Expand", ["id": 0], profiled: true)
            #expect(hub.contains { $0 > 1_000 })
            let leaf = try estimates(db, text, "Expand", ["id": 7], profiled: true)
            #expect(!leaf.contains { $0 > 10 })
        }
        for (id, count) in [(0, 1_999), (7, 0), (0, 1_999)] as [(Int64, Int64)] {
            #expect(
                try db.query(text, ["id": .integer(id)]).rows().map(\.values)
                    == [[.integer(count)]])
        }
    }

    @Test func listsAreAsLongAsTheyAre() throws {
        let db = try graph()
        let text = "UNWIND $ids AS i MATCH (n:N {id: i}) RETURN count(n) AS c"
        for count in [3, 60, 3] as [Int64] {
            let ids = Value.list((1 ... count).map { .integer($0) })
            #expect(
                try estimates(db, text, "Unwind", ["ids": ids], profiled: true)
                    == [Double(count)])
            // The look-up runs for each of them.
            let seeks = try estimates(db, text, "IndexSeek", ["ids": ids], profiled: true)
            #expect(seeks == [Double(count)])
        }
    }

    @Test func searchesFromALandmarkAreWalked() throws {
        let db = try graph()
        let text = "MATCH (n:N {id: 1990})-[:NEXT*]->(m) RETURN count(DISTINCT m) AS c"
        #expect(try estimates(db, text, "Reach") == [10])
    }
}
