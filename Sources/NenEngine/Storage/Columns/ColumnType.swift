// ColumnType and ColumnEncoding: what the values of one key in one chunk are, and how they are laid
// out. Both are numbered in the file format.
//
//   type     number = tag of the cells (see Cell.swift), or 31 for mixed
//   width    boolean 1 byte; integer, float, date, localTime 8 bytes (the cell's payload);
//            all others 16 bytes (the whole cell)
//
//   encoding
//     1 sparse    ascending row numbers (u16) and as many values
//     2 dense     one value per row of the chunk's capacity, presence bitmap
//     3 constant  one value for all rows that have one, presence bitmap
//     4 mixed     as dense, 16-byte cells of any type
//     5 framed    as dense, each value as its offset in one, two or four bytes (ColumnFrame.swift)
//     6, 7        reserved: dictionary strings, typed with sparse exceptions
//
// A presence bitmap that would equal the live bitmap is left out.

import NenCore

/// Type of a column's values.
enum ColumnType: UInt8, Sendable {
    case string = 0
    case boolean = 2
    case integer = 3
    case float = 4
    case list = 5
    case map = 6
    case date = 7
    case localTime = 8
    case time = 9
    case localDateTime = 10
    case dateTime = 11
    case duration = 12
    case point = 16
    /// Cells of more than one type.
    case mixed = 31

    /// The type of a column that holds only values like `cell`; nil for null and for entities,
    /// which are not stored as properties.
    @inline(__always)
    init?(of cell: Cell) {
        let tag = cell.rawTag
        let isStored = tag <= 12 || tag == CellTag.point.rawValue
        guard isStored, tag != CellTag.null.rawValue else { return nil }
        self.init(rawValue: tag)
    }

    /// Bytes of one value.
    @inline(__always)
    var width: Int {
        switch self {
        case .boolean: 1
        case .integer, .float, .date, .localTime: 8
        default: 16
        }
    }

    /// Values may have bytes in a heap.
    @inline(__always)
    var usesHeap: Bool {
        switch self {
        case .string, .list, .map, .duration, .point, .mixed: true
        default: false
        }
    }

    /// Zone maps are kept for this type.
    @inline(__always)
    var hasZone: Bool {
        switch self {
        case .boolean, .integer, .float, .date, .localTime: true
        default: false
        }
    }
}

/// Layout of a column.
enum ColumnEncoding: UInt8, Sendable {
    case sparse = 1
    case dense = 2
    case constant = 3
    case mixed = 4
    case framed = 5
}

/// Least and greatest value as payload bits; may be too wide, never too narrow.
struct ZoneMap: Sendable, Equatable {
    var least: UInt64
    var greatest: UInt64

    /// The zone of one value; nil for NaN, which has no place between others.
    init?(_ cell: Cell, type: ColumnType) {
        guard type.hasZone, type != .float || !cell.float.isNaN else { return nil }
        least = cell.payload
        greatest = cell.payload
    }

    init(least: UInt64, greatest: UInt64) {
        self.least = least
        self.greatest = greatest
    }

    /// Includes `cell`; false when no zone can (NaN).
    @inline(__always)
    mutating func widen(_ cell: Cell, type: ColumnType) -> Bool {
        let bits = cell.payload
        if type == .float {
            let value = cell.float
            if value.isNaN { return false }
            if value < Double(bitPattern: least) { least = bits }
            if value > Double(bitPattern: greatest) { greatest = bits }
            return true
        }
        if Int64(bitPattern: bits) < Int64(bitPattern: least) { least = bits }
        if Int64(bitPattern: bits) > Int64(bitPattern: greatest) { greatest = bits }
        return true
    }
}
