// PooledArray: a growing array of plain values in counted memory. Loops take `pointer` once and
// work on it; it stays valid until the next call that may grow the array.

import NenCore

/// Contiguous values that grow by doubling; not thread-safe.
final class PooledArray<Element: BitwiseCopyable> {
    private let pool: PagePool
    private var pages = 0
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

    /// Forgets the elements, keeps the memory.
    func removeAll() { count = 0 }

    /// Gives the memory back.
    func release() {
        if let memory { pool.release(UnsafeMutableRawPointer(memory), pages: pages) }
        memory = nil
        pages = 0
        count = 0
        capacity = 0
    }

    @inline(never)
    private func grow(_ needed: Int) throws(NQLError) {
        let wanted = max(needed, capacity &* 2)
        let bytes = wanted &* MemoryLayout<Element>.stride
        let newPages = max(1, (bytes &+ PagePool.pageByteCount &- 1) / PagePool.pageByteCount)
        let raw: UnsafeMutableRawPointer
        if let memory {
            raw = try pool.grow(
                UnsafeMutableRawPointer(memory), pages: pages, to: newPages,
                keeping: count &* MemoryLayout<Element>.stride)
        } else {
            raw = try pool.allocate(pages: newPages)
        }
        let newCapacity = newPages &* PagePool.pageByteCount / MemoryLayout<Element>.stride
        let fresh = raw.bindMemory(to: Element.self, capacity: newCapacity)
        memory = fresh
        pages = newPages
        capacity = newCapacity
    }
}
