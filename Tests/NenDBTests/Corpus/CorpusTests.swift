// Goal: every case of QueryCorpus gives the rows, errors and plans that stand there. Method: each
// case runs on a fresh database. NQLTEST_UPDATE=1 writes what was found into the files instead.

import Foundation
import NenDB
import Testing

@Suite struct CorpusTests {
    @Test func thereAreCases() throws {
        let count = try CorpusFile.all.reduce(0) { try $0 + $1.parse().cases.count }
        #expect(count >= 100)
    }

    @Test(arguments: CorpusFile.all)
    func casesGiveWhatTheySay(_ file: CorpusFile) throws {
        let isUpdating = ProcessInfo.processInfo.environment["NQLTEST_UPDATE"] == "1"
        let (graph, cases) = try file.parse()
        var bodies: [Int: [String]] = [:]
        for corpusCase in cases {
            var run: CorpusRun
            do {
                run = try CorpusRun(graph: graph)
                try run.run(corpusCase)
            } catch {
                Issue.record("\(file.testDescription), \(corpusCase.title): \(error)")
                continue
            }
            for difference in run.differences {
                bodies[difference.section.line] = difference.actual
                if !isUpdating {
                    Issue.record("\(file.testDescription), \(corpusCase.title), \(difference)")
                }
            }
        }
        if isUpdating && !bodies.isEmpty { try file.rewrite(bodies) }
    }
}
