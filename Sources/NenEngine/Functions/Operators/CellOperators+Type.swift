// CellOperators+Type: `IS :: type` and the names that `valueType` gives.

import NenCore

/// Type predicates.
extension CellOperators {
    /// `value IS :: type [NOT NULL]`. Null belongs to every type that is not NOT NULL.
    static func isTyped(
        _ cell: Cell, _ type: NQLType, isNotNull: Bool, negated: Bool, _ base: HeapBase
    ) -> Cell {
        let belongs = cell.isNull ? !isNotNull : has(cell, type, base)
        return Cell(boolean: belongs != negated)
    }

    /// Whether a value belongs to a type; null belongs to every type.
    static func has(_ cell: Cell, _ type: NQLType, _ base: HeapBase) -> Bool {
        let tag = cell.tag
        if tag == .null { return true }
        switch type {
        case .any: return true
        case .null: return false
        case .boolean: return tag == .boolean
        case .integer: return tag == .integer
        case .float: return tag == .float
        case .number: return tag == .integer || tag == .float
        case .string: return tag == .string
        case .date: return tag == .date
        case .localTime: return tag == .localTime
        case .time: return tag == .time
        case .localDateTime: return tag == .localDateTime
        case .dateTime: return tag == .dateTime
        case .duration: return tag == .duration
        case .map: return tag == .map
        case .node: return tag == .node
        case .relationship: return tag == .relationship
        case .path: return tag == .path
        case .list(let element):
            guard tag == .list else { return false }
            if element == .any { return true }
            let elements = base.cells(cell)
            var index = 0
            while index < cell.count {
                if !has(elements[index], element, base) { return false }
                index &+= 1
            }
            return true
        }
    }
}
