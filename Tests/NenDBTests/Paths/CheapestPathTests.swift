// Goal: the cheapest path costs what the naive model says, and is a path of the graph
// that costs it.
// Method: random graphs with loops, parallel relationships, costs of zero, whole and broken and
// missing ones, every filter of types and directions, against Bellman and Ford's relaxation of
// every relationship as often as there are nodes (Bellman, On a Routing Problem, 1958).
//
// `NQLPATHS_SEED=7 NQLPATHS_COUNT=500 swift test --filter CheapestPathTests` runs more of them.

import Foundation
import NenDB
import Testing

@Suite struct CheapestPathTests {
    private struct Road {
        var source: Int
        var target: Int
        var type: String
        /// nil: the property is missing.
        var cost: Double?
        var isWhole: Bool

        var literal: String {
            guard let cost else { return "{}" }
            return isWhole ? "{w: \(Int(cost))}" : "{w: \(cost)}"
        }
    }

    private static let filters = ["", "A", "A>", "<A", "A|B", "A>|<B", "A>|B", ">", "<", "A|B>|<C"]
    private static let missing = 7.5

    /// Whether a filter lets a road be walked, in its direction or against it.
    private func directions(_ road: Road, _ filter: String) -> (forth: Bool, back: Bool) {
        var result = (forth: false, back: false)
        for part in filter.isEmpty ? [""] : filter.split(separator: "|").map(String.init) {
            let name = part.filter { $0.isLetter }
            if !name.isEmpty && name != road.type { continue }
            if !part.hasPrefix("<") { result.forth = true }
            if !part.hasSuffix(">") { result.back = true }
        }
        return result
    }

    private func distances(
        _ count: Int, _ roads: [Road], _ filter: String, from start: Int
    ) -> [Double] {
        var result = [Double](repeating: .infinity, count: count)
        result[start] = 0
        for _ in 0 ..< count {
            for road in roads {
                let cost = road.cost ?? CheapestPathTests.missing
                let (forth, back) = directions(road, filter)
                let (source, target) = (road.source, road.target)
                if forth { result[target] = min(result[target], result[source] + cost) }
                if back { result[source] = min(result[source], result[target] + cost) }
            }
        }
        return result
    }

    @Test func costsWhatTheModelSays() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["NQLPATHS_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        let rounds = environment["NQLPATHS_COUNT"].flatMap(Int.init) ?? 25
        var random = SeededGenerator(seed: seed)
        for round in 0 ..< rounds {
            let count = Int.random(in: 1 ... 12, using: &random)
            let roads = (0 ..< Int.random(in: 0 ... 30, using: &random)).map { _ in
                let isWhole = Bool.random(using: &random)
                let quarters = Double(Int.random(in: 0 ... 40, using: &random))
                return Road(
                    source: .random(in: 0 ..< count, using: &random),
                    target: .random(in: 0 ..< count, using: &random),
                    type: ["A", "B", "C"].randomElement(using: &random) ?? "A",
                    cost: Int.random(in: 0 ..< 8, using: &random) == 0
                        ? nil : isWhole ? quarters : quarters / 4, isWhole: isWhole)
            }
            let db = try Database.inMemory()
            try db.query("UNWIND range(0, \(count - 1)) AS i CREATE (:N {id: i})")
            for road in roads {
                try db.query(
                    "MATCH (a:N {id: \(road.source)}), (b:N {id: \(road.target)}) "
                        + "CREATE (a)-[:\(road.type) \(road.literal)]->(b)")
            }
            for filter in CheapestPathTests.filters {
                let start = Int.random(in: 0 ..< count, using: &random)
                let expected = distances(count, roads, filter, from: start)
                try compare(db, expected, filter, start, "seed \(seed), round \(round)")
            }
        }
    }

    private func compare(
        _ db: Database, _ expected: [Double], _ filter: String, _ start: Int, _ note: String
    ) throws {
        let rows = try db.query(
            """
            MATCH (a:N {id: $start}), (b:N)
            CALL apoc.algo.dijkstra(a, b, $filter, 'w', $missing) YIELD path, weight
            RETURN b.id AS id, weight, nodes(path)[0] = a AND nodes(path)[-1] = b AS isWhole,
                reduce(sum = 0.0, r IN relationships(path) | sum + coalesce(r.w, $missing)) AS sum
            """,
            ["start": Int64(start), "filter": filter, "missing": CheapestPathTests.missing]
        ).rows()
        let context = Comment(rawValue: "\(note), filter '\(filter)' from \(start)")
        #expect(rows.count == expected.filter { $0 < .infinity }.count, context)
        for row in rows {
            let id: Int64 = try row.get("id")
            let weight: Double = try row.get("weight")
            let sum: Double = try row.get("sum")
            let isWhole: Bool = try row.get("isWhole")
            #expect(weight == expected[Int(id)], context)
            #expect(sum == weight && isWhole, context)
        }
    }

    @Test func holdsToItsMemory() throws {
        let db = try Database.inMemory()
        try db.query("CREATE INDEX FOR (n:N) ON (n.id)")
        try db.query("UNWIND range(0, 19999) AS i CREATE (:N {id: i})")
        try db.query(
            "MATCH (a:N) MATCH (b:N {id: a.id + 1}) CREATE (a)-[:R {w: a.id % 7}]->(b)")
        let session = db.session()
        session.limits.memoryBudgetBytes = 640 << 10
        let text = """
            MATCH (a:N {id: 0}), (b:N {id: $end})
            CALL apoc.algo.dijkstra(a, b, 'R>', 'w') YIELD weight RETURN weight
            """
        #expect(try session.run(text, ["end": 100]).scalar(as: Double.self) == 295)
        let error = #expect(throws: NQLError.self) {
            try session.run(text, ["end": 19_999]).rows()
        }
        #expect(error?.detail == "MemoryBudgetExceeded")
    }
}
