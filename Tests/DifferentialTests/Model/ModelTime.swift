// ModelTime: moments, durations and points of the reference evaluator. The calendar is counted off
// year by year and month by month, which is slow and easy to believe.

import NenCore

/// A moment of one of the five kinds.
struct ModelMoment: Equatable, Sendable {
    enum Kind: String, Sendable {
        case dateTime = "datetime"
        case localDateTime = "localdatetime"
        case date = "date"
        case time = "time"
        case localTime = "localtime"
    }

    var kind: Kind
    /// Days since 1970-01-01; 0 for times.
    var day = 0
    /// Nanoseconds since midnight on the local clock; 0 for dates.
    var clock = 0
    /// Seconds east of UTC; 0 for what has no zone.
    var offset = 0

    static let second = 1_000_000_000
    static let dayLength = 86_400 * second

    var hasDay: Bool { kind == .dateTime || kind == .localDateTime || kind == .date }
    var hasClock: Bool { kind != .date }

    /// What moments of one kind are ordered by.
    var order: [Int] {
        let instant = clock - offset * Self.second
        return [day * 86_400 + instant.floored(Self.second), instant.modulo(Self.second),
            day, clock]
    }

    /// A call that gives the moment.
    var text: String {
        let (year, month, dayOfMonth) = ModelCalendar.civil(day)
        let date = "\(ModelCalendar.padded(year, 4))-\(ModelCalendar.padded(month, 2))-"
            + ModelCalendar.padded(dayOfMonth, 2)
        let seconds = clock / Self.second
        let parts = [seconds / 3_600, seconds / 60 % 60, seconds % 60]
        let time = parts.map { ModelCalendar.padded($0, 2) }.joined(separator: ":") + "."
            + ModelCalendar.padded(clock % Self.second, 9)
        let minutes = abs(offset) / 60
        let zone = (offset < 0 ? "-" : "+") + ModelCalendar.padded(minutes / 60, 2) + ":"
            + ModelCalendar.padded(minutes % 60, 2)
        switch kind {
        case .date: return "date('\(date)')"
        case .localTime: return "localtime('\(time)')"
        case .time: return "time('\(time)\(zone)')"
        case .localDateTime: return "localdatetime('\(date)T\(time)')"
        case .dateTime: return "datetime('\(date)T\(time)\(zone)')"
        }
    }

    /// Reads `2020-02-29`, `10:20[:30[.5]][±01:00|Z]` and both with a `T` between them.
    init?(_ kind: Kind, _ text: String) {
        self.kind = kind
        var rest = Substring(text)
        if hasDay {
            let parts = rest.prefix(10).split(separator: "-").compactMap { Int($0) }
            guard parts.count == 3 else { return nil }
            day = ModelCalendar.day(parts[0], parts[1], parts[2])
            rest = rest.dropFirst(11)
        }
        if !hasClock { return }
        if rest.hasSuffix("Z") { rest = rest.dropLast() }
        if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let zone = rest[sign...].dropFirst().split(separator: ":").compactMap { Int($0) }
            offset = (zone[0] * 60 + zone[1]) * 60 * (rest[sign] == "-" ? -1 : 1)
            rest = rest[..<sign]
        }
        let parts = rest.split(separator: ":")
        guard let hour = Int(parts[0]), let minute = Int(parts[1]) else { return nil }
        let seconds = parts.count > 2 ? Double(parts[2]) ?? 0 : 0
        clock = (hour * 60 + minute) * 60 * Self.second + Int(seconds * 1e9)
    }

    init(_ kind: Kind, day: Int = 0, clock: Int = 0) {
        (self.kind, self.day, self.clock) = (kind, day, clock)
    }
}

/// Months, days and nanoseconds, which do not convert into each other.
struct ModelDuration: Equatable, Sendable {
    var months = 0
    var days = 0
    var nanoseconds = 0

    /// Durations are sorted by their usual length.
    var order: [Int] {
        let seconds = nanoseconds.floored(ModelMoment.second)
        return [months * 2_629_746 + days * 86_400 + seconds,
            nanoseconds.modulo(ModelMoment.second), months, days, seconds]
    }

    var text: String {
        let seconds = nanoseconds.floored(ModelMoment.second)
        return "duration({months: \(months), days: \(days), seconds: \(seconds), nanoseconds: "
            + "\(nanoseconds.modulo(ModelMoment.second))})"
    }

    init(months: Int = 0, days: Int = 0, nanoseconds: Int = 0) {
        (self.months, self.days, self.nanoseconds) = (months, days, nanoseconds)
    }

    /// Reads `P1Y2M3W4DT5H6M7.5S`, any part of which may be missing or negative.
    init?(_ text: String) {
        guard text.first == "P" else { return nil }
        var (number, isTime) = ("", false)
        for letter in text.dropFirst() {
            if letter == "T" { isTime = true; continue }
            if !letter.isLetter { number.append(letter); continue }
            guard let value = Double(number) else { return nil }
            number = ""
            switch (letter, isTime) {
            case ("Y", _): months += Int(value) * 12
            case ("M", false): months += Int(value)
            case ("W", _): days += Int(value) * 7
            case ("D", _): days += Int(value)
            case ("H", _): nanoseconds += Int(value * 3_600e9)
            case ("M", true): nanoseconds += Int(value * 60e9)
            default: nanoseconds += Int(value * 1e9)
            }
        }
    }
}

/// A point by its coordinate system and its two or three coordinates.
struct ModelPoint: Equatable, Sendable {
    var system: Int
    var coordinates: [Double]

    var text: String {
        let names = ["x", "y", "z"]
        let parts = zip(names, coordinates).map { "\($0): \($1)" }
        return "point({srid: \(system), " + parts.joined(separator: ", ") + "})"
    }
}

extension Int {
    /// Division that rounds down.
    func floored(_ by: Int) -> Int { self >= 0 ? self / by : -((-self + by - 1) / by) }
    func modulo(_ by: Int) -> Int { self - floored(by) * by }
}

/// The Gregorian calendar, counted off.
enum ModelCalendar {
    static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func length(_ year: Int) -> Int { isLeap(year) ? 366 : 365 }

    static func length(_ year: Int, _ month: Int) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    static func day(_ year: Int, _ month: Int, _ dayOfMonth: Int) -> Int {
        var day = dayOfMonth - 1
        for month in 1..<max(month, 1) { day += length(year, month) }
        for before in min(year, 1970)..<max(year, 1970) {
            day += year > 1970 ? length(before) : -length(before)
        }
        return day
    }

    static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        var (year, month, rest) = (1970, 1, day)
        while rest < 0 {
            year -= 1
            rest += length(year)
        }
        while rest >= length(year) {
            rest -= length(year)
            year += 1
        }
        while rest >= length(year, month) {
            rest -= length(year, month)
            month += 1
        }
        return (year, month, rest + 1)
    }

    /// Monday is 1.
    static func dayOfWeek(_ day: Int) -> Int { (day + 3).modulo(7) + 1 }

    /// The week belongs to the year of its Thursday.
    static func week(_ day: Int) -> (year: Int, week: Int) {
        let thursday = day - dayOfWeek(day) + 4
        let year = civil(thursday).year
        return (year, (thursday - self.day(year, 1, 1)) / 7 + 1)
    }

    /// The same day of another month, or that month's last one.
    static func adding(months: Int, to day: Int) -> Int {
        let (year, month, dayOfMonth) = civil(day)
        let place = year * 12 + month - 1 + months
        let (newYear, newMonth) = (place.floored(12), place.modulo(12) + 1)
        return self.day(newYear, newMonth, min(dayOfMonth, length(newYear, newMonth)))
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
