// Backup: copies a pinned root's extents while writers go on. Nothing published is ever written
// again, so a pin is all that a copy needs; nobody waits for it.
//
// Every extent of the tree is looked at (records and nodes are read, arrays are not); a full backup
// copies all, an increment those that its chain does not have. Exactly those: an extent is known by
// page, length, transaction and checksum, so that it makes no difference how the database came to
// its state (takeovers, replays, a restored copy).
import CNenKernels
import Glibc
import NenCore

/// How far a backup or a restore is.
public struct BackupProgress: Sendable {
    /// Bytes copied, and bytes to copy.
    public var doneByteCount: Int
    public var totalByteCount: Int
}

/// Called now and then; what it throws ends the work.
public typealias BackupProgressReport = (BackupProgress) throws -> Void

extension PageStore {
    /// Backs the published state up into `directory`.
    /// - Parameter full: copies everything even where an increment would do.
    /// - Returns: the header of the new file. Where nothing has changed since the newest backup,
    ///   that one's.
    /// - Throws: `NQLError`, `IOFailure`; the directory then holds what it held before.
    func backUp(
        to directory: BackupDirectory, full: Bool, progress: @escaping BackupProgressReport
    ) throws -> (header: BackupHeader, isNew: Bool) {
        let pin = try pin()
        // All that the root holds was committed by now.
        let time = WallClock.nowMilliseconds()
        let sourceID = backupSourceID
        let chain = full ? nil : try BackupChain.all(in: directory).last {
            $0.newest.sourceID == sourceID
        }
        if let chain, chain.newest.root == pin.root, chain.newest.transaction == pin.transaction {
            return (chain.newest, false)
        }
        let known = try chain.map { BackupContents(try $0.places()) }
        var extents: [ExtentDescriptor] = []
        try owner.forEachExtent(of: pin.root, in: self) {
            if let known, known.contains($0) { return }
            extents.append($0)
        }
        extents.sort { $0.page < $1.page }
        let last = chain?.files.last
        let header = BackupHeader(
            kind: last == nil ? .full : .increment, sourceID: sourceID,
            number: try BackupChain.highestNumber(in: directory) + 1,
            previous: last?.header.number ?? 0, previousChecksum: last?.checksum ?? 0,
            transaction: pin.transaction, root: pin.root,
            logEnd: pin.logEnd, timeMilliseconds: time,
            segmentBytes: disk?.segmentBytes ?? UInt32(options.logSegmentBytes),
            pageCount: BackupWriter.pageCount(
                for: extents, atLeast: chain?.newest.pageCount ?? 0))
        let name = header.fileName
        do {
            let writer = BackupWriter(
                file: try directory.draft(name), header: header, progress: progress)
            let finished = try writer.write(extents, of: self)
            if let fault { throw fault }
            try directory.publish(writer.file, as: name)
            return (finished, true)
        } catch {
            directory.discard(name)
            throw error
        }
    }

    /// Identifies the database in its backups; a database in memory gets an identity of its own.
    private var backupSourceID: [UInt8] {
        disk?.databaseID ?? [UInt8](repeating: 0, count: 8) + shared.memoryIdentity
    }
}

extension SharedPage {
    /// Eight bytes that tell this page from others of the process: where it lies.
    fileprivate var memoryIdentity: [UInt8] {
        withUnsafeBytes(of: UInt64(UInt(bitPattern: bytes)).littleEndian) { Array($0) }
    }
}

/// Writes one backup file.
struct BackupWriter {
    let file: any File
    var header: BackupHeader
    let progress: BackupProgressReport

    /// Pages of a data file that holds these extents, in whole growth units.
    static func pageCount(for extents: [ExtentDescriptor], atLeast: Int) -> Int {
        let end = extents.map { Int($0.page) + $0.pageCount }.max() ?? 0
        let unit = PageAllocator.growthUnit
        return max(atLeast, (max(end, unit) + unit - 1) / unit * unit)
    }

    /// Writes extents (ascending), index, free map and superblocks, and at last the first page.
    func write(_ extents: [ExtentDescriptor], of store: PageStore) throws -> BackupHeader {
        var header = header
        let total = extents.reduce(0) { $0 + $1.pageCount * pageByteCount }
        var done = 0
        var offset = pageByteCount
        for extent in extents {
            try progress(BackupProgress(doneByteCount: done, totalByteCount: total))
            let size = extent.pageCount * pageByteCount
            let place =
                header.kind == .full ? Int(extent.page) * pageByteCount : offset
            try copy(extent, of: store, to: place)
            offset = place + size
            done += size
        }
        header.indexOffset =
            header.kind == .full ? header.pageCount * pageByteCount : offset
        try writeIndex(extents, &header)
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: pageByteCount, alignment: 16)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 0)
        guard let start = page.baseAddress else { return header }
        if header.kind == .full {
            let superblock = try FreshState.write(
                root: header.root, transaction: header.transaction, extents: extents,
                pageCount: header.pageCount, segmentBytes: header.segmentBytes, to: file)
            superblock.encode(into: start)
        } else {
            start.storeBytes(of: BackupHeader.incrementMagic, as: UInt64.self)
        }
        header.encode(into: start)
        try file.writeAll(UnsafeRawBufferPointer(page), at: 0)
        try progress(BackupProgress(doneByteCount: total, totalByteCount: total))
        return header
    }

    /// Copies an extent in whole pages; what does not match its checksum is not copied.
    private func copy(_ extent: ExtentDescriptor, of store: PageStore, to offset: Int) throws {
        let end = Int(extent.page) + extent.pageCount
        guard extent.page >= 4, end * pageByteCount <= store.reservedByteCount else {
            throw BackupWriter.damaged(extent)
        }
        let bytes = store.base + Int(extent.page) * pageByteCount
        guard nen_crc32c(0, bytes, Int(extent.byteCount)) == extent.checksum else {
            if let fault = store.fault { throw fault }
            throw BackupWriter.damaged(extent)
        }
        try file.writeAll(
            UnsafeRawBufferPointer(start: bytes, count: extent.pageCount * pageByteCount),
            at: offset)
    }

    private static func damaged(_ extent: ExtentDescriptor) -> NQLError {
        .runtime(
            .corruption, "Checksum",
            "the \(extent.byteCount) bytes at page \(extent.page) do not match their checksum: the "
                + "database is damaged, and a damaged one is not backed up",
            hint: "restore the backup before, or get what can be read with nql salvage")
    }

    private func writeIndex(_ extents: [ExtentDescriptor], _ header: inout BackupHeader) throws {
        let width = ExtentDescriptor.byteWidth
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, extents.count * width), alignment: 8)
        defer { bytes.deallocate() }
        for (place, extent) in extents.enumerated() {
            if let start = bytes.baseAddress { extent.store(to: start + place * width) }
        }
        let used = UnsafeRawBufferPointer(rebasing: bytes[..<(extents.count * width)])
        try file.writeAll(used, at: header.indexOffset)
        header.extentCount = extents.count
        header.indexChecksum = nen_crc32c(0, used.baseAddress, used.count)
        header.byteCount = header.indexOffset + used.count
        // A file without extents ends before its index: give it its length.
        if try file.byteCount() < header.byteCount { try file.truncate(to: header.byteCount) }
    }
}
