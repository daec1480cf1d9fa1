// DurationValue+Between: the duration from one temporal value to another. A value without a date
// takes the other's, one without a zone the other's; where neither has one, clocks are compared.
// Months and days are counted on the local clock of the first value's zone, the rest between
// instants, so a day with a clock change has 23 or 25 hours.

extension DurationValue {
    /// What `between` counts in.
    public enum Span: Sendable {
        /// Months, then days, then seconds.
        case all
        case months
        case days
        case seconds
    }

    /// The duration from `start` to `end`, both temporal values.
    ///
    /// - Throws: `ArgumentError` when one is not.
    public static func between(
        _ start: Value, _ end: Value, in span: Span
    ) throws(NQLError) -> DurationValue {
        let from = try Moment(start)
        let to = try Moment(end)
        guard let date = from.date ?? to.date else {
            return try betweenTimes(from, to, span)
        }
        let fromHasDate = from.date != nil && to.date != nil
        let fromLocal = LocalDateTimeValue(date: from.date ?? date, time: from.time)
        let toLocal = LocalDateTimeValue(date: to.date ?? date, time: to.time)
        guard let zone = from.zone ?? to.zone else {
            return try between(
                LocalPoint(local: fromLocal), LocalPoint(local: toLocal), span,
                hasDates: fromHasDate)
        }
        let first = try from.dateTime(at: fromLocal, zone)
        let second = try to.dateTime(at: toLocal, zone).converted(to: zone)
        return try between(
            ZonedPoint(value: first), ZonedPoint(value: second), span, hasDates: fromHasDate)
    }

    /// Two values without dates.
    private static func betweenTimes(
        _ from: Moment, _ to: Moment, _ span: Span
    ) throws(NQLError) -> DurationValue {
        if span == .months || span == .days { return .zero }
        var difference = Int128(to.time.nanosecondOfDay) - Int128(from.time.nanosecondOfDay)
        if case .offset(let start) = from.zone, case .offset(let end) = to.zone {
            difference += (Int128(start) - Int128(end)) * 1_000_000_000
        }
        return try DurationSum.value(
            months: 0, dayNanoseconds: 0, nanoseconds: difference)
    }

    private static func between<P: TimePoint>(
        _ start: P, _ end: P, _ span: Span, hasDates: Bool
    ) throws(NQLError) -> DurationValue {
        var point = start
        var months: Int64 = 0
        var days: Int64 = 0
        if hasDates && (span == .all || span == .months) {
            months = point.local.months(until: end.local)
            if span == .all { point = try start.adding(months: months, days: 0) }
        }
        if hasDates && (span == .all || span == .days) {
            days = point.local.days(until: end.local)
            if span == .all { point = try start.adding(months: months, days: days) }
        }
        var rest: Int128 = 0
        if span == .all || span == .seconds { rest = point.nanoseconds(until: end) }
        return try DurationSum.value(
            months: Int128(months),
            dayNanoseconds: Int128(days) * DurationSum.nanosecondsPerDay, nanoseconds: rest)
    }
}

/// A temporal value taken apart.
private struct Moment {
    var date: DateValue?
    var time = LocalTimeValue(nanosecondOfDay: 0)
    var zone: TemporalZone?
    /// The value itself when it is a dateTime: its instant is exact where clocks overlap.
    private var dateTime: DateTimeValue?

    /// The instant at a local time, in this value's zone or else `zone`.
    func dateTime(
        at local: LocalDateTimeValue, _ zone: TemporalZone
    ) throws(NQLError) -> DateTimeValue {
        if let dateTime { return dateTime }
        return try (self.zone ?? zone).dateTime(local)
    }

    init(_ value: Value) throws(NQLError) {
        switch value {
        case .date(let value): date = value
        case .localTime(let value): time = value
        case .time(let value):
            time = LocalTimeValue(nanosecondOfDay: value.nanosecondOfDay)
            zone = .offset(value.offsetSeconds)
        case .localDateTime(let value):
            date = value.date
            time = value.time
        case .dateTime(let value):
            date = value.local.date
            time = value.local.time
            zone = value.zone
            dateTime = value
        default:
            throw TemporalError.argument("A duration lies between two temporal values.")
        }
    }
}

/// A point from which months and days can be counted.
private protocol TimePoint {
    var local: LocalDateTimeValue { get }
    func adding(months: Int64, days: Int64) throws(NQLError) -> Self
    func nanoseconds(until other: Self) -> Int128
}

private struct LocalPoint: TimePoint {
    var local: LocalDateTimeValue
    func adding(months: Int64, days: Int64) throws(NQLError) -> LocalPoint {
        LocalPoint(local: try local.adding(months: months, days: days))
    }
    func nanoseconds(until other: LocalPoint) -> Int128 {
        let seconds = Int128(other.local.epochSeconds) - Int128(local.epochSeconds)
        return seconds * 1_000_000_000 + Int128(other.local.nanosecond)
            - Int128(local.nanosecond)
    }
}

private struct ZonedPoint: TimePoint {
    var value: DateTimeValue
    var local: LocalDateTimeValue { value.local }
    func adding(months: Int64, days: Int64) throws(NQLError) -> ZonedPoint {
        let moved = try local.adding(months: months, days: days)
        return ZonedPoint(
            value: try value.zone.dateTime(moved, preferring: value.offsetSeconds))
    }
    func nanoseconds(until other: ZonedPoint) -> Int128 {
        let seconds = Int128(other.value.epochSeconds) - Int128(value.epochSeconds)
        return seconds * 1_000_000_000 + Int128(other.value.nanosecond)
            - Int128(value.nanosecond)
    }
}

extension LocalDateTimeValue {
    /// The date of `end` moved a day towards this value when the last day is not complete.
    private func completeDate(until end: LocalDateTimeValue) -> DateValue {
        let start = date.epochDays
        var day = end.date.epochDays
        if day > start && end.time.nanosecondOfDay < time.nanosecondOfDay { day -= 1 }
        if day < start && end.time.nanosecondOfDay > time.nanosecondOfDay { day += 1 }
        return DateValue(epochDays: day)
    }

    /// Whole months from this value to `end`.
    fileprivate func months(until end: LocalDateTimeValue) -> Int64 {
        date.months(until: completeDate(until: end))
    }

    /// Whole days from this value to `end`.
    fileprivate func days(until end: LocalDateTimeValue) -> Int64 {
        completeDate(until: end).epochDays - date.epochDays
    }
}
