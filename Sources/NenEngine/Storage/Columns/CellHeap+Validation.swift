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

    /// Whether all cells of a column of strings, those of absent rows too, keep to the format and
    /// to `heaps`, as `isValid` says of one. O(cells + bytes): where no heap has a byte above 127,
    /// the texts need no look each.
    static func areStringsValid(
        _ cells: UnsafeBufferPointer<Cell>, heaps: UnsafeBufferPointer<HeapSpan>, base: HeapBase
    ) -> Bool {
        let isASCII = heaps.allSatisfy { heap in
            UTF8Check.isASCII(
                UnsafeRawBufferPointer(
                    start: base.pointer(heap.start), count: Int(heap.end - heap.start)))
        }
        var heap = HeapSpan(start: 0, end: 0)
        for cell in cells {
            guard cell.rawTag == CellTag.string.rawValue else { return false }
            if cell.byteCount <= 12 {
                guard isShortStringValid(cell) else { return false }
                continue
            }
            if cell.payload < heap.start || cell.payload >= heap.end {
                let found = heaps.first { cell.payload >= $0.start && cell.payload < $0.end }
                guard let found else { return false }
                heap = found
            }
            guard UInt64(cell.byteCount) <= heap.end - cell.payload else { return false }
            if isASCII {
                guard base.pointer(cell.payload).loadUnaligned(as: UInt32.self) == cell.aux
                else { return false }
            } else if !isLongStringValid(cell, base) {
                return false
            }
        }
        return true
    }

    /// The same of a column of instants, whose cells have nothing in a heap. O(cells).
    static func areInstantsValid(_ cells: UnsafeBufferPointer<Cell>, tag: CellTag) -> Bool {
        let least = instantMin
        let end = instantEnd
        return cells.allSatisfy { cell in
            // Rows without a value hold zeros.
            if cell.head == 0 && cell.payload == 0 { return true }
            return cell.rawTag == tag.rawValue && cell.aux < 1_000_000_000
                && cell.integer >= least && cell.integer < end
                && (tag == .localDateTime || isZone(cell.low))
        }
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
        case .dateTime: return isInstant(cell) && isZone(cell.low)
        default: return true
        }
    }

    private static func isOffset(_ low: UInt32) -> Bool {
        abs(Int64(low) - Int64(Cell.offsetBias)) <= Int64(TemporalZone.offsetMax)
    }

    @inline(__always)
    private static func isZone(_ low: UInt32) -> Bool {
        low & Cell.namedZoneBit != 0 || isOffset(low)
    }

    /// Seconds of the first and behind the last instant: a day more than the calendar has at either
    /// end, for instants that are within it where they were meant.
    private static var instantMin: Int64 { (GregorianCalendar.epochDayMin - 1) * 86_400 }
    private static var instantEnd: Int64 { (GregorianCalendar.epochDayMax + 2) * 86_400 }

    private static func isInstant(_ cell: Cell) -> Bool {
        cell.aux < 1_000_000_000 && cell.integer >= instantMin && cell.integer < instantEnd
    }

    /// A string within its cell: zeros behind its end, and UTF-8.
    @inline(__always)
    private static func isShortStringValid(_ cell: Cell) -> Bool {
        let length = UInt64(cell.byteCount)
        let isClean = length <= 4
            ? cell.payload == 0 && UInt64(cell.aux) &>> (8 &* length) == 0
            : length == 12 || cell.payload &>> (8 &* (length &- 4)) == 0
        guard isClean else { return false }
        if cell.aux & 0x8080_8080 == 0 && cell.payload & 0x8080_8080_8080_8080 == 0 { return true }
        var copy = cell
        return withUnsafeBytes(of: &copy) { bytes in
            UTF8Check.isValid(UnsafeRawBufferPointer(rebasing: bytes[4 ..< 4 + Int(length)]))
        }
    }
}
