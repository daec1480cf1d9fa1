// Closing: the last writer leaves an empty log behind; the last process leaves no shared page.
import CNenKernels
import Glibc
import NenCore

extension PageStore {
    /// One more opener shares the core; false when it is closed or belongs to a parent process.
    func join() -> Bool {
        guard nen_fork_generation() == forkGeneration else { return false }
        return state.withLock {
            guard !isClosed else { return false }
            openCount += 1
            return true
        }
    }

    /// Ends the use of an opener that is gone without having closed the store, which goes on for
    /// the others; the last one's end is that of a process that was killed.
    func leave() {
        if nen_fork_generation() != forkGeneration { return }
        state.withLock { if openCount > 1 { openCount -= 1 } }
    }

    /// Ends one opener's use; with the last one the store is closed: what is committed goes into
    /// the data file, and later calls throw. Pins stay valid until they are released.
    /// - Throws: a typed error when a write transaction is still open (the store stays open), or
    ///   when the last checkpoint failed (the log still has everything).
    func close() throws {
        if nen_fork_generation() != forkGeneration { return }
        let isLast = try state.withLock { () -> Bool in
            if isClosed { return false }
            if openCount > 1 {
                openCount -= 1
                return false
            }
            if writerIsBusy {
                throw NQLError.runtime(
                    .transaction, "OpenTransaction",
                    "the database cannot be closed while a write transaction is open",
                    hint: "commit it or roll it back first")
            }
            closedFlag.store(true, ordering: .releasing)
            return true
        }
        guard isLast else { return }
        defer { if pins.isEmpty { leaveFiles() } }
        do { try finishWriting() } catch let failure as IOFailure { throw failure.error }
    }

    /// Stops the workers and makes the last commits durable.
    private func finishWriting() throws {
        guard let disk else { return }
        disk.syncWorker?.stop()
        disk.checkpointWorker?.stop()
        guard fault == nil, !options.isReadOnly, disk.logFile != nil else { return }
        // Who has logged syncs for himself; what he waits for stays open until then.
        try? awaitPublication(of: state.withLock { tip })
        state.lock()
        while isSyncing { state.wait() }
        state.unlock()
        do { try disk.checkNames(dataBytes: 0, logBytes: 0) } catch {
            // The files have another place by now, where the log goes on belonging to them.
            return
        }
        try runCheckpoint(closes: true)
        try trimLog(disk)
    }

    /// Shortens a log that a large transaction has lengthened, and marks it as left by a clean
    /// close, unless somebody else may write.
    private func trimLog(_ disk: StoreDisk) throws {
        guard let log = disk.log, try disk.locks.tryLock(.write, .exclusive) else { return }
        defer { disk.locks.unlock(.write) }
        guard shared[.lastWriter] == disk.token, shared[.activeWriter] == 0 else { return }
        try log.trim(toPlaces: 32)
        if state.withLock({ disk.superblock.logState }) == .unused { try log.noteRest() }
    }

    /// Gives locks and descriptors back; whoever turns out to be alone removes the shared page.
    private func leaveFiles() {
        guard let disk, disk.isAttached else { return }
        disk.isAttached = false
        pins.detach()
        disk.process?.leave(shared)
        if let sharedFile = disk.sharedFile {
            if (try? disk.locks.tryLock(.attach, .exclusive)) == true {
                shared[.valid] = 0
                let there = try? disk.fileSystem.status(of: sharedFile.path)?.identity
                if let there, there == (try? sharedFile.identity()) {
                    try? disk.fileSystem.remove(sharedFile.path)
                }
            }
        }
        disk.closeFiles()
    }

    /// Drops everything as a killed process would: locks and descriptors go, nothing is written or
    /// taken back. A forked child must do this with its parent's store (the locks stay then).
    func abandon() {
        closedFlag.store(true, ordering: .releasing)
        guard let disk, disk.isAttached else { return }
        disk.isAttached = false
        pins.detach()
        if nen_fork_generation() == forkGeneration {
            disk.syncWorker?.stop()
            disk.checkpointWorker?.stop()
            disk.process?.die()
            disk.closeFiles()
        }
    }

    /// The end of the last reference.
    func tearDown() {
        if nen_fork_generation() != forkGeneration {
            abandon()
        } else {
            if !closedFlag.exchange(true, ordering: .acquiringAndReleasing) {
                try? finishWriting()
            }
            leaveFiles()
        }
        shared.unmap()
    }
}
