// CellHeap: the bytes behind cells that do not fit into sixteen: long strings, lists, maps,
// durations and points, copied deeply into one contiguous block per cell.
//
// Layout of a block, depth first in the order of the elements:
//   string    its bytes, when longer than 12
//   list      count cells at a multiple of 8, then the blocks of the elements
//   map       2 × count cells (key, value) at a multiple of 8, then their blocks
//   duration  four Int64 at a multiple of 8
//   point     two or three Float64 at a multiple of 8
// So every block behind a cell starts at or after the end of the one before it, which bounds the
// work of reading a damaged heap and rules out cycles.

import NenCore

/// A span of stored heap bytes as offsets from the region's base.
struct HeapSpan {
    var start: UInt64
    var end: UInt64
}

/// Sizes, copies and checks the bytes behind cells.
enum CellHeap {
    /// How deeply lists and maps may nest in a stored property.
    static let depthMax = Int(CellBuilder.nestingDepthMax)

    /// Whether a cell has bytes elsewhere.
    @inline(__always)
    static func isDeep(_ cell: Cell) -> Bool {
        switch cell.tag {
        case .string: cell.byteCount > 12
        case .list, .map: cell.count > 0
        case .duration, .point: true
        default: false
        }
    }

    /// Where the block of `cell` ends when it begins at `start` (or after alignment).
    /// - Throws: `TypeError` for values that cannot be stored, or nested too deeply.
    static func end(
        of cell: Cell, from start: Int, base: HeapBase, depth: Int = 0
    ) throws(NQLError) -> Int {
        switch cell.tag {
        case .string: return cell.byteCount > 12 ? start + cell.byteCount : start
        case .duration, .point: return ((start + 7) & ~7) + fixedByteCount(cell)
        case .list, .map:
            let cells = cell.tag == .map ? 2 * cell.count : cell.count
            if cells == 0 { return start }
            if depth >= depthMax { throw tooDeep() }
            var end = ((start + 7) & ~7) + 16 * cells
            let elements = base.cells(cell)
            var index = 0
            while index < cells {
                end = try CellHeap.end(
                    of: elements[index], from: end, base: base, depth: depth + 1)
                index &+= 1
            }
            return end
        case .node, .relationship, .path: throw notStorable(cell)
        default: return start
        }
    }

    /// Bytes behind a duration or point.
    @inline(__always)
    private static func fixedByteCount(_ cell: Cell) -> Int {
        cell.tag == .point ? 8 &* cell.coordinateCount : 32
    }

    static func notStorable(_ cell: Cell) -> NQLError {
        .runtime(
            .type, "InvalidPropertyType",
            "a \(cell.tag) cannot be stored as a property value",
            hint: "store its id or its properties instead")
    }

    private static func tooDeep() -> NQLError {
        .runtime(
            .type, "InvalidPropertyType",
            "a property value nests lists and maps more than \(depthMax) levels deep")
    }

    /// Copies what stands behind `cell` to `memory` from `cursor` on (which moves to the end) and
    /// returns the cell that refers to the copy. `memoryOffset` is the offset of `memory` that the
    /// new cells shall name. Sizes come from `end`.
    static func copy(
        _ cell: Cell, to memory: UnsafeMutableRawPointer, memoryOffset: UInt64,
        cursor: inout Int, base: HeapBase
    ) -> Cell {
        switch cell.tag {
        case .string:
            let length = cell.byteCount
            if length <= 12 { return cell }
            (memory + cursor).copyMemory(from: base.pointer(cell.payload), byteCount: length)
            let result = Cell(head: cell.head, payload: memoryOffset &+ UInt64(cursor))
            cursor &+= length
            return result
        case .duration, .point:
            let start = (cursor &+ 7) & ~7
            let count = fixedByteCount(cell)
            (memory + start).copyMemory(from: base.pointer(cell.payload), byteCount: count)
            cursor = start &+ count
            return Cell(head: cell.head, payload: memoryOffset &+ UInt64(start))
        case .list, .map:
            let cells = cell.tag == .map ? 2 &* cell.count : cell.count
            if cells == 0 { return Cell(head: cell.head, payload: 0) }
            let start = (cursor &+ 7) & ~7
            cursor = start &+ 16 &* cells
            let elements = base.cells(cell)
            let output = (memory + start).assumingMemoryBound(to: Cell.self)
            var index = 0
            while index < cells {
                output[index] = copy(
                    elements[index], to: memory, memoryOffset: memoryOffset, cursor: &cursor,
                    base: base)
                index &+= 1
            }
            return Cell(head: cell.head, payload: memoryOffset &+ UInt64(start))
        default: return cell
        }
    }
}
