// The log's format: `<database>-log`, a file of preallocated segments that are recycled.
//
// Segment i begins at byte i * segmentBytes. A log position (LSN) is generation * segmentBytes plus
// the offset within the segment: it names a byte of the stream once and for all. All numbers are
// little endian.
//
// Segment header, 96 bytes, the rest up to 512 is zero:
//     0  magic          u64  "NENLOG01"
//     8  checksum       u32  CRC32C of bytes 12..<88
//    12  segment bytes  u32
//    16  database id    16 bytes
//    32  generation     u64  ascending, never used twice for segments that count
//    40  previous end   u64  position at which the stream goes over into this segment
//    48  previous chain u32  CRC of the chain there
//    52  places         u32  segments the file had, on disk, when this one was opened, itself and a
//                            free one included; 0 in logs of format version 1
//    56  checkpoint     u64  durable checkpoint when written
//    64  synced         u64  position known to be on disk when written
//    72  salt           u64  random: no leftover of an earlier use can continue this chain
//    80  zero           u64
//    88  rest           u64  "NENREST1" in the newest segment once the database was closed cleanly,
//                            so that nothing in the log counts any more: for a log found without
//                            its data file, whose superblock says the same; not under the checksum
// The stream goes over at `previous end` even if the older segment holds records behind it: those
// were cut (a torn tail) or never acknowledged (takeover).
// The file has whole segments only. The segment that follows the newest one goes to a place that
// the newest one's `places` counts, so a file that was cut has fewer than that.
//
// Records stand from offset 512 on, aligned to 8; the last 8 bytes of a segment stay unused, so
// that the position behind a record still lies in the record's segment. Record:
//     0  length       u32  payload bytes
//     4  checksum     u32  CRC32C of bytes 8..<64 and the payload, seeded with `previous`
//     8  previous     u32  checksum of the record before, or of the segment header
//    12  kind         u32  1 part of a group, 2 last part of a group, 3 takeover
//    16  database id  u64  first half
//    24  position     u64  its own LSN
//    32  synced       u64  position known to be on disk and published when written
//    40  checkpoint   u64  durable checkpoint when written
//    48  transaction  u64
//    56  generation   u64  of its segment
//    64  payload, then zeros up to a multiple of 8
// A record is valid when its checksum, database id, position and generation hold, and it continues
// the chain. A group (one transaction's redo) is the payloads of its parts; it counts only with its
// last part. Transactions follow one another without a gap.
//
// A bad record below the largest `synced` found in any valid record or in the data file's note
// (LogNote) is corruption; at or above it, it is the torn tail of work that was never acknowledged,
// and is cut.
//
// Numbers that are too large to be true (StoredBounds) make a header or a record invalid.
import CNenKernels
import Glibc

/// A place in the stream and the chain's CRC there.
struct LogPosition: Hashable, Sendable {
    var lsn: UInt64
    var chain: UInt32
}

/// What a record is for.
enum LogRecordKind: UInt32, Sendable {
    case part = 1
    case lastPart = 2
    case takeover = 3
}

/// The fields of a record apart from its payload.
struct LogRecordHeader: Hashable, Sendable {
    var kind: LogRecordKind
    var length: Int
    var previous: UInt32
    var checksum: UInt32
    var position: UInt64
    var synced: UInt64
    var checkpoint: UInt64
    var transaction: UInt64

    static let byteCount = 64

    /// Bytes of a record with a payload of `length`.
    static func span(_ length: Int) -> Int { byteCount + (length + 7) & ~7 }

    /// Writes header and checksum for the payload already standing at `record + 64`.
    /// - Returns: the checksum.
    func encode(at record: UnsafeMutableRawPointer, shortID: UInt64, segmentBytes: Int) -> UInt32 {
        record.storeBytes(of: UInt32(length), as: UInt32.self)
        record.storeBytes(of: previous, toByteOffset: 8, as: UInt32.self)
        record.storeBytes(of: kind.rawValue, toByteOffset: 12, as: UInt32.self)
        record.storeBytes(of: shortID, toByteOffset: 16, as: UInt64.self)
        record.storeBytes(of: position, toByteOffset: 24, as: UInt64.self)
        record.storeBytes(of: synced, toByteOffset: 32, as: UInt64.self)
        record.storeBytes(of: checkpoint, toByteOffset: 40, as: UInt64.self)
        record.storeBytes(of: transaction, toByteOffset: 48, as: UInt64.self)
        record.storeBytes(
            of: position / UInt64(segmentBytes), toByteOffset: 56, as: UInt64.self)
        let sum = nen_crc32c(previous, record + 8, LogRecordHeader.byteCount - 8 + length)
        record.storeBytes(of: sum, toByteOffset: 4, as: UInt32.self)
        let end = LogRecordHeader.byteCount + length
        memset(record + end, 0, LogRecordHeader.span(length) - end)
        return sum
    }

    /// Reads the record at `offset` of a segment; nil unless it is whole and belongs there. The
    /// chain is left to the caller to check.
    static func decode(
        segment: UnsafeRawBufferPointer, offset: Int, shortID: UInt64
    ) -> LogRecordHeader? {
        let segmentBytes = segment.count
        guard offset + byteCount <= segmentBytes, let start = segment.baseAddress else {
            return nil
        }
        let record = start + offset
        let position = record.load(fromByteOffset: 24, as: UInt64.self)
        guard record.load(fromByteOffset: 16, as: UInt64.self) == shortID,
            position % UInt64(segmentBytes) == UInt64(offset),
            record.load(fromByteOffset: 56, as: UInt64.self) == position / UInt64(segmentBytes),
            let kind = LogRecordKind(rawValue: record.load(fromByteOffset: 12, as: UInt32.self))
        else { return nil }
        let length = Int(record.load(as: UInt32.self))
        guard length <= segmentBytes, offset + span(length) <= segmentBytes,
            position < StoredBounds.number
        else { return nil }
        let previous = record.load(fromByteOffset: 8, as: UInt32.self)
        let checksum = record.load(fromByteOffset: 4, as: UInt32.self)
        guard checksum == nen_crc32c(previous, record + 8, byteCount - 8 + length) else {
            return nil
        }
        let found = LogRecordHeader(
            kind: kind, length: length, previous: previous, checksum: checksum,
            position: position,
            synced: record.load(fromByteOffset: 32, as: UInt64.self),
            checkpoint: record.load(fromByteOffset: 40, as: UInt64.self),
            transaction: record.load(fromByteOffset: 48, as: UInt64.self))
        guard max(found.synced, found.checkpoint, found.transaction) < StoredBounds.number else {
            return nil
        }
        return found
    }
}

/// The head of a segment.
struct LogSegmentHeader: Hashable, Sendable {
    var generation: UInt64
    /// Where the stream goes over into this segment.
    var previous: LogPosition
    /// Segments the file is known to have.
    var places: UInt32
    var checkpoint: UInt64
    var synced: UInt64
    var salt: UInt64

    static let magic: UInt64 = 0x3130_474F_4C4E_454E
    /// Bytes under the checksum, and those before them.
    static let byteCount = 88
    static let restOffset = 88
    static let restMark: UInt64 = 0x3154_5345_524E_454E
    /// Offset of a segment's first record.
    static let recordsOffset = 512

    /// Fills the 512 bytes at `target`; returns the checksum, which begins the segment's chain.
    func encode(
        into target: UnsafeMutableRawPointer, databaseID: [UInt8], segmentBytes: Int
    ) -> UInt32 {
        memset(target, 0, LogSegmentHeader.recordsOffset)
        target.storeBytes(of: LogSegmentHeader.magic, as: UInt64.self)
        target.storeBytes(of: UInt32(segmentBytes), toByteOffset: 12, as: UInt32.self)
        for (n, byte) in databaseID.enumerated() {
            target.storeBytes(of: byte, toByteOffset: 16 + n, as: UInt8.self)
        }
        target.storeBytes(of: generation, toByteOffset: 32, as: UInt64.self)
        target.storeBytes(of: previous.lsn, toByteOffset: 40, as: UInt64.self)
        target.storeBytes(of: previous.chain, toByteOffset: 48, as: UInt32.self)
        target.storeBytes(of: places, toByteOffset: 52, as: UInt32.self)
        target.storeBytes(of: checkpoint, toByteOffset: 56, as: UInt64.self)
        target.storeBytes(of: synced, toByteOffset: 64, as: UInt64.self)
        target.storeBytes(of: salt, toByteOffset: 72, as: UInt64.self)
        let sum = LogSegmentHeader.checksum(of: target)
        target.storeBytes(of: sum, toByteOffset: 8, as: UInt32.self)
        return sum
    }

    private static func checksum(of header: UnsafeRawPointer) -> UInt32 {
        nen_crc32c(0, header + 12, byteCount - 12)
    }

    /// Reads the header at the start of `bytes`; nil unless it is whole and this database's.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, databaseID: [UInt8], segmentBytes: Int
    ) -> (header: LogSegmentHeader, checksum: UInt32)? {
        guard bytes.count >= recordsOffset, let start = bytes.baseAddress,
            start.load(as: UInt64.self) == magic,
            start.load(fromByteOffset: 12, as: UInt32.self) == UInt32(segmentBytes),
            databaseID.elementsEqual(UnsafeRawBufferPointer(start: start + 16, count: 16))
        else { return nil }
        let sum = checksum(of: start)
        guard sum == start.load(fromByteOffset: 8, as: UInt32.self) else { return nil }
        let header = LogSegmentHeader(
            generation: start.load(fromByteOffset: 32, as: UInt64.self),
            previous: LogPosition(
                lsn: start.load(fromByteOffset: 40, as: UInt64.self),
                chain: start.load(fromByteOffset: 48, as: UInt32.self)),
            places: start.load(fromByteOffset: 52, as: UInt32.self),
            checkpoint: start.load(fromByteOffset: 56, as: UInt64.self),
            synced: start.load(fromByteOffset: 64, as: UInt64.self),
            salt: start.load(fromByteOffset: 72, as: UInt64.self))
        guard header.generation < StoredBounds.number / UInt64(segmentBytes),
            max(header.previous.lsn, header.checkpoint, header.synced) < StoredBounds.number
        else { return nil }
        return (header, sum)
    }

    /// Whether the bytes begin as a segment of another database does.
    static func isForeign(_ bytes: UnsafeRawBufferPointer, databaseID: [UInt8]) -> Bool {
        guard bytes.count >= recordsOffset, let start = bytes.baseAddress,
            start.load(as: UInt64.self) == magic
        else { return false }
        return checksum(of: start) == start.load(fromByteOffset: 8, as: UInt32.self)
            && !databaseID.elementsEqual(UnsafeRawBufferPointer(start: start + 16, count: 16))
    }
}
