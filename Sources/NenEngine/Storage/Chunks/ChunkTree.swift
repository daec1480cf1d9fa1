// ChunkTree: chunk number → chunk record. On disk a radix tree of fan-out 128; in memory the leaf
// pages' addresses in one array, so that finding a record takes two loads.
//
// Node of the tree: up to 128 entries of 32 bytes, as many as there are children; no header. The
// number of levels follows from the number of chunks (in the graph root).
//     0  extent     24 bytes   chunk record, or the node below; page 0: no such chunk
//    24  set        u32        leaves: as in the record (home set or type, bit 31 mixed)
//    28  rowCount   u16        leaves
//    30  liveCount  u16        leaves
// Nodes above the leaves have zeros from 24 on.

import NenCore

/// What a leaf says about a chunk.
struct ChunkEntry {
    var extent: ExtentDescriptor
    var set: UInt32
    var rowCount: UInt16
    var liveCount: UInt16

    static let byteWidth = 32
    static let fanOut = 128

    init(extent: ExtentDescriptor, set: UInt32, rowCount: Int, liveCount: Int) {
        self.extent = extent
        self.set = set
        self.rowCount = UInt16(rowCount)
        self.liveCount = UInt16(liveCount)
    }

    init(from bytes: UnsafeRawPointer) {
        extent = ExtentDescriptor(from: bytes)
        set = bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        rowCount = bytes.loadUnaligned(fromByteOffset: 28, as: UInt16.self)
        liveCount = bytes.loadUnaligned(fromByteOffset: 30, as: UInt16.self)
    }

    func store(to bytes: UnsafeMutableRawPointer) {
        extent.store(to: bytes)
        bytes.storeBytes(of: set, toByteOffset: 24, as: UInt32.self)
        bytes.storeBytes(of: rowCount, toByteOffset: 28, as: UInt16.self)
        bytes.storeBytes(of: liveCount, toByteOffset: 30, as: UInt16.self)
    }

    var isMixed: Bool { return set & ChunkFormat.mixedFlag != 0 }
    var home: UInt32 { return set & ~ChunkFormat.mixedFlag }
}

/// The chunks of one kind at one root. Immutable.
final class ChunkTree: @unchecked Sendable {
    // Sendable: nothing changes after init.
    let isNode: Bool
    let chunkCount: Int
    /// All sets or types of the leaves are below.
    let setLimit: Int
    /// Extents per level, leaves first; the last level has one. Empty without chunks.
    let levels: [[ExtentDescriptor]]
    /// Address of every leaf.
    private let leaves: UnsafeMutablePointer<UnsafeRawPointer>
    /// Per chunk its label set (`.max` when mixed or absent) or type.
    let sets: UnsafeMutablePointer<UInt32>

    /// - Parameter leafPages: addresses of `levels[0]`; entries must have been validated.
    init(
        isNode: Bool, chunkCount: Int, setLimit: Int, levels: [[ExtentDescriptor]],
        leafPages: [UnsafeRawPointer], sets known: UnsafePointer<UInt32>?, knownCount: Int,
        changed: [(chunk: Int, set: UInt32)]
    ) {
        self.isNode = isNode
        self.chunkCount = chunkCount
        self.setLimit = setLimit
        self.levels = levels
        leaves = .allocate(capacity: max(1, leafPages.count))
        for (index, page) in leafPages.enumerated() { (leaves + index).initialize(to: page) }
        sets = .allocate(capacity: max(1, chunkCount))
        sets.initialize(repeating: .max, count: max(1, chunkCount))
        if let known { sets.update(from: known, count: min(knownCount, chunkCount)) }
        for change in changed { sets[change.chunk] = change.set }
    }

    deinit {
        leaves.deallocate()
        sets.deallocate()
    }

    /// No chunks.
    static func empty(isNode: Bool) -> ChunkTree {
        ChunkTree(
            isNode: isNode, chunkCount: 0, setLimit: 0, levels: [], leafPages: [], sets: nil,
            knownCount: 0, changed: [])
    }

    var root: ExtentDescriptor { levels.last?.first ?? .none }

    /// Number of nodes on each level for `chunkCount` chunks, leaves first.
    static func nodeCounts(_ chunkCount: Int) -> [Int] {
        var counts: [Int] = []
        var count = chunkCount
        while count > 0 {
            count = (count + ChunkEntry.fanOut - 1) / ChunkEntry.fanOut
            counts.append(count)
            if count == 1 { break }
        }
        return counts
    }

    /// The leaf entry of a chunk below `chunkCount`.
    @inline(__always)
    func entry(_ chunk: Int) -> ChunkEntry {
        ChunkEntry(from: leaves[chunk &>> 7] + (chunk & 127) &* ChunkEntry.byteWidth)
    }

    @inline(__always)
    func leafPage(_ index: Int) -> UnsafeRawPointer { leaves[index] }

    /// The record of a chunk, validated; nil when there is none.
    @inline(__always)
    func chunk(_ number: Int, context: StoreContext) throws -> StoredChunk? {
        guard number >= 0, number < chunkCount else { return nil }
        let entry = entry(number)
        if entry.extent.isNone { return nil }
        return try StoredChunk.open(
            entry, number: UInt32(truncatingIfNeeded: number), isNode: isNode, context: context)
    }

    // MARK: Loading

    /// Reads and validates the tree under `root`; leaves that `previous` has too are not read
    /// again.
    static func load(
        root: ExtentDescriptor, isNode: Bool, chunkCount: Int, setLimit: Int,
        context: StoreContext, previous: ChunkTree?
    ) throws -> ChunkTree {
        let name = isNode ? "tree of node chunks" : "tree of relationship chunks"
        guard chunkCount <= 1 << 21 else { throw NQLError.damaged(name, "has too many chunks") }
        let counts = nodeCounts(chunkCount)
        guard root.isNone == counts.isEmpty else { throw NQLError.damaged(name, "has no root") }
        if counts.isEmpty { return .empty(isNode: isNode) }
        var levels = [[root]]
        for level in stride(from: counts.count - 1, to: 0, by: -1) {
            var below: [ExtentDescriptor] = []
            below.reserveCapacity(counts[level - 1])
            for (index, extent) in levels[0].enumerated() {
                let entries = min(
                    ChunkEntry.fanOut, counts[level - 1] - index * ChunkEntry.fanOut)
                let page = try node(extent, entries, name, context)
                for entry in 0 ..< entries {
                    let child = ExtentDescriptor(from: page + entry * ChunkEntry.byteWidth)
                    guard context.store.isPlausible(child, under: extent) else {
                        throw NQLError.damaged(name, "has a node that cannot be its own")
                    }
                    below.append(child)
                }
            }
            levels.insert(below, at: 0)
        }
        var pages: [UnsafeRawPointer] = []
        var changed: [(chunk: Int, set: UInt32)] = []
        // Leaves that were validated against no more label sets or types need not be again.
        let known = previous.map { $0.setLimit <= setLimit ? $0.levels.first ?? [] : [] } ?? []
        for (index, extent) in levels[0].enumerated() {
            let first = index * ChunkEntry.fanOut
            let entries = min(ChunkEntry.fanOut, chunkCount - first)
            let page = try node(extent, entries, name, context)
            pages.append(page)
            if index < known.count && known[index] == extent { continue }
            for place in 0 ..< entries {
                let entry = ChunkEntry(from: page + place * ChunkEntry.byteWidth)
                try validate(entry, setLimit: setLimit, isNode: isNode, name)
                guard
                    entry.extent.isNone || context.store.isPlausible(entry.extent, under: extent)
                else { throw NQLError.damaged(name, "has a record that cannot be its own") }
                let hasOne = !entry.isMixed && !entry.extent.isNone
                changed.append((first + place, hasOne ? entry.home : .max))
            }
        }
        return ChunkTree(
            isNode: isNode, chunkCount: chunkCount, setLimit: setLimit, levels: levels,
            leafPages: pages, sets: previous.map { UnsafePointer($0.sets) },
            knownCount: previous?.chunkCount ?? 0, changed: changed)
    }

    private static func node(
        _ extent: ExtentDescriptor, _ entries: Int, _ name: String, _ context: StoreContext
    ) throws -> UnsafeRawPointer {
        guard Int(extent.byteCount) == entries * ChunkEntry.byteWidth else {
            throw NQLError.damaged(name, "has a node of \(extent.byteCount) bytes")
        }
        return try context.store.verified(extent).start
    }

    private static func validate(
        _ entry: ChunkEntry, setLimit: Int, isNode: Bool, _ name: String
    ) throws {
        if entry.extent.isNone {
            guard entry.set == 0, entry.rowCount == 0, entry.liveCount == 0 else {
                throw NQLError.damaged(name, "has rows without a record")
            }
            return
        }
        let isShared = isNode && entry.home == ChunkFormat.sharedSet && entry.isMixed
        guard isShared || Int(entry.home) < setLimit, isNode || !entry.isMixed,
            entry.rowCount <= ChunkFormat.rowsPerChunk, entry.liveCount <= entry.rowCount
        else { throw NQLError.damaged(name, "has a contradictory entry") }
    }

    // MARK: Committing

    /// First pass of a commit: reserves the nodes over the changed chunks.
    static func reserve(
        changed: [Int], chunkCount: Int, commit: CommitWriter
    ) {
        let counts = nodeCounts(chunkCount)
        var dirty = changed
        var below = chunkCount
        for count in counts {
            dirty = parents(of: dirty)
            for node in dirty {
                let entries = min(ChunkEntry.fanOut, below - node * ChunkEntry.fanOut)
                commit.reserve(entries * ChunkEntry.byteWidth)
            }
            below = count
        }
    }

    /// Ascending numbers of the nodes over ascending children.
    private static func parents(of children: [Int]) -> [Int] {
        var result: [Int] = []
        for child in children where result.last != child / ChunkEntry.fanOut {
            result.append(child / ChunkEntry.fanOut)
        }
        return result
    }

    /// Second pass: the tree with `changes` (ascending by chunk) worked in.
    func committed(
        changes: [(chunk: Int, entry: ChunkEntry)], chunkCount newCount: Int, setLimit: Int,
        context: StoreContext, commit: CommitWriter
    ) throws -> ChunkTree {
        if changes.isEmpty && newCount == chunkCount { return self }
        let counts = ChunkTree.nodeCounts(newCount)
        var newLevels: [[ExtentDescriptor]] = []
        var pending = changes.map { (index: $0.chunk, entry: $0.entry) }
        var below = newCount
        for (level, count) in counts.enumerated() {
            var extents = level < levels.count ? levels[level] : []
            var above: [(index: Int, entry: ChunkEntry)] = []
            var place = 0
            while place < pending.count {
                let node = pending[place].index / ChunkEntry.fanOut
                let first = node * ChunkEntry.fanOut
                let entries = min(ChunkEntry.fanOut, below - first)
                let image = try commit.image(entries * ChunkEntry.byteWidth)
                try fill(image, level, node, newLevels, context)
                while place < pending.count,
                    pending[place].index / ChunkEntry.fanOut == node
                {
                    let offset = (pending[place].index - first) * ChunkEntry.byteWidth
                    pending[place].entry.store(to: image + offset)
                    place += 1
                }
                let extent = try commit.write(
                    UnsafeRawBufferPointer(start: image, count: entries * ChunkEntry.byteWidth))
                if node < extents.count {
                    commit.transaction.release(extents[node])
                    extents[node] = extent
                } else {
                    precondition(node == extents.count, "a gap in the chunk tree")
                    extents.append(extent)
                }
                above.append(
                    (node, ChunkEntry(extent: extent, set: 0, rowCount: 0, liveCount: 0)))
            }
            precondition(extents.count == count, "\(extents.count) nodes of \(count)")
            newLevels.append(extents)
            pending = above
            below = count
        }
        return rebuilt(newLevels, newCount, setLimit, changes, context)
    }

    /// Copies what a node had before; a new node over old children takes their extents.
    private func fill(
        _ image: UnsafeMutableRawPointer, _ level: Int, _ node: Int,
        _ newLevels: [[ExtentDescriptor]], _ context: StoreContext
    ) throws {
        if level < levels.count, node < levels[level].count {
            let old = levels[level][node]
            let bytes = level == 0 ? leaves[node] : try context.store.verified(old).start
            image.copyMemory(from: bytes, byteCount: Int(old.byteCount))
            return
        }
        guard level > 0 else { return }
        // The tree grew a level: the old root is this node's first child.
        let children = newLevels[level - 1]
        let first = node * ChunkEntry.fanOut
        for child in first ..< min(children.count, first + ChunkEntry.fanOut) {
            children[child].store(to: image + (child - first) * ChunkEntry.byteWidth)
        }
    }

    private func rebuilt(
        _ newLevels: [[ExtentDescriptor]], _ newCount: Int, _ setLimit: Int,
        _ changes: [(chunk: Int, entry: ChunkEntry)], _ context: StoreContext
    ) -> ChunkTree {
        let pages = (newLevels.first ?? []).map {
            UnsafeRawPointer(context.base.address + Int($0.page) * pageByteCount)
        }
        return ChunkTree(
            isNode: isNode, chunkCount: newCount, setLimit: setLimit, levels: newLevels,
            leafPages: pages, sets: UnsafePointer(sets), knownCount: chunkCount,
            changed: changes.map { ($0.chunk, $0.entry.isMixed ? .max : $0.entry.home) })
    }

    /// The extents of nodes, chunk records and their arrays, each before what hangs under it;
    /// where `body` says false, what hangs under the extent is left out.
    func walkExtents(
        context: StoreContext, _ body: (ExtentDescriptor) throws -> Bool
    ) throws {
        var open = levels.isEmpty ? [] : [0]
        for level in levels.indices.reversed() {
            let limit = level > 0 ? levels[level - 1].count : chunkCount
            var below: [Int] = []
            for node in open where try body(levels[level][node]) {
                let first = node * ChunkEntry.fanOut
                below.append(contentsOf: first ..< min(first + ChunkEntry.fanOut, limit))
            }
            open = below
        }
        for number in open {
            let extent = entry(number).extent
            if extent.isNone { continue }
            guard try body(extent), let chunk = try chunk(number, context: context) else {
                continue
            }
            try chunk.forEachExtent { _ = try body($0) }
        }
    }
}
