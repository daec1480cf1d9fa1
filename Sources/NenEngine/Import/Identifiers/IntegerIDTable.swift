// IntegerIDTable: 64-bit identifiers of one group → node numbers. Open addressing with linear
// probing over 16-byte slots, at most 5/8 full; look-ups go in batches, so that the memory
// latencies of many slots overlap.

import CNenKernels

/// A growing map from `Int64` to node number.
final class IntegerIDTable {
    /// key, node + 1 (0: free slot), 4 unused bytes.
    private struct Slot {
        var key: Int64
        var nodePlusOne: UInt64
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private(set) var count = 0

    init(expected: Int = 0) {
        var capacity = 64
        while capacity * 5 / 8 < expected { capacity *= 2 }
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(key: 0, nodePlusOne: 0), count: capacity)
        mask = capacity - 1
    }

    deinit { slots.deallocate() }

    /// Bytes held.
    var byteCount: Int { (mask + 1) * MemoryLayout<Slot>.stride }

    @inline(__always)
    private static func hash(_ key: Int64) -> Int {
        let mixed = nen_mix(
            UInt64(bitPattern: key) ^ 0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93)
        return Int(truncatingIfNeeded: mixed)
    }

    /// Makes room for `additional` more keys.
    func reserve(_ additional: Int) {
        var capacity = mask + 1
        guard capacity * 5 / 8 < count + additional else { return }
        while capacity * 5 / 8 < count + additional { capacity *= 2 }
        let old = slots
        let oldCapacity = mask + 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(key: 0, nodePlusOne: 0), count: capacity)
        mask = capacity - 1
        for index in 0..<oldCapacity where old[index].nodePlusOne != 0 {
            var place = IntegerIDTable.hash(old[index].key) & mask
            while slots[place].nodePlusOne != 0 { place = (place &+ 1) & mask }
            slots[place] = old[index]
        }
        old.deallocate()
    }

    /// Prefetches the slot of a key that will be asked for soon.
    @inline(__always)
    func prefetch(_ key: Int64) {
        nen_prefetch(slots + (IntegerIDTable.hash(key) & mask))
    }

    /// Adds a key; room must have been reserved.
    ///
    /// - Returns: The node that has the key already, or nil when it was added.
    @inline(__always)
    func insert(_ key: Int64, node: UInt32) -> UInt32? {
        var place = IntegerIDTable.hash(key) & mask
        while slots[place].nodePlusOne != 0 {
            if slots[place].key == key {
                return UInt32(truncatingIfNeeded: slots[place].nodePlusOne &- 1)
            }
            place = (place &+ 1) & mask
        }
        slots[place] = Slot(key: key, nodePlusOne: UInt64(node) &+ 1)
        count &+= 1
        return nil
    }

    /// The node of a key; nil when there is none.
    @inline(__always)
    func find(_ key: Int64) -> UInt32? {
        var place = IntegerIDTable.hash(key) & mask
        while true {
            let found = slots[place]
            if found.nodePlusOne == 0 { return nil }
            if found.key == key { return UInt32(truncatingIfNeeded: found.nodePlusOne &- 1) }
            place = (place &+ 1) & mask
        }
    }
}
