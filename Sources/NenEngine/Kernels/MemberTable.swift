// MemberTable: a long list, prepared for being asked many times whether values are in it. Numbers,
// strings and all other values without parts are found by their hash; lists and maps, for which an
// equality may be null, are compared one by one with the lists and maps among the elements.
// Layout: open addressing with linear probing over numbers of elements.

import Glibc
import NenCore

/// Answers `value IN list` for one list; used by one thread.
final class MemberTable {
    /// Lists up to this length are searched element by element.
    static let shortListCount = 16

    /// The list's elements.
    private let elements: PooledArray<Cell>
    /// All elements are values that refer to nothing: a list with the same cells is equal.
    private(set) var isLasting = true
    private let base: HeapBase
    /// Number of an element + 1; 0 is empty.
    private let slots: PooledArray<UInt32>
    private var mask = 0
    private var hasNull = false
    /// Numbers of the elements that are lists or maps.
    private let compounds: PooledArray<UInt32>

    /// The list may change afterwards, but not what its elements refer to.
    ///
    /// - Complexity: O(list.count).
    /// - Throws: `MemoryLimitExceeded`, `Interrupted`.
    init(_ list: Cell, _ context: ExecutionContext) throws(NQLError) {
        base = context.base
        elements = PooledArray(pool: context.pool)
        slots = PooledArray(pool: context.pool)
        compounds = PooledArray(pool: context.pool)
        var size = 64
        while size < list.count &* 2 { size &*= 2 }
        mask = size &- 1
        try slots.resize(size, filling: 0)
        try elements.reserve(list.count)
        let cells = base.cells(list)
        for index in 0 ..< list.count {
            isLasting = isLasting && cells[index].isSelfContained
            try elements.append(cells[index])
            try insert(UInt32(index))
        }
    }

    /// Whether `list` surely has the same elements, wherever it stands. False, too, where they
    /// refer to memory, which may hold something else by now.
    func isOf(_ list: Cell) -> Bool {
        isLasting && list.tag == .list && list.count == elements.count
            && memcmp(base.cells(list), elements.pointer, elements.count * 16) == 0
    }

    private func insert(_ index: UInt32) throws(NQLError) {
        try Interruption.spend(MemberTable.insertWorkUnits)
        let cell = elements[Int(index)]
        switch cell.tag {
        case .null: hasNull = true
        case .list, .map: try compounds.append(index)
        case .float where cell.float.isNaN: break
        default:
            var place = Int(truncatingIfNeeded: CellOrder.hash(cell, base)) & mask
            while slots[place] != 0 {
                let known = elements[Int(slots[place]) &- 1]
                if CellOrder.areEquivalent(known, cell, base) { return }
                place = (place &+ 1) & mask
            }
            slots[place] = index &+ 1
        }
    }

    /// Nanoseconds for an element and for a question, by and large.
    private static let insertWorkUnits = 30
    private static let questionWorkUnits = 20

    /// 1 when an element equals the value, else 2 when one may, else 0.
    func contains(_ cell: Cell) throws(NQLError) -> UInt8 {
        try Interruption.spend(MemberTable.questionWorkUnits)
        switch cell.tag {
        case .null: return elements.count > 0 ? 2 : 0
        case .list, .map: return try containsCompound(cell)
        case .float where cell.float.isNaN: return hasNull ? 2 : 0
        default:
            var place = Int(truncatingIfNeeded: CellOrder.hash(cell, base)) & mask
            while slots[place] != 0 {
                if CellOrder.areEquivalent(elements[Int(slots[place]) &- 1], cell, base) {
                    return 1
                }
                place = (place &+ 1) & mask
            }
            return hasNull ? 2 : 0
        }
    }

    private func containsCompound(_ cell: Cell) throws(NQLError) -> UInt8 {
        var isUnknown = hasNull
        for index in 0 ..< compounds.count {
            try Interruption.spend(CellOrder.elementWorkUnits)
            switch CellOrder.equals(cell, elements[Int(compounds[index])], base) {
            case .some(true): return 1
            case .some(false): break
            case .none: isUnknown = true
            }
        }
        return isUnknown ? 2 : 0
    }
}
