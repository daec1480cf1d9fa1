// BulkLoad: builds a whole graph in an empty store, bypassing rows, log and dirty-table copies.
//
// Chunks come finished from many threads. Their arrays are written to pages at once; in memory stay
// only references to them (a few hundred bytes per chunk), which the commit turns into chunk
// records, trees and the root, all published by one checkpoint. Until then nothing refers to the
// pages.

import CNenKernels
import NenCore

/// The bulk builder of one store. Holds the write lock from `init` to `finish`, `abort` or its end.
final class BulkLoad: GraphSink, @unchecked Sendable {
    // Sendable: the tables and the transaction's allocations are guarded by the monitor; names are
    // interned by one thread at a time.

    private let transaction: WriteTransaction
    private let context: StoreContext
    private let monitor = Monitor()
    private var nodes: [Int: NodeParts] = [:]
    private var relationships: [Int: MutableChunk] = [:]

    /// What is known of a node chunk; complete when all adjacency has come.
    private final class NodeParts {
        var rowCount = 0
        var labelSet: UInt32 = 0
        var labelSets = ArraySlot.empty
        var columns: [MutableColumn] = []
        var adjacency: [MutableAdjacency] = []
    }

    /// - Throws: `DatabaseBusy`, or `DatabaseError(NotEmpty)` when the store has content or schema.
    init(store: GraphStore) throws {
        transaction = try store.beginWrite()
        context = store.context
        let catalog = transaction.catalog
        guard transaction.statistics.nodeCount == 0, transaction.nodeChunkCount == 0,
            transaction.relationshipChunkCount == 0
        else {
            transaction.abort()
            throw NQLError.runtime(
                .database, "NotEmpty",
                "The database has nodes already; an import needs an empty one.",
                hint: "Import into a new file, or use LOAD CSV to add to this one.")
        }
        guard catalog.indexes.isEmpty, catalog.constraints.isEmpty else {
            transaction.abort()
            throw NQLError.runtime(
                .database, "NotEmpty",
                "The database has indexes or constraints; an import needs an empty one.",
                hint: "Drop them, import, and create them again.")
        }
    }

    var base: HeapBase { context.base }

    func internLabelSet(_ labels: [String]) throws -> UInt32 {
        try transaction.internLabelSet(labels.map { try transaction.internLabel($0) })
    }

    func internType(_ name: String) throws -> NameID { try transaction.internType(name) }

    func internKey(_ name: String) throws -> NameID { try transaction.internKey(name) }

    // MARK: Pages

    /// Writes byte runs to pages now.
    ///
    /// - Returns: A reference to each, in order.
    func store(_ parts: [UnsafeRawBufferPointer]) throws -> [ArraySlot] {
        if parts.isEmpty { return [] }
        let pages = transaction.pages
        let places = try monitor.withLock {
            try pages.allocate(byteCounts: parts.map(\.count))
        }
        var images: [PageImage] = []
        var slots: [ArraySlot] = []
        for (page, part) in zip(places, parts) {
            images.append(PageImage(page: page, bytes: part))
            slots.append(
                ArraySlot(
                    pointer: base.address + Int(page) * pageByteCount, byteCount: part.count,
                    extent: described(page, part)))
        }
        try pages.store.write(images)
        return slots
    }

    /// Takes pages for one byte run.
    func reserve(_ byteCount: Int) throws -> PageNumber {
        try monitor.withLock { try transaction.pages.allocate(byteCounts: [byteCount])[0] }
    }

    /// Writes a byte run to its pages now.
    func write(_ page: PageNumber, _ bytes: UnsafeRawBufferPointer) throws -> ExtentDescriptor {
        try Interruption.check()
        try transaction.pages.store.write([PageImage(page: page, bytes: bytes)])
        return described(page, bytes)
    }

    /// The descriptor of bytes made here.
    private func described(
        _ page: PageNumber, _ bytes: UnsafeRawBufferPointer
    ) -> ExtentDescriptor {
        let extent = ExtentDescriptor(
            page: page, bytes: bytes, birth: transaction.pages.number)
        transaction.pages.store.noteWritten(extent)
        return extent
    }

    /// Writes the slots that are private and too large for a record, and lets them refer to pages.
    func settle(_ slots: [ArraySlot]) throws -> [ArraySlot] {
        var result = slots
        let large = slots.indices.filter { index in
            slots[index].isPrivate && slots[index].byteCount > ChunkFormat.inlineByteCountMax
        }
        let stored = try store(large.map { index in
            UnsafeRawBufferPointer(start: slots[index].pointer, count: slots[index].byteCount)
        })
        for (place, index) in large.enumerated() { result[index] = stored[place] }
        return result
    }

    /// A private copy of an array, with zeros up to `byteCount`.
    static func copy(_ source: UnsafeRawPointer, _ used: Int, of byteCount: Int) -> ArraySlot {
        var slot = ArraySlot(zeros: byteCount)
        slot.writable(capacity: byteCount).copyMemory(from: source, byteCount: used)
        return slot
    }

    /// An array of `UInt32` per row, written at once when it is full and large.
    private func rowNumbers(
        _ source: UnsafePointer<UInt32>, _ rowCount: Int, _ capacity: Int
    ) throws -> ArraySlot {
        if rowCount == capacity, capacity * 4 > ChunkFormat.inlineByteCountMax {
            return try store([UnsafeRawBufferPointer(start: source, count: capacity * 4)])[0]
        }
        return try settle([BulkLoad.copy(source, rowCount * 4, of: capacity * 4)])[0]
    }

    /// The ends of a chunk's relationships, packed when it is full.
    private func ends(
        _ source: UnsafePointer<UInt32>, _ rowCount: Int, _ capacity: Int
    ) throws -> MutableNumbers {
        if rowCount == ChunkFormat.rowsPerChunk,
            let packed = MutableNumbers.packed(source, rowCount)
        {
            if packed.slot.byteCount <= ChunkFormat.inlineEndsByteCountMax { return packed }
            return MutableNumbers(try settle([packed.slot])[0], packed.form)
        }
        return MutableNumbers(try rowNumbers(source, rowCount, capacity))
    }

    // MARK: Chunks

    func writeNodeChunk(
        _ chunk: Int, rowCount: Int, labelSet: UInt32, labelSets: UnsafePointer<UInt32>?,
        columns: [SinkColumn]
    ) throws {
        let capacity = ChunkFormat.capacity(for: rowCount)
        let stored = try self.columns(columns, rowCount, capacity)
        let sets = try labelSets.map { try rowNumbers($0, rowCount, capacity) } ?? .empty
        monitor.withLock {
            let parts = nodes[chunk] ?? NodeParts()
            nodes[chunk] = parts
            parts.rowCount = rowCount
            parts.labelSet = labelSets == nil ? labelSet : ChunkFormat.sharedSet
            parts.labelSets = sets
            parts.columns = stored
        }
    }

    func writeRelationshipChunk(
        _ chunk: Int, type: NameID, rowCount: Int, sources: UnsafePointer<UInt32>,
        targets: UnsafePointer<UInt32>, columns: [SinkColumn]
    ) throws {
        let capacity = ChunkFormat.capacity(for: rowCount)
        let stored = try self.columns(columns, rowCount, capacity)
        let made = MutableChunk(
            bulkNumber: UInt32(chunk), isNode: false, set: type, isMixed: false,
            rowCount: rowCount, first: try ends(sources, rowCount, capacity),
            second: try ends(targets, rowCount, capacity), columns: stored, adjacency: [])
        monitor.withLock { relationships[chunk] = made }
    }

    func writeAdjacency(
        nodeChunk: Int, type: NameID, direction: SinkDirection, rowCount: Int,
        offsets: UnsafePointer<UInt32>, neighbours: UnsafePointer<UInt32>,
        relationships: UnsafePointer<UInt32>
    ) throws {
        let group = try adjacency(
            type, direction == .outgoing ? .outgoing : .incoming,
            capacity: ChunkFormat.capacity(for: rowCount), rowCount: rowCount, offsets: offsets,
            neighbours: neighbours, relationships: relationships)
        guard let group else { return }
        monitor.withLock {
            let parts = nodes[nodeChunk] ?? NodeParts()
            nodes[nodeChunk] = parts
            parts.adjacency.append(group)
        }
    }

    // MARK: End

    func finish(_ statistics: GraphStatistics) throws {
        try count(statistics)
        for (number, parts) in nodes {
            let isMixed = parts.labelSet == ChunkFormat.sharedSet
            transaction.dirtyNodes[UInt32(number)] = MutableChunk(
                bulkNumber: UInt32(number), isNode: true, set: parts.labelSet, isMixed: isMixed,
                rowCount: parts.rowCount, first: MutableNumbers(parts.labelSets), second: .empty,
                columns: parts.columns,
                adjacency: parts.adjacency.sorted { $0.sortKey < $1.sortKey })
            transaction.setChunkSet(UInt32(number), isMixed ? .max : parts.labelSet)
        }
        for (number, chunk) in relationships {
            transaction.dirtyRelationships[UInt32(number)] = chunk
        }
        transaction.nodeChunkCount = nodes.count
        transaction.relationshipChunkCount = relationships.count
        nodes.removeAll()
        relationships.removeAll()
        transaction.newEstimates = try StoredEstimates.sampled(from: transaction)
        try transaction.commit(bulk: true)
    }

    /// Enters the exact counts.
    private func count(_ statistics: GraphStatistics) throws {
        for (set, count) in statistics.nodesPerLabelSet.enumerated() where count > 0 {
            try transaction.counter.addNodes(Int64(count), set: UInt32(set))
        }
        for (group, count) in statistics.relationshipsPerGroup {
            try transaction.counter.addRelationships(
                Int64(count), type: group.type, from: group.sourceSet, to: group.targetSet,
                isLoop: false)
        }
        for (type, count) in statistics.selfLoopsPerType.enumerated() where count > 0 {
            try transaction.counter.addSelfLoops(Int64(count), type: NameID(type))
        }
    }

    /// Gives everything up; the pages are free again.
    func abort() { transaction.abort() }
}
