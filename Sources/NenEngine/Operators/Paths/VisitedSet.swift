// VisitedSet: numbers that a path has visited, last in, first out. Short paths are searched; from a
// certain length on a table answers, so that long paths do not cost the square of their length.
//
// The table is open-addressed with linear probing. Since numbers go in the opposite order in which
// they came, a removed one is never in the middle of another's chain.

import NenCore

/// A stack of numbers that knows which it holds. A number must not be pushed twice.
final class VisitedSet {
    private let stack: PooledArray<UInt32>
    /// Number + 1; 0 where free.
    private let slots: PooledArray<UInt64>
    private var isTabled = false

    /// Above the first a table is made, below the second it is left again.
    private static let tabledCount = 24
    private static let listedCount = 8

    init(pool: PagePool) {
        stack = PooledArray(pool: pool)
        slots = PooledArray(pool: pool)
    }

    var count: Int { stack.count }

    func removeAll() {
        stack.removeAll()
        isTabled = false
    }

    func contains(_ number: UInt32) -> Bool {
        if isTabled { return slots[place(number)] != 0 }
        let count = stack.count
        if count == 0 { return false }
        let list = stack.pointer
        var index = 0
        while index < count {
            if list[index] == number { return true }
            index &+= 1
        }
        return false
    }

    func push(_ number: UInt32) throws(NQLError) {
        try stack.append(number)
        if isTabled, stack.count * 2 <= slots.count {
            slots[place(number)] = UInt64(number) + 1
        } else if stack.count > VisitedSet.tabledCount {
            try rebuild()
        }
    }

    func pop() throws(NQLError) {
        if isTabled { slots[place(stack[stack.count - 1])] = 0 }
        try stack.resizeUninitialized(stack.count - 1)
        if stack.count < VisitedSet.listedCount { isTabled = false }
    }

    private func rebuild() throws(NQLError) {
        var size = 128
        while size < stack.count * 4 { size *= 2 }
        slots.removeAll()
        try slots.resize(size, filling: 0)
        isTabled = true
        for index in 0 ..< stack.count { slots[place(stack[index])] = UInt64(stack[index]) + 1 }
    }

    /// Where the number stands, or could.
    private func place(_ number: UInt32) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: CellOrder.hash(integer: Int64(number))) & mask
        let wanted = UInt64(number) + 1
        while slots[place] != 0, slots[place] != wanted { place = (place + 1) & mask }
        return place
    }
}
