// PagePool: the counted memory of queries. Everything that grows with data comes from here in
// pages of 64 KiB, so that a budget holds and a forecast can be compared with the fact. Whoever
// takes pages will fill them, so taking them counts as work of the statement.
//
// A statement of 50,000 clauses has some 100,000 arenas and arrays, most of them of a few bytes:
// what is smaller than a page comes in blocks of its own size. Blocks of up to a page that are
// given back are kept for the next who asks (BlockReserve.swift).
//
// Long blocks are mapped on their own: what they leave goes back to the system at once, where a
// heap would keep it in pieces, and they grow by moving their pages instead of copying.

import CNenKernels
import Glibc
import NenCore

/// Hands out 64 KiB pages charged to one account; thread-safe.
final class PagePool: Sendable {
    static let pageByteCount = 65_536
    /// Nanoseconds in which a page is filled, by and large.
    private static let pageWorkUnits = 10_000
    /// Blocks from this many pages on are mapped: 4 MiB, of which the faults of fresh pages are a
    /// small part of the work of filling them.
    private static let mappedPages = 64
    /// What the pages are charged to.
    let account: MemoryAccount

    init(account: MemoryAccount) { self.account = account }

    /// A pool with an account of its own.
    convenience init(limitBytes: Int) {
        self.init(account: MemoryAccount(.statement, limitBytes: limitBytes))
    }

    /// Bytes held now.
    var bytesHeld: Int { account.heldBytes }
    /// The largest number of bytes ever held.
    var bytesPeak: Int { account.peakBytes }

    /// Hands out `count` consecutive pages, 64-byte aligned, not cleared.
    ///
    /// - Throws: `MemoryLimitExceeded` when the budget would be exceeded or the system refuses.
    func allocate(pages count: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        try Interruption.spend(count &* PagePool.pageWorkUnits)
        let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: PagePool.pageByteCount)
        try account.charge(isTooMuch ? .max : bytes, for: .rows)
        let memory = count == 1
            ? BlockReserve.take(bytes)
            : count >= PagePool.mappedPages
                ? nen_map(-1, bytes, true) : aligned_alloc(64, bytes)
        guard let memory else {
            account.release(bytes)
            throw MemoryAccount.refusedBySystem(bytes, for: .rows)
        }
        if count >= PagePool.mappedPages { PagePool.wantLargePages(memory, bytes) }
        return memory
    }

    /// Asks for pages of 2 MiB, of which a block has 512 times fewer to be faulted in; a system
    /// that has none to give does without.
    private static func wantLargePages(_ memory: UnsafeMutableRawPointer, _ bytes: Int) {
        _ = madvise(memory, bytes, MADV_HUGEPAGE)
    }

    /// A block of `count` pages made `larger` pages long; it may have moved. After a throw it is as
    /// it was.
    ///
    /// - Parameter used: bytes at its start that must be kept.
    func grow(
        _ memory: UnsafeMutableRawPointer, pages count: Int, to larger: Int, keeping used: Int
    ) throws(NQLError) -> UnsafeMutableRawPointer {
        guard count >= PagePool.mappedPages else {
            let fresh = try allocate(pages: larger)
            fresh.copyMemory(from: memory, byteCount: used)
            release(memory, pages: count)
            return fresh
        }
        let more = (larger - count).multipliedReportingOverflow(by: PagePool.pageByteCount)
        let bytes = more.overflow ? .max : more.partialValue
        try account.charge(bytes, for: .rows)
        guard
            let moved = nen_map_resize(
                memory, count * PagePool.pageByteCount, larger * PagePool.pageByteCount)
        else {
            account.release(bytes)
            throw MemoryAccount.refusedBySystem(bytes, for: .rows)
        }
        PagePool.wantLargePages(moved, larger * PagePool.pageByteCount)
        return moved
    }

    /// Hands out a block of `bytes`, one of the sizes of `BlockReserve`, 64-byte aligned, not
    /// cleared.
    ///
    /// - Throws: as `allocate(pages:)`.
    func allocate(bytes: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        try account.charge(bytes, for: .rows)
        guard let memory = BlockReserve.take(bytes) else {
            account.release(bytes)
            throw MemoryAccount.refusedBySystem(bytes, for: .rows)
        }
        return memory
    }

    /// Takes a block below a page back.
    func release(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        BlockReserve.give(memory, bytes)
        account.release(bytes)
    }

    /// Takes pages back.
    func release(_ memory: UnsafeMutableRawPointer, pages count: Int) {
        let bytes = count * PagePool.pageByteCount
        if count == 1 {
            BlockReserve.give(memory, bytes)
        } else if count >= PagePool.mappedPages {
            munmap(memory, bytes)
        } else {
            free(memory)
        }
        account.release(bytes)
    }
}
