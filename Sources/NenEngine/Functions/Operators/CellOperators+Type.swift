// CellOperators+Type: `IS :: type` and the names that `valueType` gives.

import NenCore

/// Type predicates.
extension CellOperators {
    /// `value IS :: type [NOT NULL]`. Null belongs to every type that is not NOT NULL.
    static func isTyped(
        _ cell: Cell, _ type: NQLType, isNotNull: Bool, negated: Bool, _ base: HeapBase
    ) -> Cell {
        let belongs = cell.isNull && isNotNull ? false : has(cell, type, base)
        return Cell(boolean: belongs != negated)
    }

    /// Whether a value belongs to a type; null belongs to every type that does not refuse it.
    static func has(_ cell: Cell, _ type: NQLType, _ base: HeapBase) -> Bool {
        let tag = cell.tag
        switch type {
        case .nothing: return false
        case .notNull(let inner): return tag != .null && has(cell, inner, base)
        case .union(let members): return members.contains { has(cell, $0, base) }
        default: if tag == .null { return true }
        }
        switch type {
        case .nothing, .notNull, .union: return false
        case .propertyValue: return isPropertyValue(cell, base)
        case .point: return tag == .point
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
                if Interruption.isOver(after: CellOrder.elementWorkUnits) { return false }
                if !has(elements[index], element, base) { return false }
                index &+= 1
            }
            return true
        }
    }

    /// Scalars, and lists of scalars of one type without nulls.
    private static func isPropertyValue(_ cell: Cell, _ base: HeapBase) -> Bool {
        switch cell.tag {
        case .map, .node, .relationship, .path: return false
        case .list: break
        default: return true
        }
        let elements = base.cells(cell)
        for index in 0 ..< cell.count {
            switch elements[index].tag {
            case .null, .list, .map, .node, .relationship, .path: return false
            default: if elements[index].rawTag != elements[0].rawTag { return false }
            }
        }
        return true
    }
}
