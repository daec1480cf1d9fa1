// Goal: named zones. Method: known clock changes, gaps and overlaps as java.time resolves them;
// footer rules for far years; damaged TZif files, which must give typed errors.

import Testing

@testable import NenCore

@Suite struct TimeZoneTests {
    private func instant(_ text: String) throws -> DateTimeValue {
        try DateTimeValue(parsing: text, defaultZone: .utc)
    }

    @Test func numbersOfZonesNeverChange() {
        // Part of the file format: a failure here means that stored times change their zone.
        #expect(TimeZoneNames.all.count >= 597)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in TimeZoneNames.all.prefix(597).joined(separator: "\n").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        #expect(hash == 0xF625B8C78E1E89C4)
        #expect(TimeZoneNames.all[476] == "Europe/Stockholm")
        #expect(TimeZoneNames.number(of: "UTC") == 592)
        #expect(TimeZoneNames.name(of: 1 << 25) == nil)
        #expect(Set(TimeZoneNames.all).count == TimeZoneNames.all.count)
    }

    @Test(arguments: [
        ("1818-07-21T21:40:32.142[Europe/Stockholm]", "+00:53:28"),
        ("1984-01-01T00:00[Europe/Stockholm]", "+01:00"),
        ("1984-07-20T00:00[Europe/Stockholm]", "+02:00"),
        ("2500-07-01T00:00[Europe/Stockholm]", "+02:00"),
        ("+999999999-07-01T00:00[Europe/Stockholm]", "+02:00"),
        ("-999999999-07-01T00:00[Europe/Stockholm]", "+00:53:28"),
        ("2100-01-01T00:00[Australia/Sydney]", "+11:00"),
        ("2100-07-01T00:00[Australia/Sydney]", "+10:00"),
        ("2015-07-21T21:40[Australia/Eucla]", "+08:45"),
        ("2020-06-01T00:00[Asia/Kolkata]", "+05:30"), ("2020-06-01T00:00[UTC]", "Z"),
        ("2050-06-01T00:00[Pacific/Honolulu]", "-10:00"),
    ])
    func offsets(_ text: String, _ offset: String) throws {
        #expect(TemporalText.offset(try instant(text).offsetSeconds) == offset)
    }

    @Test func aSkippedTimeMovesOnByTheGap() throws {
        let value = try instant("2017-03-26T02:30[Europe/Stockholm]")
        #expect(value.description == "2017-03-26T03:30+02:00[Europe/Stockholm]")
    }

    @Test func aRepeatedTimeTakesTheEarlierOffsetUnlessToldOtherwise() throws {
        let first = try instant("2017-10-29T02:30[Europe/Stockholm]")
        #expect(TemporalText.offset(first.offsetSeconds) == "+02:00")
        let second = try instant("2017-10-29T02:30+01:00[Europe/Stockholm]")
        #expect(TemporalText.offset(second.offsetSeconds) == "+01:00")
        #expect(second.epochSeconds - first.epochSeconds == 3_600)
        #expect(throws: NQLError.self) {
            try instant("2017-10-29T12:30+02:00[Europe/Stockholm]")
        }
    }

    @Test func daysKeepTheClockAndHoursTheInstant() throws {
        let start = try instant("2017-10-28T12:00[Europe/Stockholm]")
        let day = try start.adding(DurationValue(months: 0, days: 1, seconds: 0, nanosecond: 0))
        #expect(day.description == "2017-10-29T12:00+01:00[Europe/Stockholm]")
        let hours = try start.adding(
            DurationValue(months: 0, days: 0, seconds: 86_400, nanosecond: 0))
        #expect(hours.description == "2017-10-29T11:00+01:00[Europe/Stockholm]")
    }

    @Test func footerRulesOfAllForms() throws {
        func rule(_ text: String) -> PosixTimeZoneRule? { PosixTimeZoneRule(Array(text.utf8)[...]) }
        #expect(rule("<+0330>-3:30")?.standardOffset == 12_600)
        #expect(rule("EST5EDT,M3.2.0,M11.1.0")?.daylight?.offset == -14_400)
        #expect(rule("X")  == nil)
        #expect(rule("CET-1CEST") == nil)
        #expect(rule("CET-1CEST,M13.1.0,M10.5.0") == nil)
        let julian = try #require(rule("AAA0BBB,J60/0,J61/0"))
        let march = GregorianCalendar.epochDays(year: 2024, month: 3, day: 1) * 86_400
        #expect(julian.offset(at: march - 1) == 0)
        #expect(julian.offset(at: march) == 3_600)
        let zeroBased = try #require(rule("AAA0BBB,59/0,61/0"))
        let leapDay = GregorianCalendar.epochDays(year: 2024, month: 2, day: 29) * 86_400
        #expect(zeroBased.offset(at: leapDay) == 3_600)
        #expect(zeroBased.offset(at: leapDay - 1) == 0)
    }

    @Test func damagedFilesGiveTypedErrors() throws {
        let file = TZifSample.bytes
        #expect(try TimeZoneRules(name: "Test", bytes: file).offset(at: 0) == 3_600)
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(seed: seed)
        var refused = 0
        for _ in 0 ..< 4_000 {
            var bytes = file
            for _ in 0 ..< Int.random(in: 1 ... 4, using: &generator) {
                let place = Int.random(in: 0 ..< bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0 ... 255, using: &generator)
            }
            if Bool.random(using: &generator) {
                bytes.removeLast(Int.random(in: 0 ... bytes.count, using: &generator))
            }
            do {
                let rules = try TimeZoneRules(name: "Test", bytes: bytes)
                _ = rules.offset(at: 1_000_000_000)
                _ = rules.resolve(localSeconds: -1_000_000_000)
            } catch {
                refused += 1
                #expect(error.detail == "TimeZoneNotAvailable", "seed \(seed)")
            }
        }
        #expect(refused > 1_000, "seed \(seed)")
    }

    @Test func unknownZonesAreRefused() {
        for name in ["Nowhere/City", "../../etc/passwd", "", "europe/stockholm"] {
            #expect(throws: NQLError.self) { try TimeZoneRules.named(name) }
        }
    }
}

/// A small TZif file, version 2: +01:00 until 2001-09-09T01:46:40Z, then +02:00, then a rule.
private enum TZifSample {
    static var bytes: [UInt8] {
        var bytes = header(transitions: 0, types: 1, designations: 4)
        bytes += [0, 0, 0x0E, 0x10, 0, 0] + Array("AAA\0".utf8)
        bytes += header(transitions: 1, types: 2, designations: 8)
        bytes += [0, 0, 0, 0, 0x3B, 0x9A, 0xCA, 0x00, 1]
        bytes += [0, 0, 0x0E, 0x10, 0, 0, 0, 0, 0x1C, 0x20, 1, 4]
        bytes += Array("AAA\0BBB\0".utf8)
        return bytes + Array("\nAAA-1BBB,M3.5.0,M10.5.0/3\n".utf8)
    }

    private static func header(transitions: UInt8, types: UInt8, designations: UInt8) -> [UInt8] {
        var bytes = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
        for count in [0, 0, 0, transitions, types, designations] as [UInt8] {
            bytes += [0, 0, 0, count]
        }
        return bytes
    }
}
