// ValueConvertible+Temporal: dates, times and durations as Swift values.

import NenCore

extension DateValue: ValueConvertible {
    public static var valueTypeName: String { "Date" }
    public init?(value: Value) {
        guard case .date(let own) = value else { return nil }
        self = own
    }
    public var value: Value { .date(self) }
}

extension LocalTimeValue: ValueConvertible {
    public static var valueTypeName: String { "LocalTime" }
    public init?(value: Value) {
        guard case .localTime(let own) = value else { return nil }
        self = own
    }
    public var value: Value { .localTime(self) }
}

extension TimeValue: ValueConvertible {
    public static var valueTypeName: String { "Time" }
    public init?(value: Value) {
        guard case .time(let own) = value else { return nil }
        self = own
    }
    public var value: Value { .time(self) }
}

extension LocalDateTimeValue: ValueConvertible {
    public static var valueTypeName: String { "LocalDateTime" }
    public init?(value: Value) {
        guard case .localDateTime(let own) = value else { return nil }
        self = own
    }
    public var value: Value { .localDateTime(self) }
}

extension DateTimeValue: ValueConvertible {
    public static var valueTypeName: String { "DateTime" }
    public init?(value: Value) {
        guard case .dateTime(let own) = value else { return nil }
        self = own
    }
    public var value: Value { .dateTime(self) }
}

extension DurationValue: ValueConvertible {
    public static var valueTypeName: String { "Duration" }
    public init?(value: Value) {
        guard case .duration(let own) = value else { return nil }
        self = own
    }
    public var value: Value { .duration(self) }
}
