// Cell: any value in 16 bytes, as stored in mixed columns, indexes and lists, and as it flows
// through vectors whose type is not fixed.
//
// Layout (little endian). Bits 27…31 of the first word are the tag. A string has tag 0, so that a
// plain string header *is* a cell:
//
//   bytes 0…3   tag << 27 | low (27 bits)
//   bytes 4…7   aux
//   bytes 8…15  payload
//
//   tag             low              aux                     payload
//   string          byte length      first 4 bytes           ≤ 12 bytes: the next 8; else offset
//   null            0                0                       0
//   boolean         0                0                       0 or 1
//   integer         0                0                       two's complement
//   float           0                0                       IEEE 754 bits
//   list            nesting depth    count                   offset of count cells
//   map             nesting depth    count                   offset of count × (key cell, value
//                                                            cell), ascending by key bytes
//   date            0                0                       days since 1970-01-01
//   localTime       0                0                       nanosecond of day
//   time            offset + 65,536  0                       local nanosecond of day
//   localDateTime   0                nanosecond of second    local seconds since 1970-01-01
//   dateTime        offset + 65,536, nanosecond of second    seconds since 1970-01-01T00:00Z
//                   or bit 26 and the zone's number
//   duration        0                0                       offset of months, days, seconds,
//                                                            nanoseconds: four Int64
//   node            0                0                       node number
//   relationship    0                0                       relationship number
//   path            0                relationship count k    offset of 2k + 1 UInt32: node,
//                                                            relationship, node, …
//   point           SRID             0                       offset of x, y and, where the system
//                                                            has three dimensions, z: Float64 each
//
// An *offset* is an address minus the region's base: inside the region it means stored bytes,
// outside it this process's memory. Unused bytes are zero: equality of short strings relies on it.
// The *nesting depth* of a list or map is one more than the largest of its members' (0 for other
// values).

import NenCore

/// What a cell holds.
enum CellTag: UInt8, Sendable {
    case string = 0
    case null = 1
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
    case node = 13
    case relationship = 14
    case path = 15
    case point = 16

    /// As `init(rawValue:)`, null for unknown numbers, without a call: the cases are numbered from
    /// zero on in the order in which they stand, so that a case *is* its number in memory.
    @inline(__always)
    static func of(_ number: UInt8) -> CellTag {
        number <= CellTag.point.rawValue ? unsafeBitCast(number, to: CellTag.self) : .null
    }
}

/// A tagged 16-byte value; see the head of this file for the layout.
struct Cell: Sendable {
    /// Tag, low part and aux.
    var head: UInt64
    var payload: UInt64

    /// Longest string in bytes.
    static let stringByteCountMax = (1 << 27) - 1
    private static let lowMask: UInt64 = (1 << 27) - 1

    @inline(__always)
    init(head: UInt64, payload: UInt64) {
        self.head = head
        self.payload = payload
    }

    @inline(__always)
    init(_ tag: CellTag, low: UInt32 = 0, aux: UInt32 = 0, payload: UInt64) {
        let first = (UInt64(tag.rawValue) &<< 27) | UInt64(low)
        head = first | (UInt64(aux) &<< 32)
        self.payload = payload
    }

    static let null = Cell(.null, payload: 0)

    @inline(__always)
    init(boolean: Bool) { self.init(.boolean, payload: boolean ? 1 : 0) }
    @inline(__always)
    init(integer: Int64) { self.init(.integer, payload: UInt64(bitPattern: integer)) }
    @inline(__always)
    init(float: Double) { self.init(.float, payload: float.bitPattern) }
    @inline(__always)
    init(node: UInt32) { self.init(.node, payload: UInt64(node)) }
    @inline(__always)
    init(relationship: UInt32) { self.init(.relationship, payload: UInt64(relationship)) }

    /// The tag's number; every stored cell is checked to hold a known one when it is decoded.
    @inline(__always)
    var rawTag: UInt8 { UInt8(truncatingIfNeeded: (head &>> 27) & 31) }

    /// The tag; an unknown number (only in a damaged file) reads as null.
    @inline(__always)
    var tag: CellTag { CellTag.of(rawTag) }

    @inline(__always)
    var isNull: Bool { rawTag == CellTag.null.rawValue }
    @inline(__always)
    var low: UInt32 { UInt32(truncatingIfNeeded: head & Cell.lowMask) }
    @inline(__always)
    var aux: UInt32 { UInt32(truncatingIfNeeded: head &>> 32) }
    @inline(__always)
    var integer: Int64 { Int64(bitPattern: payload) }
    @inline(__always)
    var float: Double { Double(bitPattern: payload) }
    @inline(__always)
    var boolean: Bool { payload != 0 }
    /// Node or relationship number.
    @inline(__always)
    var entity: UInt32 { UInt32(truncatingIfNeeded: payload) }
    /// Elements of a list, entries of a map, relationships of a path.
    @inline(__always)
    var count: Int { Int(aux) }
    /// Bytes of a string.
    @inline(__always)
    var byteCount: Int { Int(low) }

    /// Nanoseconds, by and large, of going once through the value: a byte of a string or an element
    /// of a list (what lies within the elements not counted) is one.
    @inline(__always)
    var workUnits: Int {
        let tag = rawTag
        if tag == CellTag.string.rawValue { return byteCount }
        return tag == CellTag.list.rawValue || tag == CellTag.map.rawValue ? count : 1
    }

    /// The value is these 16 bytes; they refer to nothing.
    var isSelfContained: Bool {
        switch tag {
        case .string: byteCount <= 12
        case .list, .map, .duration, .path, .point: false
        default: true
        }
    }
}

/// Where offsets start: the base address of a database's region.
struct HeapBase: @unchecked Sendable {
    // Sendable: an address that stays constant while the store lives.
    let address: UnsafeRawPointer

    /// The address of an offset.
    @inline(__always)
    func pointer(_ offset: UInt64) -> UnsafeRawPointer {
        let sum = UInt64(UInt(bitPattern: address)) &+ offset
        return UnsafeRawPointer(bitPattern: UInt(sum)).unsafelyUnwrapped
    }

    /// The offset of an address.
    @inline(__always)
    func offset(_ pointer: UnsafeRawPointer) -> UInt64 {
        UInt64(UInt(bitPattern: pointer)) &- UInt64(UInt(bitPattern: address))
    }

    /// The elements of a list (`count` cells), or the entries of a map (2 × `count` cells).
    @inline(__always)
    func cells(_ cell: Cell) -> UnsafePointer<Cell> {
        pointer(cell.payload).assumingMemoryBound(to: Cell.self)
    }

    /// The numbers of a path: node, relationship, node, …: 2 × `count` + 1.
    @inline(__always)
    func pathElements(_ cell: Cell) -> UnsafePointer<UInt32> {
        pointer(cell.payload).assumingMemoryBound(to: UInt32.self)
    }

    /// Calls `body` with a string's UTF-8 bytes; they are valid during the call only.
    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ cell: Cell, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let length = cell.byteCount
        if length > 12 {
            return try body(UnsafeRawBufferPointer(start: pointer(cell.payload), count: length))
        }
        var copy = cell
        return try withUnsafeBytes(of: &copy) { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[4 ..< 4 + length]))
        }
    }

    /// Decodes a string; for results and messages, not for rows.
    func string(_ cell: Cell) -> String {
        withBytes(cell) { String(decoding: $0, as: UTF8.self) }
    }
}
