// Opening+Joining: openers who are not alone, or may not write: they take the published root from
// the shared page, or the durable one when nobody else is there and the log holds nothing.
import Glibc
import NenCore

extension Opening {
    /// Joins the processes that have the database open; nil when their shared page is not (or no
    /// longer) valid.
    func joinOthers() throws -> PageStore? {
        guard let newest = Superblock.newest(of: try Superblock.readSlots(of: data)) else {
            return nil
        }
        let sharedFile: any File
        let logFile: any File
        do {
            sharedFile = try fileSystem.open(location.sharedPath, .readWrite)
            logFile = try fileSystem.open(location.logPath, .readWrite)
        } catch let failure as IOFailure where failure.code == ENOENT {
            return nil
        }
        guard try sharedFile.byteCount() == SharedPage.byteCount else { return nil }
        for file in [sharedFile, logFile] where try !StoreLocks.claim(file, .shared) {
            // Its opener still has it alone, or it belongs to others.
            return nil
        }
        return try join(newest, logFile: logFile, sharedFile: sharedFile)
    }

    /// Takes the published root over from a shared page; nil when that is of an earlier use.
    private func join(
        _ newest: (superblock: Superblock, slot: Int), logFile: (any File)?, sharedFile: any File
    ) throws -> PageStore? {
        let shared = try mapShared(sharedFile)
        guard shared.isValid(databaseID: newest.superblock.databaseID, bootID: bootID) else {
            shared.unmap()
            return nil
        }
        let store: PageStore
        let published: RootRecord
        do {
            if shared[.poisoned] != 0 { throw PageStore.poisonedError }
            published = try shared.publishedRecord()
            var report = OpenReport()
            report.joinedOthers = true
            store = try makeStore(
                shared: shared, logFile: logFile, sharedFile: sharedFile,
                superblock: newest.superblock, slot: newest.slot, report: report)
        } catch {
            shared.unmap()
            throw error
        }
        store.state.withLock {
            store.tip = published
            store.published = published.transaction
        }
        return store
    }

    // MARK: Without write access

    /// Opens a file that cannot be written: with others through their shared page, or, when nobody
    /// has it open and nothing waits in the log, on its own.
    func openUnwritable() throws -> PageStore? {
        let slots = try Superblock.readSlots(of: data)
        guard let newest = Superblock.newest(of: slots) else {
            _ = try usableSuperblocks(slots)
            return nil
        }
        do {
            let sharedFile = try fileSystem.open(location.sharedPath, .readWrite)
            if try sharedFile.byteCount() == SharedPage.byteCount,
                try StoreLocks.claim(sharedFile, .shared),
                let store = try join(newest, logFile: nil, sharedFile: sharedFile)
            {
                return store
            }
        } catch let failure as IOFailure where failure.code == ENOENT {
            // Nobody has it open.
        } catch let failure as IOFailure where [EACCES, EROFS, EPERM].contains(failure.code) {
            throw NQLError.runtime(
                .database, "ReadOnly",
                "'\(path)' is or was in use, and its file '\(location.sharedPath)' cannot "
                    + "be written to register a reader",
                hint: "give this process write permission for it, or close the database in the "
                    + "other process")
        }
        return try openPrivately(newest)
    }

    private func openPrivately(
        _ newest: (superblock: Superblock, slot: Int)
    ) throws -> PageStore {
        try demandEmptyLog(of: newest.superblock)
        let shared = try privatePage()
        shared.initialize(databaseID: newest.superblock.databaseID, bootID: bootID)
        let store = try makeStore(
            shared: shared, logFile: nil, sharedFile: nil, superblock: newest.superblock,
            slot: newest.slot, report: OpenReport())
        store.state.withLock {
            store.tip = newest.superblock.record
            store.publish(newest.superblock.record)
        }
        shared[.valid] = 1
        return store
    }

    /// Refuses when something would have to be replayed, or is lost.
    private func demandEmptyLog(of superblock: Superblock) throws {
        let judge = LostLog(
            logPath: location.logPath, superblock: superblock,
            note: try LogNote.read(for: superblock, from: data))
        let log: any File
        do { log = try fileSystem.open(location.logPath, .readOnly) } catch
            let failure as IOFailure where failure.code == ENOENT
        {
            if superblock.logState == .inUse { throw judge.missing }
            return
        }
        defer { log.close() }
        let contents = try LogReader(
            file: log, databaseID: superblock.databaseID,
            segmentBytes: Int(superblock.segmentBytes)
        ).read(
            from: LogPosition(lsn: superblock.logStart, chain: superblock.logChain),
            behind: superblock.transaction, places: superblock.logPlaces, note: judge.note)
        if let damage = judge.judge(contents) { throw damage }
        guard contents.groups.isEmpty else {
            throw NQLError.runtime(
                .database, "NeedsRecovery",
                "the log of '\(path)' holds \(contents.groups.count) transactions that must "
                    + "be replayed, and the database cannot be written",
                hint: "open the database once with write permission for the file and its "
                    + "directory")
        }
    }
}
