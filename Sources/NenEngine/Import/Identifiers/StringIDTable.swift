// StringIDTable: byte strings → numbers, with its own copy of the bytes. Open addressing over
// (hash, place of the bytes) pairs; bytes are compared only when 64 hash bits agree.

import CNenKernels
import Glibc

/// A growing map from byte strings to `UInt32`.
final class StringIDTable {
    private struct Slot {
        var hash: UInt64
        /// Offset of the bytes in `heap` + 1, 0 for a free slot.
        var offsetPlusOne: UInt64
        var count: UInt32
        var value: UInt32
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private(set) var count = 0
    private var heap = ByteHeap()

    init() {
        slots = .allocate(capacity: 64)
        slots.initialize(
            repeating: Slot(hash: 0, offsetPlusOne: 0, count: 0, value: 0), count: 64)
        mask = 63
    }

    deinit {
        slots.deallocate()
        heap.free()
    }

    /// Bytes held.
    var byteCount: Int { (mask + 1) * MemoryLayout<Slot>.stride + heap.capacity }

    /// The hash that `insert` and `find` expect.
    static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(bytes)
        var state = UInt64(count) ^ 0xA076_1D64_78BD_642F
        var offset = 0
        while offset &+ 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            state = nen_mix(state ^ word, 0xE703_7ED1_A0B4_28DB)
            offset &+= 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while offset < count {
            tail |= UInt64(bytes[offset]) &<< shift
            shift &+= 8
            offset &+= 1
        }
        return nen_mix(state ^ tail, 0x8EBC_6AF0_9C88_C6E3)
    }

    /// Makes room for `additional` more strings.
    func reserve(_ additional: Int) {
        var capacity = mask + 1
        guard capacity * 5 / 8 < count + additional else { return }
        while capacity * 5 / 8 < count + additional { capacity *= 2 }
        let old = slots
        let oldCapacity = mask + 1
        slots = .allocate(capacity: capacity)
        slots.initialize(
            repeating: Slot(hash: 0, offsetPlusOne: 0, count: 0, value: 0), count: capacity)
        mask = capacity - 1
        for index in 0..<oldCapacity where old[index].offsetPlusOne != 0 {
            var place = Int(truncatingIfNeeded: old[index].hash) & mask
            while slots[place].offsetPlusOne != 0 { place = (place &+ 1) & mask }
            slots[place] = old[index]
        }
        old.deallocate()
    }

    /// Prefetches the slot of a hash that will be asked for soon.
    @inline(__always)
    func prefetch(hash: UInt64) { nen_prefetch(slots + (Int(truncatingIfNeeded: hash) & mask)) }

    private func matches(_ slot: Slot, _ hash: UInt64, _ bytes: UnsafePointer<UInt8>, _ count: Int)
        -> Bool
    {
        guard slot.hash == hash, Int(slot.count) == count else { return false }
        return memcmp(heap.start + Int(slot.offsetPlusOne - 1), bytes, count) == 0
    }

    /// Adds a string; room must have been reserved.
    ///
    /// - Returns: The value it has already, or nil when it was added.
    func insert(
        _ bytes: UnsafePointer<UInt8>, _ byteCount: Int, hash: UInt64, value: UInt32
    ) -> UInt32? {
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].offsetPlusOne != 0 {
            if matches(slots[place], hash, bytes, byteCount) { return slots[place].value }
            place = (place &+ 1) & mask
        }
        let offset = heap.append(bytes, byteCount)
        slots[place] = Slot(
            hash: hash, offsetPlusOne: UInt64(offset + 1), count: UInt32(byteCount), value: value)
        count &+= 1
        return nil
    }

    /// The value of a string; nil when it was never added.
    func find(_ bytes: UnsafePointer<UInt8>, _ byteCount: Int, hash: UInt64) -> UInt32? {
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].offsetPlusOne != 0 {
            if matches(slots[place], hash, bytes, byteCount) { return slots[place].value }
            place = (place &+ 1) & mask
        }
        return nil
    }
}
