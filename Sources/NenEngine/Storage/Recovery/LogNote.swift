// LogNote: what is known to be on disk in the log, noted in the data file after each sync of the
// log. The end of a log proves itself only by what follows it; the note proves the last records,
// too, so that an end that was damaged is told from a tail that was never acknowledged.
//
// It stands at byte 2048 of the slot that is *not* current: a torn write there harms nothing. It is
// written into the page cache and never synced for its own sake: it survives a killed process,
// and after a power cut it may be an older one, which claims less.
//
// Layout (little endian, 48 bytes):
//     0  magic        u32  "NLN1"
//     4  checksum     u32  CRC32C of bytes 8..<48
//     8  database id  u64  first half
//    16  checkpoint   u64  the superblock it belongs to; others' notes do not count
//    24  position     u64  log position known to be on disk
//    32  transaction  u64  the last one whose records end at or before `position`
//    40  zero         u64
import CNenKernels
import Glibc
import NenCore

/// A claim about the log.
struct LogNote: Hashable, Sendable {
    var shortID: UInt64
    var checkpoint: UInt64
    var position: UInt64
    var transaction: UInt64

    static let magic: UInt32 = 0x314E_4C4E
    static let byteCount = 48
    /// Where it stands in a slot's page.
    static let offset = 2_048

    /// Fills 48 bytes.
    func encode(into bytes: UnsafeMutableRawPointer) {
        memset(bytes, 0, LogNote.byteCount)
        bytes.storeBytes(of: LogNote.magic, as: UInt32.self)
        bytes.storeBytes(of: shortID, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: checkpoint, toByteOffset: 16, as: UInt64.self)
        bytes.storeBytes(of: position, toByteOffset: 24, as: UInt64.self)
        bytes.storeBytes(of: transaction, toByteOffset: 32, as: UInt64.self)
        let checksum = nen_crc32c(0, bytes + 8, LogNote.byteCount - 8)
        bytes.storeBytes(of: checksum, toByteOffset: 4, as: UInt32.self)
    }

    /// The note in the slot at `page` (4,096 bytes); nil when there is none.
    init?(slot page: UnsafeRawPointer) {
        let bytes = page + LogNote.offset
        guard bytes.load(as: UInt32.self) == LogNote.magic,
            bytes.load(fromByteOffset: 4, as: UInt32.self)
                == nen_crc32c(0, bytes + 8, LogNote.byteCount - 8)
        else { return nil }
        shortID = bytes.load(fromByteOffset: 8, as: UInt64.self)
        checkpoint = bytes.load(fromByteOffset: 16, as: UInt64.self)
        position = bytes.load(fromByteOffset: 24, as: UInt64.self)
        transaction = bytes.load(fromByteOffset: 32, as: UInt64.self)
        guard position < StoredBounds.number, transaction < StoredBounds.number else {
            return nil
        }
    }

    init(shortID: UInt64, checkpoint: UInt64, position: UInt64, transaction: UInt64) {
        self.shortID = shortID
        self.checkpoint = checkpoint
        self.position = position
        self.transaction = transaction
    }

    /// The furthest note of both slots that belongs to `superblock`.
    static func read(for superblock: Superblock, from file: any File) throws -> LogNote? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * pageByteCount, alignment: 8)
        defer { buffer.deallocate() }
        try file.readAll(into: buffer, at: 0)
        guard let start = buffer.baseAddress else { return nil }
        return [0, pageByteCount].compactMap { LogNote(slot: start + $0) }
            .filter {
                $0.shortID == superblock.shortID && $0.checkpoint == superblock.checkpoint
            }
            .max { $0.position < $1.position }
    }
}
