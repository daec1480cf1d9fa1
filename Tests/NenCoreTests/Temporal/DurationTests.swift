// Goal: arithmetic on durations. Method: tables worked out by hand, and laws on random values.

import Testing

@testable import NenCore

@Suite struct DurationTests {
    private func duration(_ text: String) throws -> DurationValue {
        try DurationValue(parsing: text)
    }

    @Test(arguments: [
        ("P12Y5M14DT16H13M10.000000001S", 0.5, "P6Y2M22DT13H21M8S"),
        ("P1M", 0.5, "P15DT5H14M33S"), ("P1D", 1.5, "P1DT12H"), ("PT1S", -0.25, "PT-0.25S"),
        ("PT1S", 1e-9, "PT0.000000001S"),
    ])
    func multiplesByFloats(_ text: String, _ factor: Double, _ expected: String) throws {
        #expect(try duration(text).multiplied(by: factor).description == expected)
    }

    @Test(arguments: [
        ("P12Y5M14DT16H13M10.000000001S", Int64(2), "P6Y2M22DT13H21M8S"), ("P1Y", 12, "P1M"),
        ("P1D", -4, "PT-6H"), ("PT1S", 3, "PT0.333333333S"), ("P1M", 2, "P15DT5H14M33S"),
    ])
    func quotients(_ text: String, _ divisor: Int64, _ expected: String) throws {
        #expect(try duration(text).divided(by: divisor).description == expected)
    }

    @Test func overflowIsAnError() throws {
        let huge = DurationValue(months: .max, days: .max, seconds: .max, nanosecond: 0)
        #expect(throws: NQLError.self) { try huge.adding(huge) }
        #expect(throws: NQLError.self) { try huge.multiplied(by: Int64.max) }
        #expect(throws: NQLError.self) { try huge.multiplied(by: 1e300) }
        #expect(throws: NQLError.self) { try huge.multiplied(by: Double.nan) }
        #expect(throws: NQLError.self) { try huge.component(.nanoseconds) }
        let least = DurationValue(months: .min, days: .min, seconds: .min, nanosecond: 0)
        #expect(throws: NQLError.self) { try least.negated() }
        #expect(throws: NQLError.self) { try DateValue(epochDays: 0).adding(huge) }
        #expect(throws: NQLError.self) {
            try LocalDateTimeValue(epochSeconds: 0, nanosecond: 0).adding(least)
        }
        _ = LocalTimeValue(nanosecondOfDay: 0).adding(least)
    }

    @Test func addingWhatLiesBetweenLeadsToTheEnd() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(seed: seed)
        func moment() -> LocalDateTimeValue {
            LocalDateTimeValue(
                epochSeconds: Int64.random(in: -9_000_000_000 ... 9_000_000_000, using: &generator),
                nanosecond: Int32.random(in: 0 ..< 1_000_000_000, using: &generator))
        }
        for _ in 0 ..< 3_000 {
            let start = moment()
            let end = moment()
            for span in [DurationValue.Span.all, .seconds] {
                let between = try DurationValue.between(
                    .localDateTime(start), .localDateTime(end), in: span)
                #expect(try start.adding(between) == end, "seed \(seed): \(start) \(end)")
            }
        }
    }

    @Test func zonedMomentsAreConnectedTheSameWay() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(seed: seed)
        let zones: [TemporalZone] = [
            .utc, .offset(-18_000), .named("Europe/Stockholm"), .named("Australia/Sydney"),
        ]
        for _ in 0 ..< 1_000 {
            let from = zones[Int.random(in: 0 ..< zones.count, using: &generator)]
            let start = try from.dateTime(
                epochSeconds: Int64.random(in: 0 ... 3_000_000_000, using: &generator),
                nanosecond: 0)
            let end = try zones[Int.random(in: 0 ..< zones.count, using: &generator)].dateTime(
                epochSeconds: Int64.random(in: 0 ... 3_000_000_000, using: &generator),
                nanosecond: 5)
            let between = try DurationValue.between(
                .dateTime(start), .dateTime(end), in: .all)
            let reached = try start.adding(between)
            #expect(
                reached.epochSeconds == end.epochSeconds && reached.nanosecond == end.nanosecond,
                "seed \(seed): \(start) + \(between) is not \(end)")
        }
    }
}
