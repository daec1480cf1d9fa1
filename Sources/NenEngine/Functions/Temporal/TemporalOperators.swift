// TemporalOperators: `+`, `-`, `*` and `/` where a duration takes part.

import NenCore

/// Temporal arithmetic; each function gives nil for operands that it does not combine.
enum TemporalOperators {
    /// instant + duration, duration + instant, duration + duration.
    static func add(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        let base = context.base
        if b.tag == .duration {
            let duration = base.duration(b)
            if a.tag == .duration {
                return try context.builder.duration(try base.duration(a).adding(duration))
            }
            return try move(a, by: duration, base)
        }
        if a.tag == .duration { return try move(b, by: base.duration(a), base) }
        return nil
    }

    /// instant - duration, duration - duration.
    static func subtract(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        guard b.tag == .duration else { return nil }
        let base = context.base
        let duration = try base.duration(b).negated()
        if a.tag == .duration {
            return try context.builder.duration(try base.duration(a).adding(duration))
        }
        return try move(a, by: duration, base)
    }

    /// duration * number, number * duration.
    static func multiply(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        if a.tag == .duration { return try scale(a, by: b, &context) }
        if b.tag == .duration { return try scale(b, by: a, &context) }
        return nil
    }

    /// duration / number.
    static func divide(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        guard a.tag == .duration else { return nil }
        let duration = context.base.duration(a)
        switch b.tag {
        case .integer: return try context.builder.duration(try duration.divided(by: b.integer))
        case .float:
            return try context.builder.duration(try duration.multiplied(by: 1 / b.float))
        default: return nil
        }
    }

    private static func scale(
        _ cell: Cell, by factor: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        let duration = context.base.duration(cell)
        switch factor.tag {
        case .integer:
            return try context.builder.duration(try duration.multiplied(by: factor.integer))
        case .float:
            return try context.builder.duration(try duration.multiplied(by: factor.float))
        default: return nil
        }
    }

    private static func move(
        _ cell: Cell, by duration: DurationValue, _ base: HeapBase
    ) throws(NQLError) -> Cell? {
        switch cell.tag {
        case .date: return Cell(try base.date(cell).adding(duration))
        case .localTime: return Cell(base.localTime(cell).adding(duration))
        case .time: return Cell(base.time(cell).adding(duration))
        case .localDateTime: return Cell(try base.localDateTime(cell).adding(duration))
        case .dateTime: return try Cell(try base.dateTime(cell).adding(duration))
        default: return nil
        }
    }
}
