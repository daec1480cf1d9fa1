// UTF8Check: whether bytes are UTF-8, quickly where they are ASCII.

/// Validation of texts that come from outside.
enum UTF8Check {
    /// Whether the bytes are well-formed UTF-8. O(bytes), eight at a time while they are ASCII.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isASCII(bytes) { return true }
        return (try? UTF8Span(validating: bytes.assumingMemoryBound(to: UInt8.self).span)) != nil
    }

    /// Whether no byte is above 127. O(bytes), eight at a time.
    @inline(__always)
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var sum: UInt64 = 0
        var offset = 0
        while offset &+ 8 <= bytes.count {
            sum |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < bytes.count {
            sum |= UInt64(bytes[offset])
            offset &+= 1
        }
        return sum & 0x8080_8080_8080_8080 == 0
    }
}
