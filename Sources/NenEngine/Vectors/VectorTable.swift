// VectorTable: slot → vector, for the rows of one batch. A plan of few slots has an array of all of
// them; a plan of very many (a statement of 50,000 clauses has as many slots, and each of its
// operators a batch) has a hash table of those that are set.

import NQLPlan
import NenCore

/// The vectors of one batch by slot; slots that were never set hold the constant null. Copies stand
/// for the same table. Whoever makes one frees it.
struct VectorTable {
    /// Plans with more slots have hash tables.
    static let directMax = 256

    private let direct: UnsafeMutablePointer<Vector>?
    private let hashed: Unmanaged<HashedVectors>?

    /// A table for the slots `0 ..< slotCount`.
    init(slotCount: Int) {
        if slotCount > VectorTable.directMax {
            direct = nil
            hashed = Unmanaged.passRetained(HashedVectors())
        } else {
            let memory = UnsafeMutablePointer<Vector>.allocate(capacity: max(1, slotCount))
            memory.initialize(repeating: Batch.nullVector, count: max(1, slotCount))
            direct = memory
            hashed = nil
        }
    }

    /// Frees the table; no copy may be used behind it.
    func deallocate() {
        direct?.deallocate()
        hashed?.release()
    }

    @inline(__always)
    subscript(slot: Slot) -> Vector {
        get {
            if let direct { return direct[slot] }
            return look(slot)
        }
        nonmutating set {
            if let direct { direct[slot] = newValue } else { set(slot, newValue) }
        }
    }

    @inline(never)
    private func look(_ slot: Slot) -> Vector {
        hashed?._withUnsafeGuaranteedRef { $0[slot] } ?? Batch.nullVector
    }

    @inline(never)
    private func set(_ slot: Slot, _ vector: Vector) {
        hashed?._withUnsafeGuaranteedRef { $0[slot] = vector }
    }
}

/// Open addressing with linear probing; slots are never removed.
private final class HashedVectors {
    private static let none: Slot = -1
    private var mask = 7
    private var count = 0
    private var keys: UnsafeMutablePointer<Slot>
    private var vectors: UnsafeMutablePointer<Vector>

    init() {
        keys = .allocate(capacity: mask + 1)
        keys.initialize(repeating: HashedVectors.none, count: mask + 1)
        vectors = .allocate(capacity: mask + 1)
    }

    deinit {
        keys.deallocate()
        vectors.deallocate()
    }

    /// Where `slot` is, or the free place where it belongs.
    private func place(_ slot: Slot) -> Int {
        var place = (slot &* 0x9E37_79B9) &>> 4 & mask
        while keys[place] != slot && keys[place] != HashedVectors.none {
            place = (place &+ 1) & mask
        }
        return place
    }

    subscript(slot: Slot) -> Vector {
        get {
            let place = place(slot)
            return keys[place] == slot ? vectors[place] : Batch.nullVector
        }
        set {
            var place = place(slot)
            if keys[place] != slot {
                if (count + 1) * 4 > (mask + 1) * 3 {
                    grow()
                    place = self.place(slot)
                }
                keys[place] = slot
                count += 1
            }
            vectors[place] = newValue
        }
    }

    private func grow() {
        let (oldKeys, oldVectors, oldCapacity) = (keys, vectors, mask + 1)
        mask = oldCapacity * 2 - 1
        keys = .allocate(capacity: mask + 1)
        keys.initialize(repeating: HashedVectors.none, count: mask + 1)
        vectors = .allocate(capacity: mask + 1)
        for index in 0 ..< oldCapacity where oldKeys[index] != HashedVectors.none {
            let place = place(oldKeys[index])
            keys[place] = oldKeys[index]
            vectors[place] = oldVectors[index]
        }
        oldKeys.deallocate()
        oldVectors.deallocate()
    }
}
