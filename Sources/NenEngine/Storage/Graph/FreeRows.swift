// FreeRows: where new nodes and relationships go. Rebuilt from the chunk trees' leaves at open,
// kept in step by commits; never stored.

import NenCore

/// Chunks with room, per home label set or type.
struct FreeRows: Sendable {
    /// The chunk whose end takes new rows.
    private(set) var open: [UInt32: UInt32] = [:]
    /// Chunks over a quarter free, as a stack. Entries may be outdated: whoever takes one looks
    /// whether it still is.
    private var sparse: [UInt32: [UInt32]] = [:]

    /// Whether a chunk's freed rows are worth reusing.
    static func isSparse(rowCount: Int, liveCount: Int) -> Bool {
        (rowCount - liveCount) * 4 > rowCount
    }

    /// Takes note of a chunk's committed state. `old` is what a tree said before.
    mutating func note(chunk: Int, _ entry: ChunkEntry, old: ChunkEntry?) {
        let number = UInt32(chunk)
        if entry.rowCount < ChunkFormat.rowsPerChunk {
            open[entry.home] = max(open[entry.home] ?? 0, number)
        } else if open[entry.home] == number {
            open[entry.home] = nil
        }
        let wasSparse = old.map {
            FreeRows.isSparse(rowCount: Int($0.rowCount), liveCount: Int($0.liveCount))
        }
        let isSparse = FreeRows.isSparse(
            rowCount: Int(entry.rowCount), liveCount: Int(entry.liveCount))
        if isSparse && wasSparse != true { sparse[entry.home, default: []].append(number) }
    }

    /// A new chunk of this transaction takes the new rows.
    mutating func setOpen(home: UInt32, chunk: UInt32?) { open[home] = chunk }

    /// The sparse chunk to try first.
    func sparseChunk(home: UInt32) -> UInt32? { sparse[home]?.last }

    /// That chunk has no more free rows, or is no longer sparse.
    mutating func dropSparseChunk(home: UInt32) { _ = sparse[home]?.popLast() }
}
