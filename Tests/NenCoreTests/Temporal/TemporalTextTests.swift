// Goal: every temporal text in and out. Method: tables from ISO 8601 and openCypher; random values
// printed and read back; random texts, which must give values or typed errors.

import NenCore
import Testing

@Suite struct TemporalTextTests {
    @Test(arguments: [
        ("2015-07-21", "2015-07-21"), ("20150721", "2015-07-21"), ("2015-07", "2015-07-01"),
        ("201507", "2015-07-01"), ("2015-W30-2", "2015-07-21"), ("2015W302", "2015-07-21"),
        ("2015-W30", "2015-07-20"), ("2015W30", "2015-07-20"), ("2015-202", "2015-07-21"),
        ("2015202", "2015-07-21"), ("2015", "2015-01-01"), ("2015-Q3-45", "2015-08-14"),
        ("2015Q345", "2015-08-14"), ("2015-Q3", "2015-07-01"), ("2015Q3", "2015-07-01"),
        ("+12345-01-02", "+12345-01-02"), ("-0044-03-15", "-0044-03-15"), ("+2015", "2015-01-01"),
        ("2020-W53-7", "2021-01-03"), ("2024-366", "2024-12-31"),
    ])
    func dates(_ text: String, _ expected: String) throws {
        #expect(try DateValue(parsing: text).description == expected)
    }

    @Test(arguments: [
        "", "2015-13-01", "2015-02-29", "2015-00-01", "2015-366", "2015-W54", "2021-W53",
        "2015-W30-8", "2015-Q5", "15-07-21", "2015-07-21x", "2015/07/21", "20150", "99999-01-01",
        "2015-07-21T", "+9999999999-01-01", "2015-W", "W30", "２０１５", "2015-Q3-93", "2015-000",
    ])
    func wrongDates(_ text: String) {
        let error = #expect(throws: NQLError.self) { try DateValue(parsing: text) }
        #expect(error?.code == .argument)
    }

    @Test(arguments: [
        ("21:40:32.142", "21:40:32.142"), ("214032.142", "21:40:32.142"), ("21:40", "21:40"),
        ("2140", "21:40"), ("21", "21:00"), ("00:00:00.000000001", "00:00:00.000000001"),
        ("12:00:00.1", "12:00:00.100"), ("12:00:00.1234", "12:00:00.123400"),
    ])
    func localTimes(_ text: String, _ expected: String) throws {
        #expect(try LocalTimeValue(parsing: text).description == expected)
    }

    @Test(arguments: [
        "24:00", "12:60", "12:00:60", "12:00:00.", "12:00:00.1234567890", "", "123", "12:", "12h",
    ])
    func wrongTimes(_ text: String) {
        #expect(throws: NQLError.self) { try LocalTimeValue(parsing: text) }
    }

    @Test(arguments: [
        ("21:40:32+01:00", "21:40:32+01:00"), ("214032-0100", "21:40:32-01:00"),
        ("2140-00:00", "21:40Z"), ("2140-02", "21:40-02:00"), ("22+18:00", "22:00+18:00"),
        ("12:00Z", "12:00Z"), ("12:00", "12:00Z"), ("12:34:56+02:05:59", "12:34:56+02:05:59"),
    ])
    func times(_ text: String, _ expected: String) throws {
        #expect(try TimeValue(parsing: text, now: 0).description == expected)
    }

    @Test(arguments: ["12:00+18:01", "12:00+1:2:3", "12:00+", "12:00[Nowhere/City]", "12:00Z[UTC"])
    func wrongOffsets(_ text: String) {
        #expect(throws: NQLError.self) { try TimeValue(parsing: text, now: 0) }
    }

    @Test(arguments: [
        ("P5M1.5D", "P5M1DT12H"), ("P0.75M", "P22DT19H51M49.5S"), ("PT0.75M", "PT45S"),
        ("P2.5W", "P17DT12H"), ("P12Y5M14DT16H12M70S", "P12Y5M14DT16H13M10S"),
        ("P2012-02-02T14:37:21.545", "P2012Y2M2DT14H37M21.545S"), ("PT-0.5S", "PT-0.5S"),
        ("P-1Y2M", "P-10M"), ("-P1D", "P-1D"), ("PT1.000000001S", "PT1.000000001S"),
        ("PT0S", "PT0S"), ("P1Y-1M", "P11M"), ("PT-1M-0.001S", "PT-1M-0.001S"),
        ("P0.5Y", "P6M"), ("PT36H", "PT36H"), ("P1M0.1D", "P1MT2H24M"),
    ])
    func durations(_ text: String, _ expected: String) throws {
        #expect(try DurationValue(parsing: text).description == expected)
    }

    @Test(arguments: [
        "", "P", "PT", "1D", "P1", "P1H", "PT1D", "P1D1Y", "P1DT", "P.5D", "P1.D", "P1YT1H1Y",
        "P99999999999999999999D", "P2012-13T", "P--1D",
    ])
    func wrongDurations(_ text: String) {
        #expect(throws: NQLError.self) { try DurationValue(parsing: text) }
    }

    @Test func randomValuesComeBack() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(seed: seed)
        for _ in 0 ..< 3_000 {
            let date = DateValue(
                epochDays: Int64.random(
                    in: GregorianCalendar.epochDayMin ... GregorianCalendar.epochDayMax,
                    using: &generator))
            let time = LocalTimeValue(
                nanosecondOfDay: Int64.random(in: 0 ..< 86_400_000_000_000, using: &generator))
            let local = LocalDateTimeValue(date: date, time: time)
            let offset = Int32.random(in: -64_800 ... 64_800, using: &generator)
            let instant = try TemporalZone.offset(offset).dateTime(local)
            let note: Comment = "seed \(seed)"
            #expect(try DateValue(parsing: date.description) == date, note)
            #expect(try LocalTimeValue(parsing: time.description) == time, note)
            #expect(try LocalDateTimeValue(parsing: local.description) == local, note)
            let back = try DateTimeValue(parsing: instant.description, defaultZone: .utc)
            #expect(back == instant, note)
            let duration = DurationValue(
                months: Int64.random(in: -100_000 ... 100_000, using: &generator),
                days: Int64.random(in: -100_000 ... 100_000, using: &generator),
                seconds: Int64.random(in: -10_000_000 ... 10_000_000, using: &generator),
                nanosecond: Int32.random(in: 0 ..< 1_000_000_000, using: &generator))
            #expect(try DurationValue(parsing: duration.description) == duration, note)
        }
    }

    @Test func randomTextsNeverTrap() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(seed: seed)
        let alphabet = Array("0123456789-+:.TWQPYMDHSZ[]/é ")
        var readable = 0
        for _ in 0 ..< 40_000 {
            var text = ""
            for _ in 0 ..< Int.random(in: 0 ... 14, using: &generator) {
                text.append(alphabet[Int.random(in: 0 ..< alphabet.count, using: &generator)])
            }
            if (try? DateValue(parsing: text)) != nil { readable += 1 }
            if (try? TimeValue(parsing: text, now: 0)) != nil { readable += 1 }
            if (try? DateTimeValue(parsing: text, defaultZone: .utc)) != nil { readable += 1 }
            if (try? DurationValue(parsing: "P" + text)) != nil { readable += 1 }
        }
        #expect(readable > 0, "seed \(seed)")
    }
}

/// Numbers that a printed seed brings back (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
