// IndexBuild: the tree of an index over entities that exist. All entries are sorted and fill pages
// from left to right. Where they do not fit into the memory that may be taken, the entities are
// walked several times: each walk keeps the least entries that were not yet built, as many as there
// is room for. A full list is cut to its lower half and takes nothing above the cut from then on,
// so that each walk builds half of what fits at least.

import NenCore

/// Collects and sorts the entries of one walk.
final class IndexEntryList {
    /// An entry's place in `bytes`, with its first eight bytes for quick comparison.
    private struct Entry {
        var prefix: UInt64
        var start: Int
        var count: Int
    }

    private let pool: PagePool
    private var bytes: PooledArray<UInt8>
    private let entries: PooledArray<Entry>
    private var key = IndexKey()
    /// Entries below this are in the tree already.
    private var floor: [UInt8] = []
    /// Entries from here on wait for another walk; nil: all have had room.
    private var ceiling: [UInt8]?
    private let byteCountMax: Int
    private let entryCountMax: Int

    /// Nanoseconds for comparing two entries, by and large.
    private static let compareWorkUnits = 10
    /// Fewer entries than these are never cut.
    private static let leastEntryCount = 1_024

    /// - Parameter account: is charged with the entries, which keep to what it has free.
    init(account: MemoryAccount) {
        pool = PagePool(account: account)
        bytes = PooledArray(pool: pool)
        entries = PooledArray(pool: pool)
        // Arrays grow by doubling: a quarter in use may take a half.
        let share = account.freeBytes / 4
        byteCountMax = max(1 << 16, share)
        entryCountMax = max(IndexEntryList.leastEntryCount, share / MemoryLayout<Entry>.stride)
    }

    /// Adds an entity; nothing when one of its values is null.
    func add(_ cells: [Cell], entity: UInt32, base: HeapBase) throws {
        for cell in cells where cell.isNull { return }
        key.reset()
        for cell in cells { try key.append(cell, base) }
        key.append(entity: entity)
        try key.bytes.withUnsafeBytes { raw in
            if IndexEntryList.order(raw, floor) < 0 { return }
            if isAboveCeiling(raw) { return }
            let isFull = entries.count >= entryCountMax || bytes.count + raw.count > byteCountMax
            if isFull, entries.count > IndexEntryList.leastEntryCount {
                try cut()
                if isAboveCeiling(raw) { return }
            }
            try append(raw)
        }
    }

    private func append(_ raw: UnsafeRawBufferPointer) throws(NQLError) {
        let start = bytes.count
        try bytes.resizeUninitialized(start + raw.count)
        if let source = raw.baseAddress {
            UnsafeMutableRawPointer(bytes.pointer + start)
                .copyMemory(from: source, byteCount: raw.count)
        }
        var prefix: UInt64 = 0
        for place in 0 ..< 8 {
            prefix = prefix << 8 | UInt64(place < raw.count ? raw[place] : 0)
        }
        try entries.append(Entry(prefix: prefix, start: start, count: raw.count))
    }

    private static func order(_ raw: UnsafeRawBufferPointer, _ bound: [UInt8]) -> Int {
        bound.withUnsafeBytes { BTreeNodeView.compare(raw, $0) }
    }

    private func isAboveCeiling(_ raw: UnsafeRawBufferPointer) -> Bool {
        guard let ceiling else { return false }
        return IndexEntryList.order(raw, ceiling) >= 0
    }

    /// Drops the upper half.
    private func cut() throws(NQLError) {
        try sort()
        let kept = entries.count / 2
        ceiling = Array(raw(entries[kept]))
        let packed = PooledArray<UInt8>(pool: pool)
        var size = 0
        for place in 0 ..< kept { size += entries[place].count }
        try packed.resizeUninitialized(size)
        var end = 0
        for place in 0 ..< kept {
            let count = entries[place].count
            (packed.pointer + end).update(
                from: bytes.pointer + entries[place].start, count: count)
            entries[place].start = end
            end += count
        }
        bytes = packed
        try entries.resizeUninitialized(kept)
    }

    private func raw(_ entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes.pointer + entry.start, count: entry.count)
    }

    private func sort() throws(NQLError) {
        if entries.count < 2 { return }
        let start = UnsafeRawPointer(bytes.pointer)
        var list = UnsafeMutableBufferPointer(start: entries.pointer, count: entries.count)
        try storage {
            try list.sort { left, right in
                try Interruption.spend(IndexEntryList.compareWorkUnits)
                if left.prefix != right.prefix { return left.prefix < right.prefix }
                return BTreeNodeView.compare(
                    UnsafeRawBufferPointer(start: start + left.start, count: left.count),
                    UnsafeRawBufferPointer(start: start + right.start, count: right.count)) < 0
            }
        }
    }

    /// Hands the entries of this walk to `body` in their order and forgets them.
    ///
    /// - Returns: whether another walk is needed.
    func drain(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        try sort()
        for place in 0 ..< entries.count { try body(raw(entries[place])) }
        entries.removeAll()
        bytes.removeAll()
        guard let ceiling else { return false }
        floor = ceiling
        self.ceiling = nil
        return true
    }

    /// The entity at the end of an entry.
    static func entity(_ key: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(bigEndian: key.loadUnaligned(fromByteOffset: key.count - 4, as: UInt32.self))
    }
}

extension WriteTransaction {
    /// Builds an index over what exists and makes it one of the catalog's.
    ///
    /// - Throws: `ConstraintValidationFailed` when a unique one finds equal values.
    func applyCreateIndex(_ descriptor: IndexDescriptor) throws {
        var builder = BTreeBuilder(transaction: pages)
        let root: ExtentDescriptor
        do {
            try feed(&builder, descriptor)
            root = try builder.finish()
        } catch {
            builder.abandon()
            throw error
        }
        let tree = BTree(root: root, entryCount: builder.entryCount, store: pages.store)
        catalog.indexes.append(descriptor)
        nextSchemaID = max(nextSchemaID, descriptor.id + 1)
        addIndex(IndexState(descriptor: descriptor, tree: tree))
    }

    /// Hands all entries to the builder, by as many walks as are needed.
    private func feed(_ builder: inout BTreeBuilder, _ descriptor: IndexDescriptor) throws {
        let list = IndexEntryList(account: account)
        let judges = descriptor.isUnique && !isReplay
        var last: [UInt8] = []
        var needsMore = true
        while needsMore {
            try forEachEntity(of: descriptor) { id, chunk in
                let row = GraphView.row(of: id)
                var cells: [Cell] = []
                for key in descriptor.properties {
                    cells.append(try chunk.column(key)?.cell(row) ?? .null)
                }
                try list.add(cells, entity: id, base: base)
            }
            needsMore = try list.drain { entry in
                try Interruption.spend(entry.count + 100)
                if judges {
                    try rejectEqual(descriptor, last, entry)
                    last.removeAll(keepingCapacity: true)
                    last.append(contentsOf: entry)
                }
                try builder.append(entry)
            }
            try Interruption.check()
        }
    }

    /// Fails when two neighbouring entries have the same values.
    private func rejectEqual(
        _ descriptor: IndexDescriptor, _ last: [UInt8], _ entry: UnsafeRawBufferPointer
    ) throws {
        guard last.count == entry.count, entry.count > 4 else { return }
        let pair: (UInt32, UInt32)? = last.withUnsafeBytes { last in
            let a = UnsafeRawBufferPointer(rebasing: last.dropLast(4))
            let b = UnsafeRawBufferPointer(rebasing: entry.dropLast(4))
            guard BTreeNodeView.compare(a, b) == 0 else { return nil }
            return (IndexEntryList.entity(last), IndexEntryList.entity(entry))
        }
        if let pair { throw try duplicateError(descriptor, pair) }
    }
}
