// TemporalZone: a fixed offset or a named zone, and how a local time becomes an instant in it.
// Where a clock skips a local time, the time moves on by the length of the gap; where it shows
// one twice, the offset before the change is taken unless the later one is asked for (as
// java.time does).

/// Where on Earth a time is meant.
public enum TemporalZone: Sendable, Hashable {
    /// Seconds east of UTC, within 18 hours.
    case offset(Int32)
    /// An IANA name.
    case named(String)

    public static let utc = TemporalZone.offset(0)
    /// Largest offset: 18 hours.
    public static let offsetMax: Int32 = 64_800

    /// Reads `Z`, `±hh[[:]mm[[:]ss]]` or an IANA name.
    public static func parse(_ text: String) throws(NQLError) -> TemporalZone {
        var scanner = TemporalScanner(text)
        if let offset = try scanner.offset(), scanner.isAtEnd { return .offset(offset) }
        let name = written(text)
        _ = try TimeZoneRules.named(name)
        return .named(name)
    }

    /// The name of a zone, in which people may write spaces for underscores.
    static func written(_ name: String) -> String {
        name.contains(" ") ? String(name.map { $0 == " " ? "_" : $0 }) : name
    }

    /// The name as `timezone` gives it: an IANA name or the offset's text.
    public var text: String {
        switch self {
        case .offset(let seconds): TemporalText.offset(seconds)
        case .named(let name): name
        }
    }

    /// The offset in force at an instant.
    public func offset(at epochSeconds: Int64) throws(NQLError) -> Int32 {
        switch self {
        case .offset(let seconds): return seconds
        case .named(let name): return try TimeZoneRules.named(name).offset(at: epochSeconds)
        }
    }

    /// The instant of a local time.
    ///
    /// - Parameter preferred: the offset to keep where the clock shows the time twice.
    public func dateTime(
        _ local: LocalDateTimeValue, preferring preferred: Int32? = nil
    ) throws(NQLError) -> DateTimeValue {
        switch self {
        case .offset(let seconds):
            return DateTimeValue(
                epochSeconds: local.epochSeconds - Int64(seconds),
                nanosecond: local.nanosecond, offsetSeconds: seconds)
        case .named(let name):
            let rules = try TimeZoneRules.named(name)
            var seconds = local.epochSeconds
            let offset: Int32
            switch rules.resolve(localSeconds: seconds) {
            case .single(let only): offset = only
            case .overlap(let before, let after): offset = preferred == after ? after : before
            case .gap(let before, let after):
                seconds += Int64(after) - Int64(before)
                offset = after
            }
            return DateTimeValue(
                epochSeconds: seconds - Int64(offset), nanosecond: local.nanosecond,
                offsetSeconds: offset, zoneName: name)
        }
    }

    /// An instant seen in this zone.
    public func dateTime(
        epochSeconds: Int64, nanosecond: Int32
    ) throws(NQLError) -> DateTimeValue {
        let offset = try offset(at: epochSeconds)
        let days = GregorianCalendar.floorDivide(epochSeconds + Int64(offset), 86_400)
        guard days >= GregorianCalendar.epochDayMin, days <= GregorianCalendar.epochDayMax else {
            throw TemporalError.overflow()
        }
        var name: String?
        if case .named(let zone) = self { name = zone }
        return DateTimeValue(
            epochSeconds: epochSeconds, nanosecond: nanosecond, offsetSeconds: offset,
            zoneName: name)
    }
}

extension DateTimeValue {
    /// Named zone or offset.
    public var zone: TemporalZone { zoneName.map { .named($0) } ?? .offset(offsetSeconds) }
    /// What the local clock shows.
    public var local: LocalDateTimeValue {
        LocalDateTimeValue(
            epochSeconds: epochSeconds + Int64(offsetSeconds), nanosecond: nanosecond)
    }
    /// The same instant in another zone.
    public func converted(to zone: TemporalZone) throws(NQLError) -> DateTimeValue {
        try zone.dateTime(epochSeconds: epochSeconds, nanosecond: nanosecond)
    }
}

extension LocalDateTimeValue {
    /// The date of the local clock.
    public var date: DateValue {
        DateValue(epochDays: GregorianCalendar.floorDivide(epochSeconds, 86_400))
    }
    /// The time of the local clock.
    public var time: LocalTimeValue {
        let second = GregorianCalendar.floorModulo(epochSeconds, 86_400)
        return LocalTimeValue(nanosecondOfDay: second * 1_000_000_000 + Int64(nanosecond))
    }
    public init(date: DateValue, time: LocalTimeValue) {
        self.init(
            epochSeconds: date.epochDays * 86_400 + time.nanosecondOfDay / 1_000_000_000,
            nanosecond: Int32(time.nanosecondOfDay % 1_000_000_000))
    }
}
