// StateTable: finds the state of a path search by its node and its place in the pattern. Open
// addressing with linear probing; the keys stand in the states themselves.

import NenCore

/// Node and place → number of the state.
final class StateTable {
    private let pool: PagePool
    /// State + 1; 0 where free.
    private var slots: PooledArray<UInt32>
    private var count = 0

    init(pool: PagePool) {
        self.pool = pool
        slots = PooledArray(pool: pool)
    }

    var byteCount: Int { slots.capacity * 4 }

    func removeAll() throws(NQLError) {
        slots.removeAll()
        try slots.resize(256, filling: 0)
        count = 0
    }

    private func hash(_ node: UInt32, _ place: UInt32) -> Int {
        let both = Int64(truncatingIfNeeded: UInt64(node) << 32 | UInt64(place))
        return Int(truncatingIfNeeded: CellOrder.hash(integer: both))
    }

    /// The state's number; -1 when there is none.
    func find(_ node: UInt32, _ place: UInt32, _ states: PooledArray<PathGraph.State>) -> Int {
        let mask = slots.count - 1
        var slot = hash(node, place) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return -1 }
            let state = states[Int(entry) - 1]
            if state.node == node, state.place == place { return Int(entry) - 1 }
            slot = (slot + 1) & mask
        }
    }

    func insert(_ number: Int, _ states: PooledArray<PathGraph.State>) throws(NQLError) {
        count += 1
        if count * 2 > slots.count {
            let old = slots
            slots = PooledArray(pool: pool)
            try slots.resize(old.count * 4, filling: 0)
            for slot in 0 ..< old.count where old[slot] != 0 {
                place(Int(old[slot]) - 1, states)
            }
        }
        place(number, states)
    }

    private func place(_ number: Int, _ states: PooledArray<PathGraph.State>) {
        let state = states[number]
        let mask = slots.count - 1
        var slot = hash(state.node, state.place) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(number) + 1
    }
}
