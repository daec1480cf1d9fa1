// IndexState: an index with its tree, as a transaction changes it; a value, so that a savepoint
// copies it. Building over existing entities sorts all entries and fills pages from left to right.

import NenCore

/// One index of a view.
struct IndexState {
    let descriptor: IndexDescriptor
    var tree: BTree

    /// The tree's stored nodes, those it has replaced included, are no longer needed.
    func releaseAll(in transaction: PageTransaction) throws {
        for extent in tree.superseded { transaction.release(extent) }
        try tree.forEachExtent { transaction.release($0) }
    }
}

/// Collects the entries of an index in any order and builds its tree.
struct IndexEntryList {
    private let bytes = ByteWriter(capacity: 65_536)
    private var entries: [Entry] = []
    private var key = IndexKey()

    /// An entry's place in `bytes`, with its first eight bytes for quick comparison.
    private struct Entry {
        var prefix: UInt64
        var start: Int
        var count: Int
    }

    var count: Int { entries.count }

    /// Adds an entity; nothing when one of its values is null.
    mutating func add(_ cells: [Cell], entity: UInt32, base: HeapBase) throws {
        for cell in cells where cell.isNull { return }
        key.reset()
        for cell in cells { try key.append(cell, base) }
        key.append(entity: entity)
        let start = bytes.count
        var prefix: UInt64 = 0
        key.bytes.withUnsafeBytes { raw in
            bytes.append(raw)
            for place in 0 ..< 8 {
                prefix = prefix << 8 | UInt64(place < raw.count ? raw[place] : 0)
            }
        }
        entries.append(Entry(prefix: prefix, start: start, count: bytes.count - start))
    }

    private func bytes(_ entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes.bytes + entry.start, count: entry.count)
    }

    /// Nanoseconds for looking at an entry, by and large.
    private static let compareWorkUnits = 10

    /// Sorts the entries; before `firstDuplicate` and `build`.
    ///
    /// - Throws: `Interrupted`.
    mutating func sort() throws {
        let start = UnsafeRawPointer(bytes.bytes)
        try entries.sort { left, right in
            try Interruption.spend(IndexEntryList.compareWorkUnits)
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return BTreeNodeView.compare(
                UnsafeRawBufferPointer(start: start + left.start, count: left.count),
                UnsafeRawBufferPointer(start: start + right.start, count: right.count)) < 0
        }
    }

    /// Two entities with the same values, if there are any.
    func firstDuplicate() -> (UInt32, UInt32)? {
        guard entries.count > 1 else { return nil }
        for index in 1 ..< entries.count {
            if Interruption.isOver(after: IndexEntryList.compareWorkUnits) { return nil }
            let left = bytes(entries[index - 1])
            let right = bytes(entries[index])
            guard left.count == right.count else { continue }
            let a = UnsafeRawBufferPointer(rebasing: left.dropLast(4))
            let b = UnsafeRawBufferPointer(rebasing: right.dropLast(4))
            if BTreeNodeView.compare(a, b) == 0 {
                return (IndexEntryList.entity(left), IndexEntryList.entity(right))
            }
        }
        return nil
    }

    /// The entity at the end of an entry.
    static func entity(_ key: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(bigEndian: key.loadUnaligned(fromByteOffset: key.count - 4, as: UInt32.self))
    }

    /// Writes the tree of the sorted entries.
    func build(in transaction: PageTransaction) throws -> BTree {
        var builder = BTreeBuilder(transaction: transaction)
        for entry in entries {
            try Interruption.spend(IndexEntryList.compareWorkUnits)
            try builder.append(bytes(entry))
        }
        let root = try builder.finish()
        return BTree(root: root, entryCount: builder.entryCount, store: transaction.store)
    }
}
