// Goal: after a power cut at any moment the database opens, has everything acknowledged and nothing
// half-done. Method: one mixed run over the simulated disk is traced; every prefix of the trace is
// turned into several disks a cut there could leave, and each is opened and compared.
// That the method can see mistakes is shown by planting some in the trace.
import NenCore
import Testing

@testable import NenEngine

@Suite struct PowerCutTests {
    /// Recovers from a cut behind `events` and says what is wrong.
    private func flaws(
        of workload: CounterWorkload, trace: [DiskEvent], stride: Int = 1, seed: UInt64,
        stopsAtFirst: Bool = false
    ) -> [String] {
        var random = SeededGenerator(seed: seed ^ 0xC0FFEE)
        var states = CrashStates()
        var found: [String] = []
        for cut in 0...trace.count {
            if cut > 0 { states.apply(trace[cut - 1]) }
            if cut % stride != 0 { continue }
            let acknowledged = workload.acknowledgedNumber(at: cut)
            for mode in CrashStates.Mode.allCases {
                let disk = states.outcome(mode, using: &random)
                if let flaw = flawAfterOpening(disk, workload, acknowledged, workload.states) {
                    found.append("cut \(cut), \(mode), seed \(seed): \(flaw)")
                    if stopsAtFirst || found.count > 5 { return found }
                }
            }
        }
        return found
    }

    private func flawAfterOpening(
        _ disk: SimulatedDisk, _ workload: CounterWorkload, _ acknowledged: UInt64,
        _ states: [UInt64: [Int64]]
    ) -> String? {
        do {
            let store = try PageStore.open(
                path: CounterWorkload.path, options: workload.options, fileSystem: disk,
                owner: workload.tree)
            defer { store.abandon() }
            return flaw(
                in: store, tree: workload.tree, states: states, atLeast: acknowledged)
        } catch {
            return "open refused: \(error)"
        }
    }

    private func tracedRun(steps: Int, seed: UInt64) throws -> CounterWorkload {
        let workload = CounterWorkload(disk: SimulatedDisk(), seed: seed)
        try workload.open()
        try workload.runMixed(steps: steps)
        try workload.close()
        return workload
    }

    @Test func everyAcknowledgedCommitSurvivesACutAtEveryMoment() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let workload = try tracedRun(steps: 330, seed: seed)
        let trace = workload.disk.trace
        #expect(trace.count >= 1_000)
        #expect(flaws(of: workload, trace: trace, seed: seed) == [])
    }

    /// A cut, recovery, more work, another cut: leftovers of the first life must not come back.
    @Test func aSecondCutAfterRecovery() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for round in 0..<40 {
            let first = try tracedRun(steps: Int.random(in: 5..<40, using: &random), seed: seed)
            let trace = first.disk.trace
            let cut = Int.random(in: 0...trace.count, using: &random)
            var states = CrashStates()
            for event in trace[..<cut] { states.apply(event) }
            let disk = states.outcome(.half, using: &random)
            let second = CounterWorkload(disk: disk, seed: seed &+ UInt64(round))
            try second.openAfterCut(of: first)
            try second.runMixed(steps: Int.random(in: 1..<20, using: &random))
            second.store?.abandon()
            let opened = second.acknowledged[0].traceCount
            let secondCut = Int.random(in: 0...disk.trace.count, using: &random)
            var after = CrashStates()
            after.startSynced(disk)
            for event in disk.trace[..<secondCut] { after.apply(event) }
            // Until the second life had opened, its recovery may still come out otherwise.
            let least =
                secondCut < opened
                ? first.acknowledgedNumber(at: cut) : second.acknowledgedNumber(at: secondCut)
            let known =
                secondCut < opened
                ? first.states : first.states.filter { $0.key < second.acknowledged[0].transaction }
                    .merging(second.states) { _, new in new }
            for mode in CrashStates.Mode.allCases {
                let flaw = flawAfterOpening(
                    after.outcome(mode, using: &random), second, least, known)
                #expect(
                    flaw == nil,
                    "round \(round), cuts \(cut) and \(secondCut), \(mode), seed \(seed)")
            }
        }
    }

    // MARK: Planted mistakes

    private static func node(of name: String, in trace: [DiskEvent]) -> Int? {
        for case .create(name, let node) in trace { return node }
        return nil
    }

    private func isSuperblock(_ event: DiskEvent, _ data: Int?) -> Bool {
        if case .write(let node, let offset, _) = event { node == data && offset < 8_192 } else {
            false
        }
    }

    @Test func aLogThatIsNotSyncedIsCaught() throws {
        let workload = try tracedRun(steps: 60, seed: 11)
        let log = Self.node(of: "bank.nen-log", in: workload.disk.trace)
        // The events stay in place so that acknowledgements keep their moments.
        let planted = workload.disk.trace.map { event -> DiskEvent in
            guard case .sync(let node) = event, node == log else { return event }
            return .write(node: node, offset: 0, bytes: [])
        }
        #expect(flaws(of: workload, trace: planted, seed: 1, stopsAtFirst: true) != [])
    }

    @Test func aCheckpointWithoutItsFirstSyncIsCaught() throws {
        let workload = try tracedRun(steps: 120, seed: 12)
        var planted = workload.disk.trace
        let data = Self.node(of: "bank.nen", in: planted)
        for index in planted.indices.dropLast() where isSuperblock(planted[index + 1], data) {
            if case .sync(data) = planted[index] {
                planted[index] = .write(node: data ?? 0, offset: 0, bytes: [])
            }
        }
        #expect(flaws(of: workload, trace: planted, seed: 2, stopsAtFirst: true) != [])
    }

    @Test func aSuperblockBeforeItsDataIsCaught() throws {
        let workload = try tracedRun(steps: 120, seed: 13)
        var planted = workload.disk.trace
        let data = Self.node(of: "bank.nen", in: planted)
        for index in planted.indices.dropLast() where isSuperblock(planted[index + 1], data) {
            if case .sync(data) = planted[index] { planted.swapAt(index, index + 1) }
        }
        #expect(flaws(of: workload, trace: planted, seed: 3, stopsAtFirst: true) != [])
    }

    @Test func aDirectoryThatIsNotSyncedIsCaught() throws {
        let workload = try tracedRun(steps: 20, seed: 14)
        let planted = workload.disk.trace.map { event -> DiskEvent in
            if case .syncDirectory = event { return .write(node: 0, offset: 0, bytes: []) }
            return event
        }
        #expect(flaws(of: workload, trace: planted, seed: 4, stopsAtFirst: true) != [])
    }
}
