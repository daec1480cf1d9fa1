// PosixTimeZoneRule: the TZ string in the footer of a TZif file, such as
// `CET-1CEST,M3.5.0,M10.5.0/3`: names and offsets (west positive) of standard and daylight time,
// then the day and local time at which daylight time begins and ends. POSIX.1-2017, XBD 8.3, with
// RFC 8536's wider hours.

/// Standard and daylight offsets with yearly changes.
struct PosixTimeZoneRule: Sendable, Hashable {
    /// A day of every year and a second of it (may be negative or beyond the day).
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// Jn: 1 ... 365, February 29 not counted.
            case withoutLeapDay(Int64)
            /// n: 0 ... 365.
            case ofYear(Int64)
            /// Mm.w.d: weekday d (0 is Sunday) of week w (5 is the last) of month m.
            case ofMonth(month: Int64, week: Int64, weekday: Int64)
        }
        var day: Day
        var second: Int64

        /// Local seconds since 1970-01-01T00:00 of the change in `year`.
        func localSeconds(in year: Int64) -> Int64 {
            let first = GregorianCalendar.epochDays(year: year, month: 1, day: 1)
            switch day {
            case .withoutLeapDay(let number):
                let skips = GregorianCalendar.isLeapYear(year) && number >= 60
                return (first + number - (skips ? 0 : 1)) * 86_400 + second
            case .ofYear(let number): return (first + number) * 86_400 + second
            case .ofMonth(let month, let week, let weekday):
                let start = GregorianCalendar.epochDays(year: year, month: month, day: 1)
                let startWeekday = GregorianCalendar.dayOfWeek(epochDays: start) % 7
                var day = (weekday - startWeekday + 7) % 7 + 7 * (week - 1)
                if day >= GregorianCalendar.daysInMonth(year: year, month: month) { day -= 7 }
                return (start + day) * 86_400 + second
            }
        }
    }

    /// Daylight time and when it holds.
    struct Daylight: Sendable, Hashable {
        var offset: Int32
        var start: Change
        var end: Change
    }

    var standardOffset: Int32
    var daylight: Daylight?

    /// The offset at an instant.
    func offset(at epochSeconds: Int64) -> Int32 {
        guard let daylight else { return standardOffset }
        let local = epochSeconds + Int64(standardOffset)
        let days = GregorianCalendar.floorDivide(local, 86_400)
        let year = GregorianCalendar.date(epochDays: days).year
        let start = daylight.start.localSeconds(in: year) - Int64(standardOffset)
        let end = daylight.end.localSeconds(in: year) - Int64(daylight.offset)
        let isDaylight =
            start <= end
            ? epochSeconds >= start && epochSeconds < end
            : epochSeconds >= start || epochSeconds < end
        return isDaylight ? daylight.offset : standardOffset
    }

    /// Reads a TZ string; nil when it is not valid.
    init?(_ text: ArraySlice<UInt8>) {
        var scanner = Scanner(text: text)
        guard scanner.skipName(), let west = scanner.time(hoursMax: 24) else { return nil }
        standardOffset = Int32(-west)
        daylight = nil
        if scanner.isAtEnd { return }
        guard scanner.skipName() else { return nil }
        var offset = standardOffset + 3_600
        if let next = scanner.peek, next != UInt8(ascii: ",") {
            guard let west = scanner.time(hoursMax: 24) else { return nil }
            offset = Int32(-west)
        }
        guard scanner.skip(UInt8(ascii: ",")), let start = scanner.change(),
            scanner.skip(UInt8(ascii: ",")), let end = scanner.change(), scanner.isAtEnd
        else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    private struct Scanner {
        var text: ArraySlice<UInt8>
        var isAtEnd: Bool { text.isEmpty }
        var peek: UInt8? { text.first }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard text.first == byte else { return false }
            text.removeFirst()
            return true
        }

        /// Letters, or anything in angle brackets.
        mutating func skipName() -> Bool {
            if skip(UInt8(ascii: "<")) {
                guard let end = text.firstIndex(of: UInt8(ascii: ">")) else { return false }
                text = text[(end + 1)...]
                return true
            }
            let letters = text.prefix { byte in
                let lower = byte | 0x20
                return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
            }
            text = text.dropFirst(letters.count)
            return letters.count >= 3
        }

        mutating func number(max: Int64) -> Int64? {
            var value: Int64 = 0
            var count = 0
            while let byte = text.first, byte >= 0x30, byte <= 0x39, count < 4 {
                value = value * 10 + Int64(byte - 0x30)
                text.removeFirst()
                count += 1
            }
            return count > 0 && value <= max ? value : nil
        }

        /// [+-]h[h[h]][:mm[:ss]] in seconds.
        mutating func time(hoursMax: Int64) -> Int64? {
            let isNegative = skip(UInt8(ascii: "-"))
            if !isNegative { _ = skip(UInt8(ascii: "+")) }
            guard let hours = number(max: hoursMax) else { return nil }
            var seconds = hours * 3_600
            if skip(UInt8(ascii: ":")) {
                guard let minutes = number(max: 59) else { return nil }
                seconds += minutes * 60
                if skip(UInt8(ascii: ":")) {
                    guard let rest = number(max: 59) else { return nil }
                    seconds += rest
                }
            }
            return isNegative ? -seconds : seconds
        }

        mutating func change() -> Change? {
            guard let day = day() else { return nil }
            var second: Int64 = 7_200
            if skip(UInt8(ascii: "/")) {
                guard let time = time(hoursMax: 167) else { return nil }
                second = time
            }
            return Change(day: day, second: second)
        }

        private mutating func day() -> Change.Day? {
            if skip(UInt8(ascii: "J")) {
                guard let number = number(max: 365), number >= 1 else { return nil }
                return .withoutLeapDay(number)
            }
            if skip(UInt8(ascii: "M")) {
                guard let month = number(max: 12), month >= 1, skip(UInt8(ascii: ".")),
                    let week = number(max: 5), week >= 1, skip(UInt8(ascii: ".")),
                    let weekday = number(max: 6)
                else { return nil }
                return .ofMonth(month: month, week: week, weekday: weekday)
            }
            guard let number = number(max: 365) else { return nil }
            return .ofYear(number)
        }
    }
}
