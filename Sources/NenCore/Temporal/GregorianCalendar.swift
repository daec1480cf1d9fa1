// GregorianCalendar: days since 1970-01-01 and the ways to name them: calendar, week, quarter and
// ordinal dates of ISO 8601, in the proleptic Gregorian calendar. The conversions shift the year
// to start in March, so that the leap day is its last, after Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms".

/// Calendar arithmetic on epoch days. Years run from -999,999,999 to 999,999,999.
public enum GregorianCalendar {
    public static let yearMin: Int64 = -999_999_999
    public static let yearMax: Int64 = 999_999_999
    /// -999999999-01-01.
    public static let epochDayMin: Int64 = epochDays(year: yearMin, month: 1, day: 1)
    /// +999999999-12-31.
    public static let epochDayMax: Int64 = epochDays(year: yearMax, month: 12, day: 31)

    /// Days since 1970-01-01 of a calendar date whose fields are in range.
    public static func epochDays(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The calendar date of an epoch day.
    public static func date(epochDays: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = epochDays + 719_468
        let era = floorDivide(days, 146_097)
        let dayOfEra = days - era * 146_097
        let leapCorrection = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapCorrection) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400
        return (month <= 2 ? year + 1 : year, month, day)
    }

    /// Whether a year has 366 days.
    public static func isLeapYear(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Days of a month, 28 ... 31.
    public static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: isLeapYear(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Day of the week: Monday is 1, Sunday 7.
    public static func dayOfWeek(epochDays: Int64) -> Int64 {
        floorModulo(epochDays + 3, 7) + 1
    }

    /// The ISO week date: week 1 is the week with the year's first Thursday.
    public static func weekDate(
        epochDays: Int64
    ) -> (weekYear: Int64, week: Int64, dayOfWeek: Int64) {
        let dayOfWeek = dayOfWeek(epochDays: epochDays)
        let thursday = epochDays + 4 - dayOfWeek
        let year = date(epochDays: thursday).year
        let first = self.epochDays(year: year, month: 1, day: 1)
        return (year, (thursday - first) / 7 + 1, dayOfWeek)
    }

    /// The Monday of week 1.
    public static func firstDay(ofWeekYear year: Int64) -> Int64 {
        let fourth = epochDays(year: year, month: 1, day: 4)
        return fourth + 1 - dayOfWeek(epochDays: fourth)
    }

    /// 52 or 53.
    public static func weeksInYear(_ weekYear: Int64) -> Int64 {
        (firstDay(ofWeekYear: weekYear + 1) - firstDay(ofWeekYear: weekYear)) / 7
    }

    /// Days of a quarter, 90 ... 92.
    public static func daysInQuarter(year: Int64, quarter: Int64) -> Int64 {
        switch quarter {
        case 1: isLeapYear(year) ? 91 : 90
        case 2: 91
        default: 92
        }
    }

    /// The quotient, rounded towards negative infinity.
    @inlinable
    public static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        let quotient = a / b
        return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
    }

    /// The remainder with the sign of the divisor.
    @inlinable
    public static func floorModulo(_ a: Int64, _ b: Int64) -> Int64 {
        let remainder = a % b
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    }
}
