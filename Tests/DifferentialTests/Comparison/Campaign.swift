// Campaign: graphs with queries, one after the other, from a first seed on.

import Foundation
import NQLSyntax
import NenCore
import NenDB

struct Campaign {
    let firstSeed: UInt64
    let graphs: Int
    let queriesPerGraph: Int
    private static let tooLong = "too long"
    /// Steps of the reference per query.
    var budget = 60_000
    /// Differences are printed when they are found, and now and then how far the run has come.
    var reports = false
    private(set) var queries = 0
    private(set) var judged = 0
    private(set) var failing = 0
    private(set) var nonEmpty = 0
    private(set) var failures: [String] = []
    private(set) var reasons: [String: Int] = [:]

    init(firstSeed: UInt64, graphs: Int, queriesPerGraph: Int) {
        self.firstSeed = firstSeed
        self.graphs = graphs
        self.queriesPerGraph = queriesPerGraph
    }

    var summary: String {
        "seed \(firstSeed): \(queries) queries, \(judged) judged (\(nonEmpty) with rows, "
            + "\(failing) with errors), \(failures.count) differences; left out: "
            + "\(reasons.sorted { $0.value > $1.value }.prefix(8).map { "\($0.key): \($0.value)" })"
    }

    /// Runs everything, at most until ten differences are found.
    mutating func run() throws {
        let failuresMax = Int(ProcessInfo.processInfo.environment["NQLDIFF_MAX"] ?? "") ?? 10
        for number in 0..<graphs {
            if reports, number > 0, number % 100 == 0 { say("after \(number) graphs: " + summary) }
            let seed = firstSeed &+ UInt64(number)
            var dice = Dice(seed: seed)
            let graph = GraphGenerator.graph(&dice)
            let schema = GraphGenerator.schema(&dice)
            let test = try GraphUnderTest(
                graph, schema: schema, afterwards: GraphGenerator.afterwards(&dice))
            for query in 0..<queriesPerGraph {
                var generator = QueryGenerator(seed: dice.next())
                let text = generator.query()
                let variants = Variant.some(&dice)
                try check(text, variants, test, "\(seed)/\(query)")
                if failures.count >= failuresMax { return }
            }
        }
    }

    private mutating func check(
        _ text: String, _ variants: [Variant], _ test: GraphUnderTest, _ place: String
    ) throws {
        queries += 1
        let statement: Statement
        do {
            statement = try parseStatement(text)
        } catch {
            failures.append("== \(place): \(error)\n\(text)")
            if reports { say(failures[failures.count - 1]) }
            return
        }
        guard case .query(let query) = statement.kind else { return }
        let answer = Self.answer(query, test.model, test.schema, budget)
        switch answer.content {
        case .unknown(let reason):
            reasons[reason, default: 0] += 1
            // What is too much for the reference may be too much for any plan.
            if reason == Self.tooLong { return }
        case .failed, .mayFail:
            failing += 1
            judged += 1
        case .result(let result):
            judged += 1
            nonEmpty += result.rows.isEmpty ? 0 : 1
        }
        let judge = Judge(test: test, answer: answer)
        for variant in variants {
            try trace(
                (["\(place), \(variant)"] + statements(test) + [text, ""])
                    .joined(separator: "\n"))
            let outcome = test.run(text, variant, isUpdate: query.changesGraph)
            if case .failed(let error) = outcome, error.code == .interrupted {
                reasons["timeout of \(variant.name)", default: 0] += 1
                if reports, variant.disabledRules.isEmpty { say("slow: \(place)\n\(text)") }
            }
            guard let difference = judge.difference(outcome) else { continue }
            let whole = FailingCase(
                graph: test.model, schema: test.schema, afterwards: test.afterwards,
                query: query)
            failures.append(report(whole, variant, difference, place, text))
            if reports { say(failures[failures.count - 1]) }
            return
        }
    }

    private func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n\n").utf8))
    }

    /// Keeps what runs next in a file, for runs that end in a crash.
    private func trace(_ text: @autoclosure () -> String) throws {
        guard let path = ProcessInfo.processInfo.environment["NQLDIFF_TRACE"] else { return }
        try text().write(toFile: path, atomically: false, encoding: .utf8)
    }

    private func statements(_ test: GraphUnderTest) -> [String] {
        (test.schema + [test.model.createStatement].compactMap { $0 } + test.afterwards)
            .map { $0 + ";" }
    }

    /// What the reference says.
    private static func answer(
        _ query: Query, _ graph: ModelGraph, _ schema: [String], _ budget: Int
    ) -> ReferenceAnswer {
        let evaluator = ReferenceEvaluator(graph, budget: budget)
        evaluator.parameters = GraphUnderTest.modelParameters
        if schema.contains(GraphGenerator.constraint) {
            evaluator.uniqueKeys = [("A", GraphGenerator.uniqueKey)]
        }
        do {
            let result = try evaluator.run(query)
            return ReferenceAnswer(content: .result(result), graph: evaluator.graph)
        } catch ModelError.failed(let reason) {
            return ReferenceAnswer(content: .failed(reason), graph: graph)
        } catch ModelError.mayFail(let reason) {
            return ReferenceAnswer(content: .mayFail(reason), graph: graph)
        } catch ModelError.tooLong {
            return ReferenceAnswer(content: .unknown(tooLong), graph: graph)
        } catch {
            return ReferenceAnswer(content: .unknown("\(error)"), graph: graph)
        }
    }

    // MARK: Differences

    private func report(
        _ whole: FailingCase, _ variant: Variant, _ difference: Difference, _ place: String,
        _ text: String
    ) -> String {
        let budget = budget
        var shrinker = Shrinker { smaller in
            Self.difference(smaller, variant, budget)?.kind == difference.kind
        }
        let small = shrinker.shrink(whole)
        let last = Self.difference(small, variant, budget) ?? difference
        let statements = small.schema + [small.graph.createStatement].compactMap { $0 }
            + small.afterwards
        return """
            == \(place), \(variant.name): \(last.kind)
            \(statements.map { $0 + ";" }.joined(separator: "\n"))
            \(Self.text(small.query))
              \(last.explanation)
            from: \(text)
            """
    }

    private static func text(_ query: Query) -> String {
        Statement(.query(query), mode: .run, span: query.span).printed()
    }

    private static func difference(
        _ candidate: FailingCase, _ variant: Variant, _ budget: Int
    ) -> Difference? {
        guard
            let test = try? GraphUnderTest(
                candidate.graph, schema: candidate.schema, afterwards: candidate.afterwards)
        else { return nil }
        let text = text(candidate.query)
        guard case .query(let query)? = (try? parseStatement(text))?.kind else { return nil }
        let answer = answer(query, candidate.graph, candidate.schema, budget)
        if case .unknown = answer.content { return nil }
        let outcome = test.run(text, variant, isUpdate: query.changesGraph)
        return Judge(test: test, answer: answer).difference(outcome)
    }
}
