// Rows in the order of an index: goal: they are those of a scan and a sort, equal keys included.
// Method: random graphs of values of many types, duplicates and nulls; random orders, conditions,
// limits and extremes; the index's order forced, and as costs decide, against the same without any
// rule; some within a transaction that has changed the graph.

import NenCore
import NenDB
import Testing

@Suite struct IndexOrderPropertyTests {
    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func indexesOrderAsSortsDo(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (ordered, backwards, partial, extremes) = (0, 0, 0, 0)
        for round in 0 ..< 8 {
            let session = try Database.inMemory().session()
            for statement in indexes(isUnique: round % 2 == 0) { _ = try session.run(statement) }
            _ = try session.run(graph(&random))
            if round % 2 == 1 {
                _ = try session.run("BEGIN")
                for _ in 0 ..< 5 { _ = try session.run(change(&random)) }
            }
            for _ in 0 ..< 60 {
                let text = query(&random)
                let parameters: [String: Value] = [
                    "p": value(&random), "l": .integer(Int64.random(in: 0 ... 9, using: &random)),
                    "i": .integer(Int64.random(in: 0 ... 99, using: &random)),
                ]
                session.limits.disabledRules = Set(OptimizerRules.names)
                session.limits.forcedCandidate = nil
                let expected = try rows(session, text, parameters)
                session.limits.disabledRules = []
                #expect(
                    try rows(session, text, parameters) == expected,
                    "seed \(seed) round \(round): \(text) \(parameters)")
                session.limits.forcedCandidate = "index-order"
                let plan = try session.run("EXPLAIN " + text, parameters).rows()
                    .map { "\($0.values)" }.joined()
                if plan.contains(" ASC") || plan.contains(" DESC with") { ordered += 1 }
                if plan.contains("IndexSeek"), plan.contains(" DESC") { backwards += 1 }
                if plan.contains("PartialSort") { partial += 1 }
                if plan.contains("Limit"), plan.contains("Aggregate") { extremes += 1 }
                #expect(
                    try rows(session, text, parameters) == expected,
                    "seed \(seed) round \(round): \(text) \(parameters)\n\(plan)")
            }
        }
        let counts = [ordered, backwards, partial, extremes]
        #expect(counts.allSatisfy { $0 > 15 }, "seed \(seed): \(counts)")
    }

    private func rows(
        _ session: Session, _ text: String, _ parameters: [String: Value]
    ) throws -> [String] {
        try session.run(text, parameters).rows().map { "\($0.values)" }
    }

    private func indexes(isUnique: Bool) -> [String] {
        let unique = "CREATE CONSTRAINT u FOR (n:A) REQUIRE n.u IS UNIQUE"
        return [
            "CREATE INDEX p FOR (n:A) ON (n.p)", "CREATE INDEX gp FOR (n:A) ON (n.g, n.p)",
            "CREATE INDEX w FOR ()-[r:R]-() ON (r.w)",
            isUnique ? unique : "CREATE INDEX u FOR (n:A) ON (n.u)",
        ]
    }

    private static let values: [Value] = [
        .integer(1), .float(1), .integer(2), .float(1.5), .integer(1 << 60), .float(0x1p60),
        .float(.nan), .float(-.infinity), .float(-0.0), .integer(0), .string("s"), .string("st"),
        .string(""), .string("s\u{0}"), .boolean(true), .boolean(false), .list([.integer(1)]),
        .list([.integer(1), .null]),
    ]

    private func value(_ random: inout SeededGenerator) -> Value {
        Self.values.randomElement(using: &random) ?? .null
    }

    private static let literals = [
        "1", "1.0", "2", "1.5", "1152921504606846976", "0.0 / 0.0", "-1.0 / 0.0", "0", "'s'",
        "'st'", "''", "true", "false", "[1]", "[1, 2]", "date('2020-01-01')",
        "date('1960-05-05')", "localtime('10:00')", "duration('P1D')", "duration('PT24H')",
        "point({x: 1, y: 2})", "point({x: 1, y: -2})", "null", "null", "null",
    ]

    private func literal(_ random: inout SeededGenerator) -> String {
        Self.literals.randomElement(using: &random) ?? "0"
    }

    private func graph(_ random: inout SeededGenerator) -> String {
        let count = Int.random(in: 20 ... 120, using: &random)
        // In some graphs nothing is missing.
        let isWhole = Int.random(in: 0 ..< 3, using: &random) == 0
        var parts = (0 ..< count).map { number in
            let label = ["A", "A", "A:B", "B"].randomElement(using: &random) ?? "A"
            var (p, g) = (literal(&random), "\(Int.random(in: 0 ..< 4, using: &random))")
            if isWhole, p == "null" { p = "7" }
            if !isWhole, Int.random(in: 0 ..< 6, using: &random) == 0 { g = "null" }
            let u = isWhole || number % 9 > 0 ? "\(number * 37 % 1_009)" : "null"
            return "(n\(number):\(label) {p: \(p), g: \(g), u: \(u), q: \(number % 5)})"
        }
        for _ in 0 ..< count {
            let source = Int.random(in: 0 ..< count, using: &random)
            let target = Int.random(in: 0 ..< min(count, 40), using: &random)
            let weight = Int.random(in: 0 ..< 5, using: &random)
            let w = weight == 0 ? "null" : "\(weight)"
            parts.append("(n\(source))-[:R {w: \(w)}]->(n\(target))")
        }
        return "CREATE " + parts.joined(separator: ", ")
    }

    private func change(_ random: inout SeededGenerator) -> String {
        let number = Int.random(in: 0 ..< 5, using: &random)
        return [
            "MATCH (n:A {q: \(number)}) WHERE id(n) % 3 = 0 DETACH DELETE n",
            "MATCH (n:A {q: \(number)}) SET n.p = \(literal(&random))",
            "MATCH (n:B {q: \(number)}) SET n:A", "MATCH (n:A {q: \(number)}) REMOVE n.g",
            "CREATE (:A {p: \(literal(&random)), g: \(number), q: 1}), (:A)",
            "MATCH ()-[r:R {w: \(number)}]->() SET r.w = 7",
            "MATCH ()-[r:R {w: \(number)}]->() DELETE r",
        ].randomElement(using: &random) ?? ""
    }

    private func query(_ random: inout SeededGenerator) -> String {
        func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
        let condition = pick([
            "", "", "", "a.p > $p", "a.p <= $p", "a.p IS NOT NULL", "a.g = 2", "a.g = 1",
            "a.p STARTS WITH 's'", "a.q < 3", "a.p < $p OR (a.p = $p AND id(a) > $i)",
            "a.p > $p OR (a.p = $p AND a.q > 1)", "a.g = 1 AND a.p >= 0", "a.p = $p", "a:B",
            "a.g = 2 AND a.p IS NOT NULL", "a.u > $i", "a.u > 5 AND a.u < 600",
            "EXISTS { (a)-[:R]->() }",
        ])
        let filter = condition.isEmpty ? "" : " WHERE \(condition)"
        if Int.random(in: 0 ..< 4, using: &random) == 0 {
            let pattern = pick(["(a:A)", "(a:A)", "(a:A)-[:R]->(b)"])
            let columns = pick([
                "min(a.p) AS l", "max(a.p) AS m", "min(a.p) AS l, max(a.p) AS m",
                "max(a.u) AS m", "min(a.g) AS l", "max(id(a)) AS m",
            ])
            return "MATCH \(pattern)\(filter) RETURN \(columns)"
        }
        let direction = pick(["", " DESC"])
        let page = pick([
            "", " LIMIT 3", " LIMIT 0", " LIMIT 1", " LIMIT $l", " SKIP 2 LIMIT 4", " SKIP $l",
            " SKIP $l LIMIT 5", " LIMIT 40",
        ])
        switch Int.random(in: 0 ..< 4, using: &random) {
        case 0:
            let pattern = pick(["(a:A)-[r:R]->(b)", "(a:A)-[r:R]-(b)", "(a:A)-[r:R]->(b:A)"])
            let order = pick(["r.w\(direction), id(r)", "a.p\(direction), id(a), id(r)"])
            return "MATCH \(pattern)\(filter) RETURN id(a) AS i, id(b) AS j, r.w AS w "
                + "ORDER BY \(order), id(a)\(page)"
        case 1:
            return "MATCH (g:B) CALL (g) { MATCH (a:A) WHERE a.g = g.q RETURN a "
                + "ORDER BY a.p\(direction), id(a) LIMIT 2 } RETURN id(g) AS g, id(a) AS i"
        default:
            let order = pick([
                "a.p\(direction)", "a.g\(direction), a.p\(direction)", "a.g, a.p DESC",
                "a.p\(direction), a.q DESC", "a.p\(direction), a.q", "a.u\(direction)",
                "a.u\(direction), a.q", "a.g\(direction)",
            ])
            // Other look-ups than the scan's order of nodes would show in ties.
            let last = pick(["id(a)", "id(a) DESC", "a"])
            return "MATCH (a:A)\(filter) RETURN id(a) AS i, a.p AS p, a.g AS g "
                + "ORDER BY \(order), \(last)\(page)"
        }
    }
}
