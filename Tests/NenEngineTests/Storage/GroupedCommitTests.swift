// Goal: commits of several threads are synced together, and none is acknowledged before it is on
// the disk. Method: threads that commit over the simulated disk, whose trace is cut at every event;
// the acknowledgements count as of the trace's length when they were given. Syncs are counted.
import Glibc
import NenCore
import Synchronization
import Testing

@testable import NenEngine

@Suite struct GroupedCommitTests {
    private static let path = "grouped.nen"

    private struct Acknowledgement {
        var thread: Int
        var number: Int
        var traceCount: Int
    }

    private func options() -> StoreOptions {
        var options = StoreOptions()
        options.logSegmentBytes = 65_536
        options.sharesCore = false
        return options
    }

    private func store(_ disk: SimulatedDisk) throws -> GraphStore {
        try GraphStore.open(
            path: GroupedCommitTests.path, options: options(), fileSystem: disk)
    }

    /// Each thread commits nodes with its number and 1, 2, 3, …
    private func run(
        threads: Int, commits: Int, on disk: SimulatedDisk
    ) throws -> [Acknowledgement] {
        let store = try store(disk)
        let found = Mutex<[Acknowledgement]>([])
        let failures = Mutex<[String]>([])
        onThreads(
            (0 ..< threads).map { thread in
                {
                    do {
                        for number in 1 ... commits {
                            try GroupedCommitTests.commit(thread, number, store)
                            let length = disk.traceCount
                            found.withLock {
                                $0.append(
                                    Acknowledgement(
                                        thread: thread, number: number, traceCount: length))
                            }
                        }
                    } catch { failures.withLock { $0.append("\(error)") } }
                }
            })
        #expect(failures.withLock { $0 } == [])
        store.pages.abandon()
        return found.withLock { $0 }
    }

    private static func commit(_ thread: Int, _ number: Int, _ store: GraphStore) throws {
        let write = try store.beginWrite()
        let keys = (try write.internKey("thread"), try write.internKey("number"))
        _ = try write.createNode(
            labels: [],
            properties: [
                (keys.0, Cell(integer: Int64(thread))), (keys.1, Cell(integer: Int64(number))),
            ])
        try write.commit()
    }

    /// The numbers of each thread that a store has.
    private func numbers(_ store: GraphStore) throws -> [Int: Set<Int>] {
        let view = try store.snapshot()
        var found: [Int: Set<Int>] = [:]
        guard let thread = view.catalog.key("thread"), let number = view.catalog.key("number")
        else { return found }
        for id in 0 ..< UInt32(view.nodeIDLimit) where try view.nodeExists(id) {
            found[Int(try view.nodeProperty(id, thread).integer), default: []].insert(
                Int(try view.nodeProperty(id, number).integer))
        }
        return found
    }

    @Test func acknowledgedCommitsSurviveACutAtEveryMoment() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let acknowledged = try run(threads: 6, commits: 8, on: disk)
        #expect(acknowledged.count == 48)
        let trace = disk.trace
        var states = CrashStates()
        for cut in 0 ... trace.count {
            if cut > 0 { states.apply(trace[cut - 1]) }
            let due = acknowledged.filter { $0.traceCount <= cut }
            if due.isEmpty { continue }
            let mode = CrashStates.Mode.allCases.randomElement(using: &random)
            guard let mode else { continue }
            let store = try store(states.outcome(mode, using: &random))
            let there = try numbers(store)
            store.pages.abandon()
            for one in due {
                #expect(
                    there[one.thread]?.contains(one.number) == true,
                    "seed \(seed), cut \(cut): commit \(one.number) of \(one.thread) is lost")
            }
            for (thread, numbers) in there {
                #expect(
                    numbers == Set(1 ... numbers.count),
                    "seed \(seed), cut \(cut): thread \(thread) has \(numbers.sorted())")
            }
        }
    }

    /// What has logged while a sync was under way shares the next one.
    @Test func waitingCommitsShareASync() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        try GroupedCommitTests.commit(0, 1, store)
        let pages = store.pages
        let first = pages.state.withLock { pages.tip.transaction }
        pages.state.withLock { pages.isSyncing = true }
        let syncs = Atomic<Int>(0)
        disk.setHook { operation in
            if operation.kind == .sync, operation.path.hasSuffix("-log") {
                syncs.wrappingAdd(1, ordering: .relaxed)
            }
            return nil
        }
        let failures = Mutex<[String]>([])
        let writers = (1 ... 6).map { thread -> @Sendable () -> Void in
            {
                do { try GroupedCommitTests.commit(thread, 1, store) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        let ender: @Sendable () -> Void = {
            // All six have logged, and none is acknowledged or to be seen.
            while pages.state.withLock({ pages.tip.transaction }) < first + 6 { usleep(1_000) }
            if pages.published != first { failures.withLock { $0.append("published unsynced") } }
            pages.state.withLock {
                pages.isSyncing = false
                pages.state.signalAll()
            }
        }
        onThreads(writers + [ender])
        #expect(failures.withLock { $0 } == [])
        #expect(syncs.load(ordering: .relaxed) == 1)
        #expect(try numbers(store).count == 7)
        pages.abandon()
    }
}
