// GraphRoot: the extent under which a whole graph hangs. Format version 1.
//
//     0  magic                u32  "NROT"
//     4  version              u32  1
//     8  nodeChunkCount       u32
//    12  relationshipChunkCount u32
//    16  node tree            extent, 24 bytes (ChunkTree.swift); none without chunks
//    40  relationship tree    extent
//    64  catalog              extent (CatalogCodec.swift)
//    88  estimates            extent (EstimatesCodec.swift); none before they were first stored
//   112  indexCount           u32
//   116  statisticsByteCount  u32
//   120  indexCount × 48 bytes:
//           0 id u32 · 4 zero u32 · 8 entries u64 · 16 root extent (none when empty) · 40 zero u64
//     …  statistics (StatisticsCodec.swift)

import NenCore

/// The root of one index's tree.
struct IndexRoot: Sendable, Hashable {
    var id: UInt32
    var entryCount: UInt64
    var root: ExtentDescriptor
}

/// The decoded root extent.
struct GraphRoot: Sendable {
    var nodeChunkCount = 0
    var relationshipChunkCount = 0
    var nodeTree = ExtentDescriptor.none
    var relationshipTree = ExtentDescriptor.none
    var catalog = ExtentDescriptor.none
    var estimates = ExtentDescriptor.none
    var indexes: [IndexRoot] = []

    static let magic: UInt32 = 0x544F_524E
    static let version: UInt32 = 1
    static let headerByteCount = 120
    static let indexByteCount = 48

    /// Bytes of a root with these parts.
    static func byteCount(indexes: Int, statistics: Int) -> Int {
        headerByteCount + indexes * indexByteCount + statistics
    }

    func store(to bytes: UnsafeMutableRawPointer, statistics: UnsafeRawBufferPointer) {
        bytes.storeBytes(of: GraphRoot.magic, as: UInt32.self)
        bytes.storeBytes(of: GraphRoot.version, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: UInt32(nodeChunkCount), toByteOffset: 8, as: UInt32.self)
        bytes.storeBytes(of: UInt32(relationshipChunkCount), toByteOffset: 12, as: UInt32.self)
        nodeTree.store(to: bytes + 16)
        relationshipTree.store(to: bytes + 40)
        catalog.store(to: bytes + 64)
        estimates.store(to: bytes + 88)
        bytes.storeBytes(of: UInt32(indexes.count), toByteOffset: 112, as: UInt32.self)
        bytes.storeBytes(of: UInt32(statistics.count), toByteOffset: 116, as: UInt32.self)
        var place = bytes + GraphRoot.headerByteCount
        for index in indexes {
            place.storeBytes(of: index.id, as: UInt32.self)
            place.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
            place.storeBytes(of: index.entryCount, toByteOffset: 8, as: UInt64.self)
            index.root.store(to: place + 16)
            place.storeBytes(of: 0, toByteOffset: 40, as: UInt64.self)
            place += GraphRoot.indexByteCount
        }
        if let start = statistics.baseAddress {
            place.copyMemory(from: start, byteCount: statistics.count)
        }
    }

    /// Decodes a root; `statistics` are the bytes behind it.
    static func load(
        _ extent: ExtentDescriptor, store: PageStore
    ) throws -> (root: GraphRoot, statistics: UnsafeRawBufferPointer) {
        let verified = try store.verified(extent)
        let bytes = verified.start
        let size = verified.byteCount
        func word(_ offset: Int) -> UInt32 {
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        }
        guard size >= headerByteCount, word(0) == magic else {
            throw NQLError.damaged("graph root at page \(extent.page)", "is none")
        }
        guard word(4) == version else {
            throw NQLError.runtime(
                .database, "FormatVersion",
                "the database has format version \(word(4)); this program reads \(version)",
                hint: "use a newer version of the program")
        }
        var root = GraphRoot()
        root.nodeChunkCount = Int(word(8))
        root.relationshipChunkCount = Int(word(12))
        root.nodeTree = ExtentDescriptor(from: bytes + 16)
        root.relationshipTree = ExtentDescriptor(from: bytes + 40)
        root.catalog = ExtentDescriptor(from: bytes + 64)
        root.estimates = ExtentDescriptor(from: bytes + 88)
        for part in [root.nodeTree, root.relationshipTree, root.estimates]
        where !part.isNone && !store.isPlausible(part, under: extent) {
            throw NQLError.damaged("graph root at page \(extent.page)", "refers to nothing sound")
        }
        guard store.isPlausible(root.catalog, under: extent) else {
            throw NQLError.damaged("graph root at page \(extent.page)", "has no catalog")
        }
        let indexCount = Int(word(112))
        let statisticsCount = Int(word(116))
        guard indexCount <= size / indexByteCount,
            byteCount(indexes: indexCount, statistics: statisticsCount) == size
        else { throw NQLError.damaged("graph root at page \(extent.page)", "has a wrong length") }
        for index in 0 ..< indexCount {
            let place = bytes + headerByteCount + index * indexByteCount
            let entryCount = place.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            let tree = ExtentDescriptor(from: place + 16)
            guard tree.isNone == (entryCount == 0), entryCount <= 1 << 32,
                tree.isNone || store.isPlausible(tree, under: extent)
            else {
                throw NQLError.damaged("graph root at page \(extent.page)", "has a bad index")
            }
            root.indexes.append(
                IndexRoot(
                    id: place.loadUnaligned(as: UInt32.self), entryCount: entryCount,
                    root: tree))
        }
        let statistics = UnsafeRawBufferPointer(
            start: bytes + headerByteCount + indexCount * indexByteCount, count: statisticsCount)
        return (root, statistics)
    }
}
