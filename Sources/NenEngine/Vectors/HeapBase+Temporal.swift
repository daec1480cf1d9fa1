// HeapBase+Temporal: temporal cells read back as values. A damaged file may hold any bits in a
// cell, so dates and times are brought into their range instead of being trusted.

import NenCore

extension HeapBase {
    /// A date cell's value.
    @inline(__always)
    func date(_ cell: Cell) -> DateValue {
        DateValue(epochDays: HeapBase.clamp(days: cell.integer))
    }

    @inline(__always)
    private static func clamp(days: Int64) -> Int64 {
        min(max(days, GregorianCalendar.epochDayMin), GregorianCalendar.epochDayMax)
    }

    @inline(__always)
    private static func clamp(seconds: Int64) -> Int64 {
        let low = GregorianCalendar.epochDayMin * 86_400
        let high = GregorianCalendar.epochDayMax * 86_400 + 86_399
        return min(max(seconds, low), high)
    }

    @inline(__always)
    private static func clamp(nanosecondOfDay: Int64) -> Int64 {
        min(max(nanosecondOfDay, 0), 86_399_999_999_999)
    }

    @inline(__always)
    private static func nanosecond(_ cell: Cell) -> Int32 {
        Int32(min(cell.aux, 999_999_999))
    }

    @inline(__always)
    private static func offset(_ low: UInt32) -> Int32 {
        let limit = TemporalZone.offsetMax
        return min(max(Int32(low & 0x3FF_FFFF) - Cell.offsetBias, -limit), limit)
    }

    /// A localTime cell's value.
    func localTime(_ cell: Cell) -> LocalTimeValue {
        LocalTimeValue(nanosecondOfDay: HeapBase.clamp(nanosecondOfDay: cell.integer))
    }

    /// A time cell's value.
    func time(_ cell: Cell) -> TimeValue {
        TimeValue(
            nanosecondOfDay: HeapBase.clamp(nanosecondOfDay: cell.integer),
            offsetSeconds: HeapBase.offset(cell.low))
    }

    /// A localDateTime cell's value.
    func localDateTime(_ cell: Cell) -> LocalDateTimeValue {
        LocalDateTimeValue(
            epochSeconds: HeapBase.clamp(seconds: cell.integer),
            nanosecond: HeapBase.nanosecond(cell))
    }

    /// A dateTime cell's value.
    ///
    /// - Throws: when it has a named zone whose rules the system lacks.
    func dateTime(_ cell: Cell) throws(NQLError) -> DateTimeValue {
        let seconds = HeapBase.clamp(seconds: cell.integer)
        let nanosecond = HeapBase.nanosecond(cell)
        if cell.low & Cell.namedZoneBit == 0 {
            return DateTimeValue(
                epochSeconds: seconds, nanosecond: nanosecond,
                offsetSeconds: HeapBase.offset(cell.low))
        }
        let number = cell.low & ~Cell.namedZoneBit
        guard let name = TimeZoneNames.name(of: number) else {
            throw .runtime(
                .database, "TimeZoneNotAvailable",
                "A stored time names time zone number \(number), which this version lacks.")
        }
        let offset = try TimeZoneRules.named(name).offset(at: seconds)
        return DateTimeValue(
            epochSeconds: seconds, nanosecond: nanosecond, offsetSeconds: offset,
            zoneName: name)
    }

    /// A duration cell's value.
    func duration(_ cell: Cell) -> DurationValue {
        let parts = pointer(cell.payload).assumingMemoryBound(to: Int64.self)
        return DurationValue(
            months: parts[0], days: parts[1], seconds: parts[2],
            nanosecond: Int32(min(max(parts[3], 0), 999_999_999)))
    }

    /// The value of a temporal cell; nil for other types.
    func temporal(_ cell: Cell) throws(NQLError) -> Value? {
        switch cell.tag {
        case .date: return .date(date(cell))
        case .localTime: return .localTime(localTime(cell))
        case .time: return .time(time(cell))
        case .localDateTime: return .localDateTime(localDateTime(cell))
        case .dateTime: return .dateTime(try dateTime(cell))
        case .duration: return .duration(duration(cell))
        default: return nil
        }
    }
}
