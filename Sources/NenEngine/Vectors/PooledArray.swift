// PooledArray: a growing array of plain values in counted memory. Loops take `pointer` once and
// work on it; it stays valid until the next call that may grow the array.

import NenCore

/// Contiguous values that grow by doubling; not thread-safe.
final class PooledArray<Element: BitwiseCopyable> {
    private let pool: PagePool
    /// Whole pages held; 0 while the block is smaller than a page.
    private var pages = 0
    private var smallBytes = 0
    private var memory: UnsafeMutablePointer<Element>?
    private(set) var count = 0
    private(set) var capacity = 0

    init(pool: PagePool) { self.pool = pool }

    deinit { release() }

    /// The first element; only to be used while `count` or `capacity` is positive.
    @inline(__always)
    var pointer: UnsafeMutablePointer<Element> {
        memory.unsafelyUnwrapped
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return pointer[index]
        }
        set {
            assert(index >= 0 && index < count)
            pointer[index] = newValue
        }
    }

    /// Makes room for `needed` elements in all.
    @inline(__always)
    func reserve(_ needed: Int) throws(NQLError) {
        if needed > capacity { try grow(needed) }
    }

    @inline(__always)
    func append(_ element: Element) throws(NQLError) {
        if count == capacity { try grow(count &+ 1) }
        pointer[count] = element
        count &+= 1
    }

    /// Makes the array `newCount` long; new elements get `value`.
    func resize(_ newCount: Int, filling value: Element) throws(NQLError) {
        try reserve(newCount)
        if newCount > count {
            (pointer + count).update(repeating: value, count: newCount - count)
        }
        count = newCount
    }

    /// Makes the array `newCount` long without initialising new elements.
    func resizeUninitialized(_ newCount: Int) throws(NQLError) {
        try reserve(newCount)
        count = newCount
    }

    /// Forgets the last element; there must be one.
    func removeLast() {
        assert(count > 0)
        count &-= 1
    }

    /// Forgets the elements, keeps the memory.
    func removeAll() { count = 0 }

    /// Gives the memory back.
    func release() {
        if let memory { release(UnsafeMutableRawPointer(memory)) }
        memory = nil
        pages = 0
        smallBytes = 0
        count = 0
        capacity = 0
    }

    private func release(_ memory: UnsafeMutableRawPointer) {
        if pages > 0 {
            pool.release(memory, pages: pages)
        } else {
            pool.release(memory, bytes: smallBytes)
        }
    }

    /// Blocks below this are not whole pages.
    private static var smallBytesMax: Int { PagePool.pageByteCount / 2 }

    @inline(never)
    private func grow(_ needed: Int) throws(NQLError) {
        let stride = MemoryLayout<Element>.stride
        let bytes = max(needed, capacity &* 2) &* stride
        if bytes <= Self.smallBytesMax {
            let size = BlockReserve.size(for: bytes)
            let fresh = try pool.allocate(bytes: size)
            take(fresh)
            (smallBytes, capacity) = (size, size / stride)
            return
        }
        let newPages = max(1, (bytes &+ PagePool.pageByteCount &- 1) / PagePool.pageByteCount)
        if let memory, pages > 0 {
            let grown = try pool.grow(
                UnsafeMutableRawPointer(memory), pages: pages, to: newPages,
                keeping: count &* stride)
            self.memory = grown.assumingMemoryBound(to: Element.self)
        } else {
            take(try pool.allocate(pages: newPages))
        }
        (pages, smallBytes) = (newPages, 0)
        capacity = newPages &* PagePool.pageByteCount / stride
    }

    /// Moves the elements to a new block.
    private func take(_ fresh: UnsafeMutableRawPointer) {
        let target = fresh.assumingMemoryBound(to: Element.self)
        if let memory {
            target.update(from: memory, count: count)
            release(UnsafeMutableRawPointer(memory))
        }
        memory = target
    }
}
