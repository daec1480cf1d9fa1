// Opening+Alone: the opener who holds the attach lock exclusively: finds the superblocks, makes the
// files that are missing, fills the shared page anew, and creates or recovers the database.
import CNenKernels
import Glibc
import NenCore

extension Opening {
    func openAlone(_ made: MadeFiles) throws -> PageStore {
        let slots = try Superblock.readSlots(of: data)
        var report = OpenReport()
        let candidates = try usableSuperblocks(slots)
        // Made by this call, and nobody has filled it since.
        if isNew, candidates.isEmpty { made.paths.append(path) }
        let logFile = try openLog(for: candidates.first?.superblock, made, &report)
        let (shared, sharedFile) = try openShared(made)
        let store: PageStore
        do {
            let first = try candidates.first?.superblock ?? newDatabase()
            shared.initialize(databaseID: first.databaseID, bootID: bootID)
            store = try makeStore(
                shared: shared, logFile: logFile, sharedFile: sharedFile,
                superblock: first, slot: candidates.first?.slot ?? 1, report: report)
        } catch {
            shared.unmap()
            throw error
        }
        do {
            if candidates.isEmpty {
                try store.create(fileSystem: fileSystem, path: path)
            } else {
                try store.recover(candidates: candidates, slots: slots)
            }
        } catch {
            // While the lock is held: afterwards they may be somebody else's.
            made.removeAll()
            store.abandon()
            throw error
        }
        shared[.valid] = 1
        return store
    }

    /// The valid superblocks, newest first; none when the database is to be created.
    func usableSuperblocks(
        _ slots: [Superblock.Slot]
    ) throws -> [(superblock: Superblock, slot: Int)] {
        var found: [(superblock: Superblock, slot: Int)] = []
        for (index, slot) in slots.enumerated() {
            if case .valid(let superblock) = slot { found.append((superblock, index)) }
            if case .unknownVersion(let version) = slot {
                throw NQLError.runtime(
                    .database, "FormatVersion",
                    "'\(path)' has format version \(version); this program knows version "
                        + "\(Superblock.version)",
                    hint: "open it with a newer version of NenDB")
            }
        }
        if !found.isEmpty {
            return found.sorted { $0.superblock.checkpoint > $1.superblock.checkpoint }
        }
        if slots.contains(.foreign) {
            throw NQLError.runtime(
                .database, "NotADatabase", "'\(path)' is not a NenDB database",
                hint: "check the path; the file was not changed")
        }
        guard try isUnfinishedCreation(slots) else {
            throw NQLError.runtime(
                .corruption, "Superblock", "both superblocks of '\(path)' are damaged"
                    + Opening.reasons(slots), hint: "restore a backup")
        }
        if options.demandsExistence {
            throw NQLError.runtime(
                .database, "NotFound", "'\(path)' holds no database yet",
                hint: "open it for writing to create it")
        }
        return []
    }

    /// What is wrong with the slots whose checksum holds, as the end of a sentence.
    private static func reasons(_ slots: [Superblock.Slot]) -> String {
        for case .impossible(let reason) in slots { return ": \(reason)" }
        return ""
    }

    /// Creation first marks slot 1 and syncs; then it fills the file, writes slot 0, syncs, and
    /// replaces the mark. Before the mark's sync the file is empty, or has two pages, the second
    /// perhaps in part, all zero.
    private func isUnfinishedCreation(_ slots: [Superblock.Slot]) throws -> Bool {
        if slots[1] == .creating { return true }
        guard slots == [.empty, .empty] else { return false }
        let byteCount = try data.byteCount()
        return byteCount == 0 || (byteCount > pageByteCount && byteCount <= 2 * pageByteCount)
    }

    private func newDatabase() throws -> Superblock {
        var identity = [UInt8](repeating: 0, count: 16)
        let result = identity.withUnsafeMutableBytes { nen_random($0.baseAddress, 16) }
        guard result == 0 else {
            throw IOFailure(operation: "random numbers", path: path, code: -result)
        }
        let segment = options.logSegmentBytes
        let allowed = StoredBounds.segmentBytes
        guard let bytes = UInt32(exactly: segment), allowed.contains(bytes),
            bytes % StoredBounds.segmentUnit == 0
        else {
            throw NQLError.runtime(
                .argument, "LogSegment",
                "a log segment of \(segment) bytes is not a multiple of "
                    + "\(StoredBounds.segmentUnit) from \(allowed.lowerBound) to "
                    + "\(allowed.upperBound)")
        }
        return Superblock(
            databaseID: identity, checkpoint: 0, transaction: 0, root: .none, logStart: 0,
            logChain: 0, segmentBytes: bytes, pageCount: 0, usedPages: 0, mapChecksum: 0)
    }

    /// The log, made where it may be missing.
    private func openLog(
        for newest: Superblock?, _ made: MadeFiles, _ report: inout OpenReport
    ) throws -> any File {
        let logPath = location.logPath
        if let newest {
            do {
                return try claimed(try fileSystem.open(logPath, .readWrite))
            } catch let failure as IOFailure where failure.code == ENOENT {
                report.logWasMissing = true
                if newest.logState == .inUse, options.recovery == .strict {
                    let note = try LogNote.read(for: newest, from: data)
                    throw LostLog(logPath: logPath, superblock: newest, note: note).missing
                }
            }
        }
        let isThere = try fileSystem.status(of: logPath) != nil
        let file = try claimed(try fileSystem.open(logPath, .create))
        if !isThere { made.paths.append(logPath) }
        if newest == nil {
            // A leftover of a database that was deleted without its log.
            try LeftoverFile.demandUnneeded(log: file, of: path)
            try file.truncate(to: 0)
        }
        try fileSystem.syncDirectory(of: logPath)
        return file
    }

    /// The file for this data file alone.
    private func claimed(_ file: any File) throws -> any File {
        let status = try file.status()
        try StoreLocation.demandOneName(status, file.path)
        guard try StoreLocks.claim(file, .exclusive) else { throw foreignUse(of: file.path) }
        return file
    }

    private func foreignUse(of name: String) -> NQLError {
        .runtime(
            .busy, "FileReplaced",
            "'\(name)' is in use by a process that has another data file open under the name "
                + "'\(path)': that one was replaced or renamed",
            hint: "close the database in that process, then open it again")
    }

    /// The shared page, to be filled. On a full disk it is this process's own, without a file, so
    /// that the database can be read and things deleted; others wait until it is closed.
    private func openShared(_ made: MadeFiles) throws -> (SharedPage, (any File)?) {
        let sharedPath = location.sharedPath
        do {
            let file = try claimed(try fileSystem.open(sharedPath, .create))
            if try file.byteCount() != SharedPage.byteCount {
                try LeftoverFile.demandOwn(file, as: "the shared file of a database")
                // With blocks of its own: writing to a hole through the mapping could fail by
                // signal.
                try file.truncate(to: 0)
                try file.allocate(from: 0, to: SharedPage.byteCount)
            }
            made.paths.append(sharedPath)
            return (try mapShared(file), file)
        } catch let failure as IOFailure where failure.isDiskFull {
            try? fileSystem.remove(sharedPath)
            return (try privatePage(), nil)
        }
    }
}
