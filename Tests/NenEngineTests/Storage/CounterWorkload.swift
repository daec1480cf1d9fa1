// CounterWorkload: a mixed run of transfers over a counter tree, with the model's state after each
// transaction and the moment it was acknowledged.
import NenCore

@testable import NenEngine

final class CounterWorkload {
    static let path = "bank.nen"
    let tree: CounterTree
    let disk: SimulatedDisk
    var options = StoreOptions()
    private(set) var random: SeededGenerator
    /// State per transaction number; number 1 is the creation.
    private(set) var states: [UInt64: [Int64]] = [:]
    /// Trace length after which the transaction was acknowledged.
    private(set) var acknowledged: [(transaction: UInt64, traceCount: Int)] = []
    private(set) var store: PageStore?
    private(set) var lastNumber: UInt64 = 0

    init(disk: SimulatedDisk, seed: UInt64, tree: CounterTree = CounterTree()) {
        self.disk = disk
        self.tree = tree
        random = SeededGenerator(seed: seed)
        options.logSegmentBytes = 8_192
        options.checkpointLogBytes = 24_000
        options.sharesCore = false
        options.busyTimeoutMilliseconds = 2_000
    }

    var current: [Int64] { states[lastNumber] ?? [] }

    func open() throws {
        let store = try PageStore.open(
            path: CounterWorkload.path, options: options, fileSystem: disk, owner: tree)
        self.store = store
        if lastNumber == 0 {
            lastNumber = 1
            states[1] = [Int64](repeating: tree.initial, count: tree.accountCount)
            acknowledged.append((1, disk.traceCount))
        }
    }

    /// Opens what a power cut left of another run, and goes on from the state that came back.
    func openAfterCut(of other: CounterWorkload) throws {
        let store = try PageStore.open(
            path: CounterWorkload.path, options: options, fileSystem: disk, owner: tree)
        self.store = store
        let pin = try store.pin()
        lastNumber = pin.transaction
        states[lastNumber] = lastNumber == 1
            ? [Int64](repeating: tree.initial, count: tree.accountCount)
            : other.states[lastNumber]
        acknowledged.append((lastNumber, disk.traceCount))
    }

    func close() throws {
        let store = self.store
        self.store = nil
        try store?.close()
    }

    /// One transaction of one to a few transfers.
    func step(bulk: Bool = false, transfers count: Int = 1) throws {
        guard let store else { return }
        let accounts = Int64(tree.accountCount)
        let transfers = (0..<count).map { _ in
            CounterTree.Transfer(
                from: Int64.random(in: 0..<accounts, using: &random),
                to: Int64.random(in: 0..<accounts, using: &random),
                amount: Int64.random(in: 1..<100, using: &random))
        }
        var next = current
        for transfer in transfers {
            next[Int(transfer.from)] -= transfer.amount
            next[Int(transfer.to)] += transfer.amount
        }
        states[lastNumber + 1] = next
        try tree.transfer(transfers, in: store, bulk: bulk)
        lastNumber += 1
        acknowledged.append((lastNumber, disk.traceCount))
    }

    /// A stretch of everything: small and large transactions, bulk commits, checkpoints, reopening.
    func runMixed(steps: Int) throws {
        for _ in 0..<steps {
            switch Int.random(in: 0..<40, using: &random) {
            case 0: try step(bulk: true, transfers: 20)
            case 1: try store?.checkpoint()
            case 2: try step(transfers: 600)
            case 3:
                try close()
                try open()
            default: try step(transfers: Int.random(in: 1..<5, using: &random))
            }
        }
    }

    /// Transactions acknowledged when the trace had `traceCount` events.
    func acknowledgedNumber(at traceCount: Int) -> UInt64 {
        acknowledged.last { $0.traceCount <= traceCount }?.transaction ?? 0
    }
}

/// What is wrong with a recovered database; nil when nothing is.
func flaw(
    in store: PageStore, tree: CounterTree, states: [UInt64: [Int64]],
    atLeast acknowledged: UInt64
) -> String? {
    do {
        let pin = try store.pin()
        if pin.transaction < acknowledged {
            return "transaction \(acknowledged) was acknowledged, \(pin.transaction) came back"
        }
        guard let expected = states[pin.transaction] else {
            return "transaction \(pin.transaction) was never begun"
        }
        if try tree.values(of: pin.root, in: store) != expected {
            return "transaction \(pin.transaction) came back half-done"
        }
        return try freeMapFlaw(in: store, tree: tree)
    } catch {
        return "reading after recovery: \(error)"
    }
}

/// The first thing the check of pages finds wrong.
func freeMapFlaw(in store: PageStore, tree: CounterTree) throws -> String? {
    try store.checkPages().first
}
