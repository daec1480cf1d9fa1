// HeapPacking: which deep cells of a column share a new heap. A heap is one extent, and an extent
// has a longest length; so what a chunk's values take together is cut into heaps of at most 16 MiB,
// and only a value that is longer by itself gets a longer one.

import NenCore

/// Fed with the cells of a column in order, once to measure and once more while they are copied;
/// both times it says the same.
struct HeapPacking {
    /// Bytes of each heap, as far as cells were added.
    private(set) var byteCounts: [Int] = []

    /// Heaps do not grow beyond this by a further value.
    static let heapByteCountMax = 16 << 20
    /// A stored heap of this size is not merged with what comes later.
    static let fullByteCount = heapByteCountMax / 2
    /// Bytes of the longest value: those of the longest extent.
    static let valueByteCountMax = FreeMapLayout.longestRun * pageByteCount

    /// Adds a deep cell; returns the heap that takes it.
    /// - Throws: `TypeError` for a value that cannot be stored, `CapacityExceeded` for one that is
    ///   too long.
    mutating func add(_ cell: Cell, base: HeapBase) throws(NQLError) -> Int {
        if let last = byteCounts.last {
            let end = try CellHeap.end(of: cell, from: last, base: base)
            if end <= HeapPacking.heapByteCountMax {
                byteCounts[byteCounts.count - 1] = end
                return byteCounts.count - 1
            }
        }
        let size = try CellHeap.end(of: cell, from: 0, base: base)
        try HeapPacking.checkLength(size)
        byteCounts.append(size)
        return byteCounts.count - 1
    }

    /// Refuses a value of more bytes than an extent can have.
    static func checkLength(_ byteCount: Int) throws(NQLError) {
        if byteCount <= valueByteCountMax { return }
        throw .runtime(
            .capacity, "ValueTooLong",
            "a value of \(byteCount) bytes is to be stored; the longest may have "
                + "\(valueByteCountMax)",
            hint: "store it in parts")
    }
}
