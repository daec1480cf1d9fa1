// NumberParsing: integers and floats from bytes. Eight digits are converted by three
// multiplications; floats of up to 19 digits with a small exponent are exact after one rounding
// (Clinger 1990), the rest goes to the standard library.

/// Parsers of numbers. All need `CSVTokenizer.slackByteCount` readable bytes behind the text.
enum NumberParsing {
    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The value of eight ASCII digits, first digit in the lowest byte; nil if one is no digit.
    @inline(__always)
    private static func eightDigits(_ word: UInt64) -> UInt64? {
        let high = word & 0xF0F0_F0F0_F0F0_F0F0
        let carried = (word &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0
        guard high == 0x3030_3030_3030_3030, carried == 0x3030_3030_3030_3030 else { return nil }
        var value = word & 0x0F0F_0F0F_0F0F_0F0F
        value = (value &* 2561) &>> 8
        value = ((value & 0x00FF_00FF_00FF_00FF) &* 6_553_601) &>> 16
        return ((value & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) &>> 32
    }

    /// The value of 1 to 8 digits.
    @inline(__always)
    private static func fewDigits(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
        let word = UnsafeRawPointer(text).loadUnaligned(as: UInt64.self)
        let missing = UInt64(8 &- count) &* 8
        let zeros: UInt64 = count == 8 ? 0 : 0x3030_3030_3030_3030 &>> (UInt64(count) &* 8)
        return eightDigits((word &<< missing) | zeros)
    }

    /// The value of 1 to 18 digits.
    @inline(__always)
    static func digits(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
        if count <= 8 { return fewDigits(text, count) }
        let word = UnsafeRawPointer(text).loadUnaligned(as: UInt64.self)
        guard let first = eightDigits(word) else { return nil }
        if count <= 16 {
            guard let rest = fewDigits(text + 8, count &- 8) else { return nil }
            return first &* power(count &- 8) &+ rest
        }
        let middleWord = UnsafeRawPointer(text + 8).loadUnaligned(as: UInt64.self)
        guard let middle = eightDigits(middleWord), let rest = fewDigits(text + 16, count &- 16)
        else { return nil }
        return (first &* 100_000_000 &+ middle) &* power(count &- 16) &+ rest
    }

    @inline(__always)
    private static func power(_ exponent: Int) -> UInt64 {
        var value: UInt64 = 1
        var left = exponent
        while left > 0 {
            value &*= 10
            left &-= 1
        }
        return value
    }

    /// An integer in canonical form (no plus, no leading zero, no -0, at most 18 digits); nil
    /// otherwise.
    @inline(__always)
    static func canonicalInteger(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count > 0 else { return nil }
        let isNegative = text[0] == 0x2D
        let start = isNegative ? text + 1 : text
        let length = isNegative ? count &- 1 : count
        guard length > 0, length <= 18 else { return nil }
        if start[0] == 0x30, length > 1 || isNegative { return nil }
        guard let value = digits(start, length) else { return nil }
        let signed = Int64(bitPattern: value)
        return isNegative ? 0 &- signed : signed
    }

    /// Any decimal integer with optional sign; nil when it is none or does not fit.
    @inline(__always)
    static func integer(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        if count > 0, count <= 18, let value = digits(text, count) {
            return Int64(bitPattern: value)
        }
        return anyInteger(text, count)
    }

    @inline(never)
    private static func anyInteger(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count > 0 else { return nil }
        let isNegative = text[0] == 0x2D
        var index = isNegative || text[0] == 0x2B ? 1 : 0
        guard index < count else { return nil }
        var value: Int64 = 0
        while index < count {
            let digit = Int64(text[index]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            let tenfold = value.multipliedReportingOverflow(by: 10)
            let sum = isNegative
                ? tenfold.partialValue.subtractingReportingOverflow(digit)
                : tenfold.partialValue.addingReportingOverflow(digit)
            if tenfold.overflow || sum.overflow { return nil }
            value = sum.partialValue
            index += 1
        }
        return value
    }

    /// A float: decimal with optional exponent, `NaN`, `Infinity`, `-Infinity`; nil otherwise.
    static func float(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
        var index = 0
        guard count > 0 else { return nil }
        let isNegative = text[0] == 0x2D
        if isNegative || text[0] == 0x2B { index = 1 }
        var mantissa: UInt64 = 0
        var digitCount = 0
        var scale = 0
        var hasPoint = false
        while index < count {
            let byte = text[index]
            if byte >= 0x30, byte <= 0x39 {
                if digitCount < 19 { mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30) }
                if mantissa != 0 || digitCount > 0 { digitCount &+= 1 }
                if hasPoint { scale &-= 1 }
            } else if byte == 0x2E, !hasPoint {
                hasPoint = true
            } else {
                break
            }
            index &+= 1
        }
        let exact = index == count && digitCount <= 15 && scale >= -22
        guard exact, count > (hasPoint ? 1 : 0) + (isNegative ? 1 : 0) else {
            return anyFloat(text, count)
        }
        let value = Double(mantissa) / powersOfTen[-scale]
        return isNegative ? -value : value
    }

    @inline(never)
    private static func anyFloat(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
        let string = String(
            decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
        switch string.lowercased() {
        case "nan": return .nan
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: break
        }
        let isDecimal = string.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
        }
        return isDecimal ? Double(string) : nil
    }
}
