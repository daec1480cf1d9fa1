// TemporalScanner: reads dates, times, offsets and zones from text, in the basic and extended
// forms of ISO 8601 that openCypher allows. Each `parse` must use up the whole text.
//
//   date    YYYY[-MM[-DD]]  YYYYMM[DD]  YYYY-Www[-D]  YYYYWww[D]  YYYY-Qq[-DD]  YYYYQq[DD]
//           YYYY-DDD  YYYYDDD; a year of other than four digits has a sign and dashes
//   time    hh[:mm[:ss[.fraction]]]  hh[mm[ss[.fraction]]]
//   zone    Z  ±hh[:mm[:ss]]  ±hh[mm[ss]], then or instead [Area/City]

/// A cursor over the UTF-8 bytes of a temporal text.
struct TemporalScanner {
    private let bytes: [UInt8]
    private var place = 0
    /// The whole text, for messages.
    let text: String

    /// Longest text of a temporal value.
    static let byteCountMax = 256

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8.prefix(TemporalScanner.byteCountMax + 1))
    }

    var isAtEnd: Bool { place == bytes.count }

    private func byte(_ ahead: Int = 0) -> UInt8? {
        place + ahead < bytes.count ? bytes[place + ahead] : nil
    }

    private mutating func skip(_ wanted: Character) -> Bool {
        guard let ascii = wanted.asciiValue, let next = byte() else { return false }
        let upper = next >= 0x61 && next <= 0x7A ? next - 0x20 : next
        guard upper == ascii else { return false }
        place += 1
        return true
    }

    private func digitCount() -> Int {
        var count = 0
        while let next = byte(count), next >= 0x30, next <= 0x39 { count += 1 }
        return count
    }

    /// Exactly `count` digits.
    private mutating func number(_ count: Int) -> Int64? {
        guard digitCount() >= count, count > 0 else { return nil }
        var value: Int64 = 0
        for _ in 0 ..< count {
            value = value * 10 + Int64(bytes[place] - 0x30)
            place += 1
        }
        return value
    }

    // MARK: dates

    /// A date, ended by the end of the text or by `T`.
    mutating func date() throws(NQLError) -> DateValue? {
        var sign: Int64 = 0
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 }
        let digits = digitCount()
        if sign != 0 {
            guard digits >= 1, digits <= 9, let year = number(digits) else { return nil }
            return try extendedDate(year: sign * year)
        }
        guard digits >= 4 else { return nil }
        guard let year = number(4) else { return nil }
        switch digits {
        case 4:
            if byte() == UInt8(ascii: "-") { return try extendedDate(year: year) }
            if skip("W") {
                guard let week = number(2) else { return nil }
                return try DateValue(
                    weekYear: year, week: week,
                    dayOfWeek: digitCount() > 0 ? number(1) ?? 0 : 1)
            }
            if skip("Q") {
                guard let quarter = number(1) else { return nil }
                return try DateValue(
                    year: year, quarter: quarter,
                    dayOfQuarter: digitCount() > 0 ? number(2) ?? 0 : 1)
            }
            return try DateValue(year: year, month: 1, day: 1)
        case 6:
            return try DateValue(year: year, month: number(2) ?? 0, day: 1)
        case 7: return try DateValue(year: year, ordinalDay: number(3) ?? 0)
        case 8:
            return try DateValue(year: year, month: number(2) ?? 0, day: number(2) ?? 0)
        default: return nil
        }
    }

    private mutating func extendedDate(year: Int64) throws(NQLError) -> DateValue? {
        guard skip("-") else { return try DateValue(year: year, month: 1, day: 1) }
        if skip("W") {
            guard let week = number(2) else { return nil }
            let day: Int64? = skip("-") ? number(1) : 1
            guard let day else { return nil }
            return try DateValue(weekYear: year, week: week, dayOfWeek: day)
        }
        if skip("Q") {
            guard let quarter = number(1) else { return nil }
            let day: Int64? = skip("-") ? number(2) : 1
            guard let day else { return nil }
            return try DateValue(year: year, quarter: quarter, dayOfQuarter: day)
        }
        switch digitCount() {
        case 3: return try DateValue(year: year, ordinalDay: number(3) ?? 0)
        case 1, 2:
            guard let month = number(digitCount()) else { return nil }
            guard skip("-") else { return try DateValue(year: year, month: month, day: 1) }
            let digits = digitCount()
            guard digits >= 1, digits <= 2, let day = number(digits) else { return nil }
            return try DateValue(year: year, month: month, day: day)
        default: return nil
        }
    }

    // MARK: times

    /// A time of day, ended by a zone or the end of the text.
    mutating func time() throws(NQLError) -> LocalTimeValue? {
        let digits = digitCount()
        guard digits >= 1 else { return nil }
        var hour: Int64 = 0
        var minute: Int64 = 0
        var second: Int64 = 0
        var nanosecond: Int64 = 0
        switch digits {
        case 1, 2:
            hour = number(digits) ?? 0
            if skip(":") {
                let digits = digitCount()
                guard digits >= 1, digits <= 2, let value = number(digits) else { return nil }
                minute = value
                if skip(":") {
                    let digits = digitCount()
                    guard digits >= 1, digits <= 2, let value = number(digits) else {
                        return nil
                    }
                    second = value
                    guard let value = fraction() else { return nil }
                    nanosecond = value
                }
            }
        case 4:
            hour = number(2) ?? 0
            minute = number(2) ?? 0
        case 6:
            hour = number(2) ?? 0
            minute = number(2) ?? 0
            second = number(2) ?? 0
            guard let value = fraction() else { return nil }
            nanosecond = value
        default: return nil
        }
        return try LocalTimeValue(
            hour: hour, minute: minute, second: second, nanosecond: nanosecond)
    }

    /// `.` and one to nine digits as nanoseconds; 0 when there is none; nil when it is malformed.
    private mutating func fraction() -> Int64? {
        guard let next = byte(), next == UInt8(ascii: ".") || next == UInt8(ascii: ",") else {
            return 0
        }
        place += 1
        let digits = digitCount()
        guard digits >= 1, digits <= 9, var value = number(digits) else { return nil }
        for _ in digits ..< 9 { value *= 10 }
        return value
    }

    /// `Z` or `±hh[[:]mm[[:]ss]]` in seconds; nil when neither stands here.
    mutating func offset() throws(NQLError) -> Int32? {
        if skip("Z") { return 0 }
        var sign: Int64 = 1
        if skip("-") { sign = -1 } else if !skip("+") { return nil }
        var hours: Int64 = 0
        var minutes: Int64 = 0
        var seconds: Int64 = 0
        switch digitCount() {
        case 1, 2:
            hours = number(digitCount()) ?? 0
            if skip(":") {
                guard let value = number(2) else { throw notAnOffset() }
                minutes = value
                if skip(":") {
                    guard let value = number(2) else { throw notAnOffset() }
                    seconds = value
                }
            }
        case 4:
            hours = number(2) ?? 0
            minutes = number(2) ?? 0
        case 6:
            hours = number(2) ?? 0
            minutes = number(2) ?? 0
            seconds = number(2) ?? 0
        default: throw notAnOffset()
        }
        guard minutes <= 59, seconds <= 59 else { throw notAnOffset() }
        let total = hours * 3_600 + minutes * 60 + seconds
        guard total <= Int64(TemporalZone.offsetMax) else { throw notAnOffset() }
        return Int32(sign * total)
    }

    private func notAnOffset() -> NQLError {
        TemporalError.argument(
            "`\(text)` has no valid offset from UTC.",
            hint: "Offsets are written ±hh:mm, within 18 hours.")
    }

    /// `[Area/City]`; nil when there is no bracket.
    mutating func zoneName() throws(NQLError) -> String? {
        guard skip("[") else { return nil }
        guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "]")) else {
            throw TemporalError.argument("`\(text)` lacks `]` behind its time zone.")
        }
        let name = TemporalZone.written(String(decoding: bytes[place ..< end], as: UTF8.self))
        place = end + 1
        _ = try TimeZoneRules.named(name)
        return name
    }

    /// `T` between date and time.
    mutating func timeMark() -> Bool { skip("T") }
}

/// Parsing of whole texts.
extension DateValue {
    /// Reads a date.
    ///
    /// - Throws: `ArgumentError` when the text is no date.
    public init(parsing text: String) throws(NQLError) {
        var scanner = TemporalScanner(text)
        guard let date = try scanner.date(), scanner.isAtEnd else {
            throw TemporalError.text(text, "Date")
        }
        self = date
    }
}

extension LocalTimeValue {
    /// Reads a time without zone.
    public init(parsing text: String) throws(NQLError) {
        var scanner = TemporalScanner(text)
        guard let time = try scanner.time(), scanner.isAtEnd else {
            throw TemporalError.text(text, "LocalTime")
        }
        self = time
    }
}

extension TimeValue {
    /// Reads a time with an offset (UTC when it has none); a named zone's offset is that at `now`.
    public init(parsing text: String, now: Int64) throws(NQLError) {
        var scanner = TemporalScanner(text)
        guard let time = try scanner.time() else { throw TemporalError.text(text, "Time") }
        var offset = try scanner.offset()
        if let name = try scanner.zoneName(), offset == nil {
            offset = try TimeZoneRules.named(name).offset(at: now)
        }
        guard scanner.isAtEnd else { throw TemporalError.text(text, "Time") }
        self.init(nanosecondOfDay: time.nanosecondOfDay, offsetSeconds: offset ?? 0)
    }
}

extension LocalDateTimeValue {
    /// Reads a date and time without zone; the time may be left out.
    public init(parsing text: String) throws(NQLError) {
        var scanner = TemporalScanner(text)
        guard let value = try LocalDateTimeValue(&scanner), scanner.isAtEnd else {
            throw TemporalError.text(text, "LocalDateTime")
        }
        self = value
    }

    init?(_ scanner: inout TemporalScanner) throws(NQLError) {
        guard let date = try scanner.date() else { return nil }
        var time = LocalTimeValue(nanosecondOfDay: 0)
        if scanner.timeMark() {
            guard let value = try scanner.time() else { return nil }
            time = value
        }
        self.init(date: date, time: time)
    }
}

extension DateTimeValue {
    /// Reads a date and time with offset, zone or both; in `defaultZone` when it has neither.
    public init(parsing text: String, defaultZone: TemporalZone) throws(NQLError) {
        var scanner = TemporalScanner(text)
        guard let local = try LocalDateTimeValue(&scanner) else {
            throw TemporalError.text(text, "DateTime")
        }
        let offset = try scanner.offset()
        let name = try scanner.zoneName()
        guard scanner.isAtEnd else { throw TemporalError.text(text, "DateTime") }
        if let name {
            self = try TemporalZone.named(name).dateTime(local, preferring: offset)
            if let offset, offset != offsetSeconds {
                throw TemporalError.argument(
                    "`\(text)`: at that time \(name) is at \(TemporalText.offset(offsetSeconds)).")
            }
        } else {
            let zone = offset.map { TemporalZone.offset($0) } ?? defaultZone
            self = try zone.dateTime(local)
        }
    }
}
