// DurationValue+Arithmetic: durations from parts with fractions, sums and multiples. A fraction
// of a month becomes days and seconds at the Gregorian average of 30.436875 days; a fraction of a
// day becomes seconds; seconds never become days, nor days months. Everything is summed in
// nanoseconds of 128 bits and checked once at the end.

/// Sums parts of a duration.
public struct DurationSum {
    /// Nanoseconds of an average month: 2,629,746 s.
    static let nanosecondsPerMonth: Int128 = 2_629_746_000_000_000
    static let nanosecondsPerDay: Int128 = 86_400_000_000_000

    private var months: Int128 = 0
    private var monthFraction: Double = 0
    private var dayNanoseconds: Int128 = 0
    private var nanoseconds: Int128 = 0

    public init() {}

    /// The units that text and maps name.
    public enum Unit: String, Sendable, CaseIterable {
        case years, quarters, months, weeks, days, hours, minutes, seconds
        case milliseconds, microseconds, nanoseconds
    }

    /// Adds `whole + fraction` units (the fraction has the sign of the whole).
    public mutating func add(_ unit: Unit, _ whole: Int64, fraction: Double = 0) {
        let count = Int128(whole)
        switch unit {
        case .years: addMonths(count * 12, fraction * 12)
        case .quarters: addMonths(count * 3, fraction * 3)
        case .months: addMonths(count, fraction)
        case .weeks: addDays(count * 7, fraction * 7)
        case .days: addDays(count, fraction)
        case .hours: addTime(count, fraction, 3_600_000_000_000)
        case .minutes: addTime(count, fraction, 60_000_000_000)
        case .seconds: addTime(count, fraction, 1_000_000_000)
        case .milliseconds: addTime(count, fraction, 1_000_000)
        case .microseconds: addTime(count, fraction, 1_000)
        case .nanoseconds: addTime(count, fraction, 1)
        }
    }

    /// Adds a number of units.
    ///
    /// - Throws: `NumberOutOfRange` when it is not finite or leaves 64 bits.
    public mutating func add(_ unit: Unit, _ count: Double) throws(NQLError) {
        let whole = count.rounded(.towardZero)
        guard let exact = Int64(exactly: whole) else { throw TemporalError.durationOverflow() }
        add(unit, exact, fraction: count - whole)
    }

    private mutating func addMonths(_ count: Int128, _ fraction: Double) {
        months += count
        monthFraction += fraction
    }

    private mutating func addDays(_ count: Int128, _ fraction: Double) {
        dayNanoseconds += count * DurationSum.nanosecondsPerDay
        dayNanoseconds += DurationSum.whole(fraction * 86_400_000_000_000)
    }

    private mutating func addTime(_ count: Int128, _ fraction: Double, _ unit: Double) {
        nanoseconds += count * Int128(unit) + DurationSum.whole(fraction * unit)
    }

    /// Cuts towards zero, but forgives the rounding error of a double.
    static func whole(_ value: Double) -> Int128 {
        let nearest = value.rounded()
        return Int128(abs(value - nearest) < 0.001 ? nearest : value.rounded(.towardZero))
    }

    /// The sum.
    ///
    /// - Throws: `NumberOutOfRange` when a part leaves 64 bits.
    public func value() throws(NQLError) -> DurationValue {
        let nearest = monthFraction.rounded()
        let wholeMonths =
            abs(monthFraction - nearest) < 1e-12
            ? nearest : monthFraction.rounded(.towardZero)
        let rest = (monthFraction - wholeMonths) * 2_629_746_000_000_000
        return try DurationSum.value(
            months: months + Int128(wholeMonths),
            dayNanoseconds: dayNanoseconds + DurationSum.whole(rest), nanoseconds: nanoseconds)
    }

    static func value(
        months: Int128, dayNanoseconds: Int128, nanoseconds: Int128
    ) throws(NQLError) -> DurationValue {
        let days = dayNanoseconds / nanosecondsPerDay
        let total = nanoseconds + dayNanoseconds % nanosecondsPerDay
        var seconds = total / 1_000_000_000
        var nanosecond = total % 1_000_000_000
        if nanosecond < 0 {
            nanosecond += 1_000_000_000
            seconds -= 1
        }
        guard let months = Int64(exactly: months), let days = Int64(exactly: days),
            let seconds = Int64(exactly: seconds)
        else { throw TemporalError.durationOverflow() }
        return DurationValue(
            months: months, days: days, seconds: seconds, nanosecond: Int32(nanosecond))
    }
}

extension DurationValue {
    /// The duration of nothing.
    public static let zero = DurationValue(months: 0, days: 0, seconds: 0, nanosecond: 0)

    /// Seconds and nanoseconds together, in nanoseconds.
    var timeNanoseconds: Int128 { Int128(seconds) * 1_000_000_000 + Int128(nanosecond) }
    private var dayNanoseconds: Int128 { Int128(days) * DurationSum.nanosecondsPerDay }

    /// Part by part.
    public func adding(_ other: DurationValue) throws(NQLError) -> DurationValue {
        try DurationSum.value(
            months: Int128(months) + Int128(other.months),
            dayNanoseconds: dayNanoseconds + other.dayNanoseconds,
            nanoseconds: timeNanoseconds + other.timeNanoseconds)
    }

    /// Every part with the other sign.
    public func negated() throws(NQLError) -> DurationValue {
        try DurationSum.value(
            months: -Int128(months), dayNanoseconds: -dayNanoseconds,
            nanoseconds: -timeNanoseconds)
    }

    /// Multiplies every part, exactly.
    public func multiplied(by factor: Int64) throws(NQLError) -> DurationValue {
        let limit = Int128(Int64.max)
        let factor = Int128(factor)
        guard (Int128(months) * factor).magnitude <= limit,
            (Int128(days) * factor).magnitude <= limit,
            (Int128(seconds) * factor).magnitude <= limit
        else { throw TemporalError.durationOverflow() }
        return try DurationSum.value(
            months: Int128(months) * factor, dayNanoseconds: dayNanoseconds * factor,
            nanoseconds: timeNanoseconds * factor)
    }

    /// Divides every part; remainders of months and days become days and seconds.
    public func divided(by divisor: Int64) throws(NQLError) -> DurationValue {
        if divisor == 0 {
            throw .runtime(.arithmetic, "DivisionByZero", "A duration divided by 0 is not defined.")
        }
        let divisor = Int128(divisor)
        let monthRest = Int128(months) % divisor * DurationSum.nanosecondsPerMonth / divisor
        return try DurationSum.value(
            months: Int128(months) / divisor,
            dayNanoseconds: dayNanoseconds / divisor + monthRest,
            nanoseconds: timeNanoseconds / divisor)
    }

    /// Multiplies every part; fractions of months and days become days and seconds.
    public func multiplied(by factor: Double) throws(NQLError) -> DurationValue {
        var sum = DurationSum()
        try sum.add(.months, Double(months) * factor)
        try sum.add(.days, Double(days) * factor)
        // Both of one sign, so that what is cut off below a nanosecond is cut towards zero.
        let time = timeNanoseconds
        try sum.add(.seconds, Double(time / 1_000_000_000) * factor)
        try sum.add(.nanoseconds, Double(time % 1_000_000_000) * factor)
        return try sum.value()
    }
}

extension DateValue {
    /// Moves by months, then days, then the whole days in the seconds.
    public func adding(_ duration: DurationValue) throws(NQLError) -> DateValue {
        let moved = try adding(months: duration.months).adding(days: duration.days)
        return try moved.adding(days: duration.seconds / 86_400)
    }
}

extension LocalTimeValue {
    /// Moves by the duration's seconds, around midnight.
    public func adding(_ duration: DurationValue) -> LocalTimeValue {
        let day = Int128(LocalTimeValue.nanosecondsPerDay)
        let sum = (Int128(nanosecondOfDay) + duration.timeNanoseconds) % day
        return LocalTimeValue(nanosecondOfDay: Int64(sum < 0 ? sum + day : sum))
    }
}

extension TimeValue {
    /// Moves by the duration's seconds, around midnight.
    public func adding(_ duration: DurationValue) -> TimeValue {
        let moved = LocalTimeValue(nanosecondOfDay: nanosecondOfDay).adding(duration)
        return TimeValue(nanosecondOfDay: moved.nanosecondOfDay, offsetSeconds: offsetSeconds)
    }
}

extension LocalDateTimeValue {
    /// Moves by months, then days, then seconds.
    public func adding(_ duration: DurationValue) throws(NQLError) -> LocalDateTimeValue {
        let moved = try adding(months: duration.months, days: duration.days)
        return try moved.adding(nanoseconds: duration.timeNanoseconds)
    }

    func adding(months: Int64, days: Int64) throws(NQLError) -> LocalDateTimeValue {
        let date = try self.date.adding(months: months).adding(days: days)
        return LocalDateTimeValue(date: date, time: time)
    }

    func adding(nanoseconds: Int128) throws(NQLError) -> LocalDateTimeValue {
        let (seconds, nanosecond) = try LocalDateTimeValue.moved(
            epochSeconds, self.nanosecond, by: nanoseconds)
        let value = LocalDateTimeValue(epochSeconds: seconds, nanosecond: nanosecond)
        _ = try DateValue.checked(epochDays: value.date.epochDays)
        return value
    }

    /// Seconds and nanosecond of second moved by nanoseconds.
    static func moved(
        _ seconds: Int64, _ nanosecond: Int32, by nanoseconds: Int128
    ) throws(NQLError) -> (Int64, Int32) {
        let total = Int128(seconds) * 1_000_000_000 + Int128(nanosecond) + nanoseconds
        var whole = total / 1_000_000_000
        var rest = total % 1_000_000_000
        if rest < 0 {
            rest += 1_000_000_000
            whole -= 1
        }
        guard let exact = Int64(exactly: whole) else { throw TemporalError.overflow() }
        return (exact, Int32(rest))
    }
}

extension DateTimeValue {
    /// Moves the local clock by months and days, then the instant by seconds.
    public func adding(_ duration: DurationValue) throws(NQLError) -> DateTimeValue {
        var value = self
        if duration.months != 0 || duration.days != 0 {
            let moved = try local.adding(months: duration.months, days: duration.days)
            value = try zone.dateTime(moved, preferring: offsetSeconds)
        }
        if duration.seconds == 0 && duration.nanosecond == 0 { return value }
        let (seconds, nanosecond) = try LocalDateTimeValue.moved(
            value.epochSeconds, value.nanosecond, by: duration.timeNanoseconds)
        guard seconds.magnitude < 40_000_000_000_000_000 else { throw TemporalError.overflow() }
        return try zone.dateTime(epochSeconds: seconds, nanosecond: nanosecond)
    }
}
