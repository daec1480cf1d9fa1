// CounterTree: the smallest owner of a persistent tree: accounts in leaves under one root, whose
// sum every transfer preserves. It stands in for the graph in tests of the page layer.
import CNenKernels
import NenCore

@testable import NenEngine

/// Root extent: leafCount u32, zero u32, then one 24-byte descriptor per leaf. A leaf: 64 Int64.
/// Redo of a transfer: three Int64: from, to, amount; then a running number.
final class CounterTree: RootOwner, @unchecked Sendable {
    static let leafValues = 64
    let leafCount: Int
    let initial: Int64 = 1_000

    init(leafCount: Int = 8) { self.leafCount = leafCount }

    var accountCount: Int { leafCount * CounterTree.leafValues }

    /// One step of a transaction.
    struct Transfer: Equatable {
        var from: Int64
        var to: Int64
        var amount: Int64
    }

    func makeEmptyRoot(in transaction: PageTransaction) throws -> ExtentDescriptor {
        let builder = Builder(transaction)
        let leaves = try (0..<leafCount).map { _ in
            try builder.add([Int64](repeating: initial, count: CounterTree.leafValues))
        }
        let root = try builder.addRoot(leaves)
        try transaction.flushWrites()
        return root
    }

    func replay(
        _ groups: [LogGroup], onto root: ExtentDescriptor, in transaction: PageTransaction
    ) throws -> ExtentDescriptor {
        var transfers: [Transfer] = []
        for group in groups {
            guard group.payload.count % 24 == 0 else {
                throw NQLError.runtime(.corruption, nil, "redo of \(group.payload.count) bytes")
            }
            var offset = 0
            while offset < group.payload.count {
                func word(_ n: Int) -> Int64 {
                    group.payload.loadUnaligned(fromByteOffset: offset + n * 8, as: Int64.self)
                }
                transfers.append(Transfer(from: word(0), to: word(1), amount: word(2)))
                offset += 24
            }
        }
        return try apply(transfers, onto: root, in: transaction)
    }

    func walkExtents(
        of root: ExtentDescriptor, in store: PageStore,
        _ body: (ExtentDescriptor) throws -> Bool
    ) throws {
        guard try body(root) else { return }
        for leaf in try leaves(of: root, in: store) { _ = try body(leaf) }
    }

    func leaves(
        of root: ExtentDescriptor, in store: PageStore
    ) throws -> [ExtentDescriptor] {
        let bytes = try store.verified(root).start
        return (0..<Int(bytes.load(as: UInt32.self))).map {
            ExtentDescriptor(from: bytes + 8 + $0 * ExtentDescriptor.byteWidth)
        }
    }

    /// All accounts of a root.
    func values(of root: ExtentDescriptor, in store: PageStore) throws -> [Int64] {
        try leaves(of: root, in: store).flatMap { leaf in
            let bytes = try store.verified(leaf).start
            return (0..<CounterTree.leafValues).map {
                bytes.load(fromByteOffset: $0 * 8, as: Int64.self)
            }
        }
    }

    /// Rewrites the leaves the transfers touch, and the root.
    func apply(
        _ transfers: [Transfer], onto root: ExtentDescriptor, in transaction: PageTransaction
    ) throws -> ExtentDescriptor {
        let store = transaction.store
        var leaves = try leaves(of: root, in: store)
        var changed: [Int: [Int64]] = [:]
        func change(_ account: Int64, by amount: Int64) throws {
            let leaf = Int(account) / CounterTree.leafValues
            if changed[leaf] == nil {
                let bytes = try store.verified(leaves[leaf]).start
                changed[leaf] = (0..<CounterTree.leafValues).map {
                    bytes.load(fromByteOffset: $0 * 8, as: Int64.self)
                }
            }
            changed[leaf]?[Int(account) % CounterTree.leafValues] += amount
        }
        for transfer in transfers {
            try change(transfer.from, by: -transfer.amount)
            try change(transfer.to, by: transfer.amount)
        }
        let builder = Builder(transaction)
        for (leaf, values) in changed.sorted(by: { $0.key < $1.key }) {
            transaction.release(leaves[leaf])
            leaves[leaf] = try builder.add(values)
        }
        transaction.release(root)
        let newRoot = try builder.addRoot(leaves)
        try transaction.flushWrites()
        return newRoot
    }

    /// One whole write transaction.
    func transfer(_ transfers: [Transfer], in store: PageStore, bulk: Bool = false) throws {
        let transaction = try store.beginWrite()
        let root = try apply(transfers, onto: transaction.root, in: transaction)
        for transfer in transfers {
            let words = [transfer.from, transfer.to, transfer.amount]
            words.withUnsafeBytes { transaction.log($0) }
        }
        try transaction.commit(root: root, bulk: bulk)
    }

    /// Writes extents; flushes each, so that no buffer must outlive the call.
    private struct Builder {
        let transaction: PageTransaction

        init(_ transaction: PageTransaction) { self.transaction = transaction }

        func add(_ values: [Int64]) throws -> ExtentDescriptor {
            try values.withUnsafeBytes { try add($0) }
        }

        func addRoot(_ leaves: [ExtentDescriptor]) throws -> ExtentDescriptor {
            var bytes = [UInt8](repeating: 0, count: 8 + leaves.count * ExtentDescriptor.byteWidth)
            return try bytes.withUnsafeMutableBytes { target in
                target.storeBytes(of: UInt32(leaves.count), as: UInt32.self)
                for (n, leaf) in leaves.enumerated() {
                    guard let start = target.baseAddress else { continue }
                    leaf.store(to: start + 8 + n * ExtentDescriptor.byteWidth)
                }
                return try add(UnsafeRawBufferPointer(target))
            }
        }

        private func add(_ bytes: UnsafeRawBufferPointer) throws -> ExtentDescriptor {
            let page = try transaction.allocate(byteCounts: [bytes.count])[0]
            try transaction.write(page, bytes)
            try transaction.flushWrites()
            return ExtentDescriptor(page: page, bytes: bytes, birth: transaction.number)
        }
    }
}
