// PlainNumbers: values of one kind that whole numbers stand for: integers, days, times of day and
// entities. Values come as typed vectors, as cells, or as one for all rows; sets and lists of
// numbers take them alike.

import NenCore

/// Values as numbers.
struct PlainNumbers {
    let kind: VectorKind
    let values: UnsafePointer<Int64>

    /// nil where a value is none, or they are not of one kind.
    ///
    /// - Parameter value: dense.
    init?(_ value: Vector, _ count: Int, _ scratch: Arena) throws(NQLError) {
        guard value.validity == nil, count > 0 else { return nil }
        if value.isConstant {
            let cell = value.cell(element: 0)
            guard let kind = PlainNumbers.kind(cell.tag) else { return nil }
            let copy = try scratch.allocate(Int64.self, count: count)
            copy.update(repeating: cell.integer, count: count)
            (self.kind, values) = (kind, UnsafePointer(copy))
            return
        }
        switch value.kind {
        case .integer, .date, .localTime: (kind, values) = (value.kind, value.integers)
        case .node, .relationship:
            let copy = try scratch.allocate(Int64.self, count: count)
            let entities = value.entities
            for row in 0 ..< count { copy[row] = Int64(entities[row]) }
            (kind, values) = (value.kind, UnsafePointer(copy))
        case .cell:
            let cells = value.cells
            let tag = cells[0].tag
            guard let kind = PlainNumbers.kind(tag) else { return nil }
            let copy = try scratch.allocate(Int64.self, count: count)
            for row in 0 ..< count {
                if cells[row].tag != tag { return nil }
                copy[row] = cells[row].integer
            }
            (self.kind, values) = (kind, UnsafePointer(copy))
        case .boolean, .float, .time, .localDateTime, .dateTime: return nil
        }
    }

    private static func kind(_ tag: CellTag) -> VectorKind? {
        switch tag {
        case .integer: .integer
        case .date: .date
        case .localTime: .localTime
        case .node: .node
        case .relationship: .relationship
        default: nil
        }
    }

    /// Numbers of a kind as the vector they stand for.
    static func vector(
        _ kind: VectorKind, _ values: UnsafePointer<Int64>, _ count: Int, _ scratch: Arena
    ) throws(NQLError) -> Vector {
        guard kind == .node || kind == .relationship else { return Vector(kind, values) }
        let entities = try scratch.allocate(UInt32.self, count: max(1, count))
        for row in 0 ..< count { entities[row] = UInt32(truncatingIfNeeded: values[row]) }
        return Vector(kind, entities)
    }
}
