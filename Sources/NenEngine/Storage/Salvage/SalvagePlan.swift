// SalvagePlan: what there should be in a damaged file, and where: the root to start from, the
// records of all chunks, the names. Found from the newest root that can be read, else by a scan.
import NenCore

/// A root as far as it can be read.
struct SalvagedRoot {
    var nodeChunkCount: Int
    var relationshipChunkCount: Int
    var nodeTree: ExtentDescriptor
    var relationshipTree: ExtentDescriptor
    var catalog: ExtentDescriptor

    /// Reads a root's head; nil when it is none.
    init?(_ bytes: UnsafeRawPointer, byteCount: Int, _ source: SalvageSource) {
        func word(_ offset: Int) -> UInt32 {
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        }
        // A chunk takes a page at least: more of them than pages are none.
        guard byteCount >= GraphRoot.headerByteCount, word(0) == GraphRoot.magic,
            Int(word(8)) <= source.pageCount, Int(word(12)) <= source.pageCount
        else { return nil }
        nodeChunkCount = Int(word(8))
        relationshipChunkCount = Int(word(12))
        nodeTree = ExtentDescriptor(from: bytes + 16)
        relationshipTree = ExtentDescriptor(from: bytes + 40)
        catalog = ExtentDescriptor(from: bytes + 64)
    }

    /// The latest transaction that anything under it names.
    var birth: UInt64 { max(nodeTree.birth, relationshipTree.birth, catalog.birth) }
}

/// Where everything stands.
struct SalvagePlan {
    /// The superblock whose root this is; nil when the root was found by looking for it.
    private(set) var superblock: Superblock?
    private(set) var nodeChunkCount = 0
    private(set) var relationshipChunkCount = 0
    private(set) var nodes: [Int: SalvageReference] = [:]
    private(set) var relationships: [Int: SalvageReference] = [:]
    /// nil when no catalog can be read.
    private(set) var catalog: Catalog?
    /// The catalog is the root's own, not an earlier one.
    private(set) var isCatalogCurrent = false

    /// A chunk's record, and how many live entities the tree says it has.
    struct SalvageReference {
        var extent: ExtentDescriptor
        var liveCount: Int?
        /// Found by looking for it: perhaps an earlier version than the last.
        var isFound = false
    }

    init(
        _ source: SalvageSource, _ report: inout SalvageReport, checkInterrupt: () throws -> Void
    ) throws {
        var root: SalvagedRoot?
        for candidate in source.superblocks where root == nil {
            guard let bytes = source.bytes(of: candidate.root) else { continue }
            root = SalvagedRoot(bytes, byteCount: Int(candidate.root.byteCount), source)
            if root != nil { superblock = candidate }
        }
        var isTreeWhole = root != nil
        if let root {
            isTreeWhole = follow(root, source)
            readCatalog(root, source, isOwn: true)
        }
        if !isTreeWhole || catalog == nil {
            let scan = try SalvageScan(source, checkInterrupt: checkInterrupt)
            try complete(root, from: scan, source, &report)
        }
        if superblock == nil {
            report.lose(
                .transactions, "superblocks",
                "neither leads to a root; the newest state that can be recognised was taken", nil)
        } else if superblock != source.superblocks.first {
            report.lose(
                .transactions, "root",
                "the newest one is damaged; the state of an earlier checkpoint was taken", nil)
        }
        report.transaction = superblock?.transaction
    }

    /// Reads both trees; whether all their nodes were whole.
    private mutating func follow(_ root: SalvagedRoot, _ source: SalvageSource) -> Bool {
        nodeChunkCount = root.nodeChunkCount
        relationshipChunkCount = root.relationshipChunkCount
        var walk = SalvageTreeWalk(source)
        walk.run(root.nodeTree, chunkCount: nodeChunkCount)
        nodes = walk.found
        let isWhole = walk.isWhole
        walk = SalvageTreeWalk(source)
        walk.run(root.relationshipTree, chunkCount: relationshipChunkCount)
        relationships = walk.found
        return isWhole && walk.isWhole
    }

    private mutating func readCatalog(
        _ root: SalvagedRoot, _ source: SalvageSource, isOwn: Bool
    ) {
        guard catalog == nil, let stored = source.verified(root.catalog) else { return }
        catalog = try? CatalogCodec.read(stored).catalog
        isCatalogCurrent = isOwn && catalog != nil
    }

    /// Fills in what the trees did not give.
    private mutating func complete(
        _ root: SalvagedRoot?, from scan: SalvageScan, _ source: SalvageSource,
        _ report: inout SalvageReport
    ) throws {
        let roots = scan.rootPages.compactMap { number -> SalvagedRoot? in
            guard let page = source.page(number) else { return nil }
            return SalvagedRoot(page, byteCount: pageByteCount, source)
        }.sorted { $0.birth > $1.birth }
        if root == nil {
            nodeChunkCount = (scan.nodes.keys.max() ?? -1) + 1
            relationshipChunkCount = (scan.relationships.keys.max() ?? -1) + 1
        }
        SalvagePlan.fill(&nodes, below: nodeChunkCount, from: scan.nodes, source)
        SalvagePlan.fill(
            &relationships, below: relationshipChunkCount, from: scan.relationships, source)
        for candidate in roots { readCatalog(candidate, source, isOwn: false) }
        if !isCatalogCurrent {
            report.lose(
                .names, "catalog",
                catalog == nil
                    ? "is damaged; labels, types and keys are called by their numbers, and indexes "
                        + "and constraints are gone"
                    : "is damaged; an earlier one was taken, newer names are called by numbers",
                nil)
        }
    }
}

extension SalvagePlan {
    /// Takes what was found for chunks of which the tree has no record, or a damaged one.
    fileprivate static func fill(
        _ references: inout [Int: SalvageReference], below count: Int,
        from found: [Int: ExtentDescriptor], _ source: SalvageSource
    ) {
        for (number, extent) in found where number < count {
            let known = references[number]
            if let known, known.extent == extent || source.bytes(of: known.extent) != nil {
                continue
            }
            references[number] = SalvageReference(
                extent: extent, liveCount: nil, isFound: true)
        }
    }
}

/// Walks a chunk tree of which nodes may be damaged.
private struct SalvageTreeWalk {
    let source: SalvageSource
    var found: [Int: SalvagePlan.SalvageReference] = [:]
    var isWhole = true

    init(_ source: SalvageSource) { self.source = source }

    mutating func run(_ root: ExtentDescriptor, chunkCount: Int) {
        let counts = ChunkTree.nodeCounts(chunkCount)
        if counts.isEmpty { return }
        visit(root, level: counts.count - 1, node: 0, counts, chunkCount)
    }

    /// Reads a node; of a damaged one the entries all the same, for a record proves itself.
    private mutating func visit(
        _ extent: ExtentDescriptor, level: Int, node: Int, _ counts: [Int], _ chunkCount: Int
    ) {
        var start = source.bytes(of: extent)
        if start == nil {
            isWhole = false
            start = source.unverified(extent)
        }
        guard let start else { return }
        let below = level == 0 ? chunkCount : counts[level - 1]
        let first = node * ChunkEntry.fanOut
        let count = min(
            ChunkEntry.fanOut, below - first, Int(extent.byteCount) / ChunkEntry.byteWidth)
        if count < min(ChunkEntry.fanOut, below - first) { isWhole = false }
        for place in 0 ..< max(0, count) {
            let entry = ChunkEntry(from: start + place * ChunkEntry.byteWidth)
            if level > 0 {
                visit(entry.extent, level: level - 1, node: first + place, counts, chunkCount)
            } else if !entry.extent.isNone {
                found[first + place] = SalvagePlan.SalvageReference(
                    extent: entry.extent,
                    liveCount: min(Int(entry.liveCount), ChunkFormat.rowsPerChunk))
            }
        }
    }
}
