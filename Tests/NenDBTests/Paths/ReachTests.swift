// Goal: searches for reachable nodes find what enumerating all paths finds.
// Method: random single pieces over small graphs (loops, parallel relationships, all directions and
// modes) against the naive enumerator of PathModel.
//
// `NQLPATHS_SEED=7 NQLPATHS_COUNT=5000 swift test --filter ReachTests` runs more of them.

import Foundation
import NenDB
import Testing

@Suite struct ReachTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// One way to ask for the pairs of ends, and what of them it tells.
    private struct Question {
        var text: String
        /// Rows for pairs of ends, both by `id`.
        var rows: ([[Int]], PathModelGraph) -> [[String]]
    }

    /// Ways to ask for the ends of a pattern; those within EXISTS for trails only.
    private func questions(
        _ start: String, _ middle: String, _ end: String, _ mode: ModelMode
    ) -> [Question] {
        let pairs: ([[Int]], PathModelGraph) -> [[String]] = { ends, _ in
            ends.map { ["\($0[0])", "\($0[1])"] }
        }
        let counts: ([[Int]], PathModelGraph) -> [[String]] = { ends, _ in
            Dictionary(grouping: ends, by: { $0[0] }).map { ["\($0.key)", "\($0.value.count)"] }
        }
        let words = switch mode {
        case .walk: "REPEATABLE ELEMENTS "
        case .trail: ""
        case .acyclic: "ACYCLIC "
        case .simple: "SIMPLE "
        }
        let pattern = "\(start)\(middle)\(end)"
        let bound = "(s)\(middle)(e)"
        let all = [
            Question(
                text: "MATCH \(words)\(pattern) WITH DISTINCT s, e RETURN s.id, e.id",
                rows: pairs),
            Question(
                text: "MATCH \(end), \(start) WITH e, s MATCH \(words)\(bound)"
                    + " RETURN DISTINCT s.id, e.id", rows: pairs),
            Question(
                text: "MATCH \(words)\(pattern) RETURN s.id, count(DISTINCT e)", rows: counts),
            // From whichever start.
            Question(
                text: "MATCH \(words)\(pattern) RETURN DISTINCT e.id",
                rows: { ends, _ in Set(ends.map { $0[1] }).map { ["\($0)"] } }),
            Question(
                text: "MATCH \(words)\(pattern) WHERE s.id > 1 RETURN DISTINCT e.id",
                rows: { ends, _ in
                    Set(ends.filter { $0[0] > 1 }.map { $0[1] }).map { ["\($0)"] }
                }),
            Question(
                text: "MATCH \(words)\(pattern) WHERE e.v % 2 = 0 RETURN DISTINCT s.id, e.v",
                rows: { ends, graph in
                    let even = ends.filter { graph.nodes[$0[1]].value % 2 == 0 }
                    return Set(even.map { ["\($0[0])", "\(graph.nodes[$0[1]].value)"] })
                        .map { $0 }
                }),
        ]
        if mode != .trail { return all }
        return all + [
            Question(
                text: "MATCH (s) WHERE EXISTS { \(pattern) } RETURN s.id",
                rows: { ends, _ in Set(ends.map { $0[0] }).map { ["\($0)"] } }),
            Question(
                text: "MATCH \(start), \(end) WHERE EXISTS { \(bound) } RETURN s.id, e.id",
                rows: pairs),
            Question(
                text: "MATCH (e) WHERE NOT EXISTS { \(pattern) } RETURN e.id",
                rows: { ends, graph in
                    let reached = Set(ends.map { $0[1] })
                    return graph.nodes.indices.filter { !reached.contains($0) }.map { ["\($0)"] }
                }),
            Question(
                text: "MATCH \(start) MATCH \(end) WHERE s = e"
                    + " AND EXISTS { (s)\(middle)(s) } RETURN s.id",
                rows: { ends, _ in ends.filter { $0[0] == $0[1] }.map { ["\($0[0])"] } }),
        ]
    }

    @Test(arguments: [1, 2, UInt64.random(in: 0...UInt64.max)] as [UInt64])
    func endsAreThoseOfPaths(seed: UInt64) throws {
        let seed = (Self.environment["NQLPATHS_SEED"].flatMap { UInt64($0) } ?? 0) &+ seed
        let count = Self.environment["NQLPATHS_COUNT"].flatMap { Int($0) } ?? 40
        var random = SeededGenerator(seed: seed)
        for number in 0..<count {
            let graph = PathModelGraph(using: &random)
            let session = try Database.inMemory().session()
            _ = try session.run(graph.createStatement).rows()
            for _ in 0..<4 {
                let (pattern, middle) = piece(&random)
                let ends = Array(
                    Set(pattern.paths(graph).map { [$0.nodes[0], $0.nodes[$0.nodes.count - 1]] }))
                let texts = zip(pattern.junctions, ["s", "e"]).map { $0?.text($1) ?? "(\($1))" }
                for question in questions(texts[0], middle, texts[1], pattern.mode) {
                    let expected = question.rows(ends, graph).map(\.description).sorted()
                    let found = try session.run(question.text).rows().map { row in
                        row.values.map(\.literalText).description
                    }.sorted()
                    #expect(
                        found == expected,
                        """
                        seed \(seed), graph \(number):
                        \(graph.createStatement);
                        \(question.text);
                        """)
                    if found != expected { return }
                }
            }
        }
    }

    /// A piece that is repeated from 0 or 1 time on, and its text.
    private func piece(_ random: inout SeededGenerator) -> (ModelPattern, middle: String) {
        func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: 0..<elements.count, using: &random)]
        }
        let mode = pick([ModelMode.trail, .trail, .trail] + ModelMode.allCases)
        let minimum = pick([0, 1, 1])
        var maximum: Int? = pick([1, 2, 3, 4])
        if mode != .walk, pick([true, false]) { maximum = nil }
        let step = ModelStep(
            direction: pick(ModelDirection.allCases), onlyR: pick([true, false]),
            weightAbove: pick([-1, -1, 1]))
        var piece = ModelPiece(
            steps: [step], tests: [.none, .none], bounds: (minimum, maximum))
        piece.isShort = pick([true, false])
        if !piece.isShort {
            piece.tests = [pick(ModelNodeTest.allCases), pick(ModelNodeTest.allCases)]
            piece.condition = pick([ModelCondition.none, .valuesRise, .endsDiffer])
        }
        let junctions = [pick(ModelNodeTest.allCases), pick(ModelNodeTest.allCases)]
        let pattern = ModelPattern(pieces: [piece], junctions: junctions, mode: mode)
        return (pattern, text(piece))
    }

    private func text(_ piece: ModelPiece) -> String {
        let step = piece.steps[0]
        var conditions = step.weightAbove < 0 ? [] : ["r.w > \(step.weightAbove)"]
        let own = piece.isShort && !conditions.isEmpty ? " WHERE \(conditions[0])" : ""
        let inside = "[r\(step.onlyR ? ":R" : "")\(own)]"
        let arrow =
            switch step.direction {
            case .right: "-\(inside)->"
            case .left: "<-\(inside)-"
            case .both: "-\(inside)-"
            }
        let bounds = piece.bounds ?? (1, nil)
        let quantifier = "{\(bounds.minimum),\(bounds.maximum.map { "\($0)" } ?? "")}"
        if piece.isShort { return arrow + quantifier }
        switch piece.condition {
        case .valuesRise: conditions.append("x.v <= y.v")
        case .endsDiffer: conditions.append("x.v <> y.v")
        case .none, .weightsRise: break
        }
        let whole = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let nodes = [piece.tests[0].text("x"), piece.tests[1].text("y")]
        return " (\(nodes[0])\(arrow)\(nodes[1])\(whole))\(quantifier) "
    }
}
