// DateValue+Calendar: dates from their ISO 8601 names, with every field checked, and dates moved by
// months and days.

extension DateValue {
    /// A calendar date.
    public init(year: Int64, month: Int64, day: Int64) throws(NQLError) {
        try DateValue.check(year: year)
        guard month >= 1, month <= 12 else { throw TemporalError.range("month", month, 1, 12) }
        let last = GregorianCalendar.daysInMonth(year: year, month: month)
        guard day >= 1, day <= last else { throw TemporalError.range("day", day, 1, last) }
        self.init(epochDays: GregorianCalendar.epochDays(year: year, month: month, day: day))
    }

    /// An ordinal date.
    public init(year: Int64, ordinalDay: Int64) throws(NQLError) {
        try DateValue.check(year: year)
        let last: Int64 = GregorianCalendar.isLeapYear(year) ? 366 : 365
        guard ordinalDay >= 1, ordinalDay <= last else {
            throw TemporalError.range("ordinalDay", ordinalDay, 1, last)
        }
        let first = GregorianCalendar.epochDays(year: year, month: 1, day: 1)
        self.init(epochDays: first + ordinalDay - 1)
    }

    /// A week date; Monday is day 1.
    public init(weekYear: Int64, week: Int64, dayOfWeek: Int64) throws(NQLError) {
        try DateValue.check(year: weekYear)
        let last = GregorianCalendar.weeksInYear(weekYear)
        guard week >= 1, week <= last else { throw TemporalError.range("week", week, 1, last) }
        guard dayOfWeek >= 1, dayOfWeek <= 7 else {
            throw TemporalError.range("dayOfWeek", dayOfWeek, 1, 7)
        }
        let monday = GregorianCalendar.firstDay(ofWeekYear: weekYear) + 7 * (week - 1)
        self.init(epochDays: try DateValue.checked(epochDays: monday + dayOfWeek - 1))
    }

    /// A quarter date.
    public init(year: Int64, quarter: Int64, dayOfQuarter: Int64) throws(NQLError) {
        try DateValue.check(year: year)
        guard quarter >= 1, quarter <= 4 else {
            throw TemporalError.range("quarter", quarter, 1, 4)
        }
        let last = GregorianCalendar.daysInQuarter(year: year, quarter: quarter)
        guard dayOfQuarter >= 1, dayOfQuarter <= last else {
            throw TemporalError.range("dayOfQuarter", dayOfQuarter, 1, last)
        }
        let first = GregorianCalendar.epochDays(year: year, month: 3 * quarter - 2, day: 1)
        self.init(epochDays: first + dayOfQuarter - 1)
    }

    static func check(year: Int64) throws(NQLError) {
        let low = GregorianCalendar.yearMin
        let high = GregorianCalendar.yearMax
        guard year >= low, year <= high else {
            throw TemporalError.range("year", year, low, high)
        }
    }

    package static func checked(epochDays: Int64) throws(NQLError) -> Int64 {
        guard epochDays >= GregorianCalendar.epochDayMin,
            epochDays <= GregorianCalendar.epochDayMax
        else { throw TemporalError.overflow() }
        return epochDays
    }

    /// Moves by months, to the month's last day where it is too short for the day.
    public func adding(months: Int64) throws(NQLError) -> DateValue {
        if months == 0 { return self }
        let date = GregorianCalendar.date(epochDays: epochDays)
        let (total, overflows) = (date.year * 12 + date.month - 1)
            .addingReportingOverflow(months)
        if overflows { throw TemporalError.overflow() }
        let year = GregorianCalendar.floorDivide(total, 12)
        let month = GregorianCalendar.floorModulo(total, 12) + 1
        guard year >= GregorianCalendar.yearMin, year <= GregorianCalendar.yearMax else {
            throw TemporalError.overflow()
        }
        let day = min(date.day, GregorianCalendar.daysInMonth(year: year, month: month))
        return DateValue(
            epochDays: GregorianCalendar.epochDays(year: year, month: month, day: day))
    }

    /// Moves by days.
    public func adding(days: Int64) throws(NQLError) -> DateValue {
        let (sum, overflows) = epochDays.addingReportingOverflow(days)
        if overflows { throw TemporalError.overflow() }
        return DateValue(epochDays: try DateValue.checked(epochDays: sum))
    }

    /// Whole months from this date to `other`, towards zero.
    public func months(until other: DateValue) -> Int64 {
        let start = GregorianCalendar.date(epochDays: epochDays)
        let end = GregorianCalendar.date(epochDays: other.epochDays)
        let startPacked = (start.year * 12 + start.month - 1) * 32 + start.day
        let endPacked = (end.year * 12 + end.month - 1) * 32 + end.day
        return (endPacked - startPacked) / 32
    }
}

extension LocalTimeValue {
    static let nanosecondsPerDay: Int64 = 86_400_000_000_000

    /// A time of day from its fields.
    public init(
        hour: Int64, minute: Int64, second: Int64, nanosecond: Int64
    ) throws(NQLError) {
        guard hour >= 0, hour <= 23 else { throw TemporalError.range("hour", hour, 0, 23) }
        guard minute >= 0, minute <= 59 else {
            throw TemporalError.range("minute", minute, 0, 59)
        }
        guard second >= 0, second <= 59 else {
            throw TemporalError.range("second", second, 0, 59)
        }
        guard nanosecond >= 0, nanosecond <= 999_999_999 else {
            throw TemporalError.range("nanosecond", nanosecond, 0, 999_999_999)
        }
        let seconds = hour * 3_600 + minute * 60 + second
        self.init(nanosecondOfDay: seconds * 1_000_000_000 + nanosecond)
    }

    public var hour: Int64 { nanosecondOfDay / 3_600_000_000_000 }
    public var minute: Int64 { nanosecondOfDay / 60_000_000_000 % 60 }
    public var second: Int64 { nanosecondOfDay / 1_000_000_000 % 60 }
    /// Nanoseconds of the second.
    public var nanosecond: Int64 { nanosecondOfDay % 1_000_000_000 }
}
