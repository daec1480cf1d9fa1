// Goal: no statement ends the process, and none goes on for ever. Method: statements nearly right,
// and statements with the extremes of every type everywhere, each in a process that is watched: one
// run counts all signals and all that is late. The seeds are printed first.
//
// NEN_FUZZ_STATEMENTS and NEN_EXTREMES set how many (`make fuzz-statements` takes 1,000,000 and
// 100,000), NEN_FUZZ_SEED the seed, NEN_FUZZ_WORKERS the processes at a time, NEN_FUZZ_NQL another
// build of the command.

import Foundation
import Testing

@Suite(.serialized) struct StatementFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["NEN_FUZZ_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0 ... UInt64(UInt32.max))

    private static func count(_ name: String, _ usual: Int) -> Int {
        environment[name].flatMap { Int($0) } ?? usual
    }

    /// A generator that several calls of one worker share.
    private final class Maker<Source> {
        var source: Source
        init(_ source: Source) { self.source = source }
    }

    @Test func statementsNearlyRight() throws {
        let (seed, count) = (Self.seed, Self.count("NEN_FUZZ_STATEMENTS", 1_200))
        print("statements nearly right: seed \(seed)")
        _ = try StatementMutator(seed: seed)
        let counted = try StatementFuzzer.run(count: count) { worker in
            let maker = Maker(try? StatementMutator(seed: seed &+ UInt64(worker)))
            return { maker.source?.next() ?? "" }
        }
        print(counted)
        #expect(counted.statements >= count, "seed \(seed)")
        #expect(counted.findings == [], "seed \(seed)")
        #expect(counted.late == 0, "seed \(seed)")
    }

    @Test func extremesEverywhere() throws {
        let (seed, count) = (Self.seed, Self.count("NEN_EXTREMES", 2_500))
        print("extremes everywhere: seed \(seed)")
        let signatures = try ExtremeStatements.signatures()
        #expect(signatures.count > 120)
        var dice = SeededGenerator(seed: seed)
        // The whole walk where the count allows, else a part of it; random ones besides.
        let walk = ExtremeStatements.walk(signatures).shuffled(using: &dice)
        let walked = Array(walk.prefix(count * 3 / 4))
        let counted = try StatementFuzzer.run(count: count) { worker in
            let maker = Maker(
                ExtremeStatements(signatures, seed: seed &+ UInt64(worker)))
            let workers = StatementFuzzer.workerCount
            var left = stride(from: worker, to: walked.count, by: workers).makeIterator()
            return {
                if let index = left.next() { return walked[index] }
                return maker.source.next()
            }
        }
        print("\(walked.count) of \(walk.count) of the walk; \(counted)")
        #expect(counted.statements >= count, "seed \(seed)")
        #expect(counted.findings == [], "seed \(seed)")
        #expect(counted.late == 0, "seed \(seed)")
    }
}
