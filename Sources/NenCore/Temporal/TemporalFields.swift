// TemporalFields: temporal values from maps such as `{date: other, week: 3, hour: 12}`. The map
// may name a temporal value to start from (`date`, `time`, `datetime`, an epoch); its other
// entries replace fields. What is not given comes from the start, or is the smallest value;
// without a start, a field needs all larger ones (a day needs a month, a minute an hour).

/// The entries of a map from which a temporal value is made.
public struct TemporalFields {
    /// Fields that are numbers.
    enum Field: String, CaseIterable {
        case year, quarter, month, week, day, dayOfWeek, dayOfQuarter, ordinalDay
        case hour, minute, second, millisecond, microsecond, nanosecond
        case epochSeconds, epochMillis

        var isOfDate: Bool {
            switch self {
            case .year, .quarter, .month, .week, .day, .dayOfWeek, .dayOfQuarter, .ordinalDay:
                true
            default: false
            }
        }
        var isOfTime: Bool {
            switch self {
            case .hour, .minute, .second, .millisecond, .microsecond, .nanosecond: true
            default: false
            }
        }
    }

    private var numbers: [Field: Int64] = [:]
    private(set) var date: DateValue?
    private(set) var time: LocalTimeValue?
    /// Zone of the value named by `time` or `datetime`, if it has one.
    private(set) var selectedZone: TemporalZone?
    /// Offset of the value named by `time` or `datetime`, at its own instant.
    private var selectedOffset: Int32?
    public private(set) var zone: TemporalZone?

    public init() {}

    subscript(_ field: Field) -> Int64? { numbers[field] }

    private static let names: [String: Field] = {
        var names: [String: Field] = [:]
        for field in Field.allCases { names[field.rawValue.lowercased()] = field }
        names["weekday"] = .dayOfWeek
        names["quarterday"] = .dayOfQuarter
        names["weekyear"] = .year
        return names
    }()

    // MARK: entries

    /// Adds one entry of the map.
    ///
    /// - Throws: `ArgumentError` for unknown names and values of the wrong type.
    public mutating func set(_ name: String, to value: Value) throws(NQLError) {
        let lower = name.lowercased()
        switch lower {
        case "date": try selectDate(value)
        case "time": try selectTime(value)
        case "datetime":
            try selectDate(value)
            try selectTime(value)
        case "timezone":
            guard case .string(let text) = value else {
                throw TemporalError.argument("`timezone` must be a String.")
            }
            zone = try TemporalZone.parse(text)
        default:
            guard let field = TemporalFields.names[lower] else {
                let known = Field.allCases.map(\.rawValue)
                let near = NearMiss.suggestion(
                    for: name, among: known + ["date", "time", "datetime", "timezone"])
                throw TemporalError.argument(
                    "There is no temporal field `\(name)`.",
                    hint: near.map { "Did you mean `\($0)`?" })
            }
            guard case .integer(let number) = value else {
                throw TemporalError.argument("`\(name)` must be an Integer.")
            }
            numbers[field] = number
        }
    }

    private mutating func selectDate(_ value: Value) throws(NQLError) {
        switch value {
        case .date(let value): date = value
        case .localDateTime(let value): date = value.date
        case .dateTime(let value): date = value.local.date
        default: throw TemporalError.argument("`date` must be a value with a date.")
        }
    }

    private mutating func selectTime(_ value: Value) throws(NQLError) {
        switch value {
        case .localTime(let value): time = value
        case .time(let value):
            time = LocalTimeValue(nanosecondOfDay: value.nanosecondOfDay)
            selectedZone = .offset(value.offsetSeconds)
            selectedOffset = value.offsetSeconds
        case .localDateTime(let value): time = value.time
        case .dateTime(let value):
            time = value.local.time
            selectedZone = value.zone
            selectedOffset = value.offsetSeconds
        default: throw TemporalError.argument("`time` must be a value with a time.")
        }
    }

    /// Whether only a zone is given, or nothing: the current date or time is meant.
    private var meansNow: Bool {
        numbers.isEmpty && date == nil && time == nil
    }

    private func refuse(
        _ type: String, where isRefused: (Field) -> Bool
    ) throws(NQLError) {
        for field in Field.allCases where numbers[field] != nil && isRefused(field) {
            throw TemporalError.argument("A \(type) has no field `\(field.rawValue)`.")
        }
    }

    // MARK: dates

    /// The date that the fields name, starting from `base`.
    func makeDate(from base: DateValue?) throws(NQLError) -> DateValue {
        let groups = [
            self[.week] != nil || self[.dayOfWeek] != nil,
            self[.quarter] != nil || self[.dayOfQuarter] != nil,
            self[.ordinalDay] != nil, self[.month] != nil || self[.day] != nil,
        ]
        guard groups.count(where: { $0 }) <= 1 else {
            throw TemporalError.argument(
                "A date is named by month and day, by week, by quarter or by ordinalDay, "
                    + "not by several of them.")
        }
        if groups[0] { return try makeWeekDate(from: base) }
        if groups[1] { return try makeQuarterDate(from: base) }
        let start = base.map { GregorianCalendar.date(epochDays: $0.epochDays) }
        let year = try required(.year, start?.year)
        if let ordinal = self[.ordinalDay] { return try DateValue(year: year, ordinalDay: ordinal) }
        let month: Int64
        if self[.day] != nil {
            month = try required(.month, start?.month)
        } else {
            month = self[.month] ?? start?.month ?? 1
        }
        if self[.day] == nil, let start, month >= 1, month <= 12 {
            let last = GregorianCalendar.daysInMonth(year: year, month: month)
            return try DateValue(year: year, month: month, day: min(start.day, last))
        }
        return try DateValue(year: year, month: month, day: self[.day] ?? 1)
    }

    private func makeWeekDate(from base: DateValue?) throws(NQLError) -> DateValue {
        let start = base.map { GregorianCalendar.weekDate(epochDays: $0.epochDays) }
        let year = try required(.year, start?.weekYear)
        var week = try required(.week, start?.week)
        if self[.week] == nil {
            try DateValue.check(year: year)
            week = min(week, GregorianCalendar.weeksInYear(year))
        }
        let day = self[.dayOfWeek] ?? start?.dayOfWeek ?? 1
        return try DateValue(weekYear: year, week: week, dayOfWeek: day)
    }

    /// A quarter alone moves the date it starts from by whole quarters: month of quarter and day
    /// stay, the day as far as the month has it.
    private func makeQuarterDate(from base: DateValue?) throws(NQLError) -> DateValue {
        let year = try required(.year, base?.component(.year))
        let quarter = try required(.quarter, base?.component(.quarter))
        if let day = self[.dayOfQuarter] {
            return try DateValue(year: year, quarter: quarter, dayOfQuarter: day)
        }
        let first = try DateValue(year: year, quarter: quarter, dayOfQuarter: 1)
        guard let base else { return first }
        let start = GregorianCalendar.date(epochDays: base.epochDays)
        let month = (quarter - 1) * 3 + (start.month - 1) % 3 + 1
        let last = GregorianCalendar.daysInMonth(year: year, month: month)
        return try DateValue(year: year, month: month, day: min(start.day, last))
    }

    private func required(_ field: Field, _ start: Int64?) throws(NQLError) -> Int64 {
        if let value = self[field] ?? start { return value }
        throw TemporalError.argument("`\(field.rawValue)` must be given.")
    }

    // MARK: times

    /// The time that the fields name, starting from `base`.
    func makeTime(from base: LocalTimeValue?) throws(NQLError) -> LocalTimeValue {
        let hasFraction =
            self[.millisecond] != nil || self[.microsecond] != nil || self[.nanosecond] != nil
        let hasSecond = hasFraction || self[.second] != nil
        let hasMinute = hasSecond || self[.minute] != nil
        let hour = try required(.hour, base?.hour ?? (hasMinute ? nil : 0))
        let minute = try required(.minute, base?.minute ?? (hasSecond ? nil : 0))
        let second = try required(.second, base?.second ?? (hasFraction ? nil : 0))
        let nanosecond = hasFraction ? try fraction() : base?.nanosecond ?? 0
        return try LocalTimeValue(
            hour: hour, minute: minute, second: second, nanosecond: nanosecond)
    }

    /// Millisecond, microsecond and nanosecond together; each is within the next larger one given.
    private func fraction() throws(NQLError) -> Int64 {
        let millisecond = self[.millisecond]
        let microsecond = self[.microsecond]
        var total: Int64 = 0
        if let millisecond {
            try check(.millisecond, millisecond, 999)
            total += millisecond * 1_000_000
        }
        if let microsecond {
            try check(.microsecond, microsecond, millisecond == nil ? 999_999 : 999)
            total += microsecond * 1_000
        }
        if let nanosecond = self[.nanosecond] {
            let limit: Int64 =
                microsecond != nil ? 999 : (millisecond != nil ? 999_999 : 999_999_999)
            try check(.nanosecond, nanosecond, limit)
            total += nanosecond
        }
        return total
    }

    private func check(_ field: Field, _ value: Int64, _ limit: Int64) throws(NQLError) {
        guard value >= 0, value <= limit else {
            throw TemporalError.range(field.rawValue, value, 0, limit)
        }
    }

    /// Keeps what truncation to a unit left of the second when a smaller field is replaced.
    mutating func keepFraction(of time: LocalTimeValue, truncatedTo unit: TruncationUnit) {
        if unit == .millisecond, self[.millisecond] == nil,
            self[.microsecond] != nil || self[.nanosecond] != nil
        {
            numbers[.millisecond] = time.nanosecond / 1_000_000
        }
        if unit == .microsecond, self[.microsecond] == nil, self[.millisecond] == nil,
            self[.nanosecond] != nil
        {
            numbers[.microsecond] = time.nanosecond / 1_000
        }
    }

    // MARK: values

    /// A date; today (in the zone given, or UTC) of an empty map.
    public func makeDate(now: DateTimeValue) throws(NQLError) -> DateValue {
        try refuse("Date") { !$0.isOfDate }
        if meansNow { return try now.converted(to: zone ?? .utc).local.date }
        try refuseZone("Date")
        return try makeDate(from: date)
    }

    /// A time without zone.
    public func makeLocalTime(now: DateTimeValue) throws(NQLError) -> LocalTimeValue {
        try refuse("LocalTime") { !$0.isOfTime }
        if meansNow { return try now.converted(to: zone ?? .utc).local.time }
        try refuseZone("LocalTime")
        return try makeTime(from: time)
    }

    /// A time with an offset. A zone given beside a start with a zone converts it.
    public func makeTimeWithOffset(now: DateTimeValue) throws(NQLError) -> TimeValue {
        try refuse("Time") { !$0.isOfTime }
        if meansNow { return TimeValue(try now.converted(to: zone ?? .utc)) }
        let local = try makeTime(from: time)
        let start = selectedOffset
        guard let zone else {
            return TimeValue(
                nanosecondOfDay: local.nanosecondOfDay, offsetSeconds: start ?? 0)
        }
        let offset = try zone.offset(at: now.epochSeconds)
        guard let start else {
            return TimeValue(nanosecondOfDay: local.nanosecondOfDay, offsetSeconds: offset)
        }
        let shift = DurationValue(
            months: 0, days: 0, seconds: Int64(offset) - Int64(start), nanosecond: 0)
        return TimeValue(
            nanosecondOfDay: local.adding(shift).nanosecondOfDay, offsetSeconds: offset)
    }

    /// A date and time without zone.
    public func makeLocalDateTime(now: DateTimeValue) throws(NQLError) -> LocalDateTimeValue {
        if let instant = try epoch() { return instant.local }
        if meansNow { return try now.converted(to: zone ?? .utc).local }
        try refuseZone("LocalDateTime")
        return try makeLocalDateTime()
    }

    private func makeLocalDateTime() throws(NQLError) -> LocalDateTimeValue {
        let day = try makeDate(from: date)
        let time = try makeTime(from: time)
        return LocalDateTimeValue(date: day, time: time)
    }

    /// An instant. A zone given beside a start with a zone converts it; else the local time is
    /// meant in that zone.
    public func makeDateTime(now: DateTimeValue) throws(NQLError) -> DateTimeValue {
        if let instant = try epoch() { return try instant.converted(to: zone ?? .utc) }
        if meansNow { return try now.converted(to: zone ?? .utc) }
        let local = try makeLocalDateTime()
        guard let selectedZone else { return try (zone ?? .utc).dateTime(local) }
        let value = try selectedZone.dateTime(local)
        guard let zone else { return value }
        return try value.converted(to: zone)
    }

    /// The instant that `epochSeconds` or `epochMillis` gives, with a fraction of a second.
    private func epoch() throws(NQLError) -> DateTimeValue? {
        guard self[.epochSeconds] != nil || self[.epochMillis] != nil else { return nil }
        let allowed: [Field] = [.epochSeconds, .epochMillis, .microsecond, .nanosecond]
        try refuse("point in time from an epoch") { field in
            !allowed.contains(field) && field != .millisecond
        }
        guard date == nil, time == nil, self[.epochSeconds] == nil || self[.epochMillis] == nil
        else { throw TemporalError.argument("An epoch excludes all other starts.") }
        if let milliseconds = self[.epochMillis] {
            return try DateTimeValue(epochMilliseconds: milliseconds, nanosecond: try fraction())
        }
        return try DateTimeValue(
            epochSeconds: self[.epochSeconds] ?? 0, nanoseconds: try fraction())
    }

    private func refuseZone(_ type: String) throws(NQLError) {
        if zone != nil {
            throw TemporalError.argument(
                "A \(type) has no time zone.",
                hint: "Only a map without other entries may name one: the zone of the clock.")
        }
    }
}

extension DateTimeValue {
    /// An instant in UTC.
    public init(epochSeconds: Int64, nanoseconds: Int64) throws(NQLError) {
        let (seconds, nanosecond) = try LocalDateTimeValue.moved(
            epochSeconds, 0, by: Int128(nanoseconds))
        guard seconds.magnitude < 40_000_000_000_000_000 else { throw TemporalError.overflow() }
        self = try TemporalZone.utc.dateTime(epochSeconds: seconds, nanosecond: nanosecond)
    }

    /// An instant in UTC.
    public init(epochMilliseconds: Int64, nanosecond: Int64 = 0) throws(NQLError) {
        let seconds = GregorianCalendar.floorDivide(epochMilliseconds, 1_000)
        let rest = GregorianCalendar.floorModulo(epochMilliseconds, 1_000)
        try self.init(epochSeconds: seconds, nanoseconds: rest * 1_000_000 + nanosecond)
    }
}

extension TimeValue {
    /// The local time and offset of an instant.
    public init(_ value: DateTimeValue) {
        self.init(
            nanosecondOfDay: value.local.time.nanosecondOfDay,
            offsetSeconds: value.offsetSeconds)
    }
}
