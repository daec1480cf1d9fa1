// Maintenance: transactions that change how things are stored and not what: deltas are folded,
// columns take the encoding that now fits them, thin segments are joined, chunks become pure again.
// Nothing is logged, since replay of the content without it gives the same graph.
//
// Work is done in slices, each a short transaction over the next chunks, so that writers wait for
// ten milliseconds at most; a pass walks all node chunks, then all relationship chunks.

import CNenKernels
import NenCore

/// Where the next slice goes on.
struct MaintenancePosition: Sendable {
    var isAtNodes = true
    var chunk = 0
    /// Chunks rewritten since the pass began.
    var rewritten = 0
}

extension GraphStore {
    /// Runs one slice. Returns whether the pass has more to do; the next call after its end begins
    /// a new pass.
    /// - Throws: `DatabaseBusy` when another writer does not finish; errors of reading and writing.
    func maintain(sliceMilliseconds: Int = 10) throws -> Bool {
        // Half for looking and changing, half for writing.
        let limit = nen_monotonic_nanoseconds() + UInt64(max(1, sliceMilliseconds)) * 500_000
        var position = maintenancePosition.withLock { $0 }
        let writer = try beginWrite()
        writer.isMaintenance = true
        do {
            let isFinished = try run(&position, writer, until: limit)
            if writer.dirtyNodes.isEmpty && writer.dirtyRelationships.isEmpty {
                writer.abort()
            } else {
                try writer.commit()
            }
            if isFinished { position = MaintenancePosition() }
            maintenancePosition.withLock { $0 = position }
            return !isFinished
        } catch {
            writer.abort()
            throw error
        }
    }

    /// Runs slices to the end of the pass.
    func maintainAll() throws {
        maintenancePosition.withLock { $0 = MaintenancePosition() }
        while try maintain() {}
    }

    /// Walks chunks until the time is over; true at the end of the pass.
    private func run(
        _ position: inout MaintenancePosition, _ writer: WriteTransaction, until limit: UInt64
    ) throws -> Bool {
        while true {
            let isAtNodes = position.isAtNodes
            let count = isAtNodes ? writer.nodeChunkCount : writer.relationshipChunkCount
            if position.chunk >= count {
                if !isAtNodes { return true }
                position.isAtNodes = false
                position.chunk = 0
                continue
            }
            if try writer.maintain(chunk: UInt32(position.chunk), isNode: isAtNodes) {
                position.rewritten += 1
            }
            position.chunk += 1
            if nen_monotonic_nanoseconds() >= limit { return false }
        }
    }
}

extension WriteTransaction {
    /// Brings a chunk into its best form; false when it is in it already.
    fileprivate func maintain(chunk number: UInt32, isNode: Bool) throws -> Bool {
        let handle = isNode
            ? try nodeChunk(Int(number)) : try relationshipChunk(Int(number))
        guard handle.rowCount > 0, try ChunkMaintenance.isDue(handle) else { return false }
        let chunk = isNode
            ? try mutableNodeChunk(number) : try mutableRelationshipChunk(number)
        try chunk.maintain()
        if isNode && !chunk.isMixed && handle.set == .max { setChunkSet(number, chunk.set) }
        return true
    }
}

/// What makes a chunk worth rewriting.
enum ChunkMaintenance {
    /// Deltas of this size are folded.
    static let foldedDeltaMin = 64
    /// Segments with fewer entries than this on average are joined.
    static let thinSegmentEntries = ChunkFormat.segmentEntriesMax / 4

    static func isDue(_ chunk: ChunkHandle) throws -> Bool {
        var found = isPureAgain(chunk)
        try chunk.forEachAdjacency { if isDue(group: $0) { found = true } }
        try chunk.forEachColumn { if isDue(column: $0, chunk) { found = true } }
        return found
    }

    static func isDue(group: AdjacencyHandle) -> Bool {
        if group.deltaCount >= foldedDeltaMin { return true }
        return group.segmentCount > 1
            && group.entryCount < group.segmentCount * thinSegmentEntries
    }

    /// A mixed column that holds one type, or a dense one that would be sparse.
    static func isDue(column: ColumnHandle, _ chunk: ChunkHandle) -> Bool {
        if column.type == .mixed { return onlyType(column, chunk) != nil }
        return column.encoding == .dense && column.count * 16 < column.capacity
    }

    /// The type of all values of a mixed column; nil when there are several.
    static func onlyType(_ column: ColumnHandle, _ chunk: ChunkHandle) -> ColumnType? {
        var found: ColumnType?
        for row in 0 ..< chunk.rowCount where chunk.isLive(row) {
            let cell = column.cell(row)
            if cell.isNull { continue }
            guard let type = ColumnType(of: cell), found == nil || found == type else {
                return nil
            }
            found = type
        }
        return found
    }

    /// All live rows of a mixed node chunk have its home set.
    static func isPureAgain(_ chunk: ChunkHandle) -> Bool {
        guard chunk.labelSets != nil, chunk.home != ChunkFormat.sharedSet else { return false }
        for row in 0 ..< chunk.rowCount where chunk.isLive(row) {
            if chunk.labelSet(row) != chunk.home { return false }
        }
        return true
    }
}
