// Recovery: what the opener does who is alone: takes the durable root, replays the log behind it,
// publishes the result. Creation of a new database is the same with an empty root.
import NenCore

extension PageStore {
    /// Fills a new database: first root, free map, both superblocks.
    func create(fileSystem: any FileSystem, path: String) throws {
        guard let disk, let logFile = disk.logFile else { return }
        openReport.wasCreated = true
        try disk.data.truncate(to: 0)
        try disk.writeCreationMark()
        try fileSystem.syncDirectory(of: path)
        let initial = min(PageAllocator.growthUnit, allocator.capacityPages)
        try disk.growData(fromPages: 0, toPages: initial)
        allocator.used.grow(to: initial)
        disk.log = try LogWriter(
            file: logFile, databaseID: disk.superblock.databaseID,
            segmentBytes: Int(disk.superblock.segmentBytes), start: 0,
            position: LogPosition(lsn: 0, chain: 0), highestGeneration: 0, fresh: true)
        shared[.lastWriter] = disk.token
        writerIsBusy = true
        let first = PageTransaction(store: self, tip: .empty)
        first.usesReserve = true
        try first.commit(root: try owner.makeEmptyRoot(in: first), bulk: true)
    }

    /// Brings the state back that was acknowledged last.
    func recover(
        candidates: [(superblock: Superblock, slot: Int)], slots: [Superblock.Slot]
    ) throws {
        guard let disk, let logFile = disk.logFile else { return }
        try adoptDurable(candidates, otherIsLost: slots.contains { $0.isLost })
        let superblock = disk.superblock
        let contents = try readLog(behind: superblock, logFile, disk)
        if let damage = contents.damage { try tolerate(damage) }
        openReport.droppedTailBytes = contents.tornBytes
        openReport.isOfUnknownLogState = superblock.logState == .unknown
        if contents.startIsMissing { openReport.logWasMissing = true }
        if !contents.hasSegments, superblock.logState != .inUse, !options.isReadOnly,
            try logFile.byteCount() > 0
        {
            // A leftover that says nothing about this database.
            try LeftoverFile.demandOwn(logFile, as: "the log of a database")
            try logFile.truncate(to: 0)
        }
        if !contents.groups.isEmpty {
            // What readers will see must be on disk first.
            try logFile.sync()
        }
        disk.log = try LogWriter(
            file: logFile, databaseID: superblock.databaseID,
            segmentBytes: Int(superblock.segmentBytes), start: superblock.logStart,
            position: contents.end, highestGeneration: contents.highestGeneration, fresh: true)
        shared[.lastWriter] = disk.token
        noteDurable(superblock)
        disk.syncedPosition = contents.end.lsn
        shared[.synced] = contents.end.lsn
        do {
            tip = try replay(contents, onto: superblock)
        } catch let error as NQLError {
            try tolerate(error)
            tip = RootRecord(
                transaction: superblock.transaction, root: superblock.root,
                logEnd: contents.end.lsn, logChain: contents.end.chain)
        }
        state.withLock { publish(tip) }
        if !openReport.damage.isEmpty, !options.isReadOnly { try leaveDamageBehind() }
    }

    /// Reads what the log has behind a superblock, and judges whether that is all of it.
    private func readLog(
        behind superblock: Superblock, _ logFile: any File, _ disk: StoreDisk
    ) throws -> LogContents {
        let judge = LostLog(
            logPath: disk.location.logPath, superblock: superblock,
            note: try LogNote.read(for: superblock, from: disk.data))
        let contents = try LogReader(
            file: logFile, databaseID: superblock.databaseID,
            segmentBytes: Int(superblock.segmentBytes)
        ).read(
            from: LogPosition(lsn: superblock.logStart, chain: superblock.logChain),
            behind: superblock.transaction, places: superblock.logPlaces, note: judge.note)
        if contents.isForeign, superblock.logState == .inUse, let damage = judge.judge(contents) {
            // Nothing is written over another database's log, whatever the recovery mode.
            throw damage
        }
        contents.damage = judge.judge(contents)
        if contents.damage == nil, contents.checkpoint > superblock.checkpoint {
            contents.damage = .runtime(
                .corruption, "Superblock",
                "the log knows checkpoint \(contents.checkpoint), but the newest readable "
                    + "superblock is of checkpoint \(superblock.checkpoint)",
                hint: "restore a backup, or open with recovery of the last valid state")
        }
        return contents
    }

    /// In strict mode throws; else notes what is passed over.
    private func tolerate(_ error: NQLError) throws {
        guard options.recovery == .lastValid else { throw error }
        openReport.damage.append(error.message)
    }

    /// Starts on the newest superblock whose state can be read.
    private func adoptDurable(
        _ candidates: [(superblock: Superblock, slot: Int)], otherIsLost: Bool
    ) throws {
        guard let disk else { return }
        for (index, candidate) in candidates.enumerated() {
            do {
                disk.superblock = candidate.superblock
                disk.slot = candidate.slot
                let durable = try loadFreeMap(of: candidate.superblock)
                // A lost second slot may be a checkpoint cut short, or the loss of the newest.
                if otherIsLost || options.recovery == .lastValid {
                    try owner.forEachExtent(of: candidate.superblock.root, in: self) {
                        _ = try verified($0)
                    }
                }
                allocator = PageAllocator(
                    used: durable.used.copy(), base: durable.used,
                    changedGroups: durable.unwrittenGroups,
                    capacityPages: allocator.capacityPages)
                openReport.rebuiltFreeMap = durable.wasRebuilt
                disk.nextCheckpoint =
                    max(candidate.superblock.checkpoint, disk.freeMap.highestNumber) + 1
                tip = candidate.superblock.record
                return
            } catch let error as NQLError {
                try tolerate(error)
                if index == candidates.count - 1 { throw error }
            }
        }
    }

    private func replay(_ contents: LogContents, onto superblock: Superblock) throws -> RootRecord {
        guard let last = contents.groups.last else {
            return RootRecord(
                transaction: superblock.transaction, root: superblock.root,
                logEnd: contents.end.lsn, logChain: contents.end.chain)
        }
        let transaction = PageTransaction(store: self, tip: tip, number: last.transaction)
        transaction.usesReserve = true
        writerIsBusy = true
        let root = try contents.withGroups {
            try owner.replay($0, onto: superblock.root, in: transaction)
        }
        try transaction.finishReplay()
        let record = RootRecord(
            transaction: last.transaction, root: root, logEnd: contents.end.lsn,
            logChain: contents.end.chain)
        state.withLock {
            adopt(transaction, as: record)
            writerIsBusy = false
        }
        openReport.replayedTransactions = contents.groups.count
        openReport.replayedBytes = contents.bytes.count
        return record
    }

    /// A checkpoint under a number far above all others, so that nothing damaged is met again.
    private func leaveDamageBehind() throws {
        guard let disk else { return }
        disk.nextCheckpoint += 1 << 32
        // Nothing behind this checkpoint's position counts, whatever the log holds.
        disk.superblock.logState = .unused
        disk.superblock.logPlaces = 0
        let again = PageTransaction(store: self, tip: tip)
        writerIsBusy = true
        try again.commit(root: tip.root, bulk: true)
    }
}
