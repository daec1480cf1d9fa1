// NodeTable: a number for each node of the graph, zero where none has been written. Nodes stand in
// pages of 64 that come into being when they are written to, so that a search costs what it
// touches and not what the graph has.

import NenCore

/// Node → number; made empty at the price of the pages in use.
final class NodeTable<Value: FixedWidthInteger & BitwiseCopyable> {
    /// Page + 1 by node / 64; 0 where there is none.
    private let directory: PooledArray<UInt32>
    private let values: PooledArray<Value>
    /// The places in `directory` that are in use.
    private let used: PooledArray<UInt32>

    init(pool: PagePool) {
        directory = PooledArray(pool: pool)
        values = PooledArray(pool: pool)
        used = PooledArray(pool: pool)
    }

    var byteCount: Int {
        (directory.capacity + used.capacity) * 4 + values.capacity * MemoryLayout<Value>.stride
    }

    /// Makes all numbers zero.
    func removeAll() {
        for index in 0 ..< used.count { directory[Int(used[index])] = 0 }
        used.removeAll()
        values.removeAll()
    }

    /// The numbers as they are now; valid until one is written.
    struct Reader {
        fileprivate let directory: UnsafePointer<UInt32>?
        fileprivate let pageCount: Int
        fileprivate let values: UnsafePointer<Value>?

        @inline(__always)
        subscript(node: UInt32) -> Value {
            let place = Int(node &>> 6)
            guard place < pageCount, let directory, let values else { return 0 }
            let page = directory[place]
            return page == 0 ? 0 : values[Int(page &- 1) &<< 6 &+ Int(node & 63)]
        }
    }

    var reader: Reader {
        Reader(
            directory: directory.count > 0 ? UnsafePointer(directory.pointer) : nil,
            pageCount: directory.count,
            values: values.count > 0 ? UnsafePointer(values.pointer) : nil)
    }

    @inline(__always)
    subscript(node: UInt32) -> Value {
        let place = Int(node &>> 6)
        if place >= directory.count { return 0 }
        let page = directory.pointer[place]
        if page == 0 { return 0 }
        return values.pointer[Int(page &- 1) &<< 6 &+ Int(node & 63)]
    }

    /// Where a node's number stands; valid until the next call.
    ///
    /// - Throws: `MemoryLimitExceeded`.
    @inline(__always)
    func place(_ node: UInt32) throws(NQLError) -> UnsafeMutablePointer<Value> {
        let place = Int(node &>> 6)
        if place < directory.count {
            let page = directory.pointer[place]
            if page != 0 { return values.pointer + (Int(page &- 1) &<< 6 &+ Int(node & 63)) }
        }
        return try addPage(place) + Int(node & 63)
    }

    @inline(never)
    private func addPage(_ place: Int) throws(NQLError) -> UnsafeMutablePointer<Value> {
        if place >= directory.count {
            // Chunks of 2,048 nodes, with room for as many again.
            try directory.resize(max((place | 31) + 1, directory.count * 2), filling: 0)
        }
        let first = values.count
        try values.resize(first + 64, filling: 0)
        try used.append(UInt32(truncatingIfNeeded: place))
        directory[place] = UInt32(truncatingIfNeeded: first &>> 6 &+ 1)
        return values.pointer + first
    }
}
