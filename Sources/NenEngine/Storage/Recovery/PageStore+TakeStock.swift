// Taking stock: what a process does before it writes after another one did, or died doing so. The
// published root is what counts: nothing is replayed, and what only a dead writer knew was never
// acknowledged.
//
// Used pages are those of the published root (walked), of the durable one and of every older root
// that a reader pins (walked as far as they differ). What only older roots use is free again when
// nobody holds them any more; the rest is free at once. After a death the data file is synced
// first, so that the superblock read is the durable one, and a takeover record in a segment of its
// own cuts the dead writer's unpublished records off.
import NenCore

extension PageStore {
    /// Rebuilds allocator and log writer from the published root. The caller holds the write lock.
    func takeStock(predecessorDied: Bool, until limit: UInt64) throws {
        guard let disk, let logFile = disk.logFile else { return }
        try withCheckpointLock(disk) {
            if predecessorDied {
                do { try disk.data.sync() } catch {
                    poison()
                    throw error
                }
            }
            guard let newest = Superblock.newest(of: try Superblock.readSlots(of: disk.data)) else {
                throw NQLError.runtime(
                    .corruption, "Superblock", "both superblocks of the database are damaged",
                    hint: "restore a backup")
            }
            var published = try shared.newestRecord()
            guard published.transaction >= state.withLock({ self.published }) else {
                throw SharedPage.garbageError
            }
            state.withLock {
                disk.superblock = newest.superblock
                disk.slot = newest.slot
                noteDurable(newest.superblock)
                if newest.superblock.transaction > published.transaction {
                    // A bulk transaction was on disk when its writer died, just not published yet.
                    published = newest.superblock.record
                }
                publish(published)
            }
            disk.nextCheckpoint = newest.superblock.checkpoint + 1
            let rebuilt = try rebuildAllocator(published: published)
            disk.nextCheckpoint = max(disk.nextCheckpoint, disk.freeMap.highestNumber + 1)
            if newest.superblock.logState != .inUse {
                try LeftoverFile.demandOwn(logFile, as: "the log of a database")
            }
            let fresh = predecessorDied || shared[.appendable] != published.logEnd
            let log = try LogWriter(
                file: logFile, databaseID: newest.superblock.databaseID,
                segmentBytes: Int(newest.superblock.segmentBytes),
                start: newest.superblock.logStart,
                position: LogPosition(lsn: published.logEnd, chain: published.logChain),
                highestGeneration: 0, fresh: fresh)
            if predecessorDied { try recordTakeover(in: log, of: published) }
            state.withLock {
                allocator = rebuilt
                tip = published
                self.published = published.transaction
                disk.syncedPosition = min(shared[.synced], published.logEnd)
                disk.log = log
            }
            shared[.lastWriter] = disk.token
        }
    }

    private func recordTakeover(in log: LogWriter, of published: RootRecord) throws {
        do {
            try log.appendTakeover(
                transaction: published.transaction,
                claims: LogWriter.Claims(
                    synced: min(shared[.synced], published.logEnd),
                    checkpoint: disk?.superblock.checkpoint ?? 0))
            do { try log.file.sync() } catch {
                poison()
                throw error
            }
        } catch let spoiled as LogWriter.LogSpoiled {
            poison()
            throw spoiled.failure
        }
        shared[.synced] = max(shared[.synced], published.logEnd)
    }

    /// The allocator as the published and the durable root have it.
    private func rebuildAllocator(published: RootRecord) throws -> PageAllocator {
        guard let disk else { preconditionFailure("stock of a store without files") }
        let durable = try loadFreeMap(of: disk.superblock)
        let base = PageBitmap()
        base.grow(to: durable.used.pageCount)
        try forEachRun(of: published.root, within: base) { base.insert($0) }
        var changed = durable.unwrittenGroups
        for group in 0..<base.groupCount where !base.groupEquals(durable.used, group) {
            changed.insert(group)
        }
        let result = PageAllocator(
            used: base.copy(), base: base, changedGroups: changed,
            capacityPages: try PageStore.capacityPages(of: options, in: region))
        quarantineHeldPages(in: result, durable: durable.used, published: published)
        return result
    }

    /// Keeps aside what only older roots reach that somebody still needs: the durable one's pages
    /// and those of every pin.
    ///
    /// From the newest such root to the oldest, each walk stops where it meets a page in use: a
    /// page held by both roots was never reused between them, so it holds the same extent, and all
    /// that hangs under it is in use already. The walk thus costs what changed between the roots.
    /// The extents found died somewhere after this root and not after the next newer one.
    private func quarantineHeldPages(
        in allocator: PageAllocator, durable: PageBitmap, published: RootRecord
    ) {
        guard let disk else { return }
        var isComplete = true
        var held: [UInt64: ExtentDescriptor] = [:]
        shared.forEachPinnedRoot { entry, transaction, root in
            guard transaction < published.transaction, disk.process?.isAlive(entry) ?? true
            else { return }
            if let root { held[transaction] = root } else { isComplete = false }
        }
        if disk.superblock.transaction < published.transaction {
            held[disk.superblock.transaction] = disk.superblock.root
        }
        var newer = published.transaction
        for (transaction, root) in held.sorted(by: { $0.key > $1.key }) {
            do {
                try walkRuns(of: root, within: allocator.used) { run, birth in
                    if allocator.used.isUsed(Int(run.start)) { return false }
                    allocator.quarantine([run], birth: birth, death: newer)
                    return true
                }
            } catch {
                // What cannot be read cannot be told from free space: nothing more is reused.
                isComplete = false
            }
            newer = transaction
        }
        var rest: [PageRun] = []
        if isComplete {
            durable.subtracting(allocator.used).forEachRun(used: true) { rest.append($0) }
        } else {
            allocator.used.forEachRun(used: false) { rest.append($0) }
        }
        allocator.quarantine(rest, birth: 0, death: published.transaction)
    }

    /// The durable root's pages.
    struct DurablePages {
        var used: PageBitmap
        /// Groups whose map on disk is missing or wrong.
        var unwrittenGroups: Set<Int>
        var wasRebuilt: Bool
    }

    /// Reads the free map of a superblock; walks the tree where the map is damaged.
    func loadFreeMap(of superblock: Superblock) throws -> DurablePages {
        guard let disk else { preconditionFailure("free map of a store without files") }
        let pageCount = try disk.dataPageCount()
        guard Int(superblock.pageCount) <= pageCount else {
            throw NQLError.runtime(
                .corruption, "Truncated",
                "the data file has \(pageCount) pages where its superblock counts "
                    + "\(superblock.pageCount)",
                hint: "restore the file's full length or a backup")
        }
        guard pageCount * pageByteCount <= region.byteCount else {
            throw NQLError.runtime(
                .database, "AddressSpace",
                "the data file of \(pageCount * pageByteCount) bytes exceeds the address space of "
                    + "\(region.byteCount)",
                hint: "raise the limit of virtual memory (ulimit -v)")
        }
        let used = PageBitmap()
        used.grow(to: pageCount)
        let written = FreeMapLayout.groupCount(forPages: Int(superblock.pageCount))
        let fresh = Set(written..<max(written, used.groupCount))
        let unmapped = fresh.reduce(0) { $0 + FreeMapLayout.reserved(in: $1) }
        if try disk.freeMap.load(from: disk.data, for: superblock, into: used, beside: unmapped) {
            return DurablePages(used: used, unwrittenGroups: fresh, wasRebuilt: false)
        }
        let walked = PageBitmap()
        walked.grow(to: pageCount)
        try forEachRun(of: superblock.root, within: walked) { walked.insert($0) }
        return DurablePages(
            used: walked, unwrittenGroups: Set(0..<walked.groupCount), wasRebuilt: true)
    }

    /// Walks a root's extents as runs, each checked to lie within `bitmap`'s pages.
    private func forEachRun(
        of root: ExtentDescriptor, within bitmap: PageBitmap, _ body: (PageRun) -> Void
    ) throws {
        try walkRuns(of: root, within: bitmap) { run, _ in
            body(run)
            return true
        }
    }

    /// Walks a root's extents as runs with their births; not below those where `body` says false.
    private func walkRuns(
        of root: ExtentDescriptor, within bitmap: PageBitmap,
        _ body: (_ run: PageRun, _ birth: UInt64) -> Bool
    ) throws {
        try owner.walkExtents(of: root, in: self) { extent in
            guard FreeMapLayout.admits(extent, pageCount: bitmap.pageCount) else {
                throw NQLError.runtime(
                    .corruption, "ExtentOutOfFile",
                    "an extent of \(extent.byteCount) bytes at page \(extent.page) lies outside "
                        + "the data file of \(bitmap.pageCount) pages", hint: "restore a backup")
            }
            return body(
                PageRun(start: extent.page, count: UInt32(extent.pageCount)), extent.birth)
        }
    }
}
