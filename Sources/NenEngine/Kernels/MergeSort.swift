// MergeSort: sorts plain values in counted memory. Runs of a few thousand values are sorted by the
// standard library, then merged pairwise, bottom up. The statement's deadline is looked at between
// pieces of that length: a look at each comparison would double the time of cheap ones.

import NenCore

/// Sorting that can be interrupted.
enum MergeSort {
    /// Values that are sorted or merged between two looks at the deadline.
    private static let pieceLength = 4_096
    /// Nanoseconds per value of sorting and of merging a piece, by and large.
    private static let sortWorkUnits = 100
    private static let mergeWorkUnits = 10

    /// Sorts `values` in place. `isBefore` is a strict weak order; the sort is stable.
    ///
    /// - Parameter pool: gives as much memory again for the time of the sort, when there are more
    ///   values than one piece.
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`; the values are then in any order, some of
    ///   them perhaps more than once.
    /// - Complexity: O(n log n) comparisons; O(n) where the values are in order already.
    @inline(__always)
    static func sort<Value: BitwiseCopyable>(
        _ values: UnsafeMutableBufferPointer<Value>, pool: PagePool,
        by isBefore: (Value, Value) -> Bool
    ) throws(NQLError) {
        let count = values.count
        guard let first = values.baseAddress, count > 1 else { return }
        var start = 0
        while start < count {
            let length = min(pieceLength, count - start)
            try Interruption.spend(length * sortWorkUnits)
            var piece = UnsafeMutableBufferPointer(start: first + start, count: length)
            piece.sort(by: isBefore)
            start += length
        }
        if count <= pieceLength { return }
        let pageBytes = PagePool.pageByteCount
        let bytes = count * MemoryLayout<Value>.stride
        let pages = (bytes + pageBytes - 1) / pageBytes
        let memory = try pool.allocate(pages: pages)
        defer { pool.release(memory, pages: pages) }
        var source = first
        var target = memory.bindMemory(to: Value.self, capacity: count)
        var length = pieceLength
        while length < count {
            var start = 0
            while start < count {
                let middle = min(start + length, count)
                let end = min(middle + length, count)
                try merge(source, start, middle, end, into: target, by: isBefore)
                start = end
            }
            swap(&source, &target)
            length *= 2
        }
        if source != first { first.update(from: source, count: count) }
    }

    /// Merges two neighbouring runs of `source` into the same places of `target`.
    @inline(__always)
    private static func merge<Value: BitwiseCopyable>(
        _ source: UnsafeMutablePointer<Value>, _ start: Int, _ middle: Int, _ end: Int,
        into target: UnsafeMutablePointer<Value>, by isBefore: (Value, Value) -> Bool
    ) throws(NQLError) {
        var left = start
        var right = middle
        var next = start
        if middle < end, isBefore(source[middle], source[middle - 1]) {
            while left < middle && right < end {
                try Interruption.spend(pieceLength * mergeWorkUnits)
                let limit = min(next + pieceLength, end)
                while next < limit && left < middle && right < end {
                    if isBefore(source[right], source[left]) {
                        target[next] = source[right]
                        right &+= 1
                    } else {
                        target[next] = source[left]
                        left &+= 1
                    }
                    next &+= 1
                }
            }
        }
        (target + next).update(from: source + left, count: middle - left)
        next += middle - left
        (target + next).update(from: source + right, count: end - right)
    }

    /// Merges sorted runs. `isBefore` is a strict total order.
    ///
    /// - Parameter target: has room for all of them.
    /// - Throws: `Interrupted`; `target` may then hold anything.
    /// - Complexity: O(n log k) comparisons for k runs.
    @inline(__always)
    static func merge<Value: BitwiseCopyable>(
        _ runs: [UnsafeBufferPointer<Value>], into target: UnsafeMutablePointer<Value>,
        by isBefore: (Value, Value) -> Bool
    ) throws(NQLError) {
        // A heap of what is left of each run, the one with the least first value on top.
        var heap = runs.filter { !$0.isEmpty }
        for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) {
            sink(&heap, place, by: isBefore)
        }
        var next = target
        var credit = 0
        while let top = heap.first {
            if credit == 0 {
                try Interruption.spend(pieceLength * mergeWorkUnits)
                credit = pieceLength
            }
            credit -= 1
            next.pointee = top[0]
            next += 1
            if top.count > 1 {
                heap[0] = UnsafeBufferPointer(rebasing: top[1...])
            } else {
                let last = heap.removeLast()
                if heap.isEmpty { break }
                heap[0] = last
            }
            sink(&heap, 0, by: isBefore)
        }
    }

    /// Moves a run down to where no run below it has a lesser first value.
    @inline(__always)
    private static func sink<Value: BitwiseCopyable>(
        _ heap: inout [UnsafeBufferPointer<Value>], _ start: Int,
        by isBefore: (Value, Value) -> Bool
    ) {
        var place = start
        while true {
            var least = place
            let left = 2 * place + 1
            if left < heap.count, isBefore(heap[left][0], heap[least][0]) { least = left }
            if left + 1 < heap.count, isBefore(heap[left + 1][0], heap[least][0]) {
                least = left + 1
            }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
