// Batches: rows written in one transaction each, durably, with the unique constraint on the key in
// place. Several batches one after the other; the first makes the plan and is not counted.

import Foundation
import NenDB

struct Batches {
    let rowCount: Int
    let folder: URL

    private static let batches = 8

    func run() throws {
        let db = try Database(at: folder.appendingPathComponent("batches.nen").path)
        try db.query("CREATE CONSTRAINT q_id FOR (n:Q) REQUIRE n.id IS UNIQUE")
        try measure(
            "nodes, UNWIND $rows CREATE", db,
            "UNWIND $rows AS r CREATE (:Q {id: r.id, name: r.name, value: r.value})"
        ) { batch, row in
            let id = Int64(batch * rowCount + row)
            return ["id": .integer(id), "name": .string("n\(id)"), "value": .float(Double(row))]
        }
        try appendNodes(db)
        let nodes = Int64(Batches.batches * rowCount)
        var random = SplitMix(state: 7)
        try measure(
            "relationships, UNWIND $rows MATCH CREATE", db,
            "UNWIND $rows AS r MATCH (a:Q {id: r.s}) MATCH (b:Q {id: r.d}) CREATE (a)-[:R]->(b)"
        ) { _, _ in
            ["s": .integer(random.below(nodes)), "d": .integer(random.below(nodes))]
        }
        try measure(
            "relationships, UNWIND $rows MATCH MERGE", db,
            "UNWIND $rows AS r MATCH (a:Q {id: r.s}) MATCH (b:Q {id: r.d}) MERGE (a)-[:M]->(b)"
        ) { _, _ in
            ["s": .integer(random.below(nodes)), "d": .integer(random.below(nodes))]
        }
        try measure(
            "nodes, UNWIND $rows MERGE, half are there", db,
            "UNWIND $rows AS r MERGE (n:Q {id: r.id})"
        ) { batch, row in
            ["id": .integer(Int64(batch * rowCount + row) * 2)]
        }
        try measure(
            "properties, UNWIND $rows MATCH SET", db,
            "UNWIND $rows AS r MATCH (n:Q {id: r.id}) SET n.value = r.value, n.seen = true"
        ) { _, row in
            ["id": .integer(random.below(nodes)), "value": .float(Double(row))]
        }
    }

    /// As many nodes and relationships by `append`.
    private func appendNodes(_ db: Database) throws {
        var random = SplitMix(state: 9)
        var (nodes, relationships) = (Sum(), Sum())
        for batch in 0 ..< Batches.batches {
            let ids = (0 ..< rowCount).map { Int64(batch * rowCount + $0) + 1 << 40 }
            let names = ids.map { "n\($0)" }
            let values = ids.map(Double.init)
            var made: [UInt32] = []
            let nodeTime = try timed {
                made = try db.write { tx in
                    try tx.append(
                        nodes: ["Q"],
                        [
                            .init("id", .integers(ids)), .init("name", .strings(names)),
                            .init("value", .floats(values)),
                        ])
                }
            }
            let sources = ids.map { _ in made.randomElement(using: &random) ?? 0 }
            let targets = ids.map { _ in made.randomElement(using: &random) ?? 0 }
            let time = try timed {
                try db.write { tx in
                    _ = try tx.append(relationships: "A", from: sources, to: targets)
                }
            }
            if batch == 0 { continue }
            nodes.add(nodeTime)
            relationships.add(time)
        }
        report("nodes, append", nodes.text(rows: (Batches.batches - 1) * rowCount))
        report("relationships, append", relationships.text(rows: (Batches.batches - 1) * rowCount))
    }

    private func measure(
        _ name: String, _ db: Database, _ text: String,
        _ row: (_ batch: Int, _ row: Int) -> [String: Value]
    ) throws {
        var sum = Sum()
        for batch in 0 ..< Batches.batches {
            let rows = Value.list((0 ..< rowCount).map { .map(row(batch, $0)) })
            let time = try timed { try db.query(text, ["rows": rows]) }
            if batch > 0 { sum.add(time) }
        }
        report(name, sum.text(rows: (Batches.batches - 1) * rowCount))
    }
}

/// Times of batches.
private struct Sum {
    private var wall = 0.0
    private var processor = 0.0

    mutating func add(_ time: (wall: Double, processor: Double)) {
        wall += time.wall
        processor += time.processor
    }

    func text(rows: Int) -> String {
        String(
            format: "%9.0f rows/s   %9.0f rows/s of processor time   %6.3f us a row",
            Double(rows) / wall, Double(rows) / processor, wall / Double(rows) * 1e6)
    }
}

/// A small generator of random numbers with a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int64) -> Int64 { Int64.random(in: 0 ..< limit, using: &self) }
}
