// DurationScanner: reads durations. Units: `P[nY][nM][nW][nD][T[nH][nM][nS]]`, at least one, in
// this order, each with its own sign and fraction; or a point in time:
// `PYYYY-MM-DDThh:mm:ss[.fraction]`.

extension DurationValue {
    /// Reads a duration.
    ///
    /// - Throws: `ArgumentError` when the text is none.
    public init(parsing text: String) throws(NQLError) {
        var scanner = DurationScanner(text)
        self = try scanner.read()
    }
}

/// A cursor over the bytes of a duration's text.
private struct DurationScanner {
    let text: String
    let bytes: [UInt8]
    var place = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8.prefix(TemporalScanner.byteCountMax))
    }

    private var next: UInt8? {
        guard place < bytes.count else { return nil }
        let byte = bytes[place]
        return byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    mutating func read() throws(NQLError) -> DurationValue {
        var isNegative = false
        if skip(UInt8(ascii: "-")) { isNegative = true } else { _ = skip(UInt8(ascii: "+")) }
        guard skip(UInt8(ascii: "P")) else { throw notADuration() }
        let start = place
        let value: DurationValue
        if let date = try readDateForm() {
            value = date
        } else {
            place = start
            value = try readUnits()
        }
        return isNegative ? try value.negated() : value
    }

    // MARK: units

    private static let dateUnits: [(UInt8, DurationSum.Unit)] = [
        (UInt8(ascii: "Y"), .years), (UInt8(ascii: "M"), .months), (UInt8(ascii: "W"), .weeks),
        (UInt8(ascii: "D"), .days),
    ]
    private static let timeUnits: [(UInt8, DurationSum.Unit)] = [
        (UInt8(ascii: "H"), .hours), (UInt8(ascii: "M"), .minutes),
        (UInt8(ascii: "S"), .seconds),
    ]

    private mutating func readUnits() throws(NQLError) -> DurationValue {
        var sum = DurationSum()
        var count = try readUnits(DurationScanner.dateUnits, into: &sum)
        if skip(UInt8(ascii: "T")) {
            let times = try readUnits(DurationScanner.timeUnits, into: &sum)
            guard times > 0 else { throw notADuration() }
            count += times
        }
        guard count > 0, place == bytes.count else { throw notADuration() }
        return try sum.value()
    }

    private mutating func readUnits(
        _ units: [(UInt8, DurationSum.Unit)], into sum: inout DurationSum
    ) throws(NQLError) -> Int {
        var unitIndex = 0
        var count = 0
        while let byte = next, byte != UInt8(ascii: "T") {
            let number = try readNumber()
            while unitIndex < units.count, units[unitIndex].0 != next { unitIndex += 1 }
            guard unitIndex < units.count else { throw notADuration() }
            place += 1
            let unit = units[unitIndex].1
            if unit == .seconds {
                sum.add(.seconds, number.whole)
                sum.add(.nanoseconds, number.nanoseconds)
            } else {
                sum.add(unit, number.whole, fraction: number.fraction)
            }
            unitIndex += 1
            count += 1
        }
        return count
    }

    private struct Number {
        var whole: Int64
        var fraction: Double
        /// The fraction in billionths, exactly.
        var nanoseconds: Int64
    }

    private mutating func readNumber() throws(NQLError) -> Number {
        var sign: Int64 = 1
        if skip(UInt8(ascii: "-")) { sign = -1 } else { _ = skip(UInt8(ascii: "+")) }
        var whole: Int64 = 0
        var digits = 0
        while let byte = next, byte >= 0x30, byte <= 0x39 {
            let (scaled, overflows) = whole.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = scaled.addingReportingOverflow(
                sign * Int64(byte - 0x30))
            if overflows || overflowsToo { throw TemporalError.durationOverflow() }
            whole = sum
            digits += 1
            place += 1
        }
        guard digits > 0 else { throw notADuration() }
        guard next == UInt8(ascii: ".") || next == UInt8(ascii: ",") else {
            return Number(whole: whole, fraction: 0, nanoseconds: 0)
        }
        place += 1
        let start = place
        var billionths: Int64 = 0
        var scale: Int64 = 100_000_000
        while let byte = next, byte >= 0x30, byte <= 0x39 {
            billionths += Int64(byte - 0x30) * scale
            scale /= 10
            place += 1
        }
        guard place > start else { throw notADuration() }
        let decimal = "0." + String(decoding: bytes[start ..< place], as: UTF8.self)
        let fraction = Double(decimal) ?? 0
        return Number(
            whole: whole, fraction: Double(sign) * fraction, nanoseconds: sign * billionths)
    }

    // MARK: the form of a date and time

    private mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0 ..< count {
            guard let byte = next, byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
            place += 1
        }
        return value
    }

    private mutating func readDateForm() throws(NQLError) -> DurationValue? {
        guard let years = digits(4) else { return nil }
        let isExtended = skip(UInt8(ascii: "-"))
        guard let months = digits(2), !isExtended || skip(UInt8(ascii: "-")),
            let days = digits(2)
        else { return nil }
        var sum = DurationSum()
        sum.add(.years, years)
        sum.add(.months, months)
        sum.add(.days, days)
        if skip(UInt8(ascii: "T")) {
            let rest = String(decoding: bytes[place...], as: UTF8.self)
            let time = try LocalTimeValue(parsing: rest)
            sum.add(.nanoseconds, time.nanosecondOfDay)
            place = bytes.count
        }
        return place == bytes.count ? try sum.value() : nil
    }

    private func notADuration() -> NQLError { TemporalError.text(text, "Duration") }
}
