// Goal: threads of one process may write, read, checkpoint and close together. Method: writers that
// move money between accounts, readers that add all accounts up, small checkpoints all the time.
import Glibc
import NenCore
import Testing

@testable import NenEngine

/// Runs bodies on threads of their own and waits for all.
func onThreads(_ bodies: [@Sendable () -> Void]) {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let threads = bodies.map { body -> pthread_t in
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let result = pthread_create(&thread, nil, { context in
            if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context)
        precondition(result == 0)
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

@Suite struct ConcurrentStoreTests {
    @Test(arguments: [Durability.full, .normal, .off])
    func writersReadersAndCheckpoints(durability: Durability) throws {
        let directory = try TemporaryDirectory()
        let tree = CounterTree()
        var options = StoreOptions()
        options.durability = durability
        options.checkpointLogBytes = 20_000
        options.logSegmentBytes = 8_192
        let path = directory.path + "/bank.nen"
        func open() throws -> PageStore {
            try PageStore.open(
                path: path, options: options, fileSystem: RealFileSystem.shared, owner: tree)
        }
        let store = try open()
        let total = tree.initial * Int64(tree.accountCount)
        let failures = Failures()
        let writer: @Sendable () -> Void = {
            do {
                for n in 0..<60 {
                    try tree.transfer(
                        [.init(from: Int64(n), to: Int64(500 - n), amount: 1)], in: store,
                        bulk: n == 30)
                }
            } catch { failures.add("writer: \(error)") }
        }
        let reader: @Sendable () -> Void = {
            do {
                for _ in 0..<150 {
                    let pin = try store.pin()
                    let sum = try tree.values(of: pin.root, in: store).reduce(0, +)
                    if sum != total { failures.add("sum \(sum) in root \(pin.transaction)") }
                }
            } catch { failures.add("reader: \(error)") }
        }
        let checkpointer: @Sendable () -> Void = {
            do { for _ in 0..<10 { try store.checkpoint() } } catch {
                failures.add("checkpoint: \(error)")
            }
        }
        onThreads([writer, writer, writer, reader, reader, checkpointer])
        #expect(failures.all == [])
        #expect(try store.pin().transaction == 181)
        #expect(try freeMapFlaw(in: store, tree: tree) == nil)
        try store.close()
        let again = try open()
        #expect(again.openReport == OpenReport())
        #expect(try again.pin().transaction == 181)
        try again.close()
    }

    /// Two cores on one file, each with its own writers: as two processes.
    @Test func twoWritingCores() throws {
        let directory = try TemporaryDirectory()
        let tree = CounterTree()
        var options = StoreOptions()
        options.sharesCore = false
        options.busyTimeoutMilliseconds = 60_000
        let path = directory.path + "/bank.nen"
        let stores = try (0..<2).map { _ in
            try PageStore.open(
                path: path, options: options, fileSystem: RealFileSystem.shared, owner: tree)
        }
        let failures = Failures()
        onThreads(
            stores.map { store in
                {
                    do {
                        for n in 0..<60 {
                            try tree.transfer(
                                [.init(from: Int64(n), to: 511, amount: 1)], in: store)
                        }
                    } catch { failures.add("\(error)") }
                }
            })
        #expect(failures.all == [])
        for store in stores {
            let values = try tree.values(of: store.pin().root, in: store)
            #expect(values[511] == tree.initial + 120)
            #expect(values[..<60].allSatisfy { $0 == tree.initial - 2 })
        }
        for store in stores { try store.close() }
    }

    @Test func transactionsBeyondTheBulkLimitCommitByCheckpoint() throws {
        let workload = CounterWorkload(disk: SimulatedDisk(), seed: 3)
        workload.options.bulkLogBytes = 1_000
        try workload.open()
        // The first one also notes that the log is in use from now on.
        try workload.step(transfers: 10)
        let before = workload.store?.shared[.checkpoints]
        try workload.step(transfers: 10)
        #expect(workload.store?.shared[.checkpoints] == before)
        try workload.step(transfers: 100)
        #expect(workload.store?.shared[.durable] == 4)
        workload.store?.abandon()
        try workload.open()
        #expect(workload.store?.openReport.replayedTransactions == 0)
        try #expect(workload.store?.pin().transaction == 4)
        try workload.close()
    }

    /// Without syncs a killed process loses nothing, and a power cut leaves some whole state.
    @Test(arguments: [Durability.normal, .off])
    func weakerDurabilityIsStillWhole(durability: Durability) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let workload = CounterWorkload(disk: disk, seed: seed)
        workload.options.durability = durability
        try workload.open()
        try workload.runMixed(steps: 150)
        workload.store?.abandon()
        try workload.open()
        try #expect(flaw(in: #require(workload.store), tree: workload.tree,
            states: workload.states, atLeast: workload.lastNumber) == nil)
        workload.store?.abandon()
        let trace = disk.trace
        var states = CrashStates()
        for (index, event) in trace.enumerated() {
            states.apply(event)
            if index % 7 != 0 { continue }
            for mode in CrashStates.Mode.allCases {
                let store = try PageStore.open(
                    path: CounterWorkload.path, options: workload.options,
                    fileSystem: states.outcome(mode, using: &random), owner: workload.tree)
                #expect(
                    flaw(in: store, tree: workload.tree, states: workload.states, atLeast: 0)
                        == nil, "cut \(index + 1), \(mode), seed \(seed)")
                store.abandon()
            }
        }
    }

    /// Deletes and maintenance get through where ordinary transactions do not any more.
    @Test func theReserveIsForThoseWhoMayUseIt() throws {
        var options = StoreOptions()
        options.capacityBytes = 64 << 20
        let store = try PageStore.inMemory(options: options, owner: CounterTree())
        let transaction = try store.beginWrite()
        let pages = store.allocator.capacityPages
        _ = try transaction.allocate(byteCounts: [(pages - pages / 50 - 20) * pageByteCount])
        #expect(throws: NQLError.self) {
            _ = try transaction.allocate(byteCounts: [100 * pageByteCount])
        }
        transaction.usesReserve = true
        _ = try transaction.allocate(byteCounts: [100 * pageByteCount])
        transaction.abort()
    }
}

/// Sentences gathered from several threads.
final class Failures: @unchecked Sendable {
    private let monitor = Monitor()
    private var sentences: [String] = []
    func add(_ sentence: String) { monitor.withLock { sentences.append(sentence) } }
    var all: [String] { monitor.withLock { sentences } }
}
