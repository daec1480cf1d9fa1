// LogArchive: copies the log's stream into a backup directory, so that a restore can go on from a
// backup to any commit behind it.
//
// A piece begins where the newest one in the directory ends, or at the oldest later backup that the
// log still reaches back to. When it reaches none of them (checkpoints have released the log), the
// piece begins at the durable checkpoint and the directory has a gap, which a restore reports; a
// later backup closes it. Checkpoints do not run while the log is read. With a continuous archive
// they copy the log themselves before they release it (`StoreOptions.logArchive`).
import CNenKernels
import Glibc
import NenCore

extension PageStore {
    /// Archives what is committed and not yet archived.
    /// - Returns: the header of the new piece; nil when there was nothing new.
    func archiveLog(to directory: BackupDirectory) throws -> ArchiveHeader? {
        guard let disk, disk.logFile != nil else {
            throw NQLError.runtime(
                .database, "NoLog", "the database has no log that could be archived",
                hint: "only databases in files that can be written have one")
        }
        return try withCheckpointLock(disk) {
            let durable = try durableRecord(disk)
            return try archive(
                upTo: try shared.publishedRecord(), durable: durable, to: directory,
                beforeBulk: false)
        }
    }

    /// What is on the disk; another process may have written the last checkpoint.
    private func durableRecord(_ disk: StoreDisk) throws -> RootRecord {
        guard let newest = Superblock.newest(of: try Superblock.readSlots(of: disk.data)) else {
            throw NQLError.runtime(
                .corruption, "Superblock", "both superblocks of the database are damaged",
                hint: "restore a backup")
        }
        return newest.superblock.record
    }

    /// A checkpoint is about to release the log before `record`: archives it first where the
    /// options say so. The caller holds the checkpoint lock.
    /// - Parameter beforeBulk: `record` is behind a transaction that is not in the log.
    func archiveBeforeRelease(_ record: RootRecord, durable: RootRecord, beforeBulk: Bool) throws {
        guard let path = options.logArchive else { return }
        let directory = try BackupDirectory(writing: path, .archive)
        _ = try archive(upTo: record, durable: durable, to: directory, beforeBulk: beforeBulk)
    }

    private func archive(
        upTo record: RootRecord, durable: RootRecord, to directory: BackupDirectory,
        beforeBulk: Bool
    ) throws -> ArchiveHeader? {
        guard let disk, let logFile = disk.logFile else { return nil }
        // The archive must never have what a failing machine takes from the log.
        do { try logFile.sync() } catch {
            poison()
            throw error
        }
        let archived = try ArchiveFile.all(in: directory).last {
            $0.header.sourceID == disk.databaseID
        }?.header
        if let archived {
            let isKnown = archived.last == record.transaction && archived.isFollowedByBulk
            if archived.last > record.transaction || isKnown { return nil }
            if archived.last == record.transaction && !beforeBulk { return nil }
        }
        let reader = LogReader(
            file: logFile, databaseID: disk.databaseID, segmentBytes: Int(disk.segmentBytes))
        let held = try LogSegments(
            file: logFile, databaseID: disk.databaseID, segmentBytes: Int(disk.segmentBytes)
        ).byGeneration
        for start in try starts(in: directory, behind: archived, durable: durable) {
            guard start.transaction <= record.transaction,
                start.transaction == durable.transaction
                    || held[start.position.lsn / UInt64(disk.segmentBytes)] != nil
            else { continue }
            let contents = try reader.read(from: start.position, behind: start.transaction)
            let wanted = contents.groups.prefix { $0.transaction <= record.transaction }
            let last = wanted.last?.transaction ?? start.transaction
            guard last == record.transaction else { continue }
            return try write(
                Array(wanted), of: contents, from: start, beforeBulk: beforeBulk, to: directory)
        }
        throw NQLError.runtime(
            .corruption, "Log",
            "the log does not hold the transactions from \(durable.transaction + 1) to "
                + "\(record.transaction)",
            hint: "make a backup, which does not need the log")
    }

    /// Where a new piece may begin, best first: behind the newest piece, behind each later backup,
    /// the oldest first, so that no transaction is left out that the log still has; behind the
    /// durable checkpoint, from which on the log is always whole.
    private func starts(
        in directory: BackupDirectory, behind archived: ArchiveHeader?, durable: RootRecord
    ) throws -> [LogArchivePiece] {
        var starts: [LogArchivePiece] = []
        if let archived {
            starts.append(LogArchivePiece(transaction: archived.last, position: archived.end))
        }
        let sourceID = disk?.databaseID
        let chains = try BackupChain.all(in: directory).filter { $0.newest.sourceID == sourceID }
        let later = chains.map(\.newest).filter { $0.transaction > archived?.last ?? 0 }
        for backup in later.sorted(by: { $0.transaction < $1.transaction }) {
            starts.append(
                LogArchivePiece(transaction: backup.transaction, position: backup.logEnd))
        }
        starts.append(
            LogArchivePiece(
                transaction: durable.transaction,
                position: LogPosition(lsn: durable.logEnd, chain: durable.logChain)))
        return starts
    }

    private func write(
        _ groups: [LogContents.Group], of contents: LogContents, from start: LogArchivePiece,
        beforeBulk: Bool, to directory: BackupDirectory
    ) throws -> ArchiveHeader? {
        if groups.isEmpty && !beforeBulk { return nil }
        var header = ArchiveHeader(
            isFollowedByBulk: beforeBulk, sourceID: disk?.databaseID ?? [],
            behind: start.transaction, last: groups.last?.transaction ?? start.transaction,
            start: start.position, end: groups.last?.end ?? start.position,
            groupCount: groups.count, byteCount: 0)
        let name = header.fileName
        do {
            let file = try directory.draft(name)
            var offset = ArchiveHeader.width
            for group in groups {
                offset += try LogArchivePiece.write(
                    group, UnsafeRawBufferPointer(rebasing: contents.bytes.buffer[group.range]),
                    to: file, at: offset)
            }
            header.byteCount = offset
            let bytes = UnsafeMutableRawBufferPointer.allocate(
                byteCount: ArchiveHeader.width, alignment: 16)
            defer { bytes.deallocate() }
            if let start = bytes.baseAddress { header.encode(into: start) }
            try file.writeAll(UnsafeRawBufferPointer(bytes), at: 0)
            try directory.publish(file, as: name)
            return header
        } catch {
            directory.discard(name)
            throw error
        }
    }
}

/// A place in the stream: behind a transaction.
private struct LogArchivePiece {
    var transaction: UInt64
    var position: LogPosition

    /// Writes one group; returns its bytes in the file.
    static func write(
        _ logged: LogContents.Group, _ payload: UnsafeRawBufferPointer, to file: any File,
        at offset: Int
    ) throws -> Int {
        let head = ArchiveHeader.groupHeadWidth
        let length = (head + payload.count + 7) & ~7
        let bytes = LogBytes()
        let group = bytes.extend(by: length)
        memset(group, 0, head)
        memset(group + length - 8, 0, 8)
        group.storeBytes(of: logged.transaction, as: UInt64.self)
        group.storeBytes(of: UInt64(payload.count), toByteOffset: 8, as: UInt64.self)
        group.storeBytes(of: logged.end.chain, toByteOffset: 20, as: UInt32.self)
        group.storeBytes(of: Replay.time(of: payload), toByteOffset: 24, as: Int64.self)
        if let source = payload.baseAddress { memcpy(group + head, source, payload.count) }
        group.storeBytes(
            of: ArchiveHeader.checksum(of: group, payload: payload.count), toByteOffset: 16,
            as: UInt32.self)
        try file.writeAll(bytes.buffer, at: offset)
        return length
    }
}
