// CellOperators+Access: elements and slices of lists, values of maps. Results share the content of
// the list or map they come from.

import NenCore

/// `list[i]`, `map[key]`, `list[from..to]`.
extension CellOperators {
    /// `container[index]`: an element of a list (negative from its end, null when out of range), or
    /// a value of a map, node or relationship.
    static func subscripted(
        _ container: Cell, _ index: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch container.tag {
        case .null: return .null
        case .list:
            if index.isNull { return .null }
            guard index.tag == .integer else {
                throw mismatch("A list index must be an Integer", index)
            }
            return element(of: container, at: index.integer, context.base)
        case .map, .node, .relationship:
            if index.isNull { return .null }
            guard index.tag == .string else {
                throw .runtime(
                    .type, "MapElementAccessByNonString",
                    "A key must be a String, not a value of type \(index.tag.name).")
            }
            if container.tag == .map { return value(of: container, for: index, context.base) }
            return try property(
                of: container, PropertyKey(name: context.base.string(index)), &context)
        default:
            throw mismatch("`[ ]` expects a List, Map, Node or Relationship", container)
        }
    }

    /// The element at `index`; negative counts from the end; null when there is none.
    static func element(of list: Cell, at index: Int64, _ base: HeapBase) -> Cell {
        let count = Int64(list.count)
        let place = index < 0 ? index &+ count : index
        if place < 0 || place >= count { return .null }
        return base.cells(list)[Int(place)]
    }

    /// The value of a map's key; null when there is none. O(log n).
    static func value(of map: Cell, for key: Cell, _ base: HeapBase) -> Cell {
        let cells = base.cells(map)
        var low = 0
        var high = map.count
        while low < high {
            let middle = (low &+ high) / 2
            let order = CellOrder.compareStrings(cells[2 &* middle], key, base)
            if order == 0 { return cells[2 &* middle &+ 1] }
            if order < 0 { low = middle &+ 1 } else { high = middle }
        }
        return .null
    }

    /// `list[from..to]`; a bound left out is nil, one that is null makes the result null.
    static func slice(
        _ list: Cell, from: Cell?, to: Cell?, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        if list.isNull { return .null }
        guard list.tag == .list else { throw mismatch("Expected a List", list) }
        if let from, from.isNull { return .null }
        if let to, to.isNull { return .null }
        let count = Int64(list.count)
        let start = try bound(from, count: count, otherwise: 0)
        let end = try bound(to, count: count, otherwise: count)
        if start >= end { return .emptyList }
        let first = context.base.cells(list) + Int(start)
        if list.low == 1 {
            // Without lists and maps among its elements a part needs no look at them.
            return Cell(
                .list, low: 1, aux: UInt32(end - start), payload: context.base.offset(first))
        }
        return try context.builder.list(in: first, count: Int(end - start))
    }

    private static func bound(
        _ cell: Cell?, count: Int64, otherwise: Int64
    ) throws(NQLError) -> Int64 {
        guard let cell else { return otherwise }
        guard cell.tag == .integer else {
            throw mismatch("A slice bound must be an Integer", cell)
        }
        let place = cell.integer < 0 ? cell.integer &+ count : cell.integer
        return min(max(place, 0), count)
    }
}
