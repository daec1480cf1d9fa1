// Goal: what was acknowledged is there after a kill or a power cut, nothing is half done, and the
// check is clean. Method: random graph transactions and maintenance on the simulated disk; killed
// and reopened many times; and one traced run cut at every event with several outcomes each.
import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphRecoveryTests {
    @Test func killedProcessesLoseNothing() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = GraphDisk(disk: SimulatedDisk(), seed: seed, nodeCountMax: 150)
        graph.options.checkpointLogBytes = 60_000
        try graph.open()
        try graph.declareIndexes()
        var replayed = 0
        for round in 0 ..< 25 {
            for _ in 0 ..< 4 { try graph.step(operations: 30) }
            if round % 3 == 1 { _ = try graph.maintain() }
            #expect(graph.flaw == nil, "seed \(seed), round \(round)")
            if round % 5 == 4 { try graph.close() } else { graph.kill() }
            try graph.open()
            replayed += graph.store?.openReport.replayedTransactions ?? 0
            let store = try #require(graph.store)
            let difference = try graph.workload.model.difference(from: try store.snapshot())
            #expect(difference == nil, "seed \(seed), round \(round)")
            var findings: [CheckFinding] = []
            _ = try store.check { findings.append($0) }
            #expect(findings == [], "seed \(seed), round \(round)")
        }
        #expect(replayed > 20)
        graph.kill()
    }

    @Test func aPowerCutAtEveryMoment() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = GraphDisk(disk: SimulatedDisk(), seed: seed, nodeCountMax: 24)
        try graph.open()
        try graph.declareIndexes()
        var steps = 0
        var rewritten = 0
        while graph.disk.trace.count < 1_000 {
            try graph.step(operations: 6)
            steps += 1
            if steps % 3 == 0 { rewritten += try graph.maintain().chunksRewritten }
        }
        #expect(graph.flaw == nil)
        #expect(rewritten > 5, "seed \(seed)")
        try graph.close()
        let trace = graph.disk.trace
        #expect(trace.count >= 1_000)
        var random = SeededGenerator(seed: seed)
        var states = CrashStates()
        var flaws: [String] = []
        for cut in 0 ... trace.count where flaws.count < 5 {
            if cut > 0 { states.apply(trace[cut - 1]) }
            let least = graph.acknowledgedNumber(at: cut)
            for mode in CrashStates.Mode.allCases {
                let disk = states.outcome(mode, using: &random)
                if let flaw = graph.flaw(on: disk, atLeast: least) {
                    flaws.append("cut \(cut), \(mode): \(flaw)")
                }
            }
        }
        #expect(flaws == [], "seed \(seed), \(steps) transactions")
    }
}
