// TemporalPattern+Instant: dates and times by the letters of a pattern. Weeks (`Y`, `w`, `W`, `e`,
// `c`) are those of the English language's home: they begin on Sunday, and week 1 holds January 1.

/// The fields that a temporal instant has.
struct InstantFields {
    var date: DateValue?
    var time: LocalTimeValue?
    var offset: Int32?
    /// Name of the zone; the offset's text when it has none.
    var zone: String?
    var isNamedZone = false

    /// nil for a value that is no temporal instant.
    init?(_ value: Value) {
        switch value {
        case .date(let date): self.date = date
        case .localTime(let time): self.time = time
        case .time(let time):
            self.time = LocalTimeValue(nanosecondOfDay: time.nanosecondOfDay)
            offset = time.offsetSeconds
            zone = TemporalText.offset(time.offsetSeconds)
        case .localDateTime(let moment):
            date = moment.date
            time = moment.time
        case .dateTime(let moment):
            date = moment.local.date
            time = moment.local.time
            offset = moment.offsetSeconds
            zone = moment.zoneName ?? TemporalText.offset(moment.offsetSeconds)
            isNamedZone = moment.zoneName != nil
        default: return nil
        }
    }
}

extension TemporalPattern {
    /// A date, time, or both as text.
    ///
    /// - Throws: `InvalidArgumentValue` for letters that mean nothing or that the value lacks.
    public func text(ofInstant value: Value, typeName: String) throws(NQLError) -> String {
        guard let fields = InstantFields(value) else {
            throw TemporalError.argument("A \(typeName) cannot be formatted by a pattern.")
        }
        return try text({ (letter, count) throws(NQLError) in
            try TemporalPattern.field(letter, count, fields)
        }, lacking: { letter in
            TemporalError.argument("A \(typeName) has no field for the letter `\(letter)`.")
        })
    }

    private static func field(
        _ letter: Character, _ count: Int, _ fields: InstantFields
    ) throws(NQLError) -> String? {
        switch letter {
        case "G", "u", "y", "D", "M", "L", "d", "g", "Q", "q", "Y", "w", "W", "E", "e", "c", "F":
            guard let date = fields.date else { return nil }
            return try dateField(letter, count, date)
        case "a", "B", "h", "K", "k", "H", "m", "s", "S", "A", "n", "N":
            guard let time = fields.time else { return nil }
            return try timeField(letter, count, time)
        case "V":
            try check(letter, count, [2])
            return fields.zone
        case "O", "X", "x", "Z":
            guard let offset = fields.offset else { return nil }
            return try offsetField(letter, count, offset)
        case "z", "v":
            guard let zone = fields.zone else { return nil }
            if !fields.isNamedZone { return zone }
            throw TemporalError.argument(
                "Names of time zones in words (`\(letter)`) are not available.",
                hint: "`VV` gives the zone's identifier, `O` its offset.")
        default: throw TemporalError.argument("The letter `\(letter)` means nothing in patterns.")
        }
    }

    static func check(
        _ letter: Character, _ count: Int, _ allowed: ClosedRange<Int>
    ) throws(NQLError) {
        if allowed.contains(count) { return }
        throw TemporalError.argument(
            "`\(letter)` may stand \(allowed.lowerBound) to \(allowed.upperBound) times in a "
                + "pattern, not \(count) times.")
    }

    private static func check(
        _ letter: Character, _ count: Int, _ allowed: [Int]
    ) throws(NQLError) {
        if allowed.contains(count) { return }
        let counts = allowed.map { String($0) }.joined(separator: " or ")
        throw TemporalError.argument(
            "`\(letter)` may stand \(counts) times in a pattern, not \(count) times.")
    }

    // MARK: dates

    static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    static let weekdayNames = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]

    /// Short below 4 letters, full for 4, the first letter for 5.
    private static func styled(
        _ name: String, _ letter: Character, _ count: Int, short: Int = 3
    ) throws(NQLError) -> String {
        try check(letter, count, 1 ... 5)
        return count == 4 ? name : String(name.prefix(count == 5 ? 1 : short))
    }

    private static func dateField(
        _ letter: Character, _ count: Int, _ value: DateValue
    ) throws(NQLError) -> String {
        let days = value.epochDays
        let date = GregorianCalendar.date(epochDays: days)
        switch letter {
        case "G":
            let isBefore = date.year < 1
            try check(letter, count, 1 ... 5)
            if count == 4 { return isBefore ? "Before Christ" : "Anno Domini" }
            return String((isBefore ? "BC" : "AD").prefix(count == 5 ? 1 : 2))
        case "u": return year(date.year, count)
        case "y": return year(date.year < 1 ? 1 - date.year : date.year, count)
        case "D":
            try check(letter, count, 1 ... 3)
            let first = GregorianCalendar.epochDays(year: date.year, month: 1, day: 1)
            return number(days - first + 1, width: count)
        case "M", "L":
            if count < 3 { return number(date.month, width: count) }
            return try styled(monthNames[Int(date.month) - 1], letter, count)
        case "d":
            try check(letter, count, 1 ... 2)
            return number(date.day, width: count)
        case "g": return number(days + 40_587, width: count)
        case "Q", "q":
            let quarter = (date.month + 2) / 3
            if count < 3 { return number(quarter, width: count) }
            try check(letter, count, 1 ... 5)
            let ordinals = ["1st", "2nd", "3rd", "4th"]
            if count == 4 { return ordinals[Int(quarter) - 1] + " quarter" }
            return (count == 3 ? "Q" : "") + String(quarter)
        case "E":
            let name = weekdayNames[Int(GregorianCalendar.dayOfWeek(epochDays: days)) - 1]
            return try styled(name, letter, count)
        case "F":
            try check(letter, count, 1 ... 1)
            return String((date.day - 1) / 7 + 1)
        default: return try weekField(letter, count, days, date.year)
        }
    }

    /// Two letters give two digits; four and more a plus sign where the digits exceed the width.
    private static func year(_ year: Int64, _ count: Int) -> String {
        if count == 2 { return number(Int64((year.magnitude) % 100), width: 2) }
        let text = number(year, width: count)
        let exceeds = count >= 4 && year > 0 && String(year).count > count
        return exceeds ? "+" + text : text
    }

    private static func weekField(
        _ letter: Character, _ count: Int, _ days: Int64, _ year: Int64
    ) throws(NQLError) -> String {
        // 1 is Sunday.
        let weekday = GregorianCalendar.dayOfWeek(epochDays: days) % 7 + 1
        switch letter {
        case "e", "c":
            if count < 3 {
                try check(letter, count, 1 ... (letter == "c" ? 1 : 2))
                return number(weekday, width: count)
            }
            return try styled(weekdayNames[Int((weekday + 5) % 7)], letter, count)
        case "W":
            try check(letter, count, 1 ... 1)
            let date = GregorianCalendar.date(epochDays: days)
            return String(week(of: days, from: days - date.day + 1))
        default: break
        }
        // The days up to Saturday belong to next year's week 1 if that year begins by then.
        let saturday = days + 7 - weekday
        let weekYear = GregorianCalendar.date(epochDays: saturday).year
        if letter == "Y" { return self.year(weekYear, count) }
        try check(letter, count, 1 ... 2)
        let first = GregorianCalendar.epochDays(year: weekYear, month: 1, day: 1)
        return number(weekYear > year ? 1 : week(of: days, from: first), width: count)
    }

    /// Number of the week, where `first` lies in week 1.
    private static func week(of days: Int64, from first: Int64) -> Int64 {
        let lead = GregorianCalendar.dayOfWeek(epochDays: first) % 7
        return (days - first + lead) / 7 + 1
    }

    // MARK: times

    private static func timeField(
        _ letter: Character, _ count: Int, _ time: LocalTimeValue
    ) throws(NQLError) -> String {
        let hour = time.hour
        switch letter {
        case "a":
            try check(letter, count, 1 ... 1)
            return hour < 12 ? "AM" : "PM"
        case "B":
            try check(letter, count, [1, 4, 5])
            return period(time)
        case "S":
            try check(letter, count, 1 ... 9)
            return String(number(time.nanosecond, width: 9).prefix(count))
        case "A": return number(time.nanosecondOfDay / 1_000_000, width: count)
        case "n": return number(time.nanosecond, width: count)
        case "N": return number(time.nanosecondOfDay, width: count)
        default: break
        }
        try check(letter, count, 1 ... 2)
        let value: Int64
        switch letter {
        case "h": value = (hour + 11) % 12 + 1
        case "K": value = hour % 12
        case "k": value = (hour + 23) % 24 + 1
        case "H": value = hour
        case "m": value = time.minute
        default: value = time.second
        }
        return number(value, width: count)
    }

    private static func period(_ time: LocalTimeValue) -> String {
        if time.nanosecondOfDay == 0 { return "midnight" }
        if time.nanosecondOfDay == 43_200_000_000_000 { return "noon" }
        switch time.hour {
        case 6 ..< 12: return "in the morning"
        case 12 ..< 18: return "in the afternoon"
        case 18 ..< 21: return "in the evening"
        default: return "at night"
        }
    }

    // MARK: offsets

    private static func offsetField(
        _ letter: Character, _ count: Int, _ offset: Int32
    ) throws(NQLError) -> String {
        switch letter {
        case "O":
            try check(letter, count, [1, 4])
            return localized(offset, isFull: count == 4)
        case "Z":
            try check(letter, count, 1 ... 5)
            if count == 4 { return localized(offset, isFull: true) }
            if count == 5 { return offset == 0 ? "Z" : digits(offset, 5) }
            return digits(offset, 2)
        default:
            try check(letter, count, 1 ... 5)
            if letter == "X", offset == 0 { return "Z" }
            return digits(offset, count)
        }
    }

    private static func localized(_ offset: Int32, isFull: Bool) -> String {
        if offset == 0 { return "GMT" }
        let seconds = Int64(offset.magnitude)
        var text = offset < 0 ? "GMT-" : "GMT+"
        text += number(seconds / 3_600, width: isFull ? 2 : 1)
        let minute = seconds / 60 % 60
        if isFull || minute != 0 || seconds % 60 != 0 { text += ":" + number(minute, width: 2) }
        if seconds % 60 != 0 { text += ":" + number(seconds % 60, width: 2) }
        return text
    }

    /// 1: hours, and minutes unless 0; 2: both; 3: with a colon; 4 and 5: also seconds unless 0.
    private static func digits(_ offset: Int32, _ style: Int) -> String {
        let seconds = Int64(offset.magnitude)
        let colon = style == 3 || style == 5 ? ":" : ""
        var text = (offset < 0 ? "-" : "+") + number(seconds / 3_600, width: 2)
        let minute = seconds / 60 % 60
        if style > 1 || minute != 0 { text += colon + number(minute, width: 2) }
        if style > 3, seconds % 60 != 0 { text += colon + number(seconds % 60, width: 2) }
        return text
    }
}
