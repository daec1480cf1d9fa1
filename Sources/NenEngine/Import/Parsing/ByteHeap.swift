// ByteHeap: one growing run of bytes, addressed by offset so that it may move. Holds the parts of
// parsed values that do not fit into a cell.

import Glibc

/// A growing buffer; the owner frees it.
struct ByteHeap {
    private(set) var start: UnsafeMutableRawPointer
    private(set) var count = 0
    private(set) var capacity: Int

    init(capacity: Int = 256) {
        start = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    func free() { start.deallocate() }

    /// Forgets the content, keeps the memory.
    mutating func removeAll() { count = 0 }

    /// Room for `byteCount` bytes at a multiple of `alignment` (a power of two, at most 16).
    ///
    /// - Returns: Their offset.
    @inline(__always)
    mutating func allocate(_ byteCount: Int, alignment: Int) -> Int {
        let offset = (count &+ alignment &- 1) & ~(alignment &- 1)
        if offset &+ byteCount > capacity { grow(to: offset &+ byteCount) }
        count = offset &+ byteCount
        return offset
    }

    /// Copies bytes in.
    ///
    /// - Returns: Their offset.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> Int {
        let offset = allocate(byteCount, alignment: 1)
        memcpy(start + offset, bytes, byteCount)
        return offset
    }

    @inline(never)
    private mutating func grow(to wanted: Int) {
        var larger = capacity * 2
        while larger < wanted { larger *= 2 }
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        fresh.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = fresh
        capacity = larger
    }
}
