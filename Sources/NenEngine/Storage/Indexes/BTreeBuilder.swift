// BTreeBuilder: makes a tree from ascending entries: full leaves from left to right, then the
// levels above. For bulk loads and for indexes over data that is already there.

import NenCore

/// Feed entries in ascending order, then `finish`.
struct BTreeBuilder {
    private static let leafByteCount = 3_800
    private static let flushedNodes = 1_024

    private let transaction: PageTransaction
    private var ends: [UInt32] = []
    private var keys: [UInt8] = []
    private var lastKey: [UInt8] = []
    private var pending: [BTreeNode] = []
    /// Finished nodes of a level with the separators between them.
    private var extents: [ExtentDescriptor] = []
    private var separators: [[UInt8]] = []
    private var firstKey: [UInt8] = []
    private(set) var entryCount: UInt64 = 0

    init(transaction: PageTransaction) { self.transaction = transaction }

    /// Adds an entry above all before it; an equal one is left out.
    mutating func append(_ key: UnsafeRawBufferPointer) throws {
        let order = entryCount == 0 ? -1 : lastKey.withUnsafeBytes {
            BTreeNodeView.compare($0, key)
        }
        precondition(order <= 0, "entries out of order")
        if order == 0 { return }
        if !ends.isEmpty, keys.count + key.count + 4 * ends.count > BTreeBuilder.leafByteCount {
            try closeLeaf()
        }
        if ends.isEmpty { firstKey = Array(key) }
        keys.append(contentsOf: key)
        ends.append(UInt32(keys.count))
        lastKey = Array(key)
        entryCount += 1
    }

    private mutating func closeLeaf() throws {
        let node = keys.withUnsafeBytes { BTreeNode(ends: ends, keys: $0, children: []) }
        if !extents.isEmpty || !pending.isEmpty { separators.append(firstKey) }
        pending.append(node)
        keys.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        if pending.count >= BTreeBuilder.flushedNodes { try flush() }
    }

    /// Gives up: the leaves that were stored are no longer needed.
    mutating func abandon() {
        for extent in extents { transaction.release(extent) }
        extents.removeAll()
    }

    private mutating func flush() throws {
        extents.append(contentsOf: try store(pending))
        pending.removeAll()
    }

    private func store(_ nodes: [BTreeNode]) throws -> [ExtentDescriptor] {
        let pages = try transaction.allocate(byteCounts: nodes.map(\.byteCount))
        var stored: [ExtentDescriptor] = []
        for (node, page) in zip(nodes, pages) {
            let extent = ExtentDescriptor(
                page: page, bytes: node.bytes, birth: transaction.number)
            transaction.store.noteWritten(extent)
            stored.append(extent)
            try transaction.write(page, node.bytes)
        }
        try transaction.flushWrites()
        return stored
    }

    /// Writes what is left and the levels above; returns the root (`.none` without entries).
    mutating func finish() throws -> ExtentDescriptor {
        if !ends.isEmpty { try closeLeaf() }
        try flush()
        while extents.count > 1 { try buildLevel() }
        return extents.first ?? .none
    }

    private mutating func buildLevel() throws {
        var nodes: [BTreeNode] = []
        var upper: [[UInt8]] = []
        var start = 0
        while start < extents.count {
            var end = start + 1
            var bytes = 8 + ExtentDescriptor.byteWidth
            while end < extents.count {
                bytes += ExtentDescriptor.byteWidth + 4 + separators[end - 1].count
                // A node keeps two children at least, and leaves none alone behind it.
                if bytes > BTreeBuilder.leafByteCount && end - start >= 2
                    && extents.count - end >= 2 { break }
                end += 1
            }
            if start > 0 { upper.append(separators[start - 1]) }
            nodes.append(inner(start ..< end))
            start = end
        }
        extents = try store(nodes)
        separators = upper
    }

    private func inner(_ range: Range<Int>) -> BTreeNode {
        var ends: [UInt32] = []
        var keys: [UInt8] = []
        for index in range.dropFirst() {
            keys.append(contentsOf: separators[index - 1])
            ends.append(UInt32(keys.count))
        }
        let children = extents[range].map { BTreeNodeRef.stored($0) }
        let node = keys.withUnsafeBytes { BTreeNode(ends: ends, keys: $0, children: children) }
        for (index, extent) in extents[range].enumerated() { node.setChild(index, extent) }
        return node
    }
}
