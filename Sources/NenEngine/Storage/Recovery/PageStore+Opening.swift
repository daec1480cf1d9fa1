// Opening. Every process holds the attach byte shared while it has the database open. Who gets it
// exclusively is alone and recovers (PageStore+Recovery); everybody else finds a valid shared page
// and takes the published root as it is.
import CNenKernels
import Glibc
import NenCore

extension PageStore {
    /// Opens the database at `path`, creating it where there is none.
    /// - Throws: `NQLError`: I/O, corruption, busy, or a file that is no database of this format.
    static func open(
        path: String, options: StoreOptions, fileSystem: any FileSystem, owner: any RootOwner
    ) throws -> PageStore {
        do {
            let (data, isWritable) = try openData(path, options, fileSystem)
            let opening = Opening(
                path: path, options: options, fileSystem: fileSystem, owner: owner, data: data,
                isWritable: isWritable, bootID: try fileSystem.bootIdentity())
            guard options.sharesCore else { return try opening.attach() }
            let key = StoreRegistry.Key(file: try data.identity(), isReadOnly: options.isReadOnly)
            return try StoreRegistry.shared.store(for: key) { try opening.attach() }
        } catch let failure as IOFailure {
            throw failure.error
        }
    }

    /// Opens the data file with the strongest access the options ask for and the system allows.
    private static func openData(
        _ path: String, _ options: StoreOptions, _ fileSystem: any FileSystem
    ) throws -> (any File, isWritable: Bool) {
        do {
            let creates = !options.isReadOnly && !options.mustExist
            return (try fileSystem.open(path, creates ? .create : .readWrite), true)
        } catch let failure as IOFailure {
            if failure.code == ENOENT, options.isReadOnly || options.mustExist {
                throw NQLError.runtime(
                    .database, "NotFound", "there is no database at '\(path)'",
                    hint: "check the path, or open it for writing to create it")
            }
            guard options.isReadOnly, [EACCES, EROFS, EPERM].contains(failure.code) else {
                throw failure
            }
            return (try fileSystem.open(path, .readOnly), false)
        }
    }
}

/// One call of `open` on its way.
struct Opening {
    let path: String
    let options: StoreOptions
    let fileSystem: any FileSystem
    let owner: any RootOwner
    let data: any File
    let isWritable: Bool
    let bootID: [UInt8]

    /// Becomes one of those who have the database open.
    func attach() throws -> PageStore {
        let locks = StoreLocks(data: data)
        let limit = deadline(inMilliseconds: options.busyTimeoutMilliseconds)
        var pause: UInt32 = 100
        while true {
            if isWritable, try locks.tryLock(.attach, .exclusive) {
                let store = try openAlone()
                // Without a shared page nobody can join: the lock stays exclusive.
                if store.disk?.sharedFile == nil { return store }
                guard try locks.tryLock(.attach, .shared) else {
                    throw IOFailure(operation: "lock", path: path, code: EAGAIN)
                }
                return store
            }
            if try locks.tryLock(.attach, .shared) {
                if let store = try isWritable ? joinOthers() : openUnwritable() { return store }
                locks.unlock(.attach)
            }
            if nen_monotonic_nanoseconds() >= limit {
                throw NQLError.runtime(
                    .busy, "Attach",
                    "another process is opening, recovering or reading '\(path)' in a way that "
                        + "admits no one else, and did not finish within "
                        + "\(options.busyTimeoutMilliseconds) ms",
                    hint: "try again, or raise the busy timeout")
            }
            try Interruption.check()
            usleep(pause)
            pause = min(pause * 2, 5_000)
        }
    }

    // MARK: Alone

    private func openAlone() throws -> PageStore {
        let slots = try Superblock.readSlots(of: data)
        var report = OpenReport()
        let candidates = try usableSuperblocks(slots)
        let logFile = try openLog(isNew: candidates.isEmpty, &report)
        let (shared, sharedFile) = try openShared()
        let first = try candidates.first?.superblock ?? newDatabase()
        shared.initialize(databaseID: first.databaseID, bootID: bootID)
        let store = try makeStore(
            shared: shared, logFile: logFile, sharedFile: sharedFile,
            superblock: first, slot: candidates.first?.slot ?? 1, report: report)
        do {
            if candidates.isEmpty {
                try store.create(fileSystem: fileSystem, path: path)
            } else {
                try store.recover(candidates: candidates, slots: slots)
            }
        } catch {
            store.abandon()
            throw error
        }
        shared[.valid] = 1
        return store
    }

    /// The valid superblocks, newest first; none when the database is to be created.
    private func usableSuperblocks(
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
                .corruption, "Superblock", "both superblocks of '\(path)' are damaged",
                hint: "restore a backup")
        }
        if options.isReadOnly || options.mustExist {
            throw NQLError.runtime(
                .database, "NotFound", "'\(path)' holds no database yet",
                hint: "open it for writing to create it")
        }
        return []
    }

    /// Creation writes slot 0, syncs, then slot 1; before the first sync nothing was acknowledged
    /// and there is no log.
    private func isUnfinishedCreation(_ slots: [Superblock.Slot]) throws -> Bool {
        guard slots[1] == .empty else { return false }
        let initial = PageAllocator.growthUnit * pageByteCount
        guard try data.byteCount() <= max(initial, initialByteCount) else { return false }
        do {
            let log = try fileSystem.open(StoreDisk.logPath(path), .readOnly)
            defer { log.close() }
            return try log.byteCount() == 0
        } catch let failure as IOFailure where failure.code == ENOENT {
            return true
        }
    }

    /// A first root larger than this is no first root.
    private var initialByteCount: Int { 64 << 20 }

    private func newDatabase() throws -> Superblock {
        var identity = [UInt8](repeating: 0, count: 16)
        let result = identity.withUnsafeMutableBytes { nen_random($0.baseAddress, 16) }
        guard result == 0 else {
            throw IOFailure(operation: "random numbers", path: path, code: -result)
        }
        let segment = options.logSegmentBytes
        guard segment >= 8_192, segment % 4_096 == 0, segment <= 1 << 30 else {
            throw NQLError.runtime(
                .argument, "LogSegment",
                "a log segment of \(segment) bytes is not a multiple of 4096 from 8192 to 1 GiB")
        }
        return Superblock(
            databaseID: identity, checkpoint: 0, transaction: 0, root: .none, logStart: 0,
            logChain: 0, segmentBytes: UInt32(segment), pageCount: 0, usedPages: 0,
            mapChecksum: 0)
    }

    private func openLog(isNew: Bool, _ report: inout OpenReport) throws -> any File {
        let logPath = StoreDisk.logPath(path)
        if !isNew {
            do {
                return try fileSystem.open(logPath, .readWrite)
            } catch let failure as IOFailure where failure.code == ENOENT {
                report.logWasMissing = true
            }
        }
        let file = try fileSystem.open(logPath, .create)
        // A leftover of a database that was deleted without its log.
        if isNew { try file.truncate(to: 0) }
        try fileSystem.syncDirectory(of: logPath)
        return file
    }

    /// The shared page, to be filled. On a full disk it is this process's own, without a file, so
    /// that the database can be read and things deleted; others wait until it is closed.
    private func openShared() throws -> (SharedPage, (any File)?) {
        do {
            let file = try fileSystem.open(StoreDisk.sharedPath(path), .create)
            if try file.byteCount() != SharedPage.byteCount {
                // With blocks of its own: writing to a hole through the mapping could fail by
                // signal.
                try file.truncate(to: 0)
                try file.allocate(from: 0, to: SharedPage.byteCount)
            }
            return (try mapShared(file), file)
        } catch let failure as IOFailure where failure.isDiskFull {
            try? fileSystem.remove(StoreDisk.sharedPath(path))
            return (try privatePage(), nil)
        }
    }

    /// A page that only this process sees.
    private func privatePage() throws -> SharedPage {
        guard let bytes = nen_map(-1, SharedPage.byteCount, true) else {
            throw IOFailure(operation: "map", path: path, code: ENOMEM)
        }
        return SharedPage(bytes: bytes)
    }

    private func mapShared(_ file: any File) throws -> SharedPage {
        guard let bytes = try file.map(byteCount: SharedPage.byteCount, isWritable: true) else {
            throw IOFailure(operation: "map", path: file.path, code: ENOMEM)
        }
        return SharedPage(bytes: bytes)
    }

    private func makeStore(
        shared: SharedPage, logFile: (any File)?, sharedFile: (any File)?,
        superblock: Superblock, slot: Int, report: OpenReport
    ) throws -> PageStore {
        let process = try sharedFile.map { try ProcessEntry(claimingIn: $0, shared: shared) }
        let region = try Region(mapping: data)
        let disk = StoreDisk(
            fileSystem: fileSystem, data: data, logFile: logFile, sharedFile: sharedFile,
            process: process, superblock: superblock, slot: slot)
        let capacity = try PageStore.capacityPages(of: options, in: region)
        let store = try PageStore(
            region: region, shared: shared,
            pins: PinTable(shared: shared, process: process?.index ?? 0), disk: disk,
            allocator: PageAllocator(
                used: PageBitmap(), base: PageBitmap(), changedGroups: [],
                capacityPages: capacity),
            tip: .empty, options: options, owner: owner, report: report)
        disk.syncWorker = BackgroundWorker(
            delayMilliseconds: options.durability == .normal ? 100 : 0
        ) { [weak store] in store?.syncTips() }
        disk.checkpointWorker = BackgroundWorker { [weak store] in
            store?.checkpointInBackground()
        }
        return store
    }

    // MARK: With others

    /// Joins the processes that have the database open; nil when their shared page is not (or no
    /// longer) valid.
    private func joinOthers() throws -> PageStore? {
        guard let newest = Superblock.newest(of: try Superblock.readSlots(of: data)) else {
            return nil
        }
        let sharedFile: any File
        let logFile: any File
        do {
            sharedFile = try fileSystem.open(StoreDisk.sharedPath(path), .readWrite)
            logFile = try fileSystem.open(StoreDisk.logPath(path), .readWrite)
        } catch let failure as IOFailure where failure.code == ENOENT {
            return nil
        }
        guard try sharedFile.byteCount() == SharedPage.byteCount else { return nil }
        let shared = try mapShared(sharedFile)
        guard shared.isValid(databaseID: newest.superblock.databaseID, bootID: bootID) else {
            munmap(shared.bytes, SharedPage.byteCount)
            return nil
        }
        if shared[.poisoned] != 0 {
            munmap(shared.bytes, SharedPage.byteCount)
            throw PageStore.poisonedError
        }
        var report = OpenReport()
        report.joinedOthers = true
        let store = try makeStore(
            shared: shared, logFile: logFile, sharedFile: sharedFile,
            superblock: newest.superblock, slot: newest.slot, report: report)
        store.state.withLock { store.tip = shared.publishedRecord() }
        return store
    }

    // MARK: Without write access

    /// Opens a file that cannot be written: with others through their shared page, or, when nobody
    /// has it open and nothing waits in the log, on its own.
    private func openUnwritable() throws -> PageStore? {
        guard let newest = Superblock.newest(of: try Superblock.readSlots(of: data)) else {
            _ = try usableSuperblocks(try Superblock.readSlots(of: data))
            return nil
        }
        do {
            let sharedFile = try fileSystem.open(StoreDisk.sharedPath(path), .readWrite)
            let shared = try mapShared(sharedFile)
            if shared.isValid(databaseID: newest.superblock.databaseID, bootID: bootID) {
                var report = OpenReport()
                report.joinedOthers = true
                let store = try makeStore(
                    shared: shared, logFile: nil, sharedFile: sharedFile,
                    superblock: newest.superblock, slot: newest.slot, report: report)
                store.state.withLock { store.tip = shared.publishedRecord() }
                return store
            }
            munmap(shared.bytes, SharedPage.byteCount)
        } catch let failure as IOFailure where failure.code == ENOENT {
            // Nobody has it open.
        } catch let failure as IOFailure where [EACCES, EROFS, EPERM].contains(failure.code) {
            throw NQLError.runtime(
                .database, "ReadOnly",
                "'\(path)' is or was in use, and its file '\(StoreDisk.sharedPath(path))' cannot "
                    + "be written to register a reader",
                hint: "give this process write permission for it, or close the database in the "
                    + "other process")
        }
        return try openPrivately(newest)
    }

    private func openPrivately(
        _ newest: (superblock: Superblock, slot: Int)
    ) throws -> PageStore {
        if let log = try? fileSystem.open(StoreDisk.logPath(path), .readOnly) {
            defer { log.close() }
            let superblock = newest.superblock
            let contents = try LogReader(
                file: log, databaseID: superblock.databaseID,
                segmentBytes: Int(superblock.segmentBytes)
            ).read(
                from: LogPosition(lsn: superblock.logStart, chain: superblock.logChain),
                behind: superblock.transaction)
            if let damage = contents.damage { throw damage }
            guard contents.groups.isEmpty else {
                throw NQLError.runtime(
                    .database, "NeedsRecovery",
                    "the log of '\(path)' holds \(contents.groups.count) transactions that must "
                        + "be replayed, and the file cannot be written",
                    hint: "open the database once with write permission")
            }
        }
        let shared = try privatePage()
        shared.initialize(databaseID: newest.superblock.databaseID, bootID: bootID)
        let store = try makeStore(
            shared: shared, logFile: nil, sharedFile: nil, superblock: newest.superblock,
            slot: newest.slot, report: OpenReport())
        shared.publish(newest.superblock.record)
        store.state.withLock { store.tip = newest.superblock.record }
        shared[.valid] = 1
        return store
    }
}
