// The writer's side of the store: the gate that admits one write transaction at a time, allocation,
// and what a commit does in memory.
import CNenKernels
import NenCore

extension PageStore {
    /// Opens the write transaction: waits up to the busy timeout for others to finish theirs.
    /// - Parameter number: of the transaction, where it is not the next one (a restore goes on with
    ///   the numbers of the original).
    func beginWrite(numbered number: UInt64? = nil) throws -> PageTransaction {
        try checkUsable()
        if options.isReadOnly {
            throw NQLError.runtime(
                .database, "ReadOnly", "the database is open for reading only",
                hint: "open it without the read-only option")
        }
        if let namesFault = state.withLock({ namesFault }) { throw namesFault }
        let limit = deadline(inMilliseconds: options.busyTimeoutMilliseconds)
        try enterWriter(until: limit)
        do {
            try lockForWriting(until: limit)
            try checkUsable()
        } catch {
            leaveWriter()
            throw error
        }
        return state.withLock {
            collectDeadPages()
            if let number { return PageTransaction(store: self, tip: tip, number: number) }
            return PageTransaction(store: self, tip: tip)
        }
    }

    /// Whether no writer of this process is at work or waited for.
    var isWriterFree: Bool {
        state.withLock { !writerIsBusy && waitingWriterCount == 0 && namesFault == nil }
    }

    /// The write transaction, unless another one is open or waited for, in whatever process: for
    /// work that has time.
    func beginWriteIfFree() throws -> PageTransaction? {
        try checkUsable()
        let isFree = state.withLock { () -> Bool in
            if writerIsBusy || waitingWriterCount > 0 || namesFault != nil { return false }
            writerIsBusy = true
            return true
        }
        guard isFree else { return nil }
        do {
            try lockForWriting(until: nen_monotonic_nanoseconds())
            try checkUsable()
        } catch let error as NQLError where error.code == .busy {
            leaveWriter()
            return nil
        } catch {
            leaveWriter()
            throw error
        }
        return state.withLock {
            collectDeadPages()
            return PageTransaction(store: self, tip: tip)
        }
    }

    /// Waits until this process has no other write transaction.
    private func enterWriter(until limit: UInt64) throws {
        state.lock()
        waitingWriterCount += 1
        defer {
            waitingWriterCount -= 1
            state.unlock()
        }
        // One who gives up may have been told in place of another.
        defer { if !writerIsBusy { writerIsFree.signal() } }
        while writerIsBusy {
            if !(try writerIsFree.interruptibleWait(until: limit)), writerIsBusy {
                throw NQLError.runtime(
                    .busy, nil, "another transaction of this process is writing and did not finish "
                        + "within \(options.busyTimeoutMilliseconds) ms",
                    hint: "end it, or raise the busy timeout")
            }
        }
        writerIsBusy = true
    }

    /// Whether a writer of this or another process waits for the one that is at work.
    var hasWaitingWriter: Bool {
        if state.withLock({ waitingWriterCount > 0 && writerIsBusy }) { return true }
        guard let disk else { return false }
        let stamp = shared[.waiting]
        let now = nen_monotonic_nanoseconds()
        return stamp != disk.lastWaitingStamp && now > stamp
            && now - stamp < PageStore.waitingStampNanoseconds
    }

    /// A waiting process renews its stamp every few milliseconds.
    private static let waitingStampNanoseconds: UInt64 = 200_000_000

    /// Lets the next writer in.
    func leaveWriter() {
        state.withLock {
            writerIsBusy = false
            unlockWritingIfIdle()
            writerIsFree.signal()
        }
    }

    /// Frees what nobody can see any more. Called with the state lock held.
    func collectDeadPages() {
        allocator.fold(upTo: published)
        allocator.collect(published: published, holders: holders())
        guard disk == nil else { return }
        for run in allocator.freedLongRuns {
            nen_forget(
                region.base + Int(run.start) * pageByteCount, Int(run.count) * pageByteCount)
        }
    }

    /// The roots that keep dead extents alive, ascending. Called with the state lock held.
    func holders() -> [UInt64] {
        var found = Set(pins.pinned)
        shared.forEachPin { entry, transaction in
            if let process = disk?.process, !process.isAlive(entry) {
                shared.releasePins(of: entry)
            } else {
                found.insert(transaction)
            }
        }
        if let disk {
            found.insert(disk.superblock.transaction)
            found.insert(shared[.durable])
            for checkpoint in [disk.checkpointing, shared[.checkpoint]] where checkpoint != 0 {
                found.insert(checkpoint)
            }
        }
        return found.sorted()
    }

    // MARK: Allocation

    /// Takes pages for the extents, as one run where possible; first pages in order.
    /// - Parameter ceiling: each extent for itself at the first place below this page; the file
    ///   does
    ///   not grow then.
    func allocate(
        byteCounts: [Int], usesReserve: Bool, below ceiling: PageNumber? = nil
    ) throws -> [PageRun] {
        let counts = byteCounts.map { max(1, pagesNeeded(for: $0)) }
        for (index, count) in counts.enumerated() where count > FreeMapLayout.longestRun {
            throw NQLError.runtime(
                .capacity, "ExtentTooLong",
                "a stored piece of \(byteCounts[index]) bytes exceeds the limit of "
                    + "\(FreeMapLayout.longestRun * pageByteCount)")
        }
        return try state.withLock {
            let needed = counts.reduce(0, +)
            let limit = usesReserve ? allocator.capacityPages : allocator.ordinaryPages
            if allocator.used.usedCount + needed > limit {
                throw capacityError(needed: needed, limit: limit)
            }
            var runs: [PageRun] = []
            do {
                if let ceiling {
                    try place(counts, below: ceiling, into: &runs)
                } else {
                    try place(counts[...], total: needed, into: &runs)
                }
            } catch {
                allocator.abort(runs)
                throw error
            }
            // What was checked there before is about to be overwritten.
            for run in runs { verifiedPages.remove(run) }
            return runs
        }
    }

    private func capacityError(needed: Int, limit: Int) -> NQLError {
        // What the options allow, or what the system has let this process reserve.
        let isLimited = region.byteCount < options.capacityBytes
        return .runtime(
            .capacity, nil,
            "the transaction needs \(needed * pageByteCount) bytes more, but of the capacity of "
                + "\(allocator.capacityPages * pageByteCount) bytes "
                + "\(allocator.used.usedCount * pageByteCount) are in use and "
                + "\((allocator.capacityPages - limit) * pageByteCount) kept in reserve",
            hint: isLimited
                ? "raise the limit of virtual memory (ulimit -v), or delete data"
                : "open the database with a larger capacity, or delete data")
    }

    /// One run if the file has or may get one, else the halves of the list each on their own.
    private func place(_ counts: ArraySlice<Int>, total: Int, into runs: inout [PageRun]) throws {
        if counts.isEmpty { return }
        if let run = allocator.used.findRun(of: total) {
            cut(run, counts, into: &runs)
            return
        }
        let free = allocator.used.pageCount - allocator.used.usedCount
        let isFragmented = free > total + allocator.used.pageCount / 4
        if !(isFragmented && counts.count > 1), total <= FreeMapLayout.longestRun {
            do {
                if try growFile(by: total), let run = allocator.used.findRun(of: total) {
                    cut(run, counts, into: &runs)
                    return
                }
            } catch {
                // The disk is full: smaller pieces may still fit into what is there.
                if counts.count == 1 { throw error }
            }
        }
        guard counts.count > 1 else {
            throw capacityError(needed: total, limit: allocator.capacityPages)
        }
        let middle = counts.startIndex + counts.count / 2
        let left = counts[..<middle]
        let leftTotal = left.reduce(0, +)
        try place(left, total: leftTotal, into: &runs)
        try place(counts[middle...], total: total - leftTotal, into: &runs)
    }

    /// There is no room for an extent below a vacuum's ceiling.
    struct NoRoomBelow: Error {}

    private func place(
        _ counts: [Int], below ceiling: PageNumber, into runs: inout [PageRun]
    ) throws {
        for count in counts {
            guard let run = allocator.used.findRun(of: count), run.end <= ceiling else {
                throw NoRoomBelow()
            }
            allocator.used.insert(run)
            runs.append(run)
        }
    }

    private func cut(_ run: PageRun, _ counts: ArraySlice<Int>, into runs: inout [PageRun]) {
        allocator.used.insert(run)
        var page = run.start
        for count in counts {
            runs.append(PageRun(start: page, count: UInt32(count)))
            page += UInt32(count)
        }
    }

    /// Lengthens the file so that `needed` pages fit; false when the capacity forbids it.
    private func growFile(by needed: Int) throws -> Bool {
        guard let target = allocator.grownPageCount(for: needed) else { return false }
        let current = allocator.used.pageCount
        do {
            try disk?.growData(fromPages: current, toPages: target)
        } catch let failure as IOFailure {
            // A smaller step may fit where the generous one did not.
            let unit = PageAllocator.growthUnit
            let least = current + (needed + unit - 1) / unit * unit
            guard failure.isDiskFull, least < target else { throw failure.error }
            do {
                try disk?.growData(fromPages: current, toPages: least)
            } catch let failure as IOFailure {
                throw failure.error
            }
            allocator.used.grow(to: least)
            return true
        }
        allocator.used.grow(to: target)
        return true
    }

    // MARK: Commit

    /// Throws when an extent to be released lies where none can be: a reference to it was damaged
    /// together with its checksum.
    func checkReleased(_ extents: [ExtentDescriptor]) throws {
        let pageCount = state.withLock { allocator.used.pageCount }
        for extent in extents where !FreeMapLayout.admits(extent, pageCount: pageCount) {
            throw NQLError.runtime(
                .corruption, "ExtentOutOfFile",
                "an extent of \(extent.byteCount) bytes at page \(extent.page), which the "
                    + "transaction replaces, lies outside the data file of \(pageCount) pages",
                hint: "restore a backup")
        }
    }

    /// Records a finished transaction as the tip. Called with the state lock held.
    func adopt(_ transaction: PageTransaction, as record: RootRecord) {
        let limit = allocator.used.pageCount
        let dead = transaction.released.filter { Int($0.page) + $0.pageCount <= limit }.map {
            DeadRun(
                run: PageRun(start: $0.page, count: UInt32($0.pageCount)), birth: $0.birth,
                death: transaction.number)
        }
        allocator.commit(
            CommittedPages(
                transaction: transaction.number, births: transaction.allocated,
                deaths: dead.map(\.run)),
            dead: dead)
        tip = record
    }

    /// Puts page images where they belong.
    func write(_ images: [PageImage]) throws {
        if let disk {
            do { try disk.write(images) } catch let failure as IOFailure { throw failure.error }
            return
        }
        for image in images {
            let start = region.base + Int(image.page) * pageByteCount
            if let source = image.bytes.baseAddress {
                start.copyMemory(from: source, byteCount: image.bytes.count)
            }
            let tail = pagesNeeded(for: image.bytes.count) * pageByteCount - image.bytes.count
            (start + image.bytes.count).initializeMemory(as: UInt8.self, repeating: 0, count: tail)
        }
    }
}
