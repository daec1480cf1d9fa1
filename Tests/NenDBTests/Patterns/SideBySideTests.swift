// OPTIONAL MATCHes side by side: goal: an aggregate over them is that of their product, whichever
// aggregates it has, also where the rows must be combined. Method: random small graphs with
// duplicates, nulls and loops; random branches, conditions, keys and aggregates; the union forced,
// and as costs decide, against the same without any rule.

import NenCore
import NenDB
import Testing

@Suite struct SideBySideTests {
    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func branchesGiveWhatTheirProductDoes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (apart, combined) = (0, 0)
        for round in 0 ..< 12 {
            let session = try Database.inMemory().session()
            for statement in graph(&random) { _ = try session.run(statement) }
            for _ in 0 ..< 60 {
                let text = query(&random)
                session.limits.disabledRules = Set(OptimizerRules.names)
                session.limits.forcedCandidate = nil
                let expected = try rows(session, text)
                session.limits.disabledRules = []
                #expect(try rows(session, text) == expected, "seed \(seed) \(round): \(text)")
                session.limits.forcedCandidate = "side-by-side"
                let plan = try session.run("EXPLAIN " + text).rows().map { "\($0.values)" }.joined()
                if plan.contains("UnionAll") { apart += 1 } else { combined += 1 }
                #expect(
                    try rows(session, text) == expected, "seed \(seed) \(round): \(text)\n\(plan)")
            }
        }
        #expect(apart > 60 && combined > 60, "seed \(seed): \(apart) and \(combined)")
    }

    private func rows(_ session: Session, _ text: String) throws -> [String] {
        try session.run(text).rows().map { row in
            let values = row.values.map { value -> String in
                // Properties and lists of distinct values have no order.
                switch value {
                case .node(let node): return "\(node.id)"
                case .list(let items): return "\(items.map { "\($0)" }.sorted())"
                default: return "\(value)"
                }
            }
            return "\(values)"
        }.sorted()
    }

    private func graph(_ random: inout SeededGenerator) -> [String] {
        let count = Int.random(in: 3 ... 9, using: &random)
        var statements = ["UNWIND range(1, \(count)) AS i CREATE (:A {i: i, g: i % 3})"]
        statements.append("MATCH (a:A) WHERE a.i % 4 <> 1 SET a.x = a.i % 2, a:B")
        for type in ["R", "S", "T"] {
            for _ in 0 ..< Int.random(in: 0 ... 9, using: &random) {
                let ends = (0 ..< 2).map { _ in Int.random(in: 1 ... count, using: &random) }
                statements.append(
                    "MATCH (a:A {i: \(ends[0])}), (b:A {i: \(ends[1])}) CREATE (a)-[:\(type)]->(b)")
            }
        }
        return statements
    }

    private func query(_ random: inout SeededGenerator) -> String {
        let count = Int.random(in: 2 ... 3, using: &random)
        let ends = ["b", "c", "d"].prefix(count)
        var text = Bool.random(using: &random)
            ? "MATCH (a:A)" : "UNWIND [1, 1, 2, null] AS u MATCH (a:A {g: u % 3})"
        for end in ends {
            let step = pick(["-[:R]->", "<-[:S]-", "-[:T]-", "-[:R]->(:B)<-[:S]-"], &random)
            // Some lead on from another branch, which then cannot stand alone.
            let start = Int.random(in: 0 ..< 8, using: &random) == 0 && end != "b" ? "b" : "a"
            text += " OPTIONAL MATCH (\(start))\(step)(\(end)\(pick(["", ":B"], &random)))"
            if Bool.random(using: &random) {
                text += " WHERE " + pick(["\(end).x = 1", "\(end).i > a.g", "a.x = 0"], &random)
            }
        }
        let key = pick(["", "a AS k, ", "a.g AS k, ", "a.g + 1 AS k, ", "b.x AS k, "], &random)
        var items: [String] = []
        for number in 0 ..< Int.random(in: 1 ... 3, using: &random) {
            let value = pick(["\(pick(Array(ends), &random))", "a"], &random)
            let call = pick(
                [
                    "count(DISTINCT \(value))", "count(DISTINCT \(value).x)", "max(\(value).i)",
                    "min(\(value).x)", "collect(DISTINCT \(value).i)", "sum(DISTINCT \(value).i)",
                    "count(DISTINCT coalesce(\(value).x, 7))", "count(DISTINCT a.x)",
                    Int.random(in: 0 ..< 4, using: &random) == 0 ? "count(*)" : "max(\(value).x)",
                ], &random)
            items.append("\(call) AS v\(number)")
        }
        return text + " RETURN " + key + items.joined(separator: ", ")
    }

    private func pick(_ choices: [String], _ random: inout SeededGenerator) -> String {
        choices[Int.random(in: 0 ..< choices.count, using: &random)]
    }
}
