// Shrinking: where a vacuum's boundary lies, and the cut of the data file.
//
// Why the cut is sound. The caller holds the write lock, so nobody takes pages, and everything
// committed is published; and the checkpoint lock, so the durable state stands still. Pages in use
// are those of the published root, of the durable one and of every pin of every process; the file
// is cut behind the last of them, so no root that anybody may still read reaches the rest, and who
// pins one from now on gets the published root. Mappings reach far beyond the file's end at all
// times; nobody touches them there, for what is read is always an extent of a pinned root.
//
// Both superblocks come to count the shorter file, and are on the disk, before it is cut: whichever
// is read after a crash, the file is as long as it says or longer.
import CNenKernels
import NenCore

extension PageStore {
    /// The page from which on a vacuum moves everything: the lowest at which what lies behind it
    /// fits before it; nil when the file would not become shorter by moving.
    func vacuumBoundary() throws -> PageNumber? {
        try beginWrite().abort()
        return state.withLock {
            collectDeadPages()
            let used = allocator.used
            let unit = PageAllocator.growthUnit
            let end = used.usedEnd
            var freeBefore = used.pageCount - used.usedCount
            var usedBehind = 0
            var boundary = used.pageCount / unit * unit
            while boundary > unit {
                let first = boundary - unit
                let inUse = used.usedCount(from: first, to: boundary)
                let free = boundary - first - inUse
                // Nodes above what is moved are written anew too, and not every gap is filled.
                let needed = (usedBehind + inUse) * 9 / 8 + 64
                guard needed <= freeBefore - free else { break }
                freeBefore -= free
                usedBehind += inUse
                boundary = first
            }
            return boundary + unit <= end ? PageNumber(boundary) : nil
        }
    }

    /// Cuts the data file behind its last page in use, and the log, which is empty then.
    func shrink() throws {
        guard let disk, disk.logFile != nil else { return }
        let gate = try beginWrite()
        defer { gate.abort() }
        try awaitPublication(of: gate.tip)
        try withCheckpointLock(disk) {
            guard let plan = try shorten(disk) else { return }
            do {
                try archiveBeforeRelease(
                    plan.superblock.record, durable: disk.superblock.record, beforeBulk: false)
                try write(plan, mirror: true)
            } catch {
                state.withLock { allocator.restoreChanges(Set(plan.images.map(\.group))) }
                disk.checkpointing = 0
                shared[.checkpoint] = 0
                throw error
            }
            state.withLock { finish(plan) }
            let byteCount = Int(plan.superblock.pageCount) * pageByteCount
            if try disk.data.byteCount() > byteCount {
                try disk.data.truncate(to: byteCount)
                try disk.data.sync()
            }
            // Nothing in the log counts until a next commit begins a session of it.
            try disk.log?.trim(toPlaces: 1)
        }
    }

    /// Shortens the allocator and plans the checkpoint that says so, with the log unused.
    private func shorten(_ disk: StoreDisk) throws -> CheckpointPlan? {
        try state.withLock { () throws -> CheckpointPlan? in
            collectDeadPages()
            let unit = PageAllocator.growthUnit
            let end = max(1, allocator.used.usedEnd)
            let count = (end + unit - 1) / unit * unit
            let record = try publishedByUs()
            disk.checkpointing = record.transaction
            shared[.checkpoint] = record.transaction
            allocator.fold(upTo: record.transaction)
            if count < allocator.used.pageCount {
                allocator.shorten(to: count)
                disk.freeMap.forget(groupsFrom: allocator.used.groupCount)
            }
            var plan = makePlan(
                for: record, bitmap: allocator.base, groups: allocator.takeChanges())
            plan?.superblock.logState = .unused
            plan?.superblock.logPlaces = 0
            return plan
        }
    }

    /// Bytes of data file and log.
    func fileByteCount() throws -> Int {
        guard let disk else { return 0 }
        return try disk.data.byteCount() + (disk.logFile?.byteCount() ?? 0)
    }

    /// Bytes of the data file that are in use.
    func usedByteCount() -> Int {
        state.withLock { allocator.used.usedCount * pageByteCount }
    }
}
