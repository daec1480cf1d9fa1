// RowSet: the rows over which an expression is evaluated: vectors, and which positions count. The
// result of an evaluation is *dense*: value i belongs to row i of the set, whatever its position.

import NenCore

/// Rows under evaluation.
struct RowSet {
    let vectors: VectorTable
    /// Row → position; nil: row i stands at position i.
    var selection: UnsafePointer<UInt16>?
    var count: Int

    /// The position of a row.
    @inline(__always)
    func position(_ row: Int) -> Int {
        guard let selection else { return row }
        return Int(selection[row])
    }

    /// A slot's value in a row as a cell.
    @inline(__always)
    func cell(_ slot: Int, row: Int) -> Cell { vectors[slot].cell(at: position(row)) }

    /// The rows of this set whose numbers are in `chosen`.
    func subset(
        _ chosen: UnsafePointer<UInt16>, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> RowSet {
        guard let selection else {
            return RowSet(vectors: vectors, selection: chosen, count: count)
        }
        let composed = try arena.allocate(UInt16.self, count: max(1, count))
        var row = 0
        while row < count {
            composed[row] = selection[Int(chosen[row])]
            row &+= 1
        }
        return RowSet(vectors: vectors, selection: UnsafePointer(composed), count: count)
    }

    /// One row of this set.
    func single(_ row: Int, _ arena: Arena) throws(NQLError) -> RowSet {
        let chosen = try arena.allocate(UInt16.self, count: 1)
        chosen[0] = UInt16(truncatingIfNeeded: position(row))
        return RowSet(vectors: vectors, selection: UnsafePointer(chosen), count: 1)
    }

    /// Row → element of `vector`; nil when they are the same number. The vector is not constant.
    func elements(
        of vector: Vector, _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<UInt16>? {
        guard let indices = vector.indices else { return selection }
        guard let selection else { return indices }
        let composed = try arena.allocate(UInt16.self, count: max(1, count))
        var row = 0
        while row < count {
            composed[row] = indices[Int(selection[row])]
            row &+= 1
        }
        return UnsafePointer(composed)
    }

    /// A slot as a dense vector: flat with value i for row i, or constant. Copies only where the
    /// rows are not the vector's elements in order.
    func dense(_ slot: Int, _ arena: Arena) throws(NQLError) -> Vector {
        let vector = vectors[slot]
        if vector.isConstant { return vector }
        guard let elements = try elements(of: vector, arena) else { return vector }
        return try Gather.gather(vector, elements, count, arena)
    }
}
