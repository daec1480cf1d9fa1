// Deletes: a node with very many relationships, and very many nodes, at the given size and at a
// tenth of it: linear time shows as the same time for each.

import Foundation
import NenDB

struct Deletes {
    let count: Int
    let folder: URL

    func run() throws {
        for size in [count / 10, count] where size > 0 {
            let db = try Database(at: folder.appendingPathComponent("deletes-\(size).nen").path)
            try db.query("CREATE (:Hub {id: 0})")
            try db.query("UNWIND range(1, \(size)) AS x CREATE (:Leaf {id: x})")
            try db.query("MATCH (h:Hub), (l:Leaf) CREATE (l)-[:R {w: l.id}]->(h)")
            try measure("relationships of a hub deleted", size, db, "MATCH (:Hub)<-[r]-() DELETE r")
            try db.query("MATCH (h:Hub), (l:Leaf) CREATE (l)-[:R {w: l.id}]->(h)")
            try measure(
                "a hub deleted with its relationships", size, db, "MATCH (h:Hub) DETACH DELETE h")
            try measure("nodes deleted", size, db, "MATCH (l:Leaf) DELETE l")
            try db.query("CREATE (:Hub {id: 0})")
            try db.query("UNWIND range(1, \(size)) AS x CREATE (:Leaf {id: x})")
            try db.query("MATCH (h:Hub), (l:Leaf) CREATE (l)-[:R]->(h)")
            try measure(
                "nodes deleted with their relationships", size, db,
                "MATCH (l:Leaf) DETACH DELETE l")
        }
    }

    private func measure(_ name: String, _ size: Int, _ db: Database, _ text: String) throws {
        let time = try timed { try db.query(text) }
        report(
            name, String(
                format: "%8d   %7.3f s   %6.3f us each", size, time.wall,
                time.wall / Double(size) * 1e6))
    }
}
