// Aggregates over patterns: goal: weights give what enumerating gives. Method: random graphs with
// hubs, parallel relationships and, in some, loops; random patterns with cycles, EXISTS and NOT
// EXISTS; elimination forced, on one thread and on two, against the same without any rule.

import NenCore
import NenDB
import Testing

@Suite struct PatternCountTests {
    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func weightsAgreeWithMatches(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (eliminated, cyclic) = (0, 0)
        for round in 0 ..< 10 {
            let session = try Database.inMemory().session()
            try session.run(graph(&random, hasLoops: round % 3 == 0))
            for _ in 0 ..< 12 {
                let text = query(&random)
                session.limits.disabledRules = Set(OptimizerRules.names)
                session.limits.forcedCandidate = nil
                let expected = try session.run(text).rows().map { "\($0.values)" }.sorted()
                session.limits.disabledRules = []
                session.limits.forcedCandidate = "elimination"
                let plan = try session.run("EXPLAIN " + text).rows().map { "\($0.values)" }.joined()
                if plan.contains("Weight") { eliminated += 1 }
                if plan.contains("∩") { cyclic += 1 }
                for threads in [1, 2] {
                    session.limits.threadCount = threads
                    let found = try session.run(text).rows().map { "\($0.values)" }.sorted()
                    #expect(found == expected, "seed \(seed) round \(round): \(text)\n\(plan)")
                }
            }
        }
        #expect(eliminated > 30 && cyclic > 8, "seed \(seed): \(eliminated), \(cyclic)")
    }

    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func trianglesMetOnceAgreeWithMatches(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var met = 0
        for round in 0 ..< 8 {
            let session = try Database.inMemory().session()
            try session.run(graph(&random, hasLoops: round % 4 == 3))
            for _ in 0 ..< 10 {
                let text = triangleQuery(&random)
                session.limits.disabledRules = Set(OptimizerRules.names)
                session.limits.forcedCandidate = nil
                let expected = try session.run(text).rows().map { "\($0.values)" }.sorted()
                session.limits.disabledRules = []
                session.limits.forcedCandidate = "triangles"
                let plan = try session.run("EXPLAIN " + text).rows().map { "\($0.values)" }.joined()
                if plan.contains("△") { met += 1 }
                for threads in [1, 2, 7] {
                    session.limits.threadCount = threads
                    let found = try session.run(text).rows().map { "\($0.values)" }.sorted()
                    #expect(found == expected, "seed \(seed) round \(round): \(text)\n\(plan)")
                }
            }
        }
        #expect(met > 8, "seed \(seed): \(met)")
    }

    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func pairsLookedUpAgreeWithMatches(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var met = 0
        for round in 0 ..< 8 {
            let session = try Database.inMemory().session()
            try session.run(messages(&random, hasLoops: round % 4 == 3))
            try session.run("ANALYZE")
            for _ in 0 ..< 10 {
                let text = messageQuery(&random)
                session.limits.disabledRules = Set(OptimizerRules.names)
                session.limits.forcedCandidate = nil
                let expected = try session.run(text).rows().map { "\($0.values)" }.sorted()
                session.limits.disabledRules = []
                session.limits.forcedCandidate = "pairs"
                let plan = try session.run("EXPLAIN " + text).rows().map { "\($0.values)" }.joined()
                if plan.contains("⊞") { met += 1 }
                for threads in [1, 2, 7] {
                    session.limits.threadCount = threads
                    let found = try session.run(text).rows().map { "\($0.values)" }.sorted()
                    #expect(found == expected, "seed \(seed) round \(round): \(text)\n\(plan)")
                }
            }
        }
        #expect(met > 20, "seed \(seed): \(met)")
    }

    /// Who answers whom, and whether the two know each other, in some way or other.
    private func messageQuery(_ random: inout SeededGenerator) -> String {
        let labels = (0 ..< 2).map { _ in ["", ":P", ":P:Q"].randomElement(using: &random) ?? "" }
        let message = ["", ":M"].randomElement(using: &random) ?? ""
        let knows = ["-[:K]-", "-[:K]->", "<-[:K]-", "-[:K|L]-", "<--", "--"]
            .randomElement(using: &random) ?? "--"
        let ways = "(a\(labels[0]))<-[:BY]-(c:M)-[:TO]->(d\(message))-[:BY]->(b\(labels[1]))"
        var text: String
        switch Int.random(in: 0 ..< 6, using: &random) {
        case 0: text = "MATCH \(ways) WHERE (a)\(knows)(b)"
        case 1: text = "MATCH \(ways) WHERE NOT (a)\(knows)(b)"
        case 2: text = "MATCH \(ways), (a)\(knows)(b) WHERE a.g < 5"
        default: text = "MATCH \(ways), (a)\(knows)(b)"
        }
        let ends = [
            "count(*) AS c", "c.g AS g, count(*) AS c", "d.g AS g, count(*) AS c, sum(d.k) AS s",
        ]
        text += " RETURN " + (ends.randomElement(using: &random) ?? "count(*) AS c")
        return text
    }

    /// 40 persons who know each other, some several times; 600 messages, most with one author and
    /// one message that they answer, in some graphs a tenth with two authors.
    private func messages(_ random: inout SeededGenerator, hasLoops: Bool) -> String {
        var parts = (0 ..< 40).map { number in
            "(p\(number):P\(number % 3 == 0 ? ":Q" : "") {k: \(number), g: \(number % 7)})"
        }
        parts += (0 ..< 600).map { "(m\($0):M {k: \($0), g: \($0 % 5)})" }
        for _ in 0 ..< 160 {
            let source = Int.random(in: 0 ..< 12, using: &random)
            let target = Int.random(in: 0 ..< 40, using: &random)
            if source == target && !hasLoops { continue }
            let type = ["K", "L"].randomElement(using: &random) ?? "K"
            parts.append("(p\(source))-[:\(type)]->(p\(target))")
        }
        let hasMany = Bool.random(using: &random)
        for message in 0 ..< 600 {
            for _ in 0 ..< (hasMany && message % 10 == 0 ? 2 : 1) {
                let author = Int.random(in: 0 ..< 40, using: &random)
                parts.append("(m\(message))-[:BY]->(p\(author))")
            }
            let other = Int.random(in: 0 ..< 600, using: &random)
            if other != message { parts.append("(m\(message))-[:TO]->(m\(other))") }
        }
        return "CREATE " + parts.joined(separator: ", ")
    }

    /// A triangle over one undirected relation, or two of its sides with or without the third,
    /// with more hanging on it.
    private func triangleQuery(_ random: inout SeededGenerator) -> String {
        let type = [":R", ":R|S", ""].randomElement(using: &random) ?? ""
        let labels = (0 ..< 3).map { _ in ["", "", ":A"].randomElement(using: &random) ?? "" }
        var text = "MATCH (x\(labels[0]))-[\(type)]-(y\(labels[1]))-[\(type)]-(z\(labels[2]))"
        let third = "(x)-[\(type)]-(z)"
        var conditions: [String] = []
        switch Int.random(in: 0 ..< 4, using: &random) {
        case 0: conditions.append("NOT \(third) AND x <> z")
        case 1: conditions.append(third)
        case 2: text = text.replacing("(z\(labels[2]))", with: "(z\(labels[2]))-[\(type)]-(x)")
        default: text += ", \(third)"
        }
        let tail = ["", "", "(x)-[:S]->(w)", "(y)<--(w)", "(z)-[:R]->(w:B)"]
        if let more = tail.randomElement(using: &random), !more.isEmpty {
            text += " MATCH \(more)"
        }
        if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
        return text
            + (["RETURN count(*) AS c", "RETURN x.g AS g, count(*) AS c",
                "RETURN y.k AS k, count(*) AS c", "RETURN z.g AS g, count(*) AS c, sum(z.k) AS s"]
                .randomElement(using: &random).map { " " + $0 } ?? "")
    }

    /// 80 nodes, of which a few have most of 160 relationships.
    private func graph(_ random: inout SeededGenerator, hasLoops: Bool) -> String {
        var parts = (0 ..< 80).map { number in
            let label = ["A", "B", "A:B"].randomElement(using: &random) ?? "A"
            return "(n\(number):\(label) {k: \(number), g: \(number % 7)})"
        }
        for _ in 0 ..< 160 {
            let isHub = Bool.random(using: &random)
            let source = Int.random(in: 0 ..< (isHub ? 4 : 80), using: &random)
            let target = Int.random(in: 0 ..< 80, using: &random)
            if source == target && !hasLoops { continue }
            let type = ["R", "R", "S"].randomElement(using: &random) ?? "R"
            parts.append(
                Bool.random(using: &random)
                    ? "(n\(source))-[:\(type)]->(n\(target))"
                    : "(n\(target))-[:\(type)]->(n\(source))")
        }
        return "CREATE " + parts.joined(separator: ", ")
    }

    private func query(_ random: inout SeededGenerator) -> String {
        let count = Int.random(in: 2 ... 4, using: &random)
        let nodes = (0 ..< count).map { number in
            "(n\(number)\([":A", ":B", ""].randomElement(using: &random) ?? ""))"
        }
        var parts = nodes
        for number in 1 ..< count {
            parts.append("(n\(number - 1))\(arrow(&random))(n\(number))")
        }
        if Bool.random(using: &random) { parts.append("(n0)\(arrow(&random))(n\(count - 1))") }
        var conditions = ["n0.k < 60"]
        switch Int.random(in: 0 ..< 6, using: &random) {
        case 0: conditions.append("n0 <> n\(count - 1)")
        case 1: conditions.append("NOT (n0)\(arrow(&random))(n\(count - 1))")
        case 2: conditions.append("EXISTS { (n1)\(arrow(&random))(:B) }")
        case 3: conditions.append("NOT EXISTS { (n1)\(arrow(&random))(:A) }")
        case 4: conditions.append("(n0)\(arrow(&random))(n\(count - 1))")
        default: break
        }
        let key = "n\(Int.random(in: 0 ..< count, using: &random))"
        let items = [
            "count(*) AS c", "\(key).g AS g, count(*) AS c", "\(key).k AS k, count(n1) AS c",
            "sum(\(key).k) AS s, min(\(key).k) AS l, max(\(key).g) AS m, count(*) AS c",
            "\(key).g AS g, count(DISTINCT \(key)) AS d, sum(\(key).k) AS s, avg(\(key).k) AS a",
        ]
        return "MATCH \(parts.joined(separator: ", "))"
            + " WHERE \(conditions.joined(separator: " AND "))"
            + " RETURN \(items.randomElement(using: &random) ?? items[0])"
    }

    private func arrow(_ random: inout SeededGenerator) -> String {
        let type = [":R", ":R", ":S", ""].randomElement(using: &random) ?? ""
        switch Int.random(in: 0 ..< 3, using: &random) {
        case 0: return "-[\(type)]->"
        case 1: return "<-[\(type)]-"
        default: return "-[\(type)]-"
        }
    }
}
