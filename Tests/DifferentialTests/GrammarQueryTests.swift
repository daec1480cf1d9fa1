// Goal: whatever the grammar produces is run without a crash, and alike by every plan. Method:
// sentences of the grammar, repaired until they mean something, over random small graphs, each with
// all rules of the optimizer, with none, and on two threads. Queries that only read and leave no
// choice (no LIMIT, no collected list, no "any" path) must give the same bag of rows.
//
// `NQLDIFF_SEED=7` runs one seed, `NQLDIFF_SENTENCES=20000` so many sentences.

import Foundation
import NQLSyntax
import NenCore
import NenDB
import Testing

@Suite struct GrammarQueryTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["NQLDIFF_SENTENCES"].flatMap { Int($0) } ?? 120

    private static let variants = [
        Variant.optimised,
        Variant(name: "2 threads", forcedCandidate: "threads", threads: 2),
        Variant(name: "no rules", disabledRules: Set(OptimizerRules.names)),
    ]

    /// Words that leave a choice of rows, or of the order within a list.
    private static let choosing: Set<String> = [
        "LIMIT", "SKIP", "OFFSET", "COLLECT", "ANY", "SHORTEST", "SHORTESTPATH",
        "ALLSHORTESTPATHS", "NODES", "ELEMENTID", "ID",
    ]

    @Test(
        arguments: environment["NQLDIFF_SEED"].flatMap { UInt64($0) }.map { [$0] }
            ?? [1, UInt64.random(in: 2..<1_000_000_000)])
    func plansAgreeOnSentencesOfTheGrammar(seed: UInt64) throws {
        var sentences = try RepairedSentences(seed: seed)
        var dice = Dice(seed: seed)
        var (made, compared, withRows) = (0, 0, 0)
        var test = try graph(&dice)
        for number in 0..<Self.count {
            if number % 50 == 49 { test = try graph(&dice) }
            let query = sentences.query { text in
                // Errors of a statement behind EXPLAIN lie so much further to the right.
                guard case .failed(var error) = test.run(
                    "EXPLAIN " + text, .optimised, isUpdate: false)
                else { return nil }
                let offset = UInt32("EXPLAIN ".utf8.count)
                error.span = SourceSpan(
                    start: max(offset, error.span.start) - offset,
                    end: max(offset, error.span.end) - offset)
                return error
            }
            guard let query else { continue }
            made += 1
            trace(query)
            let outcome = try judge(query, test)
            if let failure = outcome.failure {
                let dump = (test.schema + [test.model.createStatement ?? ""] + test.afterwards)
                    .joined(separator: ";\n")
                Issue.record("seed \(seed), sentence \(number):\n\(dump);\n\(query)\n\(failure)")
                return
            }
            compared += outcome.isCompared ? 1 : 0
            withRows += outcome.hasRows ? 1 : 0
        }
        print(
            "seed \(seed): \(Self.count) sentences, \(made) mean something, \(compared) compared, "
                + "\(withRows) of them with rows")
        #expect(made * 3 > Self.count)
        // By chance a seed may give few.
        #expect(withRows * 10 > (seed == 1 ? Self.count : 0))
    }

    private func graph(_ dice: inout Dice) throws -> GraphUnderTest {
        try GraphUnderTest(
            GraphGenerator.graph(&dice), schema: GraphGenerator.schema(&dice),
            afterwards: GraphGenerator.afterwards(&dice))
    }

    private struct Verdict {
        var failure: String?
        var isCompared = false
        var hasRows = false
    }

    private func judge(_ text: String, _ test: GraphUnderTest) throws -> Verdict {
        guard case .query(let query) = try parseStatement(text).kind else { return Verdict() }
        let words = Set(text.uppercased().split { !$0.isLetter }.map(String.init))
        let isOpen = query.changesGraph || !words.isDisjoint(with: Self.choosing)
        var first: [String]?
        for variant in Self.variants {
            switch test.run(text, variant, isUpdate: query.changesGraph) {
            case .failed(let error):
                switch error.code {
                case .database, .corruption, .io, .capacity, .busy, .transaction:
                    return Verdict(failure: "\(variant.name): \(error)")
                default: return Verdict()
                }
            case .rows(let rows, _, _):
                if isOpen { continue }
                let engine = EngineText(numbers: test.numbers, numberText: .untyped)
                let found = rows.map { row in
                    row.values.map { engine.text($0) }.joined(separator: " | ")
                }.sorted()
                if let first, first != found {
                    let shown = "\(first.prefix(5)) instead of \(found.prefix(5))"
                    return Verdict(
                        failure: "\(variant.name): \(found.count) rows, before "
                            + "\(first.count): \(shown)")
                }
                first = found
            }
        }
        return Verdict(isCompared: first != nil, hasRows: first.map { !$0.isEmpty } ?? false)
    }

    /// Keeps what runs next in a file, for runs that end in a crash.
    private func trace(_ text: String) {
        guard let path = Self.environment["NQLDIFF_TRACE"] else { return }
        try? text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}
