// ListSort: sorts neighbours within rows. A chunk's entries are distributed by row (counting sort);
// each row's list is then sorted by neighbour: by insertion while short, by radix when long.

import NenCore

/// Working memory of one worker for one chunk at a time.
final class ChunkScratch {
    static let rowCountMax = 2048
    /// First entry per row, and one more.
    let offsets: UnsafeMutablePointer<UInt32>
    private(set) var lists: UnsafeMutablePointer<UInt64>
    private(set) var second: UnsafeMutablePointer<UInt64>
    private(set) var neighbours: UnsafeMutablePointer<UInt32>
    private(set) var relationships: UnsafeMutablePointer<UInt32>
    private var capacity = 4096

    init() {
        offsets = .allocate(capacity: ChunkScratch.rowCountMax + 2)
        lists = .allocate(capacity: capacity)
        second = .allocate(capacity: capacity)
        neighbours = .allocate(capacity: capacity)
        relationships = .allocate(capacity: capacity)
    }

    deinit {
        offsets.deallocate()
        release()
    }

    private func release() {
        lists.deallocate()
        second.deallocate()
        neighbours.deallocate()
        relationships.deallocate()
    }

    /// Makes room for `count` entries.
    func reserve(_ count: Int) {
        guard count > capacity else { return }
        release()
        capacity = max(count, capacity * 2)
        lists = .allocate(capacity: capacity)
        second = .allocate(capacity: capacity)
        neighbours = .allocate(capacity: capacity)
        relationships = .allocate(capacity: capacity)
    }

    /// Distributes entries by row into `lists` as `neighbour << 32 | payload`, stable; `offsets`
    /// then holds the rows' first places.
    func distribute(
        _ entries: UnsafePointer<UInt64>, _ payloads: UnsafePointer<UInt32>, _ count: Int
    ) {
        reserve(count)
        let rows = ChunkScratch.rowCountMax
        // Shifted by one: after the scatter each place holds its row's first entry.
        let next = offsets + 1
        offsets.initialize(repeating: 0, count: rows + 2)
        var index = 0
        while index < count {
            next[Int(truncatingIfNeeded: entries[index] &>> 32) &+ 1] &+= 1
            index &+= 1
        }
        var sum: UInt32 = 0
        var row = 0
        while row <= rows {
            sum &+= next[row]
            next[row] = sum
            row &+= 1
        }
        index = 0
        while index < count {
            let entry = entries[index]
            let row = Int(truncatingIfNeeded: entry &>> 32)
            let place = Int(next[row])
            next[row] &+= 1
            lists[place] = entry &<< 32 | UInt64(payloads[index])
            index &+= 1
        }
    }

    /// Sorts each row's list by neighbour; equal neighbours keep their order.
    func sortLists() {
        var row = 0
        while row < ChunkScratch.rowCountMax {
            let start = Int(offsets[row])
            let count = Int(offsets[row &+ 1]) &- start
            if count > 1 { ListSort.sort(lists + start, second + start, count) }
            row &+= 1
        }
    }
}

/// Sorting of one list of `neighbour << 32 | payload` by neighbour, stable.
enum ListSort {
    private static let insertionMax = 40

    static func sort(
        _ list: UnsafeMutablePointer<UInt64>, _ spare: UnsafeMutablePointer<UInt64>, _ count: Int
    ) {
        if count <= insertionMax { return insertion(list, count) }
        radix(list, spare, count)
    }

    @inline(__always)
    private static func insertion(_ list: UnsafeMutablePointer<UInt64>, _ count: Int) {
        var index = 1
        while index < count {
            let value = list[index]
            let key = value &>> 32
            var place = index
            while place > 0, list[place &- 1] &>> 32 > key {
                list[place] = list[place &- 1]
                place &-= 1
            }
            list[place] = value
            index &+= 1
        }
    }

    /// One pass per byte in which neighbours differ.
    private static func radix(
        _ list: UnsafeMutablePointer<UInt64>, _ spare: UnsafeMutablePointer<UInt64>, _ count: Int
    ) {
        var all: UInt64 = 0
        var common: UInt64 = .max
        var isSorted = true
        var index = 0
        while index < count {
            all |= list[index]
            common &= list[index]
            if index > 0, list[index &- 1] &>> 32 > list[index] &>> 32 { isSorted = false }
            index &+= 1
        }
        if isSorted { return }
        let differing = all & ~common
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { counts in
            guard let counts = counts.baseAddress else { return }
            var from = list
            var to = spare
            var shift: UInt64 = 32
            while shift < 64 {
                if differing &>> shift & 0xFF != 0 {
                    pass(from, to, count, shift, counts)
                    swap(&from, &to)
                }
                shift &+= 8
            }
            if from != list { list.update(from: from, count: count) }
        }
    }

    private static func pass(
        _ from: UnsafeMutablePointer<UInt64>, _ to: UnsafeMutablePointer<UInt64>, _ count: Int,
        _ shift: UInt64, _ counts: UnsafeMutablePointer<Int>
    ) {
        counts.initialize(repeating: 0, count: 256)
        var index = 0
        while index < count {
            counts[Int(truncatingIfNeeded: from[index] &>> shift & 0xFF)] &+= 1
            index &+= 1
        }
        var sum = 0
        var digit = 0
        while digit < 256 {
            let size = counts[digit]
            counts[digit] = sum
            sum &+= size
            digit &+= 1
        }
        index = 0
        while index < count {
            let value = from[index]
            let digit = Int(truncatingIfNeeded: value &>> shift & 0xFF)
            to[counts[digit]] = value
            counts[digit] &+= 1
            index &+= 1
        }
    }
}
