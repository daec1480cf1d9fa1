// TemporalValues: the six temporal types as plain data. Calendar arithmetic, parsing and printing
// are in `Temporal/`. The proleptic Gregorian calendar of ISO 8601 holds throughout.

/// A calendar date: days since 1970-01-01 (negative before).
public struct DateValue: Sendable, Hashable {
    public var epochDays: Int64
    public init(epochDays: Int64) { self.epochDays = epochDays }
}

/// A time of day without zone: nanoseconds since midnight, 0 ..< 86,400,000,000,000.
public struct LocalTimeValue: Sendable, Hashable {
    public var nanosecondOfDay: Int64
    public init(nanosecondOfDay: Int64) { self.nanosecondOfDay = nanosecondOfDay }
}

/// A time of day with an offset from UTC in seconds (east positive, within 18 hours).
public struct TimeValue: Sendable, Hashable {
    /// Local nanoseconds since midnight, in the zone of `offsetSeconds`.
    public var nanosecondOfDay: Int64
    public var offsetSeconds: Int32
    public init(nanosecondOfDay: Int64, offsetSeconds: Int32) {
        self.nanosecondOfDay = nanosecondOfDay
        self.offsetSeconds = offsetSeconds
    }
}

/// A date and time without zone: seconds since 1970-01-01T00:00 on the local clock, and
/// nanoseconds of the second (0 ..< 1,000,000,000).
public struct LocalDateTimeValue: Sendable, Hashable {
    public var epochSeconds: Int64
    public var nanosecond: Int32
    public init(epochSeconds: Int64, nanosecond: Int32) {
        self.epochSeconds = epochSeconds
        self.nanosecond = nanosecond
    }
}

/// An instant with an offset or a named zone: seconds since 1970-01-01T00:00Z.
public struct DateTimeValue: Sendable, Hashable {
    public var epochSeconds: Int64
    public var nanosecond: Int32
    /// The offset in force at this instant, seconds east of UTC.
    public var offsetSeconds: Int32
    /// IANA name such as `Europe/Stockholm`; nil when only an offset is known.
    public var zoneName: String?
    public init(
        epochSeconds: Int64, nanosecond: Int32, offsetSeconds: Int32, zoneName: String? = nil
    ) {
        self.epochSeconds = epochSeconds
        self.nanosecond = nanosecond
        self.offsetSeconds = offsetSeconds
        self.zoneName = zoneName
    }
}

/// A duration in four parts that do not convert into each other: months, days, seconds, and
/// nanoseconds of the second (0 ..< 1,000,000,000; the seconds carry the sign).
public struct DurationValue: Sendable, Hashable {
    public var months: Int64
    public var days: Int64
    public var seconds: Int64
    public var nanosecond: Int32
    public init(months: Int64, days: Int64, seconds: Int64, nanosecond: Int32) {
        self.months = months
        self.days = days
        self.seconds = seconds
        self.nanosecond = nanosecond
    }
}
