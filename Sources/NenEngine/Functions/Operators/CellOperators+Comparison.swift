// CellOperators+Comparison: `CellOrder` as operators: ternary results become boolean or null.

import NenCore

/// Comparison operators and membership.
extension CellOperators {
    @inline(__always)
    static func cell(_ truth: Bool?) -> Cell {
        switch truth {
        case .none: .null
        case .some(let truth): Cell(boolean: truth)
        }
    }

    /// `a = b`.
    static func equal(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        cell(CellOrder.equals(a, b, base))
    }

    /// `a <> b`.
    static func notEqual(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        guard let equal = CellOrder.equals(a, b, base) else { return .null }
        return Cell(boolean: !equal)
    }

    /// `a < b`; `a > b` is `less(b, a)`.
    static func less(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        cell(CellOrder.isLess(a, b, base))
    }

    /// `a <= b`; `a >= b` is `lessOrEqual(b, a)`.
    static func lessOrEqual(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        cell(CellOrder.isLessOrEqual(a, b, base))
    }

    /// `element IN list`: true when an element is equal, else null when one may be, else false.
    static func isMember(
        _ element: Cell, of list: Cell, _ base: HeapBase
    ) throws(NQLError) -> Cell {
        if list.isNull { return .null }
        guard list.tag == .list else { throw mismatch("IN expects a List on its right", list) }
        let count = list.count
        let elements = base.cells(list)
        var isUnknown = false
        var index = 0
        while index < count {
            try Interruption.spend(CellOrder.elementWorkUnits)
            switch CellOrder.equals(element, elements[index], base) {
            case .some(true): return Cell(boolean: true)
            case .some(false): break
            case .none: isUnknown = true
            }
            index &+= 1
        }
        return isUnknown ? .null : Cell(boolean: false)
    }
}
