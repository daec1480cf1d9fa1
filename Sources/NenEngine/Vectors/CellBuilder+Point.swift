// CellBuilder+Point: points as cells, as `Cell.swift` lays them out, and back. A damaged file may
// hold any bits; a system that is unknown or a coordinate out of range is then an error.

import NenCore

extension Cell {
    /// Coordinates of a point; an unknown system (only in a damaged file) counts as two.
    @inline(__always)
    var coordinateCount: Int {
        low == CoordinateSystem.wgs84WithHeight.rawValue
            || low == CoordinateSystem.cartesian3D.rawValue ? 3 : 2
    }
}

extension CellBuilder {
    /// A point.
    func point(_ point: PointValue) throws(NQLError) -> Cell {
        let coordinates = point.coordinates
        let memory = try arena.allocate(Double.self, count: coordinates.count)
        for (index, coordinate) in coordinates.enumerated() { memory[index] = coordinate }
        return Cell(.point, low: point.system.rawValue, payload: base.offset(memory))
    }
}

extension HeapBase {
    /// The coordinates of a point: `coordinateCount` of them.
    @inline(__always)
    func coordinates(_ cell: Cell) -> UnsafePointer<Double> {
        pointer(cell.payload).assumingMemoryBound(to: Double.self)
    }

    /// A point cell's value.
    ///
    /// - Throws: `CorruptionError` for a coordinate system that does not exist.
    func point(_ cell: Cell) throws(NQLError) -> PointValue {
        guard let system = CoordinateSystem(rawValue: cell.low) else {
            throw .runtime(
                .corruption, "Structure", "A stored point names coordinate system \(cell.low).")
        }
        let coordinates = coordinates(cell)
        return try PointValue(
            system: system, x: coordinates[0], y: coordinates[1],
            z: cell.coordinateCount == 3 ? coordinates[2] : 0)
    }
}
