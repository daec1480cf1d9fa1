// BlockReserve: freed blocks of query memory, kept for the next statement. A short statement takes
// and frees some fifty blocks; from the heap each costs as much as the rest of an operator.
//
// Sizes are the powers of two from 256 bytes to a page of 64 KiB, each with a list of its own that
// runs through the free blocks: the first word of each is the address of the next. All databases of
// the process share the lists. What they hold, at most 4 MiB, is charged to nobody.

import Glibc
import Synchronization

/// Blocks of the sizes that `PagePool` hands out; thread-safe.
enum BlockReserve {
    /// The smallest and the largest size.
    static let leastByteCount = 256
    static let mostByteCount = 65_536
    /// Free blocks kept of each size.
    private static let keptCount = 32

    private struct List {
        var first: UnsafeMutableRawPointer?
        var count = 0
    }

    /// A list per size, from the smallest on.
    private struct Lists: ~Copyable, @unchecked Sendable {
        // Sendable: only used under the lock.
        var lists = InlineArray<9, List>(repeating: List())
    }

    private static let free = Mutex(Lists())

    /// The smallest size that has room for `byteCount`.
    static func size(for byteCount: Int) -> Int {
        var size = leastByteCount
        while size < byteCount { size *= 2 }
        return size
    }

    private static func index(_ byteCount: Int) -> Int {
        precondition(
            byteCount >= leastByteCount && byteCount <= mostByteCount
                && byteCount.nonzeroBitCount == 1, "a block of \(byteCount) bytes")
        return byteCount.trailingZeroBitCount - leastByteCount.trailingZeroBitCount
    }

    /// Bytes of the blocks kept.
    static var keptByteCount: Int {
        free.withLock { free in
            var sum = 0
            for index in 0 ..< 9 { sum += free.lists[index].count * (leastByteCount &<< index) }
            return sum
        }
    }

    /// Most bytes of blocks kept.
    static var keptByteCountMax: Int { keptCount * (2 * mostByteCount - leastByteCount) }

    /// A block, 64-byte aligned, not cleared; nil when the system refuses.
    static func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let index = index(byteCount)
        let kept = free.withLock { free -> UnsafeMutableRawPointer? in
            guard let block = free.lists[index].first else { return nil }
            free.lists[index].first = block.load(as: UnsafeMutableRawPointer?.self)
            free.lists[index].count -= 1
            return block
        }
        return kept ?? aligned_alloc(64, byteCount)
    }

    /// Takes a block back that `take` has given.
    static func give(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
        let index = index(byteCount)
        let isKept = free.withLock { free -> Bool in
            if free.lists[index].count == keptCount { return false }
            block.storeBytes(
                of: free.lists[index].first, as: UnsafeMutableRawPointer?.self)
            free.lists[index].first = block
            free.lists[index].count += 1
            return true
        }
        if !isKept { Glibc.free(block) }
    }
}
