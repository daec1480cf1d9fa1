// Goal: pages in use are those that somebody can still reach, whoever wrote, died or took over, so
// that a file does not grow unless its contents do. Method: after random steps of several cores
// over one simulated disk the allocator is compared, page by page, with a walk of all roots that
// count.
import NenCore
import Testing

@testable import NenEngine

@Suite struct FreeSpaceTests {
    private func opened(_ disk: SimulatedDisk, _ tree: CounterTree) throws -> PageStore {
        var options = StoreOptions()
        options.sharesCore = false
        options.logSegmentBytes = 8_192
        options.busyTimeoutMilliseconds = 5_000
        return try PageStore.open(path: "a.nen", options: options, fileSystem: disk, owner: tree)
    }

    private func transfer(_ random: inout SeededGenerator) -> CounterTree.Transfer {
        CounterTree.Transfer(
            from: Int64.random(in: 0..<512, using: &random),
            to: Int64.random(in: 0..<512, using: &random), amount: 5)
    }

    /// A writer that dies within a transaction.
    private func die(
        _ store: PageStore, _ tree: CounterTree, _ transfer: CounterTree.Transfer
    ) throws {
        let unfinished = try store.beginWrite()
        _ = try tree.apply([transfer], onto: unfinished.root, in: unfinished)
        store.abandon()
        unfinished.abort()
    }

    /// Compares the pages that the next writer will not hand out with those that the newest, the
    /// durable and the pinned roots reach; nil when they are the same.
    private func leak(in store: PageStore, _ tree: CounterTree) throws -> String? {
        let transaction = try store.beginWrite()
        defer { transaction.abort() }
        let disk = try #require(store.disk)
        var roots = [transaction.root, disk.superblock.root]
        var unknown = 0
        store.shared.forEachPinnedRoot { entry, _, root in
            guard disk.process?.isAlive(entry) ?? false else { return }
            if let root { roots.append(root) } else { unknown += 1 }
        }
        if unknown > 0 { return "\(unknown) pins without a root" }
        let used = store.allocator.used
        let reached = PageBitmap()
        reached.grow(to: used.pageCount)
        for root in roots {
            try tree.forEachExtent(of: root, in: store) {
                reached.insert(PageRun(start: $0.page, count: UInt32($0.pageCount)))
            }
        }
        let lost = used.subtracting(reached).usedCount
        let exposed = reached.subtracting(used).usedCount
        if lost == 0, exposed == 0 { return nil }
        return "\(lost) pages lost, \(exposed) exposed of \(reached.usedCount) reached"
    }

    @Test(arguments: [1, UInt64.random(in: 0...UInt64.max)])
    func pagesInUseAreTheReachableOnes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tree = CounterTree()
        let disk = SimulatedDisk()
        var stores = [try opened(disk, tree)]
        var pins: [Pin] = []
        for step in 0..<800 {
            let at = Int.random(in: 0..<stores.count, using: &random)
            switch Int.random(in: 0..<24, using: &random) {
            case 0 where stores.count < 5: stores.append(try opened(disk, tree))
            case 1 where stores.count > 1:
                let store = stores.remove(at: at)
                pins.removeAll { $0.store === store }
                try store.close()
            case 2 where stores.count > 1:
                let store = stores.remove(at: at)
                try die(store, tree, transfer(&random))
                pins.removeAll { $0.store === store }
            case 3: try stores[at].checkpoint()
            case 4...8: pins.append(try stores[at].pin())
            case 9...11:
                if !pins.isEmpty { pins.remove(at: Int.random(in: 0..<pins.count, using: &random)) }
            default:
                let bulk = Int.random(in: 0..<40, using: &random) == 0
                try tree.transfer([transfer(&random)], in: stores[at], bulk: bulk)
            }
            if pins.count > 12 { pins.removeFirst() }
            let looking = stores[Int.random(in: 0..<stores.count, using: &random)]
            let found = try leak(in: looking, tree)
            try #require(found == nil, "seed \(seed), step \(step)")
            // Fourteen roots of nine pages fit the first mebibyte many times over.
            try #require(looking.allocator.used.pageCount == 256, "seed \(seed), step \(step)")
        }
        withExtendedLifetime(pins) {}
    }

    /// Every takeover once set all free space aside as long as any older root was pinned.
    @Test func writersTakeTurnsBesideAnOldSnapshot() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let stores = [try opened(disk, tree), try opened(disk, tree)]
        var random = SeededGenerator(seed: 9)
        let pin = try stores[0].pin()
        let before = try tree.values(of: pin.root, in: stores[0])
        for step in 0..<200 { try tree.transfer([transfer(&random)], in: stores[step % 2]) }
        #expect(stores[0].allocator.used.pageCount == 256)
        #expect(stores[1].allocator.used.pageCount == 256)
        #expect(try tree.values(of: pin.root, in: stores[0]) == before)
    }

    /// A pin older than the ring of root records tells a new writer itself what it holds.
    @Test func aPinTellsWhereItsRootLies() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let writer = try opened(disk, tree)
        let reader = try opened(disk, tree)
        var random = SeededGenerator(seed: 10)
        let pin = try reader.pin()
        for _ in 0..<100 { try tree.transfer([transfer(&random)], in: writer) }
        #expect(writer.shared.record(of: pin.transaction) == nil)
        var found: [ExtentDescriptor?] = []
        writer.shared.forEachPinnedRoot { _, transaction, root in
            if transaction == pin.transaction { found.append(root) }
        }
        #expect(found == [pin.root])
    }

    @Test(arguments: [false, true])
    func thousandDeathsWithinATransaction(hasKeeper: Bool) throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let keeper = hasKeeper ? try opened(disk, tree) : nil
        let pin = try keeper?.pin()
        var random = SeededGenerator(seed: 11)
        for round in 0..<1_000 {
            let writer = try opened(disk, tree)
            if round % 3 == 0 { try tree.transfer([transfer(&random)], in: writer) }
            try die(writer, tree, transfer(&random))
        }
        let last = try opened(disk, tree)
        #expect(try leak(in: last, tree) == nil)
        #expect(last.allocator.used.pageCount == 256)
        withExtendedLifetime(pin) {}
    }

    /// A bulk transaction is on disk, then its writer dies before it could publish it; another
    /// process goes on. What it commits must follow the bulk transaction, not take its number.
    @Test func aWriterDiesBetweenTheSuperblockAndItsPublication() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let keeper = try opened(disk, tree)
        let writer = try opened(disk, tree)
        try tree.transfer([.init(from: 1, to: 2, amount: 1)], in: writer)
        let syncs = Counter()
        disk.setHook { operation in
            guard operation.kind == .sync, operation.path == "a.nen" else { return nil }
            // Data, then the first superblock; the second one's sync is never reached.
            return syncs.next() == 3 ? .error(5) : nil
        }
        #expect(throws: NQLError.self) {
            try tree.transfer([.init(from: 1, to: 3, amount: 10)], in: writer, bulk: true)
        }
        disk.setHook(nil)
        // As the dead process would have left the shared page.
        writer.shared[.poisoned] = 0
        writer.shared[.activeWriter] = writer.disk?.token ?? 1
        writer.abandon()

        try tree.transfer([.init(from: 1, to: 4, amount: 100)], in: keeper)
        #expect(try leak(in: keeper, tree) == nil)
        let expected = try tree.values(of: keeper.pin().root, in: keeper)
        #expect(expected[1] == tree.initial - 111)
        #expect(expected[3] == tree.initial + 10)
        keeper.abandon()
        let again = try opened(disk, tree)
        #expect(!again.openReport.joinedOthers)
        #expect(try tree.values(of: again.pin().root, in: again) == expected)
    }
}

/// Counts calls.
private final class Counter: @unchecked Sendable {
    private let monitor = Monitor()
    private var count = 0

    func next() -> Int {
        monitor.withLock {
            count += 1
            return count
        }
    }
}
