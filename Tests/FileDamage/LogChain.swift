// LogChain: puts the checksums of a log right after damage. Each segment has a header with a
// checksum of its own; a record's checksum covers the one of the record before (Storage/Log/
// LogFormat.swift has the layout).
import CNenKernels

/// The checksums of a log.
package enum LogChain {
    /// Bytes of a segment.
    package static let segmentByteCount = 1 << 20
    /// Where the first record of a segment stands.
    package static let firstRecord = 512
    private static let headByteCount = 64

    /// Puts the checksum of the header at `start` right.
    package static func sealHeader(_ log: inout [UInt8], at start: Int) {
        guard start + 88 <= log.count else { return }
        put(checksum(0, log, start + 12, 76), &log, start + 8)
    }

    /// Puts the chain of checksums right from the record at `start` on, to the end of its segment.
    package static func sealRecords(_ log: inout [UInt8], from start: Int) {
        var at = start
        while isRecord(log, at) {
            let length = word(log, at)
            guard length <= log.count - at - headByteCount else { return }
            let sum = checksum(UInt32(word(log, at + 8)), log, at + 8, headByteCount - 8 + length)
            put(sum, &log, at + 4)
            at += headByteCount + (length + 7) & ~7
            if isRecord(log, at) { put(sum, &log, at + 8) }
        }
    }

    /// Puts all headers and records right.
    package static func repair(_ log: inout [UInt8]) {
        for start in stride(from: 0, to: log.count, by: segmentByteCount) {
            sealHeader(&log, at: start)
            let first = start + firstRecord
            if isRecord(log, first) { put(UInt32(word(log, start + 8)), &log, first + 8) }
            sealRecords(&log, from: first)
        }
    }

    /// Whether a record of this log begins at `at`: it carries the log's identity.
    private static func isRecord(_ log: [UInt8], _ at: Int) -> Bool {
        at + headByteCount <= log.count && log[at + 16 ..< at + 24] == log[16 ..< 24]
    }

    private static func word(_ log: [UInt8], _ at: Int) -> Int {
        (0 ..< 4).reduce(0) { $0 | Int(log[at + $1]) << (8 * $1) }
    }

    private static func put(_ word: UInt32, _ log: inout [UInt8], _ at: Int) {
        for place in 0 ..< 4 {
            log[at + place] = UInt8(truncatingIfNeeded: word >> UInt32(8 * place))
        }
    }

    private static func checksum(
        _ seed: UInt32, _ log: [UInt8], _ start: Int, _ count: Int
    ) -> UInt32 {
        log.withUnsafeBytes { raw in
            raw.baseAddress.map { nen_crc32c(seed, $0 + start, count) } ?? 0
        }
    }
}
