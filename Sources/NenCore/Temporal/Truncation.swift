// Truncation: a temporal value cut down to the start of a unit, then changed by the fields of a
// map. The map's fields apply to the truncated value, so `{day: 2}` behind a truncation to the
// year is the second of January.

/// What a value can be cut down to.
public enum TruncationUnit: String, Sendable, CaseIterable {
    case millennium, century, decade, year, weekYear, quarter, month, week, day
    case hour, minute, second, millisecond, microsecond

    /// Look-up that ignores case.
    ///
    /// - Throws: `ArgumentError` listing the units.
    public init(named name: String) throws(NQLError) {
        if let exact = TruncationUnit(rawValue: name) {
            self = exact
            return
        }
        let lower = name.lowercased()
        for unit in TruncationUnit.allCases where unit.rawValue.lowercased() == lower {
            self = unit
            return
        }
        let names = TruncationUnit.allCases.map(\.rawValue).joined(separator: ", ")
        let near = NearMiss.suggestion(for: name, among: TruncationUnit.allCases.map(\.rawValue))
        throw TemporalError.argument(
            "There is no unit `\(name)` to truncate to.",
            hint: near.map { "Did you mean `\($0)`?" } ?? "The units are \(names).")
    }

    /// Whether the unit is a day or longer.
    package var isOfDate: Bool {
        switch self {
        case .hour, .minute, .second, .millisecond, .microsecond: false
        default: true
        }
    }

    /// Nanoseconds of a unit of time.
    private var nanoseconds: Int64 {
        switch self {
        case .hour: 3_600_000_000_000
        case .minute: 60_000_000_000
        case .second: 1_000_000_000
        case .millisecond: 1_000_000
        case .microsecond: 1_000
        default: LocalTimeValue.nanosecondsPerDay
        }
    }

    /// The first day of the unit that holds `date`.
    package func truncate(_ date: DateValue) throws(NQLError) -> DateValue {
        let fields = GregorianCalendar.date(epochDays: date.epochDays)
        switch self {
        case .millennium: return try firstDay(of: fields.year, 1_000)
        case .century: return try firstDay(of: fields.year, 100)
        case .decade: return try firstDay(of: fields.year, 10)
        case .year: return try firstDay(of: fields.year, 1)
        case .weekYear:
            let year = GregorianCalendar.weekDate(epochDays: date.epochDays).weekYear
            let first = GregorianCalendar.firstDay(ofWeekYear: year)
            return DateValue(epochDays: try DateValue.checked(epochDays: first))
        case .quarter:
            let month = (fields.month - 1) / 3 * 3 + 1
            return try DateValue(year: fields.year, month: month, day: 1)
        case .month: return try DateValue(year: fields.year, month: fields.month, day: 1)
        case .week:
            let day = GregorianCalendar.dayOfWeek(epochDays: date.epochDays)
            return try date.adding(days: 1 - day)
        default: return date
        }
    }

    private func firstDay(of year: Int64, _ years: Int64) throws(NQLError) -> DateValue {
        let start = GregorianCalendar.floorDivide(year, years) * years
        return try DateValue(year: start, month: 1, day: 1)
    }

    /// The start of the unit that holds `time`; midnight for a day and longer.
    func truncate(_ time: LocalTimeValue) -> LocalTimeValue {
        LocalTimeValue(nanosecondOfDay: time.nanosecondOfDay / nanoseconds * nanoseconds)
    }
}

/// Truncation of any temporal value to each type.
public enum Truncation {
    /// The date, time and zone of a value; nil for what its type does not have.
    private static func parts(
        _ value: Value
    ) throws(NQLError) -> (date: DateValue?, time: LocalTimeValue?, zone: TemporalZone?) {
        switch value {
        case .date(let date): return (date, nil, nil)
        case .localTime(let time): return (nil, time, nil)
        case .time(let time):
            let local = LocalTimeValue(nanosecondOfDay: time.nanosecondOfDay)
            return (nil, local, .offset(time.offsetSeconds))
        case .localDateTime(let value): return (value.date, value.time, nil)
        case .dateTime(let value): return (value.local.date, value.local.time, value.zone)
        default: throw TemporalError.argument("Only temporal values can be truncated.")
        }
    }

    private static func refusal(_ unit: TruncationUnit, _ type: String) -> NQLError {
        TemporalError.argument("A \(type) cannot be truncated to \(unit.rawValue).")
    }

    /// `date.truncate`.
    public static func date(
        _ unit: TruncationUnit, _ value: Value, _ fields: TemporalFields
    ) throws(NQLError) -> DateValue {
        guard let date = try parts(value).date, unit.isOfDate else {
            throw refusal(unit, "Date")
        }
        return try fields.makeDate(from: try unit.truncate(date))
    }

    /// `localtime.truncate`.
    public static func localTime(
        _ unit: TruncationUnit, _ value: Value, _ fields: TemporalFields
    ) throws(NQLError) -> LocalTimeValue {
        guard let time = try parts(value).time, !unit.isOfDate || unit == .day else {
            throw refusal(unit, "LocalTime")
        }
        return try makeTime(unit, time, fields)
    }

    private static func makeTime(
        _ unit: TruncationUnit, _ time: LocalTimeValue, _ fields: TemporalFields
    ) throws(NQLError) -> LocalTimeValue {
        let start = unit.truncate(time)
        var fields = fields
        fields.keepFraction(of: start, truncatedTo: unit)
        return try fields.makeTime(from: start)
    }

    /// `time.truncate`; a zone in the map replaces the value's and keeps its clock.
    public static func time(
        _ unit: TruncationUnit, _ value: Value, _ fields: TemporalFields, now: DateTimeValue
    ) throws(NQLError) -> TimeValue {
        let local = try localTime(unit, value, fields)
        var offset: Int32 = 0
        if case .dateTime(let start) = value { offset = start.offsetSeconds }
        if case .time(let start) = value { offset = start.offsetSeconds }
        if let zone = fields.zone { offset = try zone.offset(at: now.epochSeconds) }
        return TimeValue(nanosecondOfDay: local.nanosecondOfDay, offsetSeconds: offset)
    }

    /// `localdatetime.truncate`.
    public static func localDateTime(
        _ unit: TruncationUnit, _ value: Value, _ fields: TemporalFields
    ) throws(NQLError) -> LocalDateTimeValue {
        let start = try parts(value)
        guard let date = start.date else { throw refusal(unit, "LocalDateTime") }
        let time = start.time ?? LocalTimeValue(nanosecondOfDay: 0)
        return LocalDateTimeValue(
            date: try fields.makeDate(from: try unit.truncate(date)),
            time: try makeTime(unit, time, fields))
    }

    /// `datetime.truncate`; a zone in the map replaces the value's and keeps its clock.
    public static func dateTime(
        _ unit: TruncationUnit, _ value: Value, _ fields: TemporalFields
    ) throws(NQLError) -> DateTimeValue {
        let start = try parts(value).zone
        let zone = fields.zone ?? start ?? .utc
        return try zone.dateTime(try localDateTime(unit, value, fields))
    }
}
