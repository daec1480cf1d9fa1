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
                shared.publish(record)
            }
            return record
        }
        if bulk || transaction.redo.count > options.bulkLogBytes {
            return try commitByCheckpoint(transaction, root: root)
        }
        let claims = LogWriter.Claims(
            synced: min(shared[.synced], shared.publishedRecord().logEnd),
            checkpoint: shared[.checkpoints])
        let end: LogPosition
        do {
            end = try log.append(
                transaction.redo, transaction: transaction.number, claims: claims)
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
            if options.durability != .full { shared.publish(record) }
        }
        if options.durability != .off { disk.syncWorker?.signal() }
        if end.lsn - shared[.logStart] >= UInt64(options.checkpointLogBytes) {
            disk.checkpointWorker?.signal()
        }
        return record
    }

    /// Steps 4 to 6: returns when the record's root is published.
    func awaitPublication(of record: RootRecord) throws {
        guard disk != nil, shared[.published] < record.transaction else { return }
        state.lock()
        defer { state.unlock() }
        while shared[.published] < record.transaction {
            if shared[.poisoned] != 0 { throw PageStore.poisonedError }
            state.wait()
        }
    }

    /// The sync worker's task: brings the log to the disk and publishes the tip.
    func syncTips() {
        guard let disk, let logFile = disk.logFile else { return }
        let target = state.withLock { tip }
        if shared[.poisoned] != 0 {
            // Whoever waits must hear of it, also when another process did it.
            state.withLock { state.signalAll() }
            return
        }
        guard shared[.synced] < target.logEnd || shared[.published] < target.transaction else {
            return
        }
        do {
            try logFile.sync()
        } catch {
            poison()
            return
        }
        state.withLock {
            shared[.synced] = max(shared[.synced], target.logEnd)
            if shared[.published] < target.transaction { shared.publish(target) }
            unlockWritingIfIdle()
            state.signalAll()
        }
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
        while disk.holdsWriteLock, shared[.published] < tip.transaction, shared[.poisoned] == 0,
            try state.interruptibleWait(until: limit)
        {}
        if disk.holdsWriteLock, shared[.published] >= tip.transaction { unlockWriting() }
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
            shared[.published] >= tip.transaction
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
