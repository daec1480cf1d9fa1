// CellKeeper: copies cells that must outlive their batch. Content that lies in the store's region
// stays put while a reader's snapshot is pinned; only content in query memory is copied. A writing
// statement copies everything, since its own changes may replace what it has read.

import NenCore

/// Copies content of cells into an arena where needed.
struct CellKeeper {
    let builder: CellBuilder
    /// Offsets below this are stored and stay valid; 0: copy everything.
    let stableSpan: UInt64

    init(arena: Arena, base: HeapBase, stableSpan: UInt64) {
        builder = CellBuilder(arena: arena, base: base)
        self.stableSpan = stableSpan
    }

    /// The same value, valid as long as the arena and the snapshot.
    @inline(__always)
    func keep(_ cell: Cell) throws(NQLError) -> Cell {
        let tag = cell.rawTag
        if tag == CellTag.string.rawValue {
            if cell.byteCount <= 12 || cell.payload < stableSpan { return cell }
            return try builder.copy(cell)
        }
        if tag >= CellTag.null.rawValue && tag <= CellTag.float.rawValue { return cell }
        return try keepSlowly(cell)
    }

    @inline(never)
    private func keepSlowly(_ cell: Cell) throws(NQLError) -> Cell {
        if cell.payload < stableSpan, cell.tag != .list, cell.tag != .map { return cell }
        return try builder.copy(cell)
    }

    /// Copies `count` cells with their content.
    func keep(
        _ source: UnsafePointer<Cell>, _ count: Int, into target: UnsafeMutablePointer<Cell>
    ) throws(NQLError) {
        var index = 0
        while index < count {
            target[index] = try keep(source[index])
            index &+= 1
        }
    }
}
