// EXPLAIN FORMAT JSON: goal: one well-formed object with the documented fields, for plans of every
// shape and depth; PROFILE adds what happened. Method: read by an independent reader.

import Foundation
import NenDB
import Testing

@Suite struct ExplainFormatTests {
    private func database() throws -> Database {
        let db = try Database.inMemory()
        try db.query("CREATE INDEX p_id FOR (p:P) ON (p.id)")
        try db.query("UNWIND range(1, 50) AS x CREATE (:P {id: x})")
        try db.query("MATCH (a:P), (b:P {id: a.id % 7 + 1}) CREATE (a)-[:R]->(b)")
        return db
    }

    private func object(_ db: Database, _ text: String) throws -> [String: Any] {
        let json = try db.query(text).rows()[0].values[0]
        guard case .string(let json) = json else { return [:] }
        let read = try JSONSerialization.jsonObject(with: Data(json.utf8))
        return read as? [String: Any] ?? [:]
    }

    private func operators(_ plan: [String: Any]) -> [[String: Any]] {
        guard let root = plan["plan"] as? [String: Any] else { return [] }
        var (found, waiting) = ([[String: Any]](), [root])
        while let node = waiting.popLast() {
            found.append(node)
            for name in ["inputs", "subqueries"] { waiting += node[name] as? [[String: Any]] ?? [] }
        }
        return found
    }

    private static let fields: Set = [
        "id", "operator", "details", "identifiers", "index", "rows", "rows_at_most", "cost_ns",
        "bytes", "execution", "alternatives", "subqueries", "inputs",
    ]

    @Test(arguments: [
        "MATCH (a:P {id: 3})-[:R]->(b) RETURN a.id AS \"quoted \\\\ name\"",
        "MATCH (a:P) WHERE EXISTS { (a)-[:R]->({id: 3}) } OR a.id = 2 RETURN count(*) AS n",
        "MATCH (a:P), (b:P) OPTIONAL MATCH (a)-[r:R]->(b) RETURN a.id AS a, count(r) AS n",
        "MATCH (a:P {id: 3}) SET a.name = 'line\nbreak' RETURN a",
        "RETURN 1 AS x UNION RETURN 2 AS x UNION RETURN 3 AS x",
    ])
    func wellFormed(_ text: String) throws {
        let db = try database()
        let text = text.replacing("\"quoted \\\\ name\"", with: "`quoted \" \\ name`")
        for verbose in ["", "VERBOSE "] {
            let plan = try object(db, "EXPLAIN \(verbose)FORMAT JSON \(text)")
            #expect((plan["trace"] != nil) == !verbose.isEmpty)
            #expect(plan["threads"] is Int && plan["missing_statistics"] is [String])
            let nodes = operators(plan)
            #expect(nodes.count > 1)
            for node in nodes { #expect(Set(node.keys) == Self.fields) }
            #expect(Set(nodes.compactMap { $0["id"] as? Int }).count == nodes.count)
        }
        let plan = try object(db, "PROFILE FORMAT JSON \(text)")
        for node in operators(plan) {
            guard let actual = node["actual"] as? [String: Any] else { continue }
            let rows = try #require(actual["rows"] as? Int)
            if let bound = node["rows_at_most"] as? Double { #expect(Double(rows) <= bound) }
        }
        #expect(operators(plan).contains { $0["actual"] is [String: Any] })
    }

    @Test func deepPlans() throws {
        let clauses = (0 ..< 2_000).map { "WITH x + \($0) AS x LIMIT 1" }.joined(separator: " ")
        let json = try database().query("EXPLAIN FORMAT JSON WITH 1 AS x \(clauses) RETURN x")
            .rows()[0].values[0]
        guard case .string(let json) = json else { return }
        #expect(json.hasSuffix("}") && json.utf8.count > 100_000)
    }

    @Test func alternativesAndIndexesAreNamed() throws {
        let plan = try object(
            database(), "EXPLAIN FORMAT JSON MATCH (a:P {id: 3}) RETURN a.id AS id")
        let seek = operators(plan).first { $0["operator"] as? String == "IndexSeek" }
        #expect(seek?["index"] as? String == "p_id")
        let rivals = seek?["alternatives"] as? [[String: Any]]
        #expect(rivals?.compactMap { $0["operator"] as? String } == ["NodeScan"])
    }
}
