// PageTransaction: the one write transaction of a store: pages taken, images, released extents,
// redo bytes. Everything becomes visible at once in `commit`, or not at all.
import NenCore

/// Bytes that belong at a page.
struct PageImage {
    var page: PageNumber
    var bytes: UnsafeRawBufferPointer
}

/// Not thread-safe: it belongs to the thread that writes.
final class PageTransaction {
    let store: PageStore
    /// Number of the root this transaction makes; extents it writes carry it as birth.
    let number: UInt64
    /// The root it starts on; may be unsynced when this process wrote it.
    let root: ExtentDescriptor
    /// Lets deletes and maintenance use the last 2 % of the capacity.
    var usesReserve = false
    /// Pages are taken below this one only, each extent at the first place it fits (a vacuum).
    var ceiling: PageNumber?

    let tip: RootRecord
    private(set) var allocated: [PageRun] = []
    private(set) var released: [ExtentDescriptor] = []
    private let ownRedo = LogBytes()
    private var adoptedRedo: ByteWriter?
    private var releasedPages: Set<PageNumber> = []
    private var images: [PageImage] = []
    private var isOpen = true

    init(store: PageStore, tip: RootRecord) {
        self.store = store
        self.tip = tip
        number = tip.transaction + 1
        root = tip.root
    }

    /// The number that replay and restore give: that of the last transaction they redo.
    init(store: PageStore, tip: RootRecord, number: UInt64) {
        self.store = store
        self.tip = tip
        self.number = number
        root = tip.root
    }

    deinit { abort() }

    /// Reserves consecutive pages for extents of these byte counts, as one run where possible;
    /// returns their first pages in order.
    /// - Throws: `CapacityExceeded` with the numbers; `IOError` when the disk is full.
    func allocate(byteCounts: [Int]) throws -> [PageNumber] {
        precondition(isOpen, "allocation in a transaction that has ended")
        let runs = try store.allocate(
            byteCounts: byteCounts, usesReserve: usesReserve, below: ceiling)
        allocated.append(contentsOf: runs)
        return runs.map(\.start)
    }

    /// Queues a page image. `bytes` must stay valid until `flushWrites`, `commit` or `abort`
    /// returns; the rest of the last page becomes zero.
    func write(_ page: PageNumber, _ bytes: UnsafeRawBufferPointer) throws {
        precondition(isOpen, "write in a transaction that has ended")
        images.append(PageImage(page: page, bytes: bytes))
    }

    /// Writes the queued images now, so that their memory may be used again (bulk loads).
    func flushWrites() throws {
        guard !images.isEmpty else { return }
        try store.write(images)
        images.removeAll(keepingCapacity: true)
    }

    /// The extent is no longer reachable from this transaction's root.
    func release(_ extent: ExtentDescriptor) {
        precondition(isOpen, "release in a transaction that has ended")
        // What a damaged file refers to twice, or where nothing can be, is not freed.
        guard store.isInRegion(extent), releasedPages.insert(extent.page).inserted else { return }
        released.append(extent)
    }

    /// Appends redo bytes (copied) to this transaction's log group.
    func log(_ bytes: UnsafeRawBufferPointer) { ownRedo.append(bytes) }

    /// Takes the redo bytes of the whole transaction without copying them.
    func log(adopting writer: ByteWriter) { adoptedRedo = writer }

    /// The redo bytes.
    var redo: UnsafeRawBufferPointer { adoptedRedo?.contents ?? ownRedo.buffer }

    /// Writes, logs, then waits until the root is published as the durability says. After a throw
    /// the transaction is aborted and nothing of it is visible.
    /// - Parameter bulk: commits by checkpoint and logs nothing, as does over 64 MiB of redo.
    func commit(root: ExtentDescriptor, bulk: Bool) throws {
        precondition(isOpen, "second end of a transaction")
        let record: RootRecord
        do {
            try store.checkUsable()
            try store.checkReleased(released)
            try flushWrites()
            record = try store.append(self, root: root, bulk: bulk)
        } catch {
            abort()
            throw error
        }
        isOpen = false
        store.leaveWriter()
        try store.awaitPublication(of: record)
    }

    /// Ends replay: the writes are done, the log knows the rest already.
    func finishReplay() throws {
        try store.checkReleased(released)
        try flushWrites()
        isOpen = false
    }

    /// Returns the pages and lets the next writer in. Does nothing after the transaction's end.
    func abort() {
        guard isOpen else { return }
        isOpen = false
        images.removeAll()
        store.state.withLock { store.allocator.abort(allocated) }
        store.leaveWriter()
    }
}
