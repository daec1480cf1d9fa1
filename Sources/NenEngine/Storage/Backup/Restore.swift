// Restore: a new database from a backup directory. The data file is put together under another
// name, archived transactions are replayed in it, and it gets its own name when all of it is on the
// disk.
//
// The new database has an identity of its own: it is a copy that will go its own way. Numbers of
// transactions go on from those of the original.
import CNenKernels
import Glibc
import NenCore

/// What a restore made.
public struct RestoreReport: Sendable {
    /// The backup that it started from.
    public var backupNumber: Int
    /// The last transaction in the new database.
    public var transaction: UInt64
    /// Transactions that came from the archived log.
    public var replayedCount: Int
    /// When the last transaction was committed, milliseconds since 1970; of the backup, where
    /// nothing was replayed.
    public var timeMilliseconds: Int64
}

/// A restore on its way.
struct Restore {
    let plan: RestorePlan
    let target: String
    let progress: BackupProgressReport
    private let fileSystem: any FileSystem = RealFileSystem.shared

    /// Redo of one transaction of the replay: larger ones would hold more memory.
    private static let batchByteCount = 16 << 20

    /// Makes the database.
    /// - Throws: `NQLError`, `IOFailure`; there is no database then.
    func run() throws -> RestoreReport {
        let place = try StoreLocation.findNew(target, in: fileSystem)
        let draft = StoreLocation(path: place.path + ".restoring")
        try LeftoverFile.removeDraft(draft.path, in: fileSystem)
        do {
            let file = try fileSystem.open(draft.path, .create)
            try BackupComposition(plan.chain, progress: progress).write(to: file)
            try file.sync()
            file.close()
            let report = try replay(into: draft.path)
            try fileSystem.remove(draft.logPath)
            try fileSystem.rename(draft.path, to: place.path)
            try fileSystem.syncDirectory(of: place.path)
            return report
        } catch {
            draft.removeFiles(in: fileSystem)
            throw error
        }
    }

    /// Redoes the archived transactions.
    private func replay(into path: String) throws -> RestoreReport {
        var report = RestoreReport(
            backupNumber: Int(plan.chain.newest.number),
            transaction: plan.chain.newest.transaction, replayedCount: 0,
            timeMilliseconds: plan.chain.newest.timeMilliseconds)
        var store: GraphStore?
        var batch: [ArchivedGroup] = []
        var byteCount = 0
        func redo() throws {
            guard let last = batch.last else { return }
            let open = try store ?? GraphStore.open(path: path, fileSystem: fileSystem)
            store = open
            try Restore.redo(batch, in: open)
            report.replayedCount += batch.count
            report.transaction = last.transaction
            if last.timeMilliseconds != 0 { report.timeMilliseconds = last.timeMilliseconds }
            batch = []
            byteCount = 0
        }
        do {
            try plan.forEachGroup { group in
                try progress(BackupProgress(doneByteCount: 0, totalByteCount: 0))
                batch.append(group)
                byteCount += group.payload.count
                if byteCount >= Restore.batchByteCount || batch.count >= 10_000 { try redo() }
            }
            try redo()
            try store?.close()
        } catch {
            store?.pages.abandon()
            throw error
        }
        return report
    }

    private static func redo(_ batch: [ArchivedGroup], in store: GraphStore) throws {
        guard let last = batch.last else { return }
        let pages = try store.pages.beginWrite(numbered: last.transaction)
        do {
            pages.usesReserve = true
            let groups = batch.map {
                LogGroup(transaction: $0.transaction, payload: $0.payload.buffer)
            }
            let root = try store.pages.owner.replay(groups, onto: pages.root, in: pages)
            try pages.commit(root: root, bulk: true)
        } catch {
            pages.abort()
            throw error
        }
    }
}

/// Puts the state of a chain together in one data file.
struct BackupComposition {
    let chain: BackupChain
    let progress: BackupProgressReport

    init(_ chain: BackupChain, progress: @escaping BackupProgressReport) {
        self.chain = chain
        self.progress = progress
    }

    /// Copies the extents, walks the tree and writes what makes them a database.
    /// - Returns: the superblock.
    @discardableResult
    func write(to file: any File) throws -> Superblock {
        let newest = chain.newest
        let places = try chain.places()
        try file.truncate(to: newest.pageCount * pageByteCount)
        try copy(places, to: file)
        let superblock = Superblock(
            databaseID: newest.sourceID, checkpoint: 1, transaction: newest.transaction,
            root: newest.root, logStart: 0, logChain: 0, segmentBytes: newest.segmentBytes,
            pageCount: UInt64(newest.pageCount), usedPages: 0, mapChecksum: 0)
        let contents = BackupContents(places)
        let owner = GraphRootOwner()
        let used = PageBitmap()
        used.grow(to: newest.pageCount)
        let again = try RealFileSystem.shared.open(file.path, .readOnly)
        let store = try PrivateStore.open(again, superblock: superblock, owner: owner)
        try owner.forEachExtent(of: newest.root, in: store) { extent in
            let run = PageRun(start: extent.page, count: UInt32(extent.pageCount))
            guard contents.contains(extent), Int(run.end) <= newest.pageCount,
                used.insert(run) == extent.pageCount
            else { throw BackupComposition.incomplete(newest) }
        }
        return try FreshState.write(
            root: newest.root, transaction: newest.transaction, used: used,
            segmentBytes: newest.segmentBytes, to: file)
    }

    private static func incomplete(_ backup: BackupHeader) -> NQLError {
        .runtime(
            .corruption, "Backup",
            "backup \(backup.number) and those before it do not hold all of the state of "
                + "transaction \(backup.transaction)",
            hint: "restore from another backup of the directory")
    }

    private func copy(_ places: [BackupChain.Place], to file: any File) throws {
        let total = places.reduce(0) { $0 + $1.extent.pageCount * pageByteCount }
        var done = 0
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4_096)
        defer { buffer.deallocate() }
        for place in places {
            try progress(BackupProgress(doneByteCount: done, totalByteCount: total))
            let size = place.extent.pageCount * pageByteCount
            if size > buffer.count {
                buffer.deallocate()
                buffer = .allocate(byteCount: size, alignment: 4_096)
            }
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
            try chain.files[place.file].read(place.extent, at: place.offset, into: bytes)
            try file.writeAll(
                UnsafeRawBufferPointer(bytes), at: Int(place.extent.page) * pageByteCount)
            done += size
        }
    }
}
