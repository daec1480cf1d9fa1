// IDSpace: the identifiers of one group, `:ID(Group)`. Identifiers that are canonical decimal
// numbers (no sign but a minus, no leading zero, at most 18 digits) are kept as 64-bit integers
// even where identifiers are strings: the two forms stand for each other one to one, and most real
// files have nothing else.

/// One identifier as a parsed block holds it.
struct ParsedID {
    /// The number itself, or the hash of the bytes.
    var key: UInt64
    /// 0: a number. Else byte count << 36 | offset in the block's heap + 1.
    var reference: UInt64

    @inline(__always)
    init(number: Int64) {
        key = UInt64(bitPattern: number)
        reference = 0
    }

    init(hash: UInt64, offset: Int, byteCount: Int) {
        key = hash
        reference = UInt64(byteCount) << 36 | UInt64(offset + 1)
    }

    @inline(__always)
    var isNumber: Bool { reference == 0 }
    var heapOffset: Int { Int(reference & ((1 << 36) - 1)) - 1 }
    var byteCount: Int { Int(reference >> 36) }

    /// The identifier as text, for messages.
    func text(heap: ByteHeap) -> String {
        if isNumber { return String(Int64(bitPattern: key)) }
        let bytes = UnsafeRawBufferPointer(start: heap.start + heapOffset, count: byteCount)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The map of one group. Filled by one thread at a time, then read by many.
final class IDSpace: @unchecked Sendable {
    // Sendable: the phase of nodes writes under the pipeline's turn; relationships only read.
    let name: String
    private let numbers = IntegerIDTable()
    private let strings = StringIDTable()

    init(name: String) { self.name = name }

    /// Identifiers held.
    var count: Int { numbers.count + strings.count }
    /// Bytes held.
    var byteCount: Int { numbers.byteCount + strings.byteCount }

    /// Makes room for `count` further numbers, as a guess from the size of the files.
    func expectNumbers(_ count: Int) { numbers.reserve(count) }

    /// Adds `count` identifiers for the nodes from `firstNode` on.
    ///
    /// - Returns: How many were added before the first that exists already (`count`: all).
    func insert(
        _ ids: UnsafePointer<ParsedID>, _ count: Int, firstNode: UInt32, heap: ByteHeap
    ) -> Int {
        numbers.reserve(count)
        strings.reserve(count)
        var done = 0
        while done < count {
            let stop = min(count, done &+ 32)
            var index = done
            while index < stop {
                prefetch(ids[index])
                index &+= 1
            }
            while done < stop {
                let node = firstNode &+ UInt32(truncatingIfNeeded: done)
                if insert(ids[done], node, heap) != nil { return done }
                done &+= 1
            }
        }
        return count
    }

    @inline(__always)
    private func prefetch(_ id: ParsedID) {
        if id.isNumber {
            numbers.prefetch(Int64(bitPattern: id.key))
        } else {
            strings.prefetch(hash: id.key)
        }
    }

    @inline(__always)
    private func insert(_ id: ParsedID, _ node: UInt32, _ heap: ByteHeap) -> UInt32? {
        if id.isNumber { return numbers.insert(Int64(bitPattern: id.key), node: node) }
        return strings.insert(
            (heap.start + id.heapOffset).assumingMemoryBound(to: UInt8.self), id.byteCount,
            hash: id.key, value: node)
    }

    /// Looks up `count` identifiers; `.max` where there is none.
    ///
    /// - Returns: How many were not found.
    func find(
        _ ids: UnsafePointer<ParsedID>, _ count: Int, heap: ByteHeap,
        into nodes: UnsafeMutablePointer<UInt32>
    ) -> Int {
        var missing = 0
        var done = 0
        var lastKey: UInt64 = 0
        var lastNode: UInt32 = .max
        while done < count {
            let stop = min(count, done &+ 64)
            var index = done
            while index < stop {
                prefetch(ids[index])
                index &+= 1
            }
            while done < stop {
                let id = ids[done]
                if id.isNumber, id.key == lastKey, lastNode != .max {
                    nodes[done] = lastNode
                } else {
                    let node = find(id, heap) ?? .max
                    nodes[done] = node
                    if node == .max { missing &+= 1 }
                    lastKey = id.key
                    lastNode = id.isNumber ? node : .max
                }
                done &+= 1
            }
        }
        return missing
    }

    @inline(__always)
    private func find(_ id: ParsedID, _ heap: ByteHeap) -> UInt32? {
        if id.isNumber { return numbers.find(Int64(bitPattern: id.key)) }
        return strings.find(
            (heap.start + id.heapOffset).assumingMemoryBound(to: UInt8.self), id.byteCount,
            hash: id.key)
    }
}
