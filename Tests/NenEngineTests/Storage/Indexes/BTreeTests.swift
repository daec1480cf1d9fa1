// Goal: the index tree is an ordered set, its copies are savepoints, and what it stores comes back.
// Method: random operations against a sorted array, printed seed; every reopened tree is checked.

import NenCore
import Testing

@testable import NenEngine

/// A root that is nothing but the descriptor and entry count of one tree.
final class TreeOwner: RootOwner {
    func makeEmptyRoot(in transaction: PageTransaction) throws -> ExtentDescriptor {
        try TreeOwner.store(.none, 0, in: transaction, memory: TreeOwner.buffer())
    }

    static func buffer() -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: 32, alignment: 8)
    }

    static func store(
        _ root: ExtentDescriptor, _ count: UInt64, in transaction: PageTransaction,
        memory: UnsafeMutableRawBufferPointer
    ) throws -> ExtentDescriptor {
        let start = try #require(memory.baseAddress)
        root.store(to: start)
        start.storeBytes(of: count, toByteOffset: 24, as: UInt64.self)
        let bytes = UnsafeRawBufferPointer(memory)
        let page = try transaction.allocate(byteCounts: [32])[0]
        try transaction.write(page, bytes)
        try transaction.flushWrites()
        return ExtentDescriptor(page: page, bytes: bytes, birth: transaction.number)
    }

    static func tree(_ root: ExtentDescriptor, in store: PageStore) throws -> BTree {
        let bytes = try store.verified(root).start
        return BTree(
            root: ExtentDescriptor(from: bytes),
            entryCount: bytes.load(fromByteOffset: 24, as: UInt64.self), store: store)
    }

    func replay(
        _ groups: [LogGroup], onto root: ExtentDescriptor, in transaction: PageTransaction
    ) throws -> ExtentDescriptor { root }

    func walkExtents(
        of root: ExtentDescriptor, in store: PageStore,
        _ body: (ExtentDescriptor) throws -> Bool
    ) throws {
        guard try body(root) else { return }
        try TreeOwner.tree(root, in: store).walkExtents(body)
    }
}

@Suite struct BTreeTests {
    static func less(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }

    static func entries(_ tree: BTree) throws -> [[UInt8]] {
        var cursor = BTreeCursor(tree)
        try cursor.seekFirst()
        var found: [[UInt8]] = []
        while let key = try cursor.next() { found.append(Array(key)) }
        return found
    }

    static func randomKey(_ random: inout SeededGenerator, long: Bool) -> [UInt8] {
        let length = long && Int.random(in: 0 ..< 50, using: &random) == 0
            ? Int.random(in: 1_000 ... 9_000, using: &random)
            : Int.random(in: 0 ... 12, using: &random)
        return (0 ..< length).map { _ in UInt8.random(in: 0 ... 7, using: &random) }
    }

    /// Applies one random change to tree and model.
    static func change(
        _ tree: inout BTree, _ model: inout Set<[UInt8]>, _ random: inout SeededGenerator,
        removing: Int
    ) throws {
        if Int.random(in: 0 ..< 100, using: &random) < removing, let victim = model.randomElement(
            using: &random) {
            let was = try victim.withUnsafeBytes { try tree.remove($0) }
            #expect(was)
            model.remove(victim)
        } else {
            let key = randomKey(&random, long: true)
            let isNew = try key.withUnsafeBytes { try tree.insert($0) }
            #expect(isNew == model.insert(key).inserted)
        }
    }

    @Test(arguments: 0 ..< 4)
    func behavesLikeASortedSet(round: Int) throws {
        let seed = UInt64.random(in: 0 ... UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let store = try PageStore.inMemory(options: StoreOptions(), owner: TreeOwner())
        var model: Set<[UInt8]> = []
        for step in 0 ..< 30 {
            let transaction = try store.beginWrite()
            var tree = try TreeOwner.tree(transaction.root, in: store)
            let removing = step < 18 ? 20 : 80
            for _ in 0 ..< 150 { try BTreeTests.change(&tree, &model, &random, removing: removing) }
            let savepoint = (tree, model)
            for _ in 0 ..< 60 { try BTreeTests.change(&tree, &model, &random, removing: 50) }
            if step % 2 == 0 { (tree, model) = savepoint }
            try tree.check()
            let memory = TreeOwner.buffer()
            defer { memory.deallocate() }
            let stored = try tree.finalise(in: transaction)
            transaction.release(transaction.root)
            let root = try TreeOwner.store(
                stored.root, tree.entryCount, in: transaction, memory: memory)
            try transaction.commit(root: root, bulk: false)
            try withExtendedLifetime(stored.images) {
                let reopened = try TreeOwner.tree(try store.pin().root, in: store)
                try reopened.check()
                #expect(
                    try BTreeTests.entries(reopened) == model.sorted(by: BTreeTests.less),
                    "seed \(seed), step \(step)")
            }
            try BTreeTests.lookUp(in: store, model, &random)
        }
        var pages: Set<UInt32> = []
        let pin = try store.pin()
        try TreeOwner().forEachExtent(of: pin.root, in: store) {
            for page in $0.page ..< $0.page + UInt32($0.pageCount) { pages.insert(page) }
        }
        let transaction = try store.beginWrite()
        #expect(store.allocator.used.usedCount == pages.count + 4, "no page is lost")
        transaction.abort()
    }

    static func lookUp(
        in store: PageStore, _ model: Set<[UInt8]>, _ random: inout SeededGenerator
    ) throws {
        let pin = try store.pin()
        let tree = try TreeOwner.tree(pin.root, in: store)
        let sorted = model.sorted(by: less)
        for _ in 0 ..< 40 {
            let key = randomKey(&random, long: false)
            let here = try key.withUnsafeBytes { try tree.contains($0) }
            #expect(here == model.contains(key))
            let prefixed = try key.withUnsafeBytes { try tree.contains(prefix: $0) }
            #expect(prefixed == sorted.contains { $0.starts(with: key) })
            var cursor = BTreeCursor(tree)
            try key.withUnsafeBytes { try cursor.seek($0) }
            let next = try cursor.next().map { Array($0) }
            #expect(next == sorted.first { !less($0, key) })
        }
    }

    @Test(arguments: [0, 1, 5, 400, 60_000])
    func bulkBuildEqualsInsertion(count: Int) throws {
        let store = try PageStore.inMemory(options: StoreOptions(), owner: TreeOwner())
        let transaction = try store.beginWrite()
        var builder = BTreeBuilder(transaction: transaction)
        for number in 0 ..< count {
            try withUnsafeBytes(of: UInt64(number * 3).bigEndian) { try builder.append($0) }
        }
        let root = try builder.finish()
        let tree = BTree(root: root, entryCount: builder.entryCount, store: store)
        try tree.check()
        #expect(tree.entryCount == UInt64(count))
        var cursor = BTreeCursor(tree)
        let middle = UInt64(count)
        try withUnsafeBytes(of: middle.bigEndian) { try cursor.seek($0) }
        let expected = (0 ..< UInt64(count)).map { $0 * 3 }.first { $0 >= middle }
        let found = try cursor.next().map { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
        #expect(found == expected)
        transaction.abort()
    }

    @Test func damagedNodesAreTypedErrors() throws {
        let seed = UInt64.random(in: 0 ... UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let node = BTreeNode()
        for key in 0 ..< 60 {
            let place = try node.view().count
            try withUnsafeBytes(of: UInt32(key).bigEndian) {
                try node.replaceKeys(place ..< place, with: $0)
            }
        }
        var refused = 0
        for _ in 0 ..< 2_000 {
            var bytes = Array(node.bytes)
            for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
                let place = Int.random(in: 0 ..< 250, using: &random)
                bytes[place] = .random(in: 0 ... 255, using: &random)
            }
            bytes.withUnsafeBytes { raw in
                guard let start = raw.baseAddress else { return }
                do throws(NQLError) {
                    let view = try BTreeNodeView(start, byteCount: raw.count)
                    for index in 0 ..< view.count { _ = try view.key(index).count }
                } catch {
                    #expect(error.code == .corruption)
                    refused += 1
                }
            }
        }
        #expect(refused > 100)
    }
}
