// SalvageSource: a damaged data file, read extent by extent: what matches its checksum is handed
// out, the rest is nothing. It never throws because of what the file holds, and writes nothing.
import CNenKernels
import Glibc
import NenCore

/// The file that is salvaged.
final class SalvageSource {
    let file: any File
    let byteCount: Int
    /// The superblocks that are whole, newest first.
    let superblocks: [Superblock]
    private let store: PageStore

    /// - Throws: when the file cannot be opened or mapped, or is of a later format.
    init(path: String, fileSystem: any FileSystem = RealFileSystem.shared) throws {
        file = try fileSystem.open(path, .readOnly)
        byteCount = try file.byteCount()
        let slots = try Superblock.readSlots(of: file)
        superblocks = slots.compactMap { slot -> Superblock? in
            if case .valid(let superblock) = slot { return superblock }
            return nil
        }.sorted { $0.checkpoint > $1.checkpoint }
        for case .unknownVersion(let version) in slots where superblocks.isEmpty {
            throw NQLError.runtime(
                .database, "FormatVersion",
                "'\(path)' has format version \(version), which this program does not know",
                hint: "salvage it with a newer version of NenDB")
        }
        let nothing = Superblock(
            databaseID: [UInt8](repeating: 0, count: 16), checkpoint: 1, transaction: 0,
            root: .none, logStart: 0, logChain: 0, segmentBytes: 1 << 20, pageCount: 0,
            usedPages: 0, mapChecksum: 0)
        store = try PrivateStore.open(
            file, superblock: superblocks.first ?? nothing, owner: GraphRootOwner(),
            fileSystem: fileSystem)
    }

    /// Where the offsets of stored cells start.
    var base: HeapBase { HeapBase(address: store.base) }

    /// Pages that begin within the file.
    var pageCount: Int {
        min(byteCount + pageByteCount - 1, store.reservedByteCount) / pageByteCount
    }

    /// The bytes of an extent, when they lie in the file and match their checksum.
    func bytes(of extent: ExtentDescriptor) -> UnsafeRawPointer? {
        guard let start = unverified(extent) else { return nil }
        let faults = store.region.faultCount
        let checksum = nen_crc32c(0, start, Int(extent.byteCount))
        return store.region.faultCount == faults && checksum == extent.checksum ? start : nil
    }

    /// The same as bytes that a decoder takes.
    func verified(_ extent: ExtentDescriptor) -> VerifiedBytes? {
        extent.isNone ? nil : try? store.verified(extent)
    }

    /// The bytes of an extent, when they lie in the file, whatever they are.
    func unverified(_ extent: ExtentDescriptor) -> UnsafeRawPointer? {
        let start = Int(extent.page) * pageByteCount
        let limit = min(byteCount, store.reservedByteCount)
        guard extent.page >= 4, extent.byteCount > 0, Int(extent.byteCount) <= limit - start
        else { return nil }
        return store.base + start
    }

    /// What the file has of a page; its last one may be cut.
    func part(ofPage number: Int) -> UnsafeRawBufferPointer? {
        let start = number * pageByteCount
        let limit = min(byteCount, store.reservedByteCount)
        guard number >= 0, start < limit else { return nil }
        return UnsafeRawBufferPointer(
            start: store.base + start, count: min(pageByteCount, limit - start))
    }

    /// The start of a page that is wholly in the file.
    func page(_ number: Int) -> UnsafeRawPointer? {
        let end = (number + 1) * pageByteCount
        guard number >= 0, end <= min(byteCount, store.reservedByteCount) else { return nil }
        return store.base + number * pageByteCount
    }
}
