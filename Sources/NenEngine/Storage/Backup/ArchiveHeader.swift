// ArchiveHeader: a piece of the log's stream kept beside the backups: committed transactions in
// order. The format of archive files, version 1.
//
//     0  header, 512 bytes
//   512  groups, one behind the other, each at a multiple of 8
//
// Header (little endian, the rest is zero)
//     0  magic              u64  "NENLOGA1"
//     8  checksum           u32  CRC32C of the 512 bytes with this field zero
//    12  followed by        u32  1 when the next transaction went into the data file alone (a bulk
//                                load): it is in no archive
//    16  source id          16   database id of the original
//    32  behind             u64  transaction behind which the piece begins
//    40  last               u64  last transaction in it; `behind` when there is none
//    48  start              u64  log position behind transaction `behind`
//    56  start chain        u32  CRC of the log's chain there
//    60  end chain          u32
//    64  end                u64  log position behind `last`
//    72  group count        u64
//    80  byte count         u64  length of the file
//
// Group
//     0  transaction        u64
//     8  payload bytes      u64
//    16  checksum           u32  CRC32C of bytes 0 ..< 16, 20 ..< 32 and the payload
//    20  chain              u32  CRC of the log's chain behind the group
//    24  time               i64  of the commit, milliseconds since 1970; 0 unknown
//    32  payload            redo operations (RedoOperation.swift), then zeros to a multiple of 8
//
// A file is valid when header and groups pass their checksums and the transactions are `behind` +
// 1, … `last`. The next file of the same stream begins where this one ends: same transaction,
// position and chain. That the chain is the same is what tells a stream from another one with the
// same numbers.
import CNenKernels
import Glibc
import NenCore

/// The header of an archive file.
struct ArchiveHeader: Hashable, Sendable {
    var isFollowedByBulk: Bool
    var sourceID: [UInt8]
    var behind: UInt64
    var last: UInt64
    var start: LogPosition
    var end: LogPosition
    var groupCount: Int
    var byteCount: Int

    static let magic: UInt64 = 0x3141_474F_4C4E_454E
    static let width = 512
    static let groupHeadWidth = 32

    /// Fills the 512 bytes at `bytes`.
    func encode(into bytes: UnsafeMutableRawPointer) {
        memset(bytes, 0, ArchiveHeader.width)
        bytes.storeBytes(of: ArchiveHeader.magic, as: UInt64.self)
        bytes.storeBytes(of: isFollowedByBulk ? 1 : 0, toByteOffset: 12, as: UInt32.self)
        for (n, byte) in sourceID.enumerated() {
            bytes.storeBytes(of: byte, toByteOffset: 16 + n, as: UInt8.self)
        }
        bytes.storeBytes(of: behind, toByteOffset: 32, as: UInt64.self)
        bytes.storeBytes(of: last, toByteOffset: 40, as: UInt64.self)
        bytes.storeBytes(of: start.lsn, toByteOffset: 48, as: UInt64.self)
        bytes.storeBytes(of: start.chain, toByteOffset: 56, as: UInt32.self)
        bytes.storeBytes(of: end.chain, toByteOffset: 60, as: UInt32.self)
        bytes.storeBytes(of: end.lsn, toByteOffset: 64, as: UInt64.self)
        bytes.storeBytes(of: UInt64(groupCount), toByteOffset: 72, as: UInt64.self)
        bytes.storeBytes(of: UInt64(byteCount), toByteOffset: 80, as: UInt64.self)
        let sum = nen_crc32c(0, bytes, ArchiveHeader.width)
        bytes.storeBytes(of: sum, toByteOffset: 8, as: UInt32.self)
    }

    /// Reads a header; nil when it is none or damaged.
    static func decode(_ bytes: UnsafeRawBufferPointer, fileByteCount: Int) -> ArchiveHeader? {
        guard bytes.count >= width else { return nil }
        var copy = [UInt8](bytes[..<width])
        for place in 8 ..< 12 { copy[place] = 0 }
        func word(_ place: Int) -> UInt32 {
            bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        }
        func long(_ place: Int) -> UInt64 {
            bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        }
        guard long(0) == magic, word(8) == nen_crc32c(0, copy, width),
            long(80) == UInt64(fileByteCount), long(32) <= long(40),
            long(72) == long(40) - long(32)
        else { return nil }
        return ArchiveHeader(
            isFollowedByBulk: word(12) == 1, sourceID: Array(copy[16 ..< 32]), behind: long(32),
            last: long(40), start: LogPosition(lsn: long(48), chain: word(56)),
            end: LogPosition(lsn: long(64), chain: word(60)), groupCount: Int(long(72)),
            byteCount: Int(long(80)))
    }

    /// The file's name, with the source's first four bytes and `behind`: sorted by name, the files
    /// of a database stand in the order of their transactions.
    var fileName: String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let source = sourceID.prefix(4).map { padded(String($0, radix: 16), 2) }.joined()
        return "log-\(source)-\(padded(String(behind), 16)).part"
    }

    static func isArchive(_ name: String) -> Bool {
        name.hasPrefix("log-") && name.hasSuffix(".part")
    }

    /// Checksum of a group whose head and payload stand at `group`.
    static func checksum(of group: UnsafeRawPointer, payload: Int) -> UInt32 {
        let head = nen_crc32c(0, group, 16)
        return nen_crc32c(head, group + 20, 12 + payload)
    }
}
