// Checks of stored cells: what a damaged or forged file may not bring into the engine. Types are
// known, lengths and places are within the heap, texts are UTF-8, times are within their calendars;
// unused bytes are zero, on which equality of short strings relies.

import NenCore

extension CellHeap {
    /// Whether a stored cell and everything behind it keeps to the format and to `heaps`.
    static func isValid(
        _ cell: Cell, heaps: UnsafeBufferPointer<HeapSpan>, base: HeapBase
    ) -> Bool {
        guard ColumnType(of: cell) != nil || cell.isNull else { return false }
        if !isDeep(cell) { return isPlainValid(cell) }
        for heap in heaps where cell.payload >= heap.start && cell.payload < heap.end {
            var cursor = cell.payload
            return isBlockValid(cell, cursor: &cursor, end: heap.end, base: base, depth: 0)
        }
        return false
    }

    private static func isBlockValid(
        _ cell: Cell, cursor: inout UInt64, end: UInt64, base: HeapBase, depth: Int
    ) -> Bool {
        guard ColumnType(of: cell) != nil || cell.isNull else { return false }
        if !isDeep(cell) { return isPlainValid(cell) }
        let start = cell.payload
        guard start >= cursor, start <= end else { return false }
        if cell.tag == .string {
            guard UInt64(cell.byteCount) <= end - start else { return false }
            cursor = start + UInt64(cell.byteCount)
            return isLongStringValid(cell, base)
        }
        guard start & 7 == 0 else { return false }
        if cell.tag == .duration || cell.tag == .point {
            if cell.tag == .point, CoordinateSystem(rawValue: cell.low) == nil { return false }
            let count = cell.tag == .point ? UInt64(8 * cell.coordinateCount) : 32
            guard end - start >= count else { return false }
            cursor = start + count
            return true
        }
        let cells = cell.tag == .map ? 2 * cell.count : cell.count
        guard depth < depthMax, Int(cell.low) <= depthMax, UInt64(cells) <= (end - start) / 16
        else { return false }
        cursor = start + UInt64(16 * cells)
        let elements = base.cells(cell)
        for index in 0 ..< cells {
            let isKey = cell.tag == .map && index & 1 == 0
            if isKey && elements[index].tag != .string { return false }
            if !isBlockValid(
                elements[index], cursor: &cursor, end: end, base: base, depth: depth + 1)
            {
                return false
            }
        }
        return true
    }

    /// A string in a heap begins as its cell says and is UTF-8.
    private static func isLongStringValid(_ cell: Cell, _ base: HeapBase) -> Bool {
        let bytes = UnsafeRawBufferPointer(
            start: base.pointer(cell.payload), count: cell.byteCount)
        return bytes.loadUnaligned(as: UInt32.self) == cell.aux && UTF8Check.isValid(bytes)
    }

    /// A cell without bytes elsewhere: parts of temporal values that calendars rely on, and unused
    /// bytes.
    static func isPlainValid(_ cell: Cell) -> Bool {
        let dayNanoseconds: UInt64 = 86_400_000_000_000
        switch cell.tag {
        case .string: return isShortStringValid(cell)
        case .boolean: return cell.payload <= 1
        case .list, .map: return cell.count == 0 && Int(cell.low) <= depthMax
        case .date:
            return cell.integer >= GregorianCalendar.epochDayMin
                && cell.integer <= GregorianCalendar.epochDayMax
        case .localTime: return cell.payload < dayNanoseconds
        case .time: return cell.payload < dayNanoseconds && isOffset(cell.low)
        case .localDateTime: return isInstant(cell)
        case .dateTime:
            return isInstant(cell)
                && (cell.low & Cell.namedZoneBit != 0 || isOffset(cell.low))
        default: return true
        }
    }

    private static func isOffset(_ low: UInt32) -> Bool {
        abs(Int64(low) - Int64(Cell.offsetBias)) <= Int64(TemporalZone.offsetMax)
    }

    /// A day more than the calendar has, for instants that are within it where they were meant.
    private static func isInstant(_ cell: Cell) -> Bool {
        cell.aux < 1_000_000_000
            && cell.integer >= (GregorianCalendar.epochDayMin - 1) * 86_400
            && cell.integer < (GregorianCalendar.epochDayMax + 2) * 86_400
    }

    private static func isShortStringValid(_ cell: Cell) -> Bool {
        var copy = cell
        return withUnsafeBytes(of: &copy) { bytes in
            let length = cell.byteCount
            for index in 4 + length ..< 16 where bytes[index] != 0 { return false }
            return UTF8Check.isValid(UnsafeRawBufferPointer(rebasing: bytes[4 ..< 4 + length]))
        }
    }
}
