// NumberSet: pairs of a group's number and a whole number that have been met, in eight bytes each.
// Open addressing with linear probing; a pair is its own hash key, 20 bits of group above 44 of
// value, so that a look-up reads one word of the table and nothing beside it. What does not fit is
// left to the caller.

import CNenKernels
import NenCore

/// A set of (group, value).
final class NumberSet {
    /// The packed pair + 1; 0 is empty.
    private var slots: PooledArray<UInt64>
    private let pool: PagePool
    private(set) var count = 0

    private static let valueBits: UInt64 = 44
    private static let groupMax = (1 << 20) - 2
    /// Values are counted from below zero on.
    private static let least = -(Int64(1) << 43)
    private static let greatest = (Int64(1) << 43) - 1

    init(pool: PagePool) {
        self.pool = pool
        slots = PooledArray(pool: pool)
    }

    var byteCount: Int { slots.capacity * 8 }

    /// Forgets all pairs.
    func removeAll() {
        count = 0
        if slots.count > 0 { slots.pointer.update(repeating: 0, count: slots.count) }
    }

    /// Forgets all pairs and gives the memory back.
    func release() {
        count = 0
        slots.release()
    }

    /// Packs pairs; false where one of them does not fit.
    ///
    /// - Parameter groups: nil: all of group 0.
    static func pack(
        _ groups: UnsafePointer<UInt32>?, _ values: UnsafePointer<Int64>, _ count: Int,
        into keys: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        var lowest = Int64.max
        var highest = Int64.min
        var row = 0
        while row < count {
            lowest = min(lowest, values[row])
            highest = max(highest, values[row])
            row &+= 1
        }
        if count > 0 && (lowest < least || highest > greatest) { return false }
        guard let groups else {
            row = 0
            while row < count {
                keys[row] = UInt64(bitPattern: values[row] &- least) &+ 1
                row &+= 1
            }
            return true
        }
        var top: UInt32 = 0
        row = 0
        while row < count {
            top = max(top, groups[row])
            keys[row] = UInt64(groups[row]) &<< valueBits
                &+ UInt64(bitPattern: values[row] &- least) &+ 1
            row &+= 1
        }
        return top <= groupMax
    }

    @inline(__always)
    private static func group(_ key: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (key &- 1) &>> valueBits)
    }

    @inline(__always)
    private static func value(_ key: UInt64) -> Int64 {
        Int64(bitPattern: (key &- 1) & (1 &<< valueBits &- 1)) &+ least
    }

    @inline(__always)
    private static func hash(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: nen_mix(key, 0x9E37_79B9_7F4A_7C15))
    }

    private static let smallSlotCount = 1 << 12
    /// Pairs by which memory is fetched ahead.
    private static let ahead = 16

    /// Adds packed pairs.
    ///
    /// - Parameter isNew: gets 1 for each that was not here, else 0.
    func insert(
        _ keys: UnsafePointer<UInt64>, _ count: Int, isNew: UnsafeMutablePointer<UInt8>
    ) throws(NQLError) {
        try reserve(count)
        let table = slots.pointer
        let mask = slots.count &- 1
        let isLarge = slots.count > 1 << 15
        var added = 0
        var row = 0
        while row < count {
            if isLarge, row &+ NumberSet.ahead < count {
                nen_prefetch(table + NumberSet.hash(keys[row &+ NumberSet.ahead]) & mask)
            }
            let key = keys[row]
            var place = NumberSet.hash(key) & mask
            while table[place] != 0 && table[place] != key { place = (place &+ 1) & mask }
            let isAbsent = table[place] == 0
            table[place] = key
            isNew[row] = isAbsent ? 1 : 0
            added &+= isAbsent ? 1 : 0
            row &+= 1
        }
        self.count &+= added
    }

    /// Makes room for `more` pairs at a load of at most one half.
    private func reserve(_ more: Int) throws(NQLError) {
        let needed = (count &+ more) &* 2
        if needed <= slots.count { return }
        // Small tables grow faster, as most of what is met at first is new.
        let isSmall = slots.count <= NumberSet.smallSlotCount
        var size = max(256, isSmall ? slots.count &* 4 : slots.count)
        while size < needed { size &*= 2 }
        let grown = PooledArray<UInt64>(pool: pool)
        try grown.resize(size, filling: 0)
        let old = slots
        slots = grown
        let table = grown.pointer
        let mask = size &- 1
        for index in 0 ..< old.count where old[index] != 0 {
            var place = NumberSet.hash(old[index]) & mask
            while table[place] != 0 { place = (place &+ 1) & mask }
            table[place] = old[index]
        }
    }

    /// Calls `body` with some of the pairs at a time, at most a batch of them.
    func forEachBatch(
        _ scratch: Arena,
        _ body: (UnsafePointer<UInt32>, UnsafePointer<Int64>, Int) throws(NQLError) -> Void
    ) throws(NQLError) {
        let capacity = Batch.rowCapacity
        let groups = try scratch.allocate(UInt32.self, count: capacity)
        let values = try scratch.allocate(Int64.self, count: capacity)
        var filled = 0
        for index in 0 ..< slots.count where slots[index] != 0 {
            groups[filled] = NumberSet.group(slots[index])
            values[filled] = NumberSet.value(slots[index])
            filled += 1
            if filled < capacity { continue }
            try body(groups, values, filled)
            filled = 0
        }
        if filled > 0 { try body(groups, values, filled) }
    }
}
