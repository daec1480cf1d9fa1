// Goal: a store in memory commits, pins, reuses pages and enforces its capacity.
import NenCore
import Testing

@testable import NenEngine

@Suite struct MemoryStoreTests {
    @Test func snapshotsKeepTheirBalanceWhileTheWriterGoesOn() throws {
        let tree = CounterTree()
        let store = try PageStore.inMemory(options: StoreOptions(), owner: tree)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var model = [Int64](repeating: tree.initial, count: tree.accountCount)
        var pins: [(Pin, [Int64])] = []
        for _ in 0..<1_000 {
            let transfer = CounterTree.Transfer(
                from: Int64.random(in: 0..<Int64(model.count), using: &random),
                to: Int64.random(in: 0..<Int64(model.count), using: &random), amount: 3)
            try tree.transfer([transfer], in: store)
            model[Int(transfer.from)] -= 3
            model[Int(transfer.to)] += 3
            if Int.random(in: 0..<10, using: &random) == 0 { pins.append((try store.pin(), model)) }
            if pins.count > 5 { pins.remove(at: Int.random(in: 0..<pins.count, using: &random)) }
        }
        for (pin, values) in pins {
            #expect(try tree.values(of: pin.root, in: store) == values, "seed \(seed)")
        }
        pins.removeAll()
        let transaction = try store.beginWrite()
        #expect(transaction.number == 1_002)
        let reachable = tree.leafCount + 1
        #expect(store.allocator.used.usedCount == reachable + 4)
        transaction.abort()
    }

    @Test func capacityIsEnforcedAndNothingIsLost() throws {
        var options = StoreOptions()
        options.capacityBytes = 4 << 20
        let tree = CounterTree(leafCount: 100)
        let store = try PageStore.inMemory(options: options, owner: tree)
        let pin = try store.pin()
        var pins: [Pin] = []
        let failure = #expect(throws: NQLError.self) {
            for n in 0..<10_000 {
                try tree.transfer([.init(from: Int64(n % 99) * 64, to: 1, amount: 1)], in: store)
                pins.append(try store.pin())
            }
        }
        #expect(failure?.code == .capacity)
        #expect(try tree.values(of: pin.root, in: store).allSatisfy { $0 == tree.initial })
        pins.removeAll()
        try tree.transfer([.init(from: 0, to: 1, amount: 1)], in: store)
        #expect(try tree.values(of: try store.pin().root, in: store).reduce(0, +)
            == tree.initial * Int64(tree.accountCount))
    }

    @Test func abortReturnsPagesAndTheGate() throws {
        var options = StoreOptions()
        options.busyTimeoutMilliseconds = 1
        let tree = CounterTree()
        let store = try PageStore.inMemory(options: options, owner: tree)
        let before = store.allocator.used.usedCount
        let transaction = try store.beginWrite()
        _ = try transaction.allocate(byteCounts: [10, 5_000, 70_000])
        #expect(store.allocator.used.usedCount == before + 1 + 2 + 18)
        let busy = #expect(throws: NQLError.self) { _ = try store.beginWrite() }
        #expect(busy?.code == .busy)
        transaction.abort()
        #expect(store.allocator.used.usedCount == before)
        try tree.transfer([.init(from: 0, to: 1, amount: 1)], in: store)
    }

    @Test func damagedExtentIsNamed() throws {
        let tree = CounterTree()
        let store = try PageStore.inMemory(options: StoreOptions(), owner: tree)
        var root = try store.pin().root
        root.page += 1_000
        let failure = #expect(throws: NQLError.self) { _ = try store.verified(root) }
        #expect(failure?.code == .corruption)
        root.page = UInt32.max - 1
        #expect(throws: NQLError.self) { _ = try store.verified(root) }
    }
}
