// CodePoints: strings counted and cut by Unicode scalar values, on UTF-8 bytes. A character of
// NQL is a scalar value; positions in strings count these, as openCypher and Neo4j do.

/// UTF-8 by scalar values.
enum CodePoints {
    /// Whether a byte starts a scalar value.
    @inline(__always)
    static func isStart(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

    /// Number of scalar values.
    static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var index = 0
        while index < bytes.count {
            if isStart(bytes[index]) { count &+= 1 }
            index &+= 1
        }
        return count
    }

    /// Byte offset behind the first `count` scalar values; the end when there are fewer.
    static func offset(_ bytes: UnsafeRawBufferPointer, skipping count: Int, from: Int = 0) -> Int {
        var left = count
        var index = from
        while index < bytes.count {
            if isStart(bytes[index]) {
                if left == 0 { return index }
                left &-= 1
            }
            index &+= 1
        }
        return bytes.count
    }

    /// Bytes of the scalar value that starts at `index`.
    @inline(__always)
    static func length(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        var end = index &+ 1
        while end < bytes.count, !isStart(bytes[end]) { end &+= 1 }
        return end &- index
    }

    /// The scalar value of the `length` bytes at `index`.
    static func value(
        _ bytes: UnsafeRawBufferPointer, at index: Int, length: Int
    ) -> UInt32 {
        let first = UInt32(bytes[index])
        if length == 1 { return first }
        // Of a first byte 110xxxxx, 1110xxxx or 11110xxx the digits x; six of each that follows.
        var value = first & (0x7F &>> UInt32(length))
        for place in 1 ..< length { value = value &<< 6 | UInt32(bytes[index + place] & 0x3F) }
        return value
    }

    /// Whether all bytes are ASCII.
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var all: UInt8 = 0
        var index = 0
        while index < bytes.count {
            all |= bytes[index]
            index &+= 1
        }
        return all < 0x80
    }
}

extension CellBuilder {
    /// The part of a string cell from byte `start` to `end`; shares its bytes where they are long.
    func substring(of cell: Cell, _ start: Int, _ end: Int) -> Cell {
        let count = end - start
        if count <= 12 {
            return base.withBytes(cell) { bytes in
                Cell(shortString: UnsafeRawBufferPointer(rebasing: bytes[start ..< end]))
            }
        }
        // Longer than 12 bytes, so the source is not inline and its bytes have an address.
        return Cell(
            longString: base.pointer(cell.payload) + start, byteCount: count, base)
    }
}
