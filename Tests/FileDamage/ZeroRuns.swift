// ZeroRuns: files kept without their runs of zeros, as those of Tests/Fixtures are: the length,
// then a count of zeros, a count of bytes and these bytes, until the length is reached; all numbers
// as varints.

/// Expands files kept without their runs of zeros.
package enum ZeroRuns {
    /// The bytes are no such file.
    package struct Malformed: Error {
        /// Where reading stopped.
        package let offset: Int
    }

    /// The whole file.
    package static func expand(_ stored: [UInt8]) throws(Malformed) -> [UInt8] {
        var at = 0
        func number() throws(Malformed) -> Int {
            var value = 0
            var shift = 0
            while true {
                guard at < stored.count && shift < 63 else { throw Malformed(offset: at) }
                value |= Int(stored[at] & 127) << shift
                at += 1
                if stored[at - 1] < 128 { return value }
                shift += 7
            }
        }
        var bytes: [UInt8] = []
        let length = try number()
        while bytes.count < length {
            bytes.append(contentsOf: repeatElement(0, count: try number()))
            let count = try number()
            guard count <= stored.count - at else { throw Malformed(offset: at) }
            bytes.append(contentsOf: stored[at ..< at + count])
            at += count
        }
        guard bytes.count == length && at == stored.count else { throw Malformed(offset: at) }
        return bytes
    }
}
