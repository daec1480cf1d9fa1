// Checkpoint: makes a published root S the durable one. Free map of S, sync, superblock into the
// older slot, sync; only then are log and extents released that the old checkpoint needed. Writers
// and readers go on meanwhile.
import CNenKernels
import NenCore

extension PageStore {
    /// Makes all that is published durable in the data file and empties the log.
    func checkpoint() throws {
        try checkUsable()
        guard let disk else { return }
        if options.isReadOnly || disk.logFile == nil { return }
        if shared[.lastWriter] != disk.token || disk.log == nil {
            // Only the last writer knows which pages are in use.
            try beginWrite().abort()
        }
        try runCheckpoint(closes: false)
    }

    /// The checkpoint worker's task. What fails here fails again, and is told, at the next explicit
    /// checkpoint or commit.
    func checkpointInBackground() {
        guard !isClosed, fault == nil else { return }
        try? runCheckpoint(closes: false)
    }

    /// What a checkpoint will write.
    struct CheckpointPlan {
        var superblock: Superblock
        var images: [FreeMap.Image]
    }

    /// - Parameter closes: nothing more will be written: the log is left unused, and both slots are
    ///   written, so that the loss of either loses nothing.
    func runCheckpoint(closes: Bool) throws {
        guard let disk else { return }
        try withCheckpointLock(disk) {
            let plan = try state.withLock { () throws -> CheckpointPlan? in
                guard shared[.lastWriter] == disk.token, disk.log != nil else { return nil }
                let record = try publishedByUs()
                let leaves = closes && record.transaction == tip.transaction
                guard record.transaction != disk.superblock.transaction
                    || (leaves && disk.superblock.logState != .unused)
                else { return nil }
                disk.checkpointing = record.transaction
                shared[.checkpoint] = record.transaction
                allocator.fold(upTo: record.transaction)
                var plan = makePlan(
                    for: record, bitmap: allocator.base, groups: allocator.takeChanges())
                if leaves {
                    plan?.superblock.logState = .unused
                    plan?.superblock.logPlaces = 0
                }
                return plan
            }
            guard let plan else { return }
            do {
                try archiveBeforeRelease(
                    plan.superblock.record, durable: disk.superblock.record, beforeBulk: false)
                try write(plan, mirror: closes)
            } catch {
                state.withLock {
                    allocator.restoreChanges(Set(plan.images.map(\.group)))
                    disk.checkpointing = 0
                    shared[.checkpoint] = 0
                }
                throw error
            }
            state.withLock { finish(plan) }
        }
    }

    /// The published record, which must be the one this process published last. Called with the
    /// state lock held.
    func publishedByUs() throws -> RootRecord {
        if tip.transaction == published { return tip }
        let record = try shared.publishedRecord()
        guard record.transaction == published else { throw SharedPage.garbageError }
        return record
    }

    /// Runs `body` as the only checkpoint of all processes.
    func withCheckpointLock<Result>(_ disk: StoreDisk, _ body: () throws -> Result) throws
        -> Result
    {
        try disk.checkpointGate.withLock {
            do {
                let limit = deadline(inMilliseconds: options.busyTimeoutMilliseconds)
                guard try disk.locks.lock(.checkpoint, .exclusive, until: limit) else {
                    throw NQLError.runtime(
                        .busy, nil, "another process is writing a checkpoint",
                        hint: "try again, or raise the busy timeout")
                }
                defer { disk.locks.unlock(.checkpoint) }
                return try body()
            } catch let failure as IOFailure {
                throw failure.error
            }
        }
    }

    func makePlan(
        for record: RootRecord, bitmap: PageBitmap, groups: Set<Int>
    ) -> CheckpointPlan? {
        guard let disk else { return nil }
        var next = disk.superblock
        next.checkpoint = disk.nextCheckpoint
        disk.nextCheckpoint += 1
        next.transaction = record.transaction
        next.root = record.root
        next.logStart = record.logEnd
        next.logChain = record.logChain
        next.pageCount = UInt64(bitmap.pageCount)
        next.usedPages = UInt64(bitmap.usedCount)
        // What an older format did not say: all there is to replay is in this root.
        if next.logState == .unknown { next.logState = .unused }
        if next.logState == .inUse, let log = disk.log { next.logPlaces = log.placeCount }
        let images = disk.freeMap.images(of: groups, in: bitmap, checkpoint: next.checkpoint)
        next.mapChecksum = disk.freeMap.checksum(with: images)
        return CheckpointPlan(superblock: next, images: images)
    }

    /// The writes of a checkpoint, in their order. From the first sync on a failure poisons.
    func write(_ plan: CheckpointPlan, mirror: Bool) throws {
        guard let disk else { return }
        try FreeMap.write(plan.images, to: disk.data)
        do {
            try syncLog(before: plan.superblock)
            try disk.data.sync()
            try disk.write(plan.superblock, slot: 1 - disk.slot)
            try disk.data.sync()
            if mirror {
                try disk.write(plan.superblock, slot: disk.slot)
                try disk.data.sync()
            }
        } catch {
            poison()
            throw error
        }
    }

    /// A log in use must lead to the superblock's position, so the log up to there comes first.
    private func syncLog(before superblock: Superblock) throws {
        guard let disk, let logFile = disk.logFile, superblock.logState == .inUse,
            state.withLock({ disk.syncedPosition }) < superblock.logStart
        else { return }
        try logFile.sync()
        state.withLock {
            disk.syncedPosition = max(disk.syncedPosition, superblock.logStart)
        }
    }

    /// Takes note of a checkpoint that is on disk. Called with the state lock held.
    func finish(_ plan: CheckpointPlan) {
        guard let disk else { return }
        disk.superblock = plan.superblock
        disk.slot = 1 - disk.slot
        disk.freeMap.adopt(plan.images)
        noteDurable(plan.superblock)
        disk.log?.release(before: plan.superblock.logStart)
    }

    /// Tells all processes which checkpoint is durable.
    func noteDurable(_ superblock: Superblock) {
        shared[.durable] = superblock.transaction
        shared[.checkpoints] = superblock.checkpoint
        shared[.logStart] = superblock.logStart
        disk?.checkpointing = 0
        shared[.checkpoint] = 0
    }

    /// Commits a transaction that is not in the log: its root becomes durable at once. The writer
    /// holds the write lock throughout.
    func commitByCheckpoint(
        _ transaction: PageTransaction, root: ExtentDescriptor
    ) throws -> RootRecord {
        guard let disk, let log = disk.log else {
            preconditionFailure("commit by checkpoint of transaction \(transaction.number)")
        }
        let record = RootRecord(
            transaction: transaction.number, root: root, logEnd: log.position.lsn,
            logChain: log.position.chain)
        return try withCheckpointLock(disk) {
            try demandNames(disk)
            try archiveBeforeRelease(tip, durable: disk.superblock.record, beforeBulk: true)
            let plan = state.withLock { () -> CheckpointPlan? in
                allocator.fold(upTo: tip.transaction)
                let (bitmap, groups) = allocator.preview(
                    births: transaction.allocated,
                    deaths: transaction.released.map {
                        PageRun(start: $0.page, count: UInt32($0.pageCount))
                    })
                return makePlan(for: record, bitmap: bitmap, groups: groups)
            }
            guard let plan else { preconditionFailure("a checkpoint without a disk") }
            try write(plan, mirror: true)
            state.withLock {
                adopt(transaction, as: record)
                allocator.fold(upTo: record.transaction)
                _ = allocator.takeChanges()
                finish(plan)
                disk.syncedPosition = max(disk.syncedPosition, record.logEnd)
                shared[.synced] = disk.syncedPosition
                publish(record)
                state.signalAll()
            }
            try demandNames(disk)
            return record
        }
    }

    /// Throws, now and at every later write, when the database's names lead elsewhere.
    func demandNames(_ disk: StoreDisk) throws {
        let pages = state.withLock { allocator.used.pageCount }
        do {
            try disk.checkNames(
                dataBytes: pages * pageByteCount, logBytes: disk.log?.byteCount ?? 0)
        } catch {
            let fault = (error as? IOFailure)?.error ?? error
            state.withLock { namesFault = fault as? NQLError }
            throw fault
        }
    }
}
