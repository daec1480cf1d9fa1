// TemporalComponents: `value.year` and its kin over vectors of dates and local times, as one loop
// into an integer vector. Values with an offset or a zone are left to the cell operator: their
// fields may be texts, and zones may be unknown.

import NenCore

/// Components of temporal vectors.
enum TemporalComponents {
    /// The component of every row; nil when the cell operator has to do it, also to raise the error
    /// for a component that the type does not have.
    static func apply(
        _ component: TemporalComponent, _ vector: Vector, _ count: Int, _ arena: Arena,
        _ base: HeapBase
    ) throws(NQLError) -> Vector? {
        if vector.isConstant { return nil }
        switch vector.kind {
        case .date:
            let days = vector.integers
            return try rows(vector, count, arena) {
                base.date(Cell(.date, payload: UInt64(bitPattern: days[$0]))).component(component)
            }
        case .localTime:
            let nanoseconds = vector.integers
            return try rows(vector, count, arena) {
                let cell = Cell(.localTime, payload: UInt64(bitPattern: nanoseconds[$0]))
                return base.localTime(cell).component(component)
            }
        case .localDateTime where isOfDate(component):
            // A day has no part of its time; damaged seconds are clamped with the date.
            let cells = vector.cells
            return try rows(vector, count, arena) {
                let days = GregorianCalendar.floorDivide(cells[$0].integer, 86_400)
                return base.date(Cell(.date, payload: UInt64(bitPattern: days)))
                    .component(component)
            }
        case .localDateTime:
            let cells = vector.cells
            return try rows(vector, count, arena) {
                base.localDateTime(cells[$0]).component(component)
            }
        default: return nil
        }
    }

    private static func isOfDate(_ component: TemporalComponent) -> Bool {
        switch component {
        case .year, .quarter, .month, .week, .weekYear, .day, .ordinalDay, .dayOfWeek, .weekDay,
            .dayOfQuarter, .quarterDay:
            true
        default: false
        }
    }

    /// Nanoseconds for one component, by and large.
    private static let workUnits = 20

    @inline(__always)
    private static func rows(
        _ vector: Vector, _ count: Int, _ arena: Arena, _ component: (Int) -> Int64?
    ) throws(NQLError) -> Vector? {
        try Interruption.spend(count &* workUnits)
        let out = try arena.allocate(Int64.self, count: max(1, count))
        var row = 0
        while row < count {
            if let validity = vector.validity, !Bitmap.isSet(validity, row) {
                out[row] = 0
            } else {
                guard let value = component(row) else { return nil }
                out[row] = value
            }
            row &+= 1
        }
        return Vector(.integer, out, validity: vector.validity)
    }
}
