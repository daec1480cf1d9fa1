// Goal: the temporal functions. Method: tables of expressions, compared as text.

import NenCore
import Testing

@testable import NenEngine

@Suite struct TemporalFunctionTests {
    @Test(arguments: [
        ("date({year: 1984, week: 10, dayOfWeek: 3})", "1984-03-07"),
        ("date({year: 1817, week: 1, dayOfWeek: 2})", "1816-12-31"),
        ("date({date: date('1816-12-31'), week: 2})", "1817-01-07"),
        ("date({date: date('1984-11-11'), quarter: 3})", "1984-08-11"),
        ("date({date: date('2015-12-31'), quarter: 1})", "2015-03-31"),
        ("date({date: date('2015-01-31'), month: 2})", "2015-02-28"),
        ("date({date: date('2020-12-31'), year: 2021, dayOfWeek: 1})", "2021-12-27"),
        ("date({year: 1984, ordinalDay: 202})", "1984-07-20"),
        ("date({year: 1984, quarter: 3, dayOfQuarter: 45})", "1984-08-14"),
        ("date({YEAR: 1984, Month: 2})", "1984-02-01"),
        ("date(localdatetime('1984-10-11T12:00'))", "1984-10-11"), ("date()", "2023-11-14"),
        ("date({timezone: 'Pacific/Auckland'})", "2023-11-15"),
        ("localtime({hour: 12, minute: 31, second: 14, millisecond: 123, nanosecond: 456789})",
            "12:31:14.123456789"),
        ("localtime({hour: 12})", "12:00"), ("time({hour: 12, timezone: '+01:00'})", "12:00+01:00"),
        ("time({time: time('12:31:14+01:00'), timezone: '+05:00'})", "16:31:14+05:00"),
        ("time({time: localtime('23:00'), timezone: '+05:00'})", "23:00+05:00"),
        ("localdatetime({date: date('1984-10-11'), time: time('12:31+01:00'), second: 5})",
            "1984-10-11T12:31:05"),
        ("datetime({date: date('1984-10-11'), time: time('12:31+01:00')})",
            "1984-10-11T12:31+01:00"),
        ("datetime({epochSeconds: 0, nanosecond: 5})", "1970-01-01T00:00:00.000000005Z"),
        ("datetime({epochMillis: -1, timezone: 'Europe/Stockholm'})",
            "1970-01-01T00:59:59.999+01:00[Europe/Stockholm]"),
        ("datetime()", "2023-11-14T22:13:20.123456789Z"),
        ("datetime.statement('Europe/Stockholm')",
            "2023-11-14T23:13:20.123456789+01:00[Europe/Stockholm]"),
        ("localtime.transaction('+01:00')", "23:13:20.123456789"),
        ("datetime.fromepoch(-1, -1)", "1969-12-31T23:59:58.999999999Z"),
        ("duration({months: 0.75})", "P22DT19H51M49.5S"),
        ("duration({days: 5, months: -0.05})", "P3DT11H28M32.7S"),
        ("duration({quarters: 3, years: 1})", "P1Y9M"),
        ("duration(duration('P1D'))", "P1D"),
    ])
    func constructors(_ expression: String, _ text: String) {
        ExpressionTester().expect("toString(\(expression))", is: "'\(text)'")
    }

    @Test(arguments: [
        ("date.truncate('millennium', date('2017-10-11'), {day: 2})", "2000-01-02"),
        ("date.truncate('century', date('-0001-10-11'))", "-0100-01-01"),
        ("date.truncate('weekYear', date('1984-01-01'))", "1983-01-03"),
        ("date.truncate('WEEK', date('1984-10-11'), {dayOfWeek: 2})", "1984-10-09"),
        ("datetime.truncate('hour', datetime('1984-10-11T12:31-01:00'), {timezone: '+01:00'})",
            "1984-10-11T12:00+01:00"),
        ("localtime.truncate('millisecond', localtime('12:31:14.645876123'), {nanosecond: 2})",
            "12:31:14.645000002"),
        ("localtime.truncate('microsecond', localtime('12:31:14.645876123'), {nanosecond: 2})",
            "12:31:14.645876002"),
        ("time.truncate('day', datetime('1984-10-11T12:31+01:00'))", "00:00+01:00"),
        ("localdatetime.truncate('day', date('1984-10-11'), {nanosecond: 2})",
            "1984-10-11T00:00:00.000000002"),
        ("date.truncate('month')", "2023-11-01"),
    ])
    func truncation(_ expression: String, _ text: String) {
        ExpressionTester().expect("toString(\(expression))", is: "'\(text)'")
    }

    @Test(arguments: [
        ("duration.between(date('1984-10-11'), datetime('2015-07-21T21:40:32.142+0100'))",
            "P30Y9M10DT21H40M32.142S"),
        ("duration.between(time('14:30'), datetime('2015-07-21T21:40:32.142+0100'))",
            "PT6H10M32.142S"),
        ("duration.inMonths(date('2018-07-21'), datetime('2016-07-21T21:40:32.142+0100'))",
            "P-1Y-11M"),
        ("duration.inDays(date('1984-10-11'), localdatetime('2016-07-21T21:45:22.142'))",
            "P11606D"),
        ("duration.inSeconds(datetime('2017-10-29T00:00[Europe/Stockholm]'), date('2017-10-30'))",
            "PT25H"),
        ("duration.between(date('2015-01-31'), date('2015-03-01'))", "P1M1D"),
        ("date('2015-01-31') + duration('P1M')", "2015-02-28"),
        ("duration('P1M') + date('2015-01-31')", "2015-02-28"),
        ("date('2015-01-31') - duration({hours: 47})", "2015-01-30"),
        ("localtime('23:30') + duration('PT1H')", "00:30"),
        ("duration('P1D') * 1.5", "P1DT12H"), ("2 * duration('P1DT1S')", "P2DT2S"),
        ("duration('P1Y') / 12", "P1M"), ("-duration('P1D')", "P-1D"),
    ])
    func arithmetic(_ expression: String, _ text: String) {
        ExpressionTester().expect("toString(\(expression))", is: "'\(text)'")
    }

    @Test(arguments: [
        ("date('1984-01-01').weekYear", "1983"), ("date('1984-11-11').quarterDay", "42"),
        ("date('1984-11-11').dayOfQuarter", "42"), ("date('1984-12-31').ordinalDay", "366"),
        ("time('12:31+01:00').offset", "'+01:00'"), ("time('12:31Z').timezone", "'Z'"),
        ("datetime('1984-11-11T12:31[Europe/Stockholm]').timezone", "'Europe/Stockholm'"),
        ("datetime('1984-11-11T12:31:14.645Z').epochMillis", "469024274645"),
        ("datetime('1969-12-31T23:59:59.5Z').epochMillis", "-500"),
        ("duration('P1Y4M10DT1H1M1.5S').minutes", "61"), ("duration('P16M').monthsOfYear", "4"),
        ("duration('P17D').daysOfWeek", "3"), ("duration('PT-0.1S').seconds", "-1"),
        ("duration('PT-0.1S').nanosecondsOfSecond", "900000000"),
        ("duration('PT-0.1S').milliseconds", "-100"),
    ])
    func components(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("date({month: 2})", "ArgumentError(InvalidArgumentValue)"),
        ("date({year: 2015, day: 2})", "ArgumentError(InvalidArgumentValue)"),
        ("date({year: 2015, month: 2, week: 2})", "ArgumentError(InvalidArgumentValue)"),
        ("date({year: 2015, month: 13})", "ArgumentError(NumberOutOfRange)"),
        ("date({year: 2015, month: 2, day: 29})", "ArgumentError(NumberOutOfRange)"),
        ("date({year: 1000000000})", "ArgumentError(NumberOutOfRange)"),
        ("date({year: 9223372036854775807, week: 1})", "ArgumentError(NumberOutOfRange)"),
        ("date({year: 2015, quarter: 9223372036854775807})", "ArgumentError(NumberOutOfRange)"),
        ("date({year: 1.5})", "ArgumentError(InvalidArgumentValue)"),
        ("date({yeer: 2015})", "ArgumentError(InvalidArgumentValue)"),
        ("date({year: 2015, hour: 2})", "ArgumentError(InvalidArgumentValue)"),
        ("localtime({minute: 2})", "ArgumentError(InvalidArgumentValue)"),
        ("localtime({hour: 1, microsecond: 1000, millisecond: 1, minute: 1, second: 1})",
            "ArgumentError(NumberOutOfRange)"),
        ("localtime({hour: 12, timezone: '+01:00'})", "ArgumentError(InvalidArgumentValue)"),
        ("datetime({year: 2015, timezone: 'Nowhere'})", "ArgumentError(InvalidArgumentValue)"),
        ("datetime({epochSeconds: 9223372036854775807})", "ArgumentError(NumberOutOfRange)"),
        ("date('not a date')", "ArgumentError(InvalidArgumentValue)"),
        ("date(time('12:00Z'))", "TypeError(InvalidArgumentValue)"),
        ("date(1)", "TypeError(InvalidArgumentValue)"),
        ("date.truncate('hour', date('2015-01-01'))", "ArgumentError(InvalidArgumentValue)"),
        ("date.truncate('fortnight', date('2015-01-01'))", "ArgumentError(InvalidArgumentValue)"),
        ("duration({fortnights: 1})", "ArgumentError(InvalidArgumentValue)"),
        ("duration({years: 1e300})", "ArgumentError(NumberOutOfRange)"),
        ("duration.between(1, date('2015-01-01'))", "TypeError(InvalidArgumentValue)"),
        ("date('+999999999-12-31') + duration('P1D')", "ArgumentError(NumberOutOfRange)"),
        ("duration({months: 9223372036854775807}) * 2", "ArgumentError(NumberOutOfRange)"),
        ("datetime('2015-01-01T00:00').foo", "ArgumentError(InvalidArgumentValue)"),
    ])
    func errors(_ expression: String, _ error: String) {
        #expect(ExpressionTester().error(expression) == error, "\(expression)")
    }
}
