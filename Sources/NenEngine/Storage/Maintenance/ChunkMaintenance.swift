// ChunkMaintenance: what makes a chunk worth rewriting.

import NenCore

/// Judges chunks by their forms.
enum ChunkMaintenance {
    /// Segments with fewer entries than this on average are joined.
    static let thinSegmentEntries = ChunkFormat.segmentEntriesMax / 4

    /// Whether the chunk would be stored otherwise. Of a stored one only the record is read, and
    /// columns and label sets that may be of one kind again.
    static func isDue(_ chunk: ChunkHandle) throws -> Bool {
        guard mayBeDue(chunk) else { return false }
        if isPureAgain(chunk) { return true }
        var mixed: [NameID] = []
        var isDue = false
        chunk.forEachUncheckedAdjacency { isDue = isDue || ChunkMaintenance.isDue(group: $0) }
        chunk.forEachUncheckedColumn { column in
            if column.type == .mixed { mixed.append(column.key) }
            isDue = isDue || isSparse(column) || isNear(column, chunk)
        }
        if isDue { return true }
        for key in mixed {
            if let column = try chunk.column(key), onlyType(column, chunk) != nil { return true }
        }
        return false
    }

    /// Whether the chunk has to be looked at at all, by its record.
    static func mayBeDue(_ chunk: ChunkHandle) -> Bool {
        if chunk.rowCount == 0 { return false }
        var found = chunk.labelSets != nil && chunk.home != ChunkFormat.sharedSet
        chunk.forEachUncheckedAdjacency { found = found || isDue(group: $0) }
        chunk.forEachUncheckedColumn { found = found || mayBeDue(column: $0, chunk) }
        return found
    }

    static func isDue(group: AdjacencyHandle) -> Bool { group.deltaCount > 0 || isThin(group) }

    static func isThin(_ group: AdjacencyHandle) -> Bool {
        group.segmentCount > 1
            && group.entryCount < group.segmentCount * thinSegmentEntries
    }

    /// A mixed column that holds one type, or a dense one that would be sparse or framed.
    static func isDue(column: ColumnHandle, _ chunk: ChunkHandle) -> Bool {
        column.type == .mixed
            ? onlyType(column, chunk) != nil : isSparse(column) || isNear(column, chunk)
    }

    /// The same as far as the record tells.
    static func mayBeDue(column: ColumnHandle, _ chunk: ChunkHandle) -> Bool {
        column.type == .mixed || isSparse(column) || isNear(column, chunk)
    }

    /// A dense column of a full chunk whose bounds fit a frame, as one of an older file may be.
    private static func isNear(_ column: ColumnHandle, _ chunk: ChunkHandle) -> Bool {
        guard column.encoding == .dense, chunk.rowCount == ChunkFormat.rowsPerChunk,
            ColumnFrame.holds(column.type), let zone = column.zone
        else { return false }
        return ColumnFrame(
            least: Int64(bitPattern: zone.least), greatest: Int64(bitPattern: zone.greatest))
            != nil
    }

    private static func isSparse(_ column: ColumnHandle) -> Bool {
        column.type != .mixed && (column.encoding == .dense || column.encoding == .framed)
            && column.count * 16 < column.capacity
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
