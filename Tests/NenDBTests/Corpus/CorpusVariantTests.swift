// Goal: how a query runs never changes what it gives. Method: every case of QueryCorpus with one
// thread, with two, without any rule of the optimizer, and with one rule switched off, the rules in
// turn over the cases; rows, changes and errors are those that stand in the files. Plans are left
// out. NQLTEST_VARIANTS=all switches each rule off for every case.

import Foundation
import NenDB
import Testing

/// One way to run the cases.
struct CorpusVariant: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let limits: QueryLimits
    /// Every how many-th case is run, from which one on.
    let share: (of: Int, from: Int)

    init(
        _ description: String, threads: Int = 1, without rules: Set<String> = [],
        share: (of: Int, from: Int) = (1, 0)
    ) {
        testDescription = description
        let isWhole = ProcessInfo.processInfo.environment["NQLTEST_VARIANTS"] == "all"
        self.share = isWhole ? (1, 0) : share
        var limits = QueryLimits()
        limits.threadCount = threads
        limits.disabledRules = rules
        self.limits = limits
    }

    static let all: [CorpusVariant] = {
        let names = OptimizerRules.names
        return [
            CorpusVariant("one thread"), CorpusVariant("two threads", threads: 2),
            CorpusVariant("no rules", without: Set(names)),
        ] + names.enumerated().map { number, name in
            CorpusVariant("without \(name)", without: [name], share: (names.count, number))
        }
    }()
}

@Suite struct CorpusVariantTests {
    @Test(arguments: CorpusVariant.all)
    func casesGiveTheSame(_ variant: CorpusVariant) throws {
        var number = 0
        for file in CorpusFile.all {
            let (graph, cases) = try file.parse()
            for var corpusCase in cases {
                number += 1
                if number % variant.share.of != variant.share.from { continue }
                corpusCase.leaveOutPlans()
                if corpusCase.sections.isEmpty { continue }
                var run = try CorpusRun(graph: graph, limits: variant.limits)
                try run.run(corpusCase)
                for difference in run.differences {
                    Issue.record("\(file.testDescription), \(corpusCase.title), \(difference)")
                }
            }
        }
    }
}

extension CorpusCase {
    /// Takes away the plans, and the queries of which nothing else is expected.
    fileprivate mutating func leaveOutPlans() {
        var kept: [CorpusSection] = []
        for section in sections where section.name != "plan" {
            if section.name == "query", kept.last?.name == "query" { kept.removeLast() }
            kept.append(section)
        }
        if kept.last?.name == "query" { kept.removeLast() }
        sections = kept
    }
}
