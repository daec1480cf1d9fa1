// SharedPage: what processes tell each other, in memory they share: the published root, pins, who
// writes, whether the store is poisoned. It carries nothing that must survive a restart.
//
// Every process may write here, a broken one anything: whoever reads checks a word before using it
// and gives up after a number of tries. What a process knows itself (what it published, synced,
// checkpointed, pinned) it takes from its own memory, not from here.
//
// Layout, little endian, words aligned; the file `<database>-shared` is 262,144 bytes:
//       0  magic "NENSHM03"
//       8  database id, 16 bytes
//      24  boot id, 16 bytes (a page of an earlier boot is void)
//      40  valid u64: 1 once the exclusive opener has filled it
//      48  poisoned u64: 1 after a failed sync
//      64  published u64: number of the published root
//     128  active writer u64: token of the process that holds the write lock; 0 none
//     136  active writer's process id u64
//     144  last writer u64: token of the process whose allocator is current
//     152  waiting u64: nanoseconds since boot at which another process last asked for the lock
//     160  checkpoint u64: number of the root a running checkpoint writes; 0 none
//     168  durable u64: number of the durable root
//     176  checkpoints u64: number of the durable checkpoint
//     184  synced u64: log position known to be on disk
//     192  pin limit u64: slots at and above it were never used
//     200  appendable u64: log position at which the next process may append in place; 0: nowhere
//     208  log start u64: log position of the durable checkpoint
//    1024  32 root records of 64 bytes, transaction n in record n mod 32:
//            0 transaction u64 · 8 descriptor 24 bytes · 32 log position u64 · 40 log chain u32
//            44 CRC32C of bytes 8..<44 seeded with the transaction u32 · 48 zero 8 bytes
//            56 transaction again
//    4096  256 process entries of 64 bytes: 0 token u64 (0 free) · 8 process id u64
//   20480  3,776 pins of 64 bytes: 0 owner u64 (process entry + 1; 0 free) · 8 transaction u64
//            16 descriptor 24 bytes of its root · 40 transaction whose root stands there u64
// A process entry is alive while its lock byte is held (StoreLocks).
import CNenKernels
import Glibc
import NenCore

/// A root and where the log stood when it was committed.
struct RootRecord: Hashable, Sendable {
    var transaction: UInt64
    var root: ExtentDescriptor
    /// Log position behind the transaction's last record, and the chain's CRC there.
    var logEnd: UInt64
    var logChain: UInt32

    static let empty = RootRecord(transaction: 0, root: .none, logEnd: 0, logChain: 0)
}

/// A view of the shared bytes. All accesses are atomic words.
struct SharedPage: @unchecked Sendable {
    let bytes: UnsafeMutableRawPointer
    private let guardNumber: Int32

    static let byteCount = 262_144
    static let magic: UInt64 = 0x3330_4d48_534e_454e
    /// Tries after which words that do not fit together count as garbage: what others do at the
    /// same time is over long before.
    private static let triesMax = 10_000
    static let processCount = 256
    static let pinCount = 3_776
    private static let ring = 1024
    private static let ringCount: UInt64 = 32
    private static let processes = 4_096
    private static let pins = 20_480

    /// The words of the header.
    enum Word: Int {
        case magic = 0
        case valid = 40
        case poisoned = 48
        case published = 64
        case activeWriter = 128
        case activeWriterProcess = 136
        case lastWriter = 144
        case waiting = 152
        case checkpoint = 160
        case durable = 168
        case checkpoints = 176
        case synced = 184
        case pinLimit = 192
        case appendable = 200
        case logStart = 208
    }

    subscript(word: Word) -> UInt64 {
        get { nen_load64(bytes + word.rawValue) }
        nonmutating set { nen_store64(bytes + word.rawValue, newValue) }
    }

    /// Views mapped bytes. Those of a file (`isFile`) may become unreadable when it is cut: they
    /// then read as zeros, and `faultCount` rises.
    init(bytes: UnsafeMutableRawPointer, isFile: Bool) {
        self.bytes = bytes
        guardNumber = isFile ? nen_guard_add(bytes, SharedPage.byteCount, true) : -1
    }

    /// Gives the mapping back; the view must not be used any more.
    func unmap() {
        nen_guard_remove(guardNumber)
        munmap(bytes, SharedPage.byteCount)
    }

    /// Pages of the mapping that the file does not have any more.
    var faultCount: UInt64 { nen_guard_faults(guardNumber) }

    /// What others wrote makes no sense.
    static let garbageError = NQLError.runtime(
        .corruption, "SharedPage",
        "the shared file of the database was overwritten with something else while it is open",
        hint: "close the database in all processes and open it again; nothing committed is lost")

    /// Writes the record into the ring, then makes it the published one.
    func publish(_ record: RootRecord) {
        let at = bytes + SharedPage.ring + Int(record.transaction % SharedPage.ringCount) * 64
        nen_store64(at, 0)
        SharedPage.store(record.root, at: at + 8)
        nen_store64(at + 32, record.logEnd)
        let chain = UInt64(record.logChain)
        let sum = SharedPage.checksum(
            of: record.root.sharedWords, record.logEnd, chain, record.transaction)
        nen_store64(at + 40, chain | UInt64(sum) << 32)
        nen_store64(at + 56, record.transaction)
        nen_store64(at, record.transaction)
        self[.published] = record.transaction
    }

    /// The CRC32C of bytes 8..<44 of a record: of what was read, which may change meanwhile.
    private static func checksum(
        of root: (UInt64, UInt64, UInt64), _ logEnd: UInt64, _ chain: UInt64,
        _ transaction: UInt64
    ) -> UInt32 {
        let words = (root, logEnd, chain)
        return withUnsafeBytes(of: words) {
            nen_crc32c(UInt32(truncatingIfNeeded: transaction), $0.baseAddress, 36)
        }
    }

    /// A descriptor at an aligned place, word by word.
    private static func store(_ root: ExtentDescriptor, at place: UnsafeMutableRawPointer) {
        let words = root.sharedWords
        nen_store64(place, words.0)
        nen_store64(place + 8, words.1)
        nen_store64(place + 16, words.2)
    }

    private static func words(at place: UnsafeRawPointer) -> (UInt64, UInt64, UInt64) {
        (nen_load64(place), nen_load64(place + 8), nen_load64(place + 16))
    }

    /// The record of root `transaction`; nil when the ring has moved past it or holds no such.
    func record(of transaction: UInt64) -> RootRecord? {
        let at = bytes + SharedPage.ring + Int(transaction % SharedPage.ringCount) * 64
        guard transaction > 0, nen_load64(at) == transaction else { return nil }
        let root = SharedPage.words(at: at + 8)
        let (logEnd, last) = (nen_load64(at + 32), nen_load64(at + 40))
        let chain = last & 0xFFFF_FFFF
        guard last >> 32 == SharedPage.checksum(of: root, logEnd, chain, transaction),
            nen_load64(at + 56) == transaction, nen_load64(at) == transaction,
            transaction < StoredBounds.number, logEnd < StoredBounds.number
        else { return nil }
        return RootRecord(
            transaction: transaction, root: ExtentDescriptor(sharedWords: root), logEnd: logEnd,
            logChain: UInt32(chain))
    }

    /// The published record.
    /// - Throws: `SharedPage` when the words do not fit together.
    func publishedRecord() throws -> RootRecord {
        for _ in 0..<SharedPage.triesMax {
            if let record = record(of: self[.published]) { return record }
        }
        throw SharedPage.garbageError
    }

    /// The newest record of the ring. Every record there was synced first (as far as its durability
    /// says), so it counts even when its writer died before it could say so; and should the word
    /// that says which is published have been overwritten, none is lost by that.
    func newestRecord() throws -> RootRecord {
        var newest = try publishedRecord()
        for place in 0..<Int(SharedPage.ringCount) {
            let number = nen_load64(bytes + SharedPage.ring + place * 64)
            guard number > newest.transaction, number % SharedPage.ringCount == UInt64(place),
                let record = record(of: number)
            else { continue }
            newest = record
        }
        return newest
    }

    /// Fills the header for a fresh start; every other word becomes zero. Not yet valid.
    func initialize(databaseID: [UInt8], bootID: [UInt8]) {
        self[.valid] = 0
        memset(bytes, 0, SharedPage.byteCount)
        for n in 0..<16 {
            bytes.storeBytes(of: databaseID[n], toByteOffset: 8 + n, as: UInt8.self)
            bytes.storeBytes(of: bootID[n], toByteOffset: 24 + n, as: UInt8.self)
        }
        self[.magic] = SharedPage.magic
    }

    /// Whether the page was filled by an opener of this database since the machine started.
    func isValid(databaseID: [UInt8], bootID: [UInt8]) -> Bool {
        guard self[.magic] == SharedPage.magic, self[.valid] == 1 else { return false }
        return (0..<16).allSatisfy {
            bytes.load(fromByteOffset: 8 + $0, as: UInt8.self) == databaseID[$0]
                && bytes.load(fromByteOffset: 24 + $0, as: UInt8.self) == bootID[$0]
        }
    }

    // MARK: Pins

    private func pin(_ slot: Int) -> UnsafeMutableRawPointer {
        bytes + SharedPage.pins + slot * 64
    }

    /// Takes a free slot for the process entry; nil when all are taken.
    func claimPin(process: Int) -> Int? {
        for slot in 0..<SharedPage.pinCount where nen_load64(pin(slot)) == 0 {
            guard nen_swap64(pin(slot), 0, UInt64(process + 1)) else { continue }
            raisePinLimit(to: UInt64(slot + 1))
            return slot
        }
        return nil
    }

    private func raisePinLimit(to limit: UInt64) {
        let word = bytes + Word.pinLimit.rawValue
        for _ in 0..<SharedPage.triesMax {
            let old = nen_load64(word)
            if old >= limit || nen_swap64(word, old, limit) { return }
        }
    }

    /// Slots that may have been used.
    private var usedPinSlots: Range<Int> {
        0..<Int(min(self[.pinLimit], UInt64(SharedPage.pinCount)))
    }

    /// The process entry of a slot's owner word; nil when free, or when no such entry exists.
    private static func entry(ofOwner word: UInt64) -> Int? {
        (1...UInt64(processCount)).contains(word) ? Int(word) - 1 : nil
    }

    /// Pins the published root in a claimed slot: store, fence, re-read. Whoever publishes a later
    /// root and then reads the pins sees this one.
    /// - Throws: `SharedPage` when the words do not fit together; the slot then pins nothing.
    func pinPublished(in slot: Int) throws -> RootRecord {
        for _ in 0..<SharedPage.triesMax {
            let number = self[.published]
            nen_store64(pin(slot) + 8, number)
            if self[.published] == number, let record = record(of: number) {
                describe(record, in: slot)
                return record
            }
        }
        clearPin(slot)
        throw SharedPage.garbageError
    }

    /// Notes in a slot where the root lies that it pins; a writer that takes over looks there.
    private func describe(_ record: RootRecord, in slot: Int) {
        nen_store64(pin(slot) + 40, 0)
        SharedPage.store(record.root, at: pin(slot) + 16)
        nen_store64(pin(slot) + 40, record.transaction)
    }

    /// Pins nothing in the slot, which stays claimed.
    func clearPin(_ slot: Int) { nen_store64(pin(slot) + 8, 0) }

    /// Unpins and frees the slot.
    func releasePin(_ slot: Int) {
        clearPin(slot)
        nen_store64(pin(slot), 0)
    }

    /// Calls `body` with the owner entry and transaction of every pin.
    func forEachPin(_ body: (_ process: Int, _ transaction: UInt64) -> Void) {
        for slot in usedPinSlots {
            let owner = SharedPage.entry(ofOwner: nen_load64(pin(slot)))
            let number = nen_load64(pin(slot) + 8)
            if let owner, number != 0 { body(owner, number) }
        }
    }

    /// Calls `body` with the owner entry, transaction and root of every pin; the root is nil when
    /// its pinner has not noted it yet and the ring has moved past it.
    func forEachPinnedRoot(
        _ body: (_ process: Int, _ transaction: UInt64, _ root: ExtentDescriptor?) -> Void
    ) {
        for slot in usedPinSlots {
            let at = pin(slot)
            for attempt in 1...SharedPage.triesMax {
                let owner = SharedPage.entry(ofOwner: nen_load64(at))
                let number = nen_load64(at + 8)
                guard let owner, number != 0 else { break }
                let isNoted = nen_load64(at + 40) == number
                let noted = ExtentDescriptor(sharedWords: SharedPage.words(at: at + 16))
                // The slot's owner may have moved on meanwhile.
                let isSteady =
                    nen_load64(at + 8) == number && (!isNoted || nen_load64(at + 40) == number)
                if !isSteady, attempt < SharedPage.triesMax { continue }
                body(owner, number, isSteady && isNoted ? noted : record(of: number)?.root)
                break
            }
        }
    }

    /// Frees every pin of a process entry (a dead one's, or one's own on leaving).
    func releasePins(of process: Int) {
        for slot in usedPinSlots where nen_load64(pin(slot)) == UInt64(process + 1) {
            releasePin(slot)
        }
    }

    // MARK: Processes

    func setProcess(_ entry: Int, token: UInt64, processID: UInt64) {
        nen_store64(bytes + SharedPage.processes + entry * 64 + 8, processID)
        nen_store64(bytes + SharedPage.processes + entry * 64, token)
    }
}

extension ExtentDescriptor {
    /// The 24 bytes as words, for memory that others read and write at the same time.
    fileprivate var sharedWords: (UInt64, UInt64, UInt64) {
        (UInt64(byteCount) << 32 | UInt64(page), UInt64(checksum), birth)
    }

    fileprivate init(sharedWords words: (UInt64, UInt64, UInt64)) {
        self.init(
            page: UInt32(truncatingIfNeeded: words.0),
            byteCount: UInt32(truncatingIfNeeded: words.0 >> 32),
            checksum: UInt32(truncatingIfNeeded: words.1), birth: words.2)
    }
}
