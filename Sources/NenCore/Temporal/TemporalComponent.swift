// TemporalComponent: what `value.name` gives for temporal values and durations. Names ignore
// case; a component that the type does not have is an error that lists those it has.

/// A named part of a temporal value.
public enum TemporalComponent: String, Sendable, CaseIterable {
    case year, quarter, month, week, weekYear, day, ordinalDay, dayOfWeek, weekDay
    case dayOfQuarter, quarterDay
    case hour, minute, second, millisecond, microsecond, nanosecond
    case timezone, offset, offsetMinutes, offsetSeconds, epochSeconds, epochMillis
    case years, quarters, months, weeks, days, hours, minutes, seconds
    case milliseconds, microseconds, nanoseconds
    case quartersOfYear, monthsOfQuarter, monthsOfYear, daysOfWeek, minutesOfHour
    case secondsOfMinute, millisecondsOfSecond, microsecondsOfSecond, nanosecondsOfSecond

    private static let byName: [String: TemporalComponent] = {
        var byName: [String: TemporalComponent] = [:]
        for component in allCases { byName[component.rawValue.lowercased()] = component }
        return byName
    }()

    /// Look-up that ignores case.
    public init?(named name: String) {
        guard let known = TemporalComponent.byName[name.lowercased()] else { return nil }
        self = known
    }

    static let ofDate: [TemporalComponent] = [
        .year, .quarter, .month, .week, .weekYear, .day, .ordinalDay, .dayOfWeek, .weekDay,
        .dayOfQuarter, .quarterDay,
    ]
    static let ofTime: [TemporalComponent] = [
        .hour, .minute, .second, .millisecond, .microsecond, .nanosecond,
    ]
    static let ofZone: [TemporalComponent] = [
        .timezone, .offset, .offsetMinutes, .offsetSeconds,
    ]
    static let ofDuration: [TemporalComponent] = [
        .years, .quarters, .months, .weeks, .days, .hours, .minutes, .seconds, .milliseconds,
        .microseconds, .nanoseconds, .quartersOfYear, .monthsOfQuarter, .monthsOfYear,
        .daysOfWeek, .minutesOfHour, .secondsOfMinute, .millisecondsOfSecond,
        .microsecondsOfSecond, .nanosecondsOfSecond,
    ]

    /// That a `type` has no component of this name.
    public static func unknown(_ name: String, _ type: String) -> NQLError {
        let known: [TemporalComponent] =
            switch type {
            case "Date": ofDate
            case "LocalTime": ofTime
            case "Time": ofTime + ofZone
            case "LocalDateTime": ofDate + ofTime
            case "Duration": ofDuration
            default: ofDate + ofTime + ofZone + [.epochSeconds, .epochMillis]
            }
        let names = known.map(\.rawValue).joined(separator: ", ")
        return TemporalError.argument(
            "A \(type) has no component `\(name)`.", hint: "It has \(names).")
    }
}

extension DateValue {
    /// The component; nil when dates have none of this name.
    public func component(_ component: TemporalComponent) -> Int64? {
        let date = GregorianCalendar.date(epochDays: epochDays)
        switch component {
        case .year: return date.year
        case .quarter: return (date.month + 2) / 3
        case .month: return date.month
        case .day: return date.day
        case .week: return GregorianCalendar.weekDate(epochDays: epochDays).week
        case .weekYear: return GregorianCalendar.weekDate(epochDays: epochDays).weekYear
        case .dayOfWeek, .weekDay: return GregorianCalendar.dayOfWeek(epochDays: epochDays)
        case .ordinalDay:
            return epochDays
                - GregorianCalendar.epochDays(year: date.year, month: 1, day: 1) + 1
        case .dayOfQuarter, .quarterDay:
            let month = (date.month - 1) / 3 * 3 + 1
            return epochDays
                - GregorianCalendar.epochDays(year: date.year, month: month, day: 1) + 1
        default: return nil
        }
    }
}

extension LocalTimeValue {
    /// The component; nil when times have none of this name.
    public func component(_ component: TemporalComponent) -> Int64? {
        switch component {
        case .hour: hour
        case .minute: minute
        case .second: second
        case .millisecond: nanosecond / 1_000_000
        case .microsecond: nanosecond / 1_000
        case .nanosecond: nanosecond
        default: nil
        }
    }
}

extension LocalDateTimeValue {
    /// The component; nil when there is none of this name.
    public func component(_ component: TemporalComponent) -> Int64? {
        time.component(component) ?? date.component(component)
    }
}

extension TimeValue {
    /// The component; nil when there is none of this name.
    public func component(_ component: TemporalComponent) -> Value? {
        let local = LocalTimeValue(nanosecondOfDay: nanosecondOfDay)
        if let number = local.component(component) { return .integer(number) }
        return TemporalZone.offset(offsetSeconds).component(component, offsetSeconds)
    }
}

extension DateTimeValue {
    /// The component; nil when there is none of this name.
    ///
    /// - Throws: `NumberOutOfRange` when the number leaves 64 bits.
    public func component(_ component: TemporalComponent) throws(NQLError) -> Value? {
        if let number = local.component(component) { return .integer(number) }
        switch component {
        case .epochSeconds: return .integer(epochSeconds)
        case .epochMillis:
            let milliseconds = Int128(epochSeconds) * 1_000 + Int128(nanosecond) / 1_000_000
            guard let exact = Int64(exactly: milliseconds) else {
                throw TemporalError.epochOverflow()
            }
            return .integer(exact)
        default: return zone.component(component, offsetSeconds)
        }
    }
}

extension TemporalZone {
    fileprivate func component(_ component: TemporalComponent, _ seconds: Int32) -> Value? {
        switch component {
        case .timezone: .string(text)
        case .offset: .string(TemporalText.offset(seconds))
        case .offsetMinutes: .integer(Int64(seconds / 60))
        case .offsetSeconds: .integer(Int64(seconds))
        default: nil
        }
    }
}

extension DurationValue {
    /// The component; nil when durations have none of this name.
    ///
    /// - Throws: `NumberOutOfRange` when the number leaves 64 bits.
    public func component(_ component: TemporalComponent) throws(NQLError) -> Int64? {
        switch component {
        case .years: return months / 12
        case .quarters: return months / 3
        case .months: return months
        case .weeks: return days / 7
        case .days: return days
        case .hours: return seconds / 3_600
        case .minutes: return seconds / 60
        case .seconds: return seconds
        case .milliseconds: return try count(of: 1_000_000)
        case .microseconds: return try count(of: 1_000)
        case .nanoseconds: return try count(of: 1)
        case .quartersOfYear: return months / 3 % 4
        case .monthsOfQuarter: return months % 3
        case .monthsOfYear: return months % 12
        case .daysOfWeek: return days % 7
        case .minutesOfHour: return seconds / 60 % 60
        case .secondsOfMinute: return seconds % 60
        case .millisecondsOfSecond: return Int64(nanosecond / 1_000_000)
        case .microsecondsOfSecond: return Int64(nanosecond / 1_000)
        case .nanosecondsOfSecond: return Int64(nanosecond)
        default: return nil
        }
    }

    private func count(of unit: Int128) throws(NQLError) -> Int64 {
        let perSecond = 1_000_000_000 / unit
        let count = Int128(seconds) * perSecond + Int128(nanosecond) / unit
        guard let exact = Int64(exactly: count) else { throw TemporalError.durationOverflow() }
        return exact
    }
}
