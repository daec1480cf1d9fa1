// TemporalText: temporal values as ISO 8601 text, in the one form that NQL prints: seconds only
// when they or a fraction are not zero, fractions of 3, 6 or 9 digits, `Z` for a zero offset, a
// sign for years outside 0 ... 9999. The text reads back as the same value.

/// Printing of temporal values.
public enum TemporalText {
    /// `Z` or `±hh:mm[:ss]`.
    public static func offset(_ seconds: Int32) -> String {
        if seconds == 0 { return "Z" }
        let absolute = Int64(abs(Int(seconds)))
        var text = seconds < 0 ? "-" : "+"
        append(absolute / 3_600, digits: 2, to: &text)
        text += ":"
        append(absolute / 60 % 60, digits: 2, to: &text)
        if absolute % 60 != 0 {
            text += ":"
            append(absolute % 60, digits: 2, to: &text)
        }
        return text
    }

    static func append(_ number: Int64, digits: Int, to text: inout String) {
        let plain = String(number)
        for _ in 0 ..< max(0, digits - plain.utf8.count) { text += "0" }
        text += plain
    }

    static func append(_ date: DateValue, to text: inout String) {
        let fields = GregorianCalendar.date(epochDays: date.epochDays)
        if fields.year > 9_999 { text += "+" }
        if fields.year < 0 { text += "-" }
        append(abs(fields.year), digits: 4, to: &text)
        text += "-"
        append(fields.month, digits: 2, to: &text)
        text += "-"
        append(fields.day, digits: 2, to: &text)
    }

    static func append(nanosecondOfDay: Int64, to text: inout String) {
        let time = LocalTimeValue(nanosecondOfDay: nanosecondOfDay)
        append(time.hour, digits: 2, to: &text)
        text += ":"
        append(time.minute, digits: 2, to: &text)
        if time.second == 0 && time.nanosecond == 0 { return }
        text += ":"
        append(time.second, digits: 2, to: &text)
        let fraction = time.nanosecond
        if fraction == 0 { return }
        text += "."
        if fraction % 1_000_000 == 0 {
            append(fraction / 1_000_000, digits: 3, to: &text)
        } else if fraction % 1_000 == 0 {
            append(fraction / 1_000, digits: 6, to: &text)
        } else {
            append(fraction, digits: 9, to: &text)
        }
    }
}

extension DateValue: CustomStringConvertible {
    /// Such as `1984-10-11`.
    public var description: String {
        var text = ""
        TemporalText.append(self, to: &text)
        return text
    }
}

extension LocalTimeValue: CustomStringConvertible {
    /// Such as `12:31:14.645`.
    public var description: String {
        var text = ""
        TemporalText.append(nanosecondOfDay: nanosecondOfDay, to: &text)
        return text
    }
}

extension TimeValue: CustomStringConvertible {
    /// Such as `12:31+01:00`.
    public var description: String {
        var text = ""
        TemporalText.append(nanosecondOfDay: nanosecondOfDay, to: &text)
        return text + TemporalText.offset(offsetSeconds)
    }
}

extension LocalDateTimeValue: CustomStringConvertible {
    /// Such as `1984-10-11T12:31:14`.
    public var description: String {
        var text = ""
        TemporalText.append(date, to: &text)
        text += "T"
        TemporalText.append(nanosecondOfDay: time.nanosecondOfDay, to: &text)
        return text
    }
}

extension DateTimeValue: CustomStringConvertible {
    /// Such as `1984-10-11T12:31+01:00[Europe/Stockholm]`.
    public var description: String {
        let text = local.description + TemporalText.offset(offsetSeconds)
        return zoneName.map { "\(text)[\($0)]" } ?? text
    }
}

extension DurationValue: CustomStringConvertible {
    /// Such as `P1Y2M10DT2H30M-0.5S`; every part has its own sign.
    public var description: String {
        var text = "P"
        func part(_ value: Int64, _ unit: String) {
            if value != 0 { text += "\(value)\(unit)" }
        }
        part(months / 12, "Y")
        part(months % 12, "M")
        part(days, "D")
        if seconds != 0 || nanosecond != 0 {
            text += "T"
            var whole = seconds
            var fraction = Int64(nanosecond)
            if whole < 0 && fraction > 0 {
                whole += 1
                fraction = 1_000_000_000 - fraction
            }
            part(whole / 3_600, "H")
            part(whole / 60 % 60, "M")
            let second = whole % 60
            if second != 0 || fraction != 0 {
                if second == 0 && seconds < 0 { text += "-" }
                text += String(second)
                DurationValue.append(fraction: fraction, to: &text)
                text += "S"
            }
        }
        return text == "P" ? "PT0S" : text
    }

    private static func append(fraction: Int64, to text: inout String) {
        if fraction == 0 { return }
        var digits = 9
        var rest = fraction
        while rest % 10 == 0 {
            rest /= 10
            digits -= 1
        }
        text += "."
        TemporalText.append(rest, digits: digits, to: &text)
    }
}
