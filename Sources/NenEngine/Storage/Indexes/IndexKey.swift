// IndexKey: property values as bytes whose memcmp order is the order of ORDER BY.
//
// An index entry is the encoded values one behind the other and then the entity's number, four
// bytes big endian. Every encoded value is self-delimiting, so entries with equal leading values
// are neighbours, and "is this value there" is a search for a prefix.
//
// One value is its type's rank (one byte: map 1, list 4, point 5, dateTime 6, localDateTime 7,
// date 8, time 9, localTime 10, duration 11, string 12, boolean 13, number 14) and then
//   string         bytes, each 00 as 00 FF; end 00 00
//   boolean        00 or 01
//   number         8 bytes: the greatest double not above the value, sign bit flipped (all bits
//                  flipped when negative), big endian; 2 bytes: value less that double, which is
//                  not zero only for integers beyond 2^53. So 1 and 1.0 have one key, and
//                  integers and doubles sort exactly. -0.0 is 0.0; NaN is FF × 10.
//   date, localTime           8 bytes, sign bit flipped, big endian
//   time           instant (local time less offset) as above, then the offset's 4 bytes
//   localDateTime, dateTime   seconds as above, nanosecond 4 bytes, low part 4 bytes
//   duration       average length in seconds, 16 bytes as above; nanoseconds, months, days, seconds
//   point          SRID, 4 bytes; each coordinate as a number's first 8 bytes
//   list           each element behind 01; end 00
//   map            number of entries, 4 bytes; all keys; all values
// All numbers are big endian.

import NenCore

/// Builds index keys; keep one and `reset` it for each key.
struct IndexKey {
    /// Longest key in bytes, the entity's number not counted.
    static let byteCountMax = 32_768

    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(64) }

    /// A key, or the beginning of one, that was built before.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func reset() { bytes.removeAll(keepingCapacity: true) }

    /// Appends a value; null and entities, which no index holds, are a caller's error.
    ///
    /// - Throws: `ConstraintValidationFailed` when the key would be longer than `byteCountMax`.
    mutating func append(_ cell: Cell, _ base: HeapBase) throws(NQLError) {
        appendValue(cell, base)
        guard bytes.count <= IndexKey.byteCountMax else {
            throw .runtime(
                .constraintValidationFailed, "IndexKeyTooLong",
                "an indexed value takes \(bytes.count) bytes; an index key holds at most "
                    + "\(IndexKey.byteCountMax)",
                hint: "index a shorter property, such as a hash of this one")
        }
    }

    /// As `append`; false, with some bytes appended, when the key would be longer than any stored.
    mutating func appendIfShort(_ cell: Cell, _ base: HeapBase) -> Bool {
        appendValue(cell, base)
        return bytes.count <= IndexKey.byteCountMax
    }

    /// Becomes another key, in the memory it has.
    mutating func copy(_ other: IndexKey) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: other.bytes)
    }

    /// Becomes the least byte string above all that begin with the key; false, and empty, when
    /// there is none.
    mutating func becomeSuccessor() -> Bool {
        while let last = bytes.last {
            if last < 255 {
                bytes[bytes.count - 1] = last + 1
                return true
            }
            bytes.removeLast()
        }
        return false
    }

    /// Appends the entity's number, which makes the entry unique.
    mutating func append(entity: UInt32) { append32(entity) }

    private mutating func appendValue(_ cell: Cell, _ base: HeapBase) {
        let tag = cell.tag
        bytes.append(IndexKey.rank(tag))
        switch tag {
        case .string: appendString(cell, base)
        case .boolean: bytes.append(cell.boolean ? 1 : 0)
        case .integer: appendInteger(cell.integer)
        case .float: appendFloat(cell.float)
        case .date, .localTime: appendSigned(cell.integer)
        case .time:
            appendSigned(cell.integer &- (Int64(cell.low) &- 65_536) &* 1_000_000_000)
            append32(cell.low)
        case .localDateTime, .dateTime:
            appendSigned(cell.integer)
            append32(cell.aux)
            append32(cell.low)
        case .duration: appendDuration(cell, base)
        case .point:
            append32(cell.low)
            let coordinates = base.coordinates(cell)
            for index in 0 ..< cell.coordinateCount { appendOrdered(coordinates[index]) }
        case .list:
            let elements = base.cells(cell)
            for index in 0 ..< cell.count {
                bytes.append(1)
                appendValue(elements[index], base)
            }
            bytes.append(0)
        case .map:
            append32(cell.aux)
            let entries = base.cells(cell)
            for index in 0 ..< cell.count { appendString(entries[2 * index], base) }
            for index in 0 ..< cell.count { appendValue(entries[2 * index + 1], base) }
        case .null: break
        case .node, .relationship, .path:
            preconditionFailure("a \(tag) in an index key")
        }
    }

    /// Appends the start of a string value, without its end: for `STARTS WITH`.
    mutating func append(stringPrefix cell: Cell, _ base: HeapBase) {
        bytes.append(IndexKey.rank(.string))
        appendString(cell, base)
        bytes.removeLast(2)
    }

    /// Appends the rank alone: the lower end of all values comparable with `cell`.
    mutating func append(rankOf cell: Cell) {
        bytes.append(IndexKey.rank(cell.tag))
    }

    /// The byte that a type begins with; stored, so it stays as it is whatever types are added.
    private static func rank(_ tag: CellTag) -> UInt8 {
        switch tag {
        case .map: 1
        case .node: 2
        case .relationship: 3
        case .list: 4
        case .point, .path: 5
        case .dateTime: 6
        case .localDateTime: 7
        case .date: 8
        case .time: 9
        case .localTime: 10
        case .duration: 11
        case .string: 12
        case .boolean: 13
        case .integer, .float: 14
        case .null: 15
        }
    }

    private mutating func appendString(_ cell: Cell, _ base: HeapBase) {
        base.withBytes(cell) { text in
            for byte in text {
                bytes.append(byte)
                if byte == 0 { bytes.append(0xFF) }
            }
        }
        bytes.append(0)
        bytes.append(0)
    }

    private mutating func append32(_ value: UInt32) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append64(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func appendSigned(_ value: Int64) {
        append64(UInt64(bitPattern: value) ^ (1 << 63))
    }

    private mutating func appendInteger(_ value: Int64) {
        var below = Double(value)
        // Rounded up: 2^63 itself, or a double above the value.
        if below >= 9_223_372_036_854_775_808.0 || Int64(below) > value { below = below.nextDown }
        let rest = UInt16(truncatingIfNeeded: value &- Int64(below))
        let parts = (IndexKey.ordered(below).bigEndian, rest.bigEndian)
        withUnsafeBytes(of: parts) { bytes.append(contentsOf: $0) }
    }

    private mutating func appendFloat(_ value: Double) {
        if value.isNaN {
            append64(.max)
            bytes.append(contentsOf: [0xFF, 0xFF])
            return
        }
        appendOrdered(value)
        bytes.append(contentsOf: [0, 0])
    }

    private mutating func appendOrdered(_ value: Double) { append64(IndexKey.ordered(value)) }

    private static func ordered(_ value: Double) -> UInt64 {
        let bits = (value + 0.0).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | (1 << 63)
    }

    private mutating func appendDuration(_ cell: Cell, _ base: HeapBase) {
        let parts = base.pointer(cell.payload).assumingMemoryBound(to: Int64.self)
        let months = Int128(parts[0]) * 2_629_746
        let days = Int128(parts[1]) * 86_400
        let seconds = months + days + Int128(parts[2])
        append64(UInt64(truncatingIfNeeded: seconds >> 64) ^ (1 << 63))
        append64(UInt64(truncatingIfNeeded: seconds))
        appendSigned(parts[3])
        appendSigned(parts[0])
        appendSigned(parts[1])
        appendSigned(parts[2])
    }
}
