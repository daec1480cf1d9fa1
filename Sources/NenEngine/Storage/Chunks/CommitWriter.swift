// CommitWriter: the two passes of a commit. First every new extent is reserved by its size, in
// order; then one allocation places them, as one run if it can; then they are written in the same
// order, children before parents, so that every descriptor is known when it is needed.

import CNenKernels
import Glibc
import NenCore

/// Collects the new extents of one commit.
final class CommitWriter {
    let transaction: PageTransaction
    private var byteCounts: [Int] = []
    private var pages: [PageNumber] = []
    private var next = 0
    private let account: MemoryAccount
    private var images: [UnsafeMutableRawPointer] = []
    private var imageByteCount = 0
    /// Images held before they are written and their memory given back, in large commits.
    private static let imageByteCountMax = 4 << 20
    /// What images may exceed the budget by, so that what has filled it can be committed.
    private static let excessByteCountMax = 24 << 20
    private var nodes: [BTreeNode] = []
    /// Chunk records written, with the marks of the format's checks that they have earned.
    private(set) var records: [(extent: ExtentDescriptor, marks: UInt64)] = []

    /// - Parameter account: what images are charged to.
    init(
        transaction: PageTransaction, account: MemoryAccount = MemoryAccount(.transaction)
    ) {
        self.transaction = transaction
        self.account = account
    }

    deinit { freeImages() }

    private func freeImages() {
        for image in images { free(image) }
        images.removeAll()
        account.release(imageByteCount)
        imageByteCount = 0
    }

    /// Second pass, when every image has been written to its extent: stores what has gathered once
    /// that is much, so that a large commit needs no more memory for images than a small one.
    func flushIfMany() throws {
        if imageByteCount < CommitWriter.imageByteCountMax { return }
        try transaction.flushWrites()
        freeImages()
    }

    /// First pass: an extent of `byteCount` bytes will be written.
    func reserve(_ byteCount: Int) { byteCounts.append(byteCount) }

    /// Between the passes: pages for all that was reserved.
    func allocate() throws { pages = try transaction.allocate(byteCounts: byteCounts) }

    /// Second pass: where the next extent will lie.
    var nextPage: PageNumber { pages[next] }

    /// Second pass: writes the next extent. `bytes` must live until the commit ends.
    func write(_ bytes: UnsafeRawBufferPointer) throws -> ExtentDescriptor {
        precondition(
            bytes.count == byteCounts[next],
            "extent \(next): \(bytes.count) bytes, reserved \(byteCounts[next])")
        let page = pages[next]
        next += 1
        try transaction.write(page, bytes)
        let extent = ExtentDescriptor(page: page, bytes: bytes, birth: transaction.number)
        transaction.store.noteWritten(extent)
        return extent
    }

    /// Zeroed memory that lives until its extent has been written.
    ///
    /// - Throws: `MemoryLimitExceeded` for a very long one.
    func image(_ byteCount: Int) throws -> UnsafeMutableRawPointer {
        let size = max(16, byteCount)
        if size - CommitWriter.excessByteCountMax > account.freeBytes {
            try account.charge(size, for: .commit)
        } else {
            account.note(size)
        }
        guard let memory = calloc(1, size) else {
            account.release(size)
            throw MemoryAccount.refusedBySystem(size, for: .commit)
        }
        imageByteCount += size
        images.append(memory)
        return memory
    }

    /// Images of index nodes, which live as long.
    func keep(_ images: [BTreeNode]) { nodes += images }

    /// A chunk record just written; `marks` tell which of its parts were verified or made here.
    func note(record: ExtentDescriptor, marks: UInt64) { records.append((record, marks)) }

    /// All reserved extents were written.
    func finish() {
        precondition(next == pages.count, "\(next) of \(pages.count) extents were written")
    }
}
