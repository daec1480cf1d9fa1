// TimestampText: the frequent ISO 8601 forms of dates and times, read without making strings:
// 2010-03-12, 20100312, 09:19, 09:19:52.25, 2010-03-12T09:19:52Z (a space may stand for the T).
// Whatever it does not read (weeks, named zones) goes to the general scanner.

import NenCore

/// A reading position in a short text.
struct TimestampText {
    private var position: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    init(_ text: UnsafePointer<UInt8>, _ count: Int) {
        position = text
        end = text + count
    }

    /// The whole text has been read.
    var isAtEnd: Bool { position == end }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, position[0] == byte else { return false }
        position += 1
        return true
    }

    /// Exactly `count` digits.
    private mutating func number(_ count: Int) -> Int64? {
        guard end - position >= count else { return nil }
        var value: Int64 = 0
        var index = 0
        while index < count {
            let digit = Int64(position[index]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            value = value &* 10 &+ digit
            index &+= 1
        }
        position += count
        return value
    }

    private var digitRun: Int {
        var cursor = position
        while cursor < end, cursor[0] >= 0x30, cursor[0] <= 0x39 { cursor += 1 }
        return cursor - position
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar; nil if there is none.
    static func epochDays(year: Int64, month: Int64, day: Int64) -> Int64? {
        guard month >= 1, month <= 12, day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: (Int64) -> Int64 = { month in
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        }
        guard day <= lengths(month) else { return nil }
        // Years begin in March, so that the leap day is the last; eras of 400 years.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// A date: years of four digits, or signed ones of up to nine.
    mutating func date() -> Int64? {
        var sign: Int64 = 1
        var yearDigits = 4
        if position < end, position[0] == 0x2D || position[0] == 0x2B {
            sign = position[0] == 0x2D ? -1 : 1
            position += 1
            yearDigits = digitRun
            guard yearDigits >= 4, yearDigits <= 9 else { return nil }
        }
        guard let year = number(yearDigits) else { return nil }
        var month: Int64 = 1
        var day: Int64 = 1
        if take(0x2D) {
            guard let value = number(2) else { return nil }
            month = value
            if take(0x2D) {
                guard let value = number(2) else { return nil }
                day = value
            }
        } else if digitRun >= 4 {
            guard let first = number(2), let second = number(2) else { return nil }
            month = first
            day = second
        }
        return TimestampText.epochDays(year: sign * year, month: month, day: day)
    }

    /// Nanoseconds since midnight.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(2), hour < 24 else { return nil }
        var minute: Int64 = 0
        var second: Int64 = 0
        let hasColon = take(0x3A)
        if hasColon || digitRun >= 2 {
            guard let value = number(2), value < 60 else { return nil }
            minute = value
            if hasColon ? take(0x3A) : digitRun >= 2 {
                guard let value = number(2), value < 60 else { return nil }
                second = value
            }
        }
        guard let fraction = fractionOfSecond() else { return nil }
        return ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + fraction
    }

    /// Nanoseconds behind a decimal point; 0 without one.
    private mutating func fractionOfSecond() -> Int64? {
        guard take(0x2E) || take(0x2C) else { return 0 }
        let count = digitRun
        guard count >= 1, count <= 9, var value = number(count) else { return nil }
        for _ in count..<9 { value *= 10 }
        return value
    }

    /// Seconds east of UTC: `Z`, `+01`, `+0100`, `+01:00`, `+01:00:30`; nil when malformed.
    mutating func zoneOffset() -> Int32? {
        if take(0x5A) || take(0x7A) { return 0 }
        guard position < end, position[0] == 0x2B || position[0] == 0x2D else { return nil }
        let sign: Int64 = position[0] == 0x2D ? -1 : 1
        position += 1
        guard let hours = number(2) else { return nil }
        var seconds = hours * 3600
        if take(0x3A) || digitRun >= 2 {
            guard let minutes = number(2), minutes < 60 else { return nil }
            seconds += minutes * 60
            if take(0x3A) {
                guard let rest = number(2), rest < 60 else { return nil }
                seconds += rest
            }
        }
        return seconds <= 18 * 3600 ? Int32(sign * seconds) : nil
    }

    /// The `T` or space between date and time.
    mutating func takeDateTimeSeparator() -> Bool { take(0x54) || take(0x20) || take(0x74) }
}
