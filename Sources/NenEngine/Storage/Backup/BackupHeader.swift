// BackupHeader: what a backup file says of itself. The format of backup files, version 1.
//
// A backup directory holds
//     000001-full.nen            a whole database as of one transaction
//     000002-increment.part      what changed since the backup before
//     log-5f0c61d2-0000000000000041.part  committed transactions from 42 on (ArchiveHeader.swift)
//     *.partial                  what a killed process left; never read, removed by the next backup
// A file takes its name, by renaming, when all of it is on the disk: what has a name is whole.
//
// Every backup file begins with a page (4,096 bytes):
//     0  a full backup: a superblock, and page 1 a second one: the file is a database that opens by
//        itself, its extents stand where they stood in the original, all else is a hole. Opening it
//        for writing replaces page 0, and with it the header: it is no backup any more then.
//        an increment: "NENDBINC", so that nothing takes it for a database
//  3072  header, 512 bytes; the rest of the page is zero
// The extents of an increment follow from page 1 on, each in whole pages, in the order of the
// index.
//
// Header (little endian, offsets from its start):
//     0  magic            u64  "NENBACK1"
//     8  checksum         u32  CRC32C of the 512 bytes with this field zero
//    12  kind             u32  1 full, 2 increment
//    16  source id        16   database id of the original
//    32  number           u64  of the backup in its directory, from 1; also in its name
//    40  previous         u64  number of the backup that an increment adds to; 0 for a full one
//    48  previous sum     u32  `checksum` of that one's header
//    52  zero             u32
//    56  transaction      u64  the state's
//    64  root             24   extent descriptor of the state
//    88  log end          u64  position behind the transaction in the original's log
//    96  log chain        u32  CRC of the log's chain there
//   100  zero             u32
//   104  time             i64  when the state was pinned, milliseconds since 1970 (UTC)
//   112  extent count     u64  extents in this file
//   120  index offset     u64  where the index stands in the file
//   128  index checksum   u32  CRC32C of the index
//   132  segment bytes    u32  size of a log segment of the original
//   136  page count       u64  pages that the state's data file needs
//   144  byte count       u64  length of this file
// The index is `extent count` extent descriptors (24 bytes), ascending by page. A file is valid
// when header and index pass their checksums and each extent passes its own.
import CNenKernels
import Glibc
import NenCore

/// The header of a backup file.
struct BackupHeader: Hashable, Sendable {
    /// What a file holds.
    enum Kind: UInt32, Sendable {
        case full = 1
        case increment = 2
    }

    var kind: Kind
    var sourceID: [UInt8]
    var number: UInt64
    var previous: UInt64
    var previousChecksum: UInt32
    var transaction: UInt64
    var root: ExtentDescriptor
    var logEnd: LogPosition
    var timeMilliseconds: Int64
    var extentCount: Int = 0
    var indexOffset: Int = 0
    var indexChecksum: UInt32 = 0
    var segmentBytes: UInt32
    var pageCount: Int = 0
    var byteCount: Int = 0

    static let magic: UInt64 = 0x314B_4341_424E_454E
    static let incrementMagic: UInt64 = 0x434E_4942_444E_454E
    static let offset = 3_072
    static let width = 512

    /// Writes the header into the first page of a file; returns its checksum.
    @discardableResult
    func encode(into page: UnsafeMutableRawPointer) -> UInt32 {
        let bytes = page + BackupHeader.offset
        memset(bytes, 0, BackupHeader.width)
        bytes.storeBytes(of: BackupHeader.magic, as: UInt64.self)
        bytes.storeBytes(of: kind.rawValue, toByteOffset: 12, as: UInt32.self)
        for (n, byte) in sourceID.enumerated() {
            bytes.storeBytes(of: byte, toByteOffset: 16 + n, as: UInt8.self)
        }
        bytes.storeBytes(of: number, toByteOffset: 32, as: UInt64.self)
        bytes.storeBytes(of: previous, toByteOffset: 40, as: UInt64.self)
        bytes.storeBytes(of: previousChecksum, toByteOffset: 48, as: UInt32.self)
        bytes.storeBytes(of: transaction, toByteOffset: 56, as: UInt64.self)
        root.store(to: bytes + 64)
        bytes.storeBytes(of: logEnd.lsn, toByteOffset: 88, as: UInt64.self)
        bytes.storeBytes(of: logEnd.chain, toByteOffset: 96, as: UInt32.self)
        bytes.storeBytes(of: timeMilliseconds, toByteOffset: 104, as: Int64.self)
        bytes.storeBytes(of: UInt64(extentCount), toByteOffset: 112, as: UInt64.self)
        bytes.storeBytes(of: UInt64(indexOffset), toByteOffset: 120, as: UInt64.self)
        bytes.storeBytes(of: indexChecksum, toByteOffset: 128, as: UInt32.self)
        bytes.storeBytes(of: segmentBytes, toByteOffset: 132, as: UInt32.self)
        bytes.storeBytes(of: UInt64(pageCount), toByteOffset: 136, as: UInt64.self)
        bytes.storeBytes(of: UInt64(byteCount), toByteOffset: 144, as: UInt64.self)
        let sum = nen_crc32c(0, bytes, BackupHeader.width)
        bytes.storeBytes(of: sum, toByteOffset: 8, as: UInt32.self)
        return sum
    }

    /// Reads the header of a file's first page; nil when there is none or it is damaged.
    static func decode(
        page: UnsafeRawBufferPointer, fileByteCount: Int
    ) -> (header: BackupHeader, checksum: UInt32)? {
        guard page.count >= offset + width else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: page[offset ..< offset + width])
        var copy = [UInt8](bytes)
        for place in 8 ..< 12 { copy[place] = 0 }
        let sum = nen_crc32c(0, copy, copy.count)
        func word(_ place: Int) -> UInt32 {
            bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        }
        func long(_ place: Int) -> UInt64 {
            bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        }
        guard long(0) == magic, word(8) == sum, let kind = Kind(rawValue: word(12)),
            let start = bytes.baseAddress
        else { return nil }
        // Sizes are used as such: none reaches beyond the file.
        let limit = UInt64(fileByteCount)
        guard long(144) == limit, long(120) <= limit,
            long(112) <= (limit - long(120)) / UInt64(ExtentDescriptor.byteWidth),
            long(136) <= UInt64(PageNumber.max)
        else { return nil }
        let header = BackupHeader(
            kind: kind, sourceID: Array(copy[16 ..< 32]), number: long(32), previous: long(40),
            previousChecksum: word(48), transaction: long(56),
            root: ExtentDescriptor(from: start + 64),
            logEnd: LogPosition(lsn: long(88), chain: word(96)),
            timeMilliseconds: Int64(bitPattern: long(104)), extentCount: Int(long(112)),
            indexOffset: Int(long(120)), indexChecksum: word(128), segmentBytes: word(132),
            pageCount: Int(long(136)), byteCount: Int(long(144)))
        return (header, sum)
    }

    /// The file's name.
    var fileName: String {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return padded + (kind == .full ? "-full.nen" : "-increment.part")
    }
}
