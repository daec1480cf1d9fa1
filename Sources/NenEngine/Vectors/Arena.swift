// Arena: bump allocation over pages of a pool; everything is freed at once. One per worker and
// life time (batch, pipeline, result); not thread-safe.

import NenCore

/// A growing region of query memory.
final class Arena {
    private let pool: PagePool
    /// `pages` is 0 for the small block that an arena may begin with.
    private var blocks: [(memory: UnsafeMutableRawPointer, pages: Int)] = []
    /// Bytes of a small first block.
    private static let smallByteCount = 1_024
    private var next: UnsafeMutableRawPointer?
    private var remaining = 0

    init(pool: PagePool) { self.pool = pool }

    deinit { releaseAll() }

    /// `byteCount` bytes, 16-byte aligned, not cleared; valid until `reset` or the arena's end.
    ///
    /// - Throws: `MemoryLimitExceeded` from the pool.
    /// - Complexity: O(1), amortised.
    @inline(__always)
    func allocate(_ byteCount: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        let rounded = (byteCount &+ 15) & ~15
        if rounded <= remaining, let start = next {
            next = start + rounded
            remaining &-= rounded
            return start
        }
        return try allocateSlowly(rounded)
    }

    /// Memory for `count` values of a trivial type, not initialised.
    @inline(__always)
    func allocate<T: BitwiseCopyable>(
        _ type: T.Type, count: Int
    ) throws(NQLError) -> UnsafeMutablePointer<T> {
        try allocate(count &* MemoryLayout<T>.stride).bindMemory(to: type, capacity: count)
    }

    @inline(never)
    private func allocateSlowly(_ byteCount: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        if blocks.isEmpty, byteCount <= Arena.smallByteCount / 2 {
            let memory = try pool.allocate(bytes: Arena.smallByteCount)
            blocks.append((memory, 0))
            next = memory + byteCount
            remaining = Arena.smallByteCount - byteCount
            return memory
        }
        let pages = max(1, (byteCount + PagePool.pageByteCount - 1) / PagePool.pageByteCount)
        let memory = try pool.allocate(pages: pages)
        blocks.append((memory, pages))
        let left = pages * PagePool.pageByteCount - byteCount
        if left > remaining || next == nil {
            next = memory + byteCount
            remaining = left
        }
        return memory
    }

    /// Forgets all allocations; keeps the first page, or a small block that was enough, for the
    /// next use.
    func reset() {
        if blocks.count > 1, blocks[0].pages == 0 {
            release(blocks[0])
            blocks.removeFirst()
        }
        guard let first = blocks.first, first.pages <= 1 else { return releaseAll() }
        for block in blocks.dropFirst() { release(block) }
        blocks.removeLast(blocks.count - 1)
        next = first.memory
        remaining = Arena.byteCount(pages: first.pages)
    }

    private static func byteCount(pages: Int) -> Int {
        pages == 0 ? smallByteCount : pages * PagePool.pageByteCount
    }

    /// Before a Swift container takes `byteCount` bytes for a moment: they must have room beside
    /// what is held.
    ///
    /// - Throws: `MemoryLimitExceeded`.
    func checkRoom(for byteCount: Int) throws(NQLError) {
        try pool.account.charge(byteCount, for: .rows)
        pool.account.release(byteCount)
    }

    /// Before an element is appended to a list whose length is not known beforehand.
    ///
    /// - Throws: `MemoryLimitExceeded` when the list is long and has no room to grow.
    @inline(__always)
    func checkRoom<Element>(toGrow list: [Element]) throws(NQLError) {
        if list.count == list.capacity, list.count >= 4_096 {
            try checkRoom(for: 3 * list.count * MemoryLayout<Element>.stride)
        }
    }

    /// Bytes taken from the pool.
    var byteCount: Int { blocks.reduce(0) { $0 + Arena.byteCount(pages: $1.pages) } }

    private func release(_ block: (memory: UnsafeMutableRawPointer, pages: Int)) {
        if block.pages == 0 {
            pool.release(block.memory, bytes: Arena.smallByteCount)
        } else {
            pool.release(block.memory, pages: block.pages)
        }
    }

    /// Forgets all allocations and gives the memory back.
    func releaseAll() {
        for block in blocks { release(block) }
        blocks.removeAll()
        next = nil
        remaining = 0
    }
}
