// Goal: processes share one database as the design says. Method: several cores over one simulated
// disk. Locks belong to open files and the shared page is real shared memory, so each core is to
// the others what another process would be; `abandon` is its sudden death.
import NenCore
import Testing

@testable import NenEngine

@Suite struct SeveralProcessesTests {
    private func opened(
        _ disk: SimulatedDisk, _ tree: CounterTree,
        _ change: (inout StoreOptions) -> Void = { _ in }
    ) throws -> PageStore {
        var options = StoreOptions()
        options.sharesCore = false
        options.logSegmentBytes = 8_192
        options.checkpointLogBytes = 32_000
        options.busyTimeoutMilliseconds = 5_000
        change(&options)
        return try PageStore.open(path: "a.nen", options: options, fileSystem: disk, owner: tree)
    }

    private func transfer(_ random: inout SeededGenerator) -> CounterTree.Transfer {
        CounterTree.Transfer(
            from: Int64.random(in: 0..<512, using: &random),
            to: Int64.random(in: 0..<512, using: &random), amount: 5)
    }

    private func apply(_ transfer: CounterTree.Transfer, to values: inout [Int64]) {
        values[Int(transfer.from)] -= transfer.amount
        values[Int(transfer.to)] += transfer.amount
    }

    /// Writers take turns, die, come back; readers hold snapshots throughout.
    @Test(arguments: [3, UInt64.random(in: 0...UInt64.max)])
    func randomWritersReadersAndDeaths(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tree = CounterTree()
        let disk = SimulatedDisk()
        var stores = [try opened(disk, tree)]
        var model = [Int64](repeating: tree.initial, count: tree.accountCount)
        var pins: [(pin: Pin, values: [Int64])] = []
        for step in 0..<1_500 {
            let at = Int.random(in: 0..<stores.count, using: &random)
            switch Int.random(in: 0..<30, using: &random) {
            case 0 where stores.count < 5: stores.append(try opened(disk, tree))
            case 1 where stores.count > 1:
                let store = stores.remove(at: at)
                pins.removeAll { $0.pin.store === store }
                try store.close()
            case 2 where stores.count > 1:
                // Dies with a half-written transaction and with its pins.
                let store = stores.remove(at: at)
                let unfinished = try store.beginWrite()
                _ = try tree.apply([transfer(&random)], onto: unfinished.root, in: unfinished)
                store.abandon()
                pins.removeAll { $0.pin.store === store }
                unfinished.abort()
            case 3: try stores[at].checkpoint()
            case 4...9: pins.append((try stores[at].pin(), model))
            case 10...12:
                if !pins.isEmpty { pins.remove(at: Int.random(in: 0..<pins.count, using: &random)) }
            default:
                let transfer = transfer(&random)
                try tree.transfer(
                    [transfer], in: stores[at], bulk: Int.random(in: 0..<50, using: &random) == 0)
                apply(transfer, to: &model)
            }
            if pins.count > 12 { pins.removeFirst() }
            if step % 10 == 0, let sample = pins.randomElement(using: &random) {
                let values = try tree.values(of: sample.pin.root, in: sample.pin.store)
                #expect(values == sample.values, "seed \(seed), step \(step)")
            }
            let pin = try stores[Int.random(in: 0..<stores.count, using: &random)].pin()
            #expect(try tree.values(of: pin.root, in: pin.store) == model, "seed \(seed), \(step)")
        }
        for sample in pins {
            #expect(try tree.values(of: sample.pin.root, in: sample.pin.store) == sample.values)
        }
        pins.removeAll()
        #expect(try freeMapFlaw(in: stores[0], tree: tree) == nil)
        for store in stores { try store.close() }
        let again = try opened(disk, tree)
        #expect(!again.openReport.joinedOthers)
        #expect(try tree.values(of: again.pin().root, in: again) == model, "seed \(seed)")
    }

    /// The writer dies while another process holds a snapshot; a new writer commits a lot.
    @Test func aSnapshotOutlivesItsWriterAndATakeover() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let writer = try opened(disk, tree)
        let reader = try opened(disk, tree)
        #expect(reader.openReport.joinedOthers)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<50 { try tree.transfer([transfer(&random)], in: writer) }
        let pin = try reader.pin()
        let before = try tree.values(of: pin.root, in: reader)
        for _ in 0..<50 { try tree.transfer([transfer(&random)], in: writer) }
        let unfinished = try writer.beginWrite()
        _ = try tree.apply([transfer(&random)], onto: unfinished.root, in: unfinished)
        writer.abandon()

        let next = try opened(disk, tree)
        #expect(next.openReport.joinedOthers)
        for _ in 0..<1_000 { try tree.transfer([transfer(&random)], in: next) }
        #expect(try tree.values(of: pin.root, in: reader) == before)
        let sum = try tree.values(of: next.pin().root, in: next).reduce(0, +)
        #expect(sum == tree.initial * 512)
        #expect(try next.pin().transaction == 1_101)
        unfinished.abort()
    }

    /// A dead reader's pin does not hold pages for ever.
    @Test func aDeadReadersPinIsFreed() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let writer = try opened(disk, tree)
        let reader = try opened(disk, tree)
        let pin = try reader.pin()
        var random = SeededGenerator(seed: 6)
        reader.abandon()
        for _ in 0..<200 { try tree.transfer([transfer(&random)], in: writer) }
        try writer.checkpoint()
        try writer.beginWrite().abort()
        #expect(writer.allocator.deadRunCount == 0)
        #expect(writer.allocator.used.usedCount == 4 + tree.leafCount + 1)
        withExtendedLifetime(pin) {}
    }

    @Test func aSecondWriterWaitsAndThenSaysWhoHoldsTheLock() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let first = try opened(disk, tree)
        let second = try opened(disk, tree) { $0.busyTimeoutMilliseconds = 5 }
        let transaction = try first.beginWrite()
        let busy = #expect(throws: NQLError.self) { _ = try second.beginWrite() }
        #expect(busy?.code == .busy)
        #expect(busy?.message.contains("process \(ProcessID.own) ") == true)
        transaction.abort()
        try second.beginWrite().abort()
    }

    /// A cut after a takeover: what the dead writer had logged behind the published root is gone.
    @Test func powerCutsAroundTakeovers() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for round in 0..<25 {
            let tree = CounterTree()
            let disk = SimulatedDisk()
            let keeper = try opened(disk, tree)
            var model = [Int64](repeating: tree.initial, count: tree.accountCount)
            var states: [UInt64: [Int64]] = [1: model]
            var acknowledged: [(number: UInt64, trace: Int)] = [(1, disk.traceCount)]
            for _ in 0..<4 {
                let writer = try opened(disk, tree)
                for _ in 0..<Int.random(in: 1..<30, using: &random) {
                    let transfer = transfer(&random)
                    apply(transfer, to: &model)
                    states[UInt64(states.count + 1)] = model
                    try tree.transfer([transfer], in: writer)
                    acknowledged.append((UInt64(states.count), disk.traceCount))
                }
                let unfinished = try writer.beginWrite()
                _ = try tree.apply([transfer(&random)], onto: unfinished.root, in: unfinished)
                unfinished.log(UnsafeRawBufferPointer(start: nil, count: 0))
                writer.abandon()
                unfinished.abort()
            }
            let trace = disk.trace
            let cut = Int.random(in: 0...trace.count, using: &random)
            var crash = CrashStates()
            for event in trace[..<cut] { crash.apply(event) }
            for mode in CrashStates.Mode.allCases {
                let store = try opened(crash.outcome(mode, using: &random), tree)
                let least = acknowledged.last { $0.trace <= cut }?.number ?? 0
                #expect(
                    flaw(in: store, tree: tree, states: states, atLeast: least) == nil,
                    "round \(round), cut \(cut), \(mode), seed \(seed)")
                store.abandon()
            }
            keeper.abandon()
        }
    }

    @Test func readOnlyMedium() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let store = try opened(disk, tree)
        try tree.transfer([.init(from: 1, to: 2, amount: 9)], in: store)
        try store.close()
        let closed = Dictionary(
            uniqueKeysWithValues: disk.fileNames.map { ($0, disk.content($0) ?? []) })
        let medium = SimulatedDisk(files: closed)
        medium.isReadOnlyMedium = true
        #expect(throws: NQLError.self) { _ = try opened(medium, tree) }
        let reader = try opened(medium, tree) { $0.isReadOnly = true }
        #expect(try tree.values(of: reader.pin().root, in: reader)[2] == tree.initial + 9)
        let refused = #expect(throws: NQLError.self) { _ = try reader.beginWrite() }
        #expect(refused?.detail == "ReadOnly")
        try reader.close()

        let crashed = try opened(disk, tree)
        try tree.transfer([.init(from: 1, to: 2, amount: 9)], in: crashed)
        crashed.abandon()
        let waiting = SimulatedDisk(files: [
            "a.nen": disk.content("a.nen") ?? [], "a.nen-log": disk.content("a.nen-log") ?? [],
        ])
        waiting.isReadOnlyMedium = true
        let needs = #expect(throws: NQLError.self) {
            _ = try opened(waiting, tree) { $0.isReadOnly = true }
        }
        #expect(needs?.detail == "NeedsRecovery")
        let missing = #expect(throws: NQLError.self) {
            _ = try opened(SimulatedDisk(), tree) { $0.isReadOnly = true }
        }
        #expect(missing?.detail == "NotFound")
    }
}
