// Goal: the calendar's closed formulas. Method: against a model that counts one day after
// the other.

import NenCore
import Testing

@Suite struct GregorianCalendarTests {
    /// A calendar that only knows how to go to the next day.
    private struct DayByDay {
        var year: Int64
        var month: Int64 = 1
        var day: Int64 = 1
        var epochDays: Int64
        var weekday: Int64
        var ordinal: Int64 = 1

        static let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

        var isLeap: Bool { year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) }

        mutating func step() {
            epochDays += 1
            weekday = weekday % 7 + 1
            ordinal += 1
            day += 1
            let length = DayByDay.lengths[Int(month) - 1] + (month == 2 && isLeap ? 1 : 0)
            if day <= length { return }
            day = 1
            month += 1
            if month <= 12 { return }
            month = 1
            year += 1
            ordinal = 1
        }
    }

    @Test(arguments: [
        // Year, epoch day of its first of January, weekday of that day.
        (Int64(1970), Int64(0), Int64(4)), (1600, -135_140, 6), (-400, -865_625, 6),
    ])
    func everyDayOfEightHundredYears(_ year: Int64, _ start: Int64, _ weekday: Int64) throws {
        var model = DayByDay(year: year, epochDays: start, weekday: weekday)
        for _ in 0 ..< 292_194 {
            let date = GregorianCalendar.date(epochDays: model.epochDays)
            let agrees =
                date == (model.year, model.month, model.day)
                && GregorianCalendar.epochDays(
                    year: model.year, month: model.month, day: model.day) == model.epochDays
                && GregorianCalendar.dayOfWeek(epochDays: model.epochDays) == model.weekday
            guard agrees else {
                Issue.record("\(model) is \(date)")
                return
            }
            model.step()
        }
    }

    @Test func weekDatesFollowTheirDefinition() throws {
        // Week 1 holds the first Thursday; weeks begin on Monday: checked by walking from a
        // Monday that begins a week year.
        var day = GregorianCalendar.epochDays(year: 1899, month: 1, day: 2)
        var expected = (year: Int64(1899), week: Int64(1))
        for _ in 0 ..< 20_000 {
            let week = GregorianCalendar.weekDate(epochDays: day)
            #expect(week.weekYear == expected.year && week.week == expected.week)
            #expect(week.dayOfWeek == 1)
            let back = try DateValue(
                weekYear: week.weekYear, week: week.week, dayOfWeek: 7)
            #expect(back.epochDays == day + 6)
            day += 7
            let thursday = GregorianCalendar.date(epochDays: day + 3)
            if thursday.year != expected.year {
                expected = (thursday.year, 1)
            } else {
                expected.week += 1
            }
        }
    }

    @Test func theExtremesComeBack() throws {
        for text in ["-999999999-01-01", "+999999999-12-31", "0000-02-29", "-0001-12-31"] {
            #expect(try DateValue(parsing: text).description == text)
        }
        let last = DateValue(epochDays: GregorianCalendar.epochDayMax)
        #expect(throws: NQLError.self) { try last.adding(days: 1) }
        #expect(throws: NQLError.self) { try last.adding(months: 1) }
        #expect(throws: NQLError.self) { try last.adding(days: .max) }
        #expect(throws: NQLError.self) { try last.adding(months: .min) }
    }

    @Test func monthsAreAddedWithTheDayKeptInTheMonth() throws {
        let start = try DateValue(parsing: "2024-01-31")
        #expect(try start.adding(months: 1).description == "2024-02-29")
        #expect(try start.adding(months: 13).description == "2025-02-28")
        #expect(try start.adding(months: -2).description == "2023-11-30")
        #expect(start.months(until: try DateValue(parsing: "2024-02-29")) == 0)
        #expect(start.months(until: try DateValue(parsing: "2024-03-31")) == 2)
        #expect(try DateValue(parsing: "2024-03-31").months(until: start) == -2)
    }
}
