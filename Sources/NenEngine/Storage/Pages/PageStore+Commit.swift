// Commit: images are in the page cache already; the redo goes to the log, the sync worker brings it
// to the disk together with everything that has gathered, and then publishes.
import CNenKernels
import Glibc
import NenCore

extension PageStore {
    /// Steps 2 and 3: logs the transaction and makes its root the tip.
    /// - Throws: typed errors; the transaction then did not happen.
    func append(
        _ transaction: PageTransaction, root: ExtentDescriptor, bulk: Bool
    ) throws -> RootRecord {
        guard let disk, let log = disk.log else {
            let record = RootRecord(
                transaction: transaction.number, root: root, logEnd: 0, logChain: 0)
            state.withLock {
                adopt(transaction, as: record)
                publish(record)
            }
            return record
        }
        // Otherwise the names are looked at when the log was synced.
        if options.durability != .full { try demandNames(disk) }
        if bulk || transaction.redo.count > options.bulkLogBytes {
            return try commitByCheckpoint(transaction, root: root)
        }
        let end: LogPosition
        do {
            let logState = state.withLock { disk.superblock.logState }
            if logState != .inUse { try markLogInUse(disk, log) }
            end = try log.append(
                transaction.redo, transaction: transaction.number, claims: claims(disk))
        } catch let spoiled as LogWriter.LogSpoiled {
            poison()
            throw spoiled.failure.error
        } catch let failure as IOFailure {
            // No room for another log segment: the data file alone can take the transaction too.
            if failure.isDiskFull { return try commitByCheckpoint(transaction, root: root) }
            throw failure.error
        }
        let record = RootRecord(
            transaction: transaction.number, root: root, logEnd: end.lsn, logChain: end.chain)
        state.withLock {
            adopt(transaction, as: record)
            if options.durability != .full { publish(record) }
        }
        // With `full` the one who waits for the publication syncs.
        if options.durability == .normal { disk.syncWorker?.signal() }
        let logStart = state.withLock { disk.superblock.logStart }
        if end.lsn > logStart, end.lsn - logStart >= UInt64(options.checkpointLogBytes) {
            disk.checkpointWorker?.signal()
        }
        return record
    }

    /// What this process knows to be on disk and published.
    private func claims(_ disk: StoreDisk) -> LogWriter.Claims {
        state.withLock {
            LogWriter.Claims(
                synced: disk.syncedPosition, checkpoint: disk.superblock.checkpoint)
        }
    }

    /// Notes in the superblock that the log belongs to the database from now on: first the log gets
    /// a segment by which it is known, on disk, then the superblock says so, on disk. Done once
    /// from a clean close to the next. The other slot follows, without a sync: either will do.
    private func markLogInUse(_ disk: StoreDisk, _ log: LogWriter) throws {
        let places = try log.beginSession(claims(disk))
        try withCheckpointLock(disk) {
            var next = disk.superblock
            next.logPlaces = places
            next.logState = .inUse
            next.checkpoint = disk.nextCheckpoint
            disk.nextCheckpoint += 1
            let slot = 1 - disk.slot
            try disk.write(next, slot: slot)
            do { try disk.data.sync() } catch {
                poison()
                throw error
            }
            state.withLock {
                disk.superblock = next
                disk.slot = slot
                noteDurable(next)
            }
            try? disk.write(next, slot: 1 - slot)
        }
    }

    /// Steps 4 to 6: returns when the record's root is published. Of those who wait for theirs one
    /// syncs, for all who have logged until then; whoever comes meanwhile is in the next sync.
    func awaitPublication(of record: RootRecord) throws {
        guard disk != nil else { return }
        state.lock()
        defer { state.unlock() }
        while published < record.transaction {
            if let namesFault { throw namesFault }
            if shared[.poisoned] != 0 { throw PageStore.poisonedError }
            if isSyncing {
                state.wait()
                continue
            }
            isSyncing = true
            state.unlock()
            syncTips()
            state.lock()
            isSyncing = false
            state.signalAll()
        }
    }

    /// Brings the log to the disk and publishes the tip.
    func syncTips() {
        guard let disk, let logFile = disk.logFile else { return }
        let (target, synced, isPublished) = state.withLock {
            (tip, disk.syncedPosition, published >= tip.transaction)
        }
        if shared[.poisoned] != 0 || state.withLock({ namesFault }) != nil {
            // Whoever waits must hear of it, also when another process did it.
            state.withLock { state.signalAll() }
            return
        }
        guard synced < target.logEnd || !isPublished else { return }
        do {
            try logFile.sync()
        } catch {
            poison()
            return
        }
        noteSynced(target, disk)
        let isNamed = (try? demandNames(disk)) != nil
        state.withLock {
            disk.syncedPosition = max(disk.syncedPosition, target.logEnd)
            shared[.synced] = disk.syncedPosition
            // What was synced into files that nobody finds any more is not acknowledged.
            if isNamed {
                if published < target.transaction { publish(target) }
                unlockWritingIfIdle()
            }
            state.signalAll()
        }
    }

    /// Claims in the data file what the log has on disk. The claim only sharpens what a later open
    /// can say about a damaged log, so its failure is no failure of the commit.
    private func noteSynced(_ target: RootRecord, _ disk: StoreDisk) {
        let (slot, superblock) = state.withLock { (disk.slot, disk.superblock) }
        guard superblock.logState == .inUse else { return }
        let note = LogNote(
            shortID: superblock.shortID, checkpoint: superblock.checkpoint,
            position: target.logEnd, transaction: target.transaction)
        try? disk.write(note, beside: slot)
    }

    /// After a failed sync nobody knows what the disk holds: all processes stop writing and taking
    /// snapshots until someone opens the database alone.
    func poison() {
        shared[.poisoned] = 1
        state.withLock { state.signalAll() }
    }

    // MARK: The lock between processes

    /// Gets the write lock from other processes and brings this one's allocator up to date.
    func lockForWriting(until limit: UInt64) throws {
        guard let disk else { return }
        if try keepsWriteLock(until: limit) { return }
        let isOurs = try disk.locks.lock(.write, .exclusive, until: limit) {
            let now = nen_monotonic_nanoseconds()
            disk.lastWaitingStamp = now
            shared[.waiting] = now
            try checkUsable()
        }
        guard isOurs else {
            let holder = shared[.activeWriterProcess]
            throw NQLError.runtime(
                .busy, nil,
                "process \(holder) is writing to the database and did not finish within "
                    + "\(options.busyTimeoutMilliseconds) ms",
                hint: "end its transaction, or raise the busy timeout")
        }
        do {
            let predecessorDied = shared[.activeWriter] != 0
            if predecessorDied || shared[.lastWriter] != disk.token || disk.log == nil {
                try takeStock(predecessorDied: predecessorDied, until: limit)
            }
            shared[.activeWriterProcess] = UInt64(getpid())
            shared[.activeWriter] = disk.token
            state.withLock { disk.holdsWriteLock = true }
        } catch {
            disk.locks.unlock(.write)
            throw (error as? IOFailure)?.error ?? error
        }
    }

    /// Whether this process still holds the lock and may go on, on a tip that is perhaps unsynced.
    /// When another process asks for the lock, it is given up first.
    private func keepsWriteLock(until limit: UInt64) throws -> Bool {
        guard let disk else { return false }
        let stamp = shared[.waiting]
        let now = nen_monotonic_nanoseconds()
        let othersWait =
            stamp != disk.lastWaitingStamp && now > stamp && now - stamp < 20_000_000
        state.lock()
        var isLocked = true
        defer { if isLocked { state.unlock() } }
        if disk.holdsWriteLock, !othersWait { return true }
        while disk.holdsWriteLock, published < tip.transaction, shared[.poisoned] == 0,
            namesFault == nil, try state.interruptibleWait(until: limit)
        {}
        if disk.holdsWriteLock, published >= tip.transaction { unlockWriting() }
        let stillHolds = disk.holdsWriteLock
        state.unlock()
        isLocked = false
        if stillHolds {
            try checkUsable()
            return true
        }
        if othersWait { usleep(2_500) }
        return false
    }

    /// Gives the lock up when nothing rests on it. Called with the state lock held.
    func unlockWritingIfIdle() {
        guard let disk, disk.holdsWriteLock, !writerIsBusy,
            published >= tip.transaction
        else { return }
        unlockWriting()
    }

    private func unlockWriting() {
        guard let disk, let log = disk.log else { return }
        shared[.appendable] = log.needsFreshSegment ? 0 : log.position.lsn
        shared[.activeWriter] = 0
        disk.holdsWriteLock = false
        disk.locks.unlock(.write)
    }
}
