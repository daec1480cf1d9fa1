// Superblock: where a database begins. Two slots, pages 0 and 1 of the data file; a checkpoint
// writes the older one after everything it refers to is on disk, so one of them is always whole.
//
// Layout (little endian, the first 512 bytes of the page; from 2048 on a `LogNote`, the rest zero):
//     0  magic         8 bytes "NENDB\r\n\x1A"
//     8  version       u32  format version, 2 (1 is read, too)
//    12  checksum      u32  CRC32C of the 512 bytes with this field zero
//    16  database id   16 random bytes, also in the log, the free map and the shared page
//    32  checkpoint    u64  number of this checkpoint, from 1; the greater one counts
//    40  transaction   u64  number of the root
//    48  root          24 bytes, extent descriptor
//    72  log start     u64  log position behind the root's transaction
//    80  log chain     u32  CRC of the log chain there
//    84  segment bytes u32  size of a log segment
//    88  page count    u64  pages the free map covers
//    96  used pages    u64  pages in use, superblocks and free map included
//   104  map checksum  u32  CRC32C of the checksums of all groups' current free-map copies
//   108  log state     u32  0 not known (version 1); 1 unused: nothing behind `log start` counts,
//                           the file is whole without its log; 2 in use: transactions may stand
//                           behind `log start`, and without the log they are lost
//   112  log places    u32  segments of the log file when written, when in use; else 0
// A slot is valid when magic, version and checksum hold and its numbers are possible
// (Superblock+Bounds). The file then has `page count` pages or more.
//
// The log state is what makes a lost log noticed. It turns to "in use" before the first record
// behind `log start` is written (first a segment that continues from there is made durable, then
// the superblock), and back to "unused" by the checkpoint of a clean close. Checkpoints in between
// leave it as it is, so that it costs two syncs for a whole session. While it is in use the log
// file has a segment that can be followed to `log start` (LogReader).
import CNenKernels
import Glibc
import NenCore

/// The contents of one slot.
struct Superblock: Hashable, Sendable {
    var databaseID: [UInt8]
    var checkpoint: UInt64
    var transaction: UInt64
    var root: ExtentDescriptor
    var logStart: UInt64
    var logChain: UInt32
    var segmentBytes: UInt32
    var pageCount: UInt64
    var usedPages: UInt64
    var mapChecksum: UInt32
    var logState = LogState.unused
    var logPlaces: UInt32 = 0

    /// Whether the log behind `logStart` belongs to the database.
    enum LogState: UInt32, Sendable {
        /// Written by version 1, which did not say.
        case unknown = 0
        /// Nothing behind `logStart` counts.
        case unused = 1
        /// Transactions may stand there.
        case inUse = 2
    }

    static let magic: [UInt8] = [0x4E, 0x45, 0x4E, 0x44, 0x42, 0x0D, 0x0A, 0x1A]
    static let version: UInt32 = 2
    /// Versions that can be read.
    static let knownVersions: ClosedRange<UInt32> = 1...version
    static let byteCount = 512

    /// The first eight bytes of the database id, as the log and the free map carry it.
    var shortID: UInt64 { Superblock.shortID(of: databaseID) }

    static func shortID(of databaseID: [UInt8]) -> UInt64 {
        databaseID.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    /// The root as the newest committed one.
    var record: RootRecord {
        RootRecord(transaction: transaction, root: root, logEnd: logStart, logChain: logChain)
    }

    /// What a slot's bytes turned out to be.
    enum Slot: Hashable {
        case valid(Superblock)
        /// Never written.
        case empty
        /// The first mark of a database whose creation did not finish.
        case creating
        /// Written, but damaged or torn.
        case damaged
        /// Its checksum holds, but not what it says, for this reason.
        case impossible(String)
        /// Whole, but of a later format.
        case unknownVersion(UInt32)
        /// Does not begin as a superblock does.
        case foreign

        /// A superblock should be here and is not.
        var isLost: Bool {
            switch self {
            case .valid, .creating: false
            case .empty, .damaged, .impossible, .unknownVersion, .foreign: true
            }
        }
    }

    /// Fills the page at `page`.
    func encode(into page: UnsafeMutableRawPointer) {
        memset(page, 0, pageByteCount)
        for (n, byte) in Superblock.magic.enumerated() {
            page.storeBytes(of: byte, toByteOffset: n, as: UInt8.self)
        }
        page.storeBytes(of: Superblock.version, toByteOffset: 8, as: UInt32.self)
        for (n, byte) in databaseID.enumerated() {
            page.storeBytes(of: byte, toByteOffset: 16 + n, as: UInt8.self)
        }
        page.storeBytes(of: checkpoint, toByteOffset: 32, as: UInt64.self)
        page.storeBytes(of: transaction, toByteOffset: 40, as: UInt64.self)
        root.store(to: page + 48)
        page.storeBytes(of: logStart, toByteOffset: 72, as: UInt64.self)
        page.storeBytes(of: logChain, toByteOffset: 80, as: UInt32.self)
        page.storeBytes(of: segmentBytes, toByteOffset: 84, as: UInt32.self)
        page.storeBytes(of: pageCount, toByteOffset: 88, as: UInt64.self)
        page.storeBytes(of: usedPages, toByteOffset: 96, as: UInt64.self)
        page.storeBytes(of: mapChecksum, toByteOffset: 104, as: UInt32.self)
        page.storeBytes(of: logState.rawValue, toByteOffset: 108, as: UInt32.self)
        page.storeBytes(of: logPlaces, toByteOffset: 112, as: UInt32.self)
        let checksum = nen_crc32c(0, page, Superblock.byteCount)
        page.storeBytes(of: checksum, toByteOffset: 12, as: UInt32.self)
    }

    /// Fills the page at `page` with the mark of a creation that has begun (slot 1's place).
    static func encodeCreationMark(into page: UnsafeMutableRawPointer) {
        memset(page, 0, pageByteCount)
        for (n, byte) in (creationMark + magic).enumerated() {
            page.storeBytes(of: byte, toByteOffset: n, as: UInt8.self)
        }
    }

    private static let creationMark = Array("NENBEGIN".utf8)

    /// Reads a slot; `page` has 4,096 bytes.
    static func decode(_ page: UnsafeRawPointer) -> Slot {
        let bytes = UnsafeRawBufferPointer(start: page, count: pageByteCount)
        guard magic.elementsEqual(bytes[..<8]) else {
            if bytes.allSatisfy({ $0 == 0 }) { return .empty }
            if (creationMark + magic).elementsEqual(bytes[..<16]) { return .creating }
            return page.load(as: UInt64.self) == 0 ? .damaged : .foreign
        }
        var copy = [UInt8](UnsafeRawBufferPointer(start: page, count: Superblock.byteCount))
        for offset in 12..<16 { copy[offset] = 0 }
        let checksum = nen_crc32c(0, copy, copy.count)
        guard checksum == page.load(fromByteOffset: 12, as: UInt32.self) else { return .damaged }
        let version = page.load(fromByteOffset: 8, as: UInt32.self)
        guard knownVersions.contains(version) else { return .unknownVersion(version) }
        let state = page.load(fromByteOffset: 108, as: UInt32.self)
        guard let logState = LogState(rawValue: state) else {
            return .impossible("its log state is \(state)")
        }
        let found = Superblock(
            databaseID: Array(copy[16..<32]),
            checkpoint: page.load(fromByteOffset: 32, as: UInt64.self),
            transaction: page.load(fromByteOffset: 40, as: UInt64.self),
            root: ExtentDescriptor(from: page + 48),
            logStart: page.load(fromByteOffset: 72, as: UInt64.self),
            logChain: page.load(fromByteOffset: 80, as: UInt32.self),
            segmentBytes: page.load(fromByteOffset: 84, as: UInt32.self),
            pageCount: page.load(fromByteOffset: 88, as: UInt64.self),
            usedPages: page.load(fromByteOffset: 96, as: UInt64.self),
            mapChecksum: page.load(fromByteOffset: 104, as: UInt32.self),
            logState: logState,
            logPlaces: page.load(fromByteOffset: 112, as: UInt32.self))
        return found.flaw.map { .impossible($0) } ?? .valid(found)
    }

    /// Reads both slots of the data file.
    static func readSlots(of file: any File) throws -> [Slot] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * pageByteCount, alignment: 8)
        defer { buffer.deallocate() }
        try file.readAll(into: buffer, at: 0)
        guard let start = buffer.baseAddress else { return [.empty, .empty] }
        return [decode(start), decode(start + pageByteCount)]
    }

    /// Whether the file is a database, however damaged, or is empty: one of its slots begins as a
    /// superblock or as the mark of a creation does.
    static func mayBeDatabase(_ file: any File) throws -> Bool {
        if try file.byteCount() == 0 { return true }
        for slot in 0..<2 {
            var head = [UInt8](repeating: 0, count: magic.count)
            _ = try head.withUnsafeMutableBytes {
                try file.readAll(into: $0, at: slot * pageByteCount)
            }
            if head == magic || head == creationMark { return true }
        }
        return false
    }

    /// The valid slot with the greatest checkpoint number, and which it is.
    static func newest(of slots: [Slot]) -> (superblock: Superblock, slot: Int)? {
        var best: (superblock: Superblock, slot: Int)?
        for (index, slot) in slots.enumerated() {
            guard case .valid(let found) = slot else { continue }
            if let best, best.superblock.checkpoint >= found.checkpoint { continue }
            best = (found, index)
        }
        return best
    }
}
