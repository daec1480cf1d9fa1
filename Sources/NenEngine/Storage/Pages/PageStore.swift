// PageStore: the pages of one database: region, roots, pins, commits. It knows extents and roots,
// and leaves what they mean to its `RootOwner`.
//
// Without a file the store is the same code over an anonymous region: no log, no locks, nothing to
// recover; commits are published at once.
import CNenKernels
import NenCore
import Synchronization

/// One per file and process; shared by everybody in the process who opens the same file.
final class PageStore: @unchecked Sendable {
    /// Page p stands at `base + p * 4096`, at the same place as long as the store lives.
    let base: UnsafeRawPointer
    /// Span of the region.
    var reservedByteCount: Int { region.byteCount }
    var openReport: OpenReport
    let options: StoreOptions
    let owner: any RootOwner

    let region: Region
    let verifiedPages: VerifiedPages
    let shared: SharedPage
    let pins: PinTable
    /// Nil for a store in memory.
    let disk: StoreDisk?
    let forkGeneration = nen_fork_generation()

    /// Guards everything below.
    let state: Monitor
    var allocator: PageAllocator
    /// The newest committed root; published or, written by this process, waiting for its sync.
    var tip: RootRecord
    /// The newest root this process knows to be published. What it waits for, frees and logs rests
    /// on this, not on the shared page, which a broken process may have overwritten.
    var published: UInt64 = 0
    /// Set when the database's names turned out to lead to other files: nothing is committed then.
    var namesFault: NQLError?
    /// One of the commits that wait for their publication is syncing.
    var isSyncing = false
    /// A write transaction of this process is open.
    var writerIsBusy = false
    /// Tells one of those who wait to be the writer that they may be.
    let writerIsFree: MonitorSignal
    /// Transactions that wait to be the writer, or are just becoming it. Guarded as above.
    var waitingWriterCount = 0
    let closedFlag = Atomic<Bool>(false)
    var isClosed: Bool { closedFlag.load(ordering: .acquiring) }
    /// How many openers share the store.
    var openCount = 1

    init(
        region: Region, shared: SharedPage, pins: PinTable, disk: StoreDisk?,
        allocator: PageAllocator, tip: RootRecord, options: StoreOptions,
        owner: any RootOwner, report: OpenReport
    ) throws {
        guard let verified = VerifiedPages(pageCount: region.byteCount / pageByteCount) else {
            throw NQLError.runtime(
                .database, "AddressSpace", "the system refused address space for the page check",
                hint: "raise the limit of virtual memory (ulimit -v)")
        }
        state = Monitor()
        writerIsFree = MonitorSignal(of: state)
        self.region = region
        base = UnsafeRawPointer(region.base)
        verifiedPages = verified
        self.shared = shared
        self.pins = pins
        self.disk = disk
        self.allocator = allocator
        self.tip = tip
        self.options = options
        self.owner = owner
        openReport = report
    }

    deinit { tearDown() }

    // MARK: Reading

    /// Pins the published root.
    func pin() throws -> Pin {
        try checkUsable()
        return Pin(store: self, record: try pins.acquire())
    }

    /// Pins the published root where it is still the one of a transaction; to be given back with
    /// `unpin`. Nothing that this root reaches was reused since, although nobody pinned it.
    /// - Returns: false when another root was published; nothing is pinned then.
    func pinAgain(_ transaction: UInt64) throws -> Bool {
        try checkUsable()
        let found = try pins.acquire().transaction
        if found == transaction { return true }
        pins.release(found)
        return false
    }

    /// Gives back what `pinAgain` has pinned.
    func unpin(_ transaction: UInt64) { pins.release(transaction) }

    /// What is wrong with the whole store: unreadable pages, or a sync that failed. Operators read
    /// it once per batch.
    var fault: NQLError? {
        if region.faultCount > 0 { return ioFault() }
        if shared.faultCount > 0 { return PageStore.cutSharedFileError }
        if shared[.poisoned] != 0 { return PageStore.poisonedError }
        return nil
    }

    func ioFault() -> NQLError {
        .runtime(
            .io, "PageIn",
            "the disk could not deliver the page at offset \(region.lastFaultOffset)",
            hint: "check the disk and the file's length, then open the database again")
    }

    static let cutSharedFileError = NQLError.runtime(
        .io, "SharedFile", "the shared file of the database was cut or removed while it is open",
        hint: "close the database in all processes and open it again; nothing committed is lost")

    static let poisonedError = NQLError.runtime(
        .io, "FailedSync",
        "an earlier sync to disk failed, so nothing more is read from or written to this database",
        hint: "close it in all processes and open it again; it then recovers from its log")

    /// Refuses work on a store that is closed, faulty, or inherited through fork.
    func checkUsable() throws {
        if nen_fork_generation() != forkGeneration {
            throw NQLError.runtime(
                .database, "ForkedProcess",
                "the database was opened before this process was forked",
                hint: "open it again in the child process")
        }
        if isClosed {
            throw NQLError.runtime(.database, "Closed", "the database is closed")
        }
        if let fault { throw fault }
    }

    /// Makes a committed root the one that readers see. Called with the state lock held.
    func publish(_ record: RootRecord) {
        published = record.transaction
        shared.publish(record)
    }

    // MARK: Opening in memory

    /// A new, empty store that lives as long as the process.
    static func inMemory(options: StoreOptions, owner: any RootOwner) throws -> PageStore {
        let region = try Region(mapping: nil)
        guard let bytes = nen_map(-1, SharedPage.byteCount, true) else {
            throw NQLError.runtime(.database, "AddressSpace", "the system refused memory")
        }
        let shared = SharedPage(bytes: bytes, isFile: false)
        shared[.valid] = 1
        let capacity = try PageStore.capacityPages(of: options, in: region)
        var report = OpenReport()
        report.wasCreated = true
        let store = try PageStore(
            region: region, shared: shared, pins: PinTable(shared: shared, process: 0), disk: nil,
            allocator: PageAllocator(
                used: PageBitmap(), base: PageBitmap(), changedGroups: [], capacityPages: capacity),
            tip: .empty, options: options, owner: owner, report: report)
        store.writerIsBusy = true
        let first = PageTransaction(store: store, tip: .empty)
        try first.commit(root: try owner.makeEmptyRoot(in: first), bulk: false)
        return store
    }

    /// The declared capacity in whole growth units, at most the region.
    static func capacityPages(of options: StoreOptions, in region: Region) throws -> Int {
        let bytes = min(options.capacityBytes, region.byteCount)
        let unit = PageAllocator.growthUnit
        let pages = bytes / pageByteCount / unit * unit
        guard pages > 0 else {
            throw NQLError.runtime(
                .argument, "Capacity", "the capacity of \(options.capacityBytes) bytes is below "
                    + "the least of \(unit * pageByteCount)")
        }
        return pages
    }
}
