// Parser+Literals: the values of number and string tokens.

import NenCore

extension Parser {
    /// The value of the number token. `isNegative` stands for a sign in front of it, at `start`:
    /// the magnitude 2^63 is an integer only then.
    mutating func parseNumber(isNegative: Bool, from start: UInt32) throws(SyntaxFailure) -> Value {
        let digits = bytes[Int(token.start)..<Int(token.end)]
        let whole = SourceSpan(start: start, end: token.end)
        defer { advance() }
        let second: UInt8 = digits.count > 1 ? digits[digits.startIndex + 1] | 0x20 : 0
        if digits.first == UInt8(ascii: "0"), second == UInt8(ascii: "x") {
            return try integer(afterPrefix(digits), radix: 16, isNegative, whole)
        }
        if digits.first == UInt8(ascii: "0"), second == UInt8(ascii: "o") {
            return try integer(afterPrefix(digits), radix: 8, isNegative, whole)
        }
        let isFloat = digits.contains { byte in
            byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
        }
        if isFloat { return try float(digits, isNegative, whole) }
        if digits.count > 1, digits.first == UInt8(ascii: "0"),
            isUnderscored(digits, isDigit: Lexer.isDigit)
        {
            throw failure(
                "InvalidNumberLiteral", "an integer does not begin with 0", at: token.span,
                hint: "an octal number begins with `0o`")
        }
        return try integer(digits, radix: 10, isNegative, whole)
    }

    /// The digits behind `0x` or `0o`, which one underscore may keep apart.
    private func afterPrefix(_ digits: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = digits.dropFirst(2)
        return digits.first == UInt8(ascii: "_") ? digits.dropFirst() : digits
    }

    private func invalidNumber() -> SyntaxFailure {
        failure(
            "InvalidNumberLiteral", "`\(text(token.span))` is not a number", at: token.span)
    }

    private func integer(
        _ digits: ArraySlice<UInt8>, radix: UInt64, _ isNegative: Bool, _ whole: SourceSpan
    ) throws(SyntaxFailure) -> Value {
        guard isUnderscored(digits, isDigit: { Self.digitValue($0) < radix }) else {
            throw invalidNumber()
        }
        var magnitude: UInt64 = 0
        var overflows = false
        for byte in digits where byte != UInt8(ascii: "_") {
            let (scaled, tooLarge) = magnitude.multipliedReportingOverflow(by: radix)
            let (sum, carries) = scaled.addingReportingOverflow(Self.digitValue(byte))
            magnitude = sum
            if tooLarge || carries { overflows = true }
        }
        let limit = UInt64(Int64.max) + (isNegative ? 1 : 0)
        if overflows || magnitude > limit {
            throw failure(
                "IntegerOverflow",
                "`\(text(whole))` is not between -9223372036854775808 and 9223372036854775807",
                at: whole, hint: "write it as a float, with a decimal point")
        }
        return .integer(isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude))
    }

    /// The value of a digit in any base up to 36; 99 of what is none.
    private static func digitValue(_ byte: UInt8) -> UInt64 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(byte - UInt8(ascii: "A")) + 10
        default: 99
        }
    }

    /// Whether these are digits, with single underscores between them at most.
    private func isUnderscored(
        _ digits: ArraySlice<UInt8>, isDigit: (UInt8) -> Bool
    ) -> Bool {
        var wasDigit = false
        for byte in digits {
            let isSeparator = byte == UInt8(ascii: "_")
            if isSeparator ? !wasDigit : !isDigit(byte) { return false }
            wasDigit = !isSeparator
        }
        return wasDigit
    }

    private func float(
        _ digits: ArraySlice<UInt8>, _ isNegative: Bool, _ whole: SourceSpan
    ) throws(SyntaxFailure) -> Value {
        var parts = digits.split(maxSplits: 1, omittingEmptySubsequences: false) { byte in
            byte | 0x20 == UInt8(ascii: "e")
        }
        if parts.count == 2, let sign = parts[1].first,
            sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        {
            parts[1] = parts[1].dropFirst()
        }
        let exponent = parts.count == 2 ? parts.removeLast() : [UInt8(ascii: "0")]
        let mantissa = parts[0].split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        for (index, part) in (mantissa + [exponent]).enumerated() {
            // `.5` has nothing in front of the point.
            if index == 0, part.isEmpty, mantissa.count == 2 { continue }
            guard isUnderscored(part, isDigit: Lexer.isDigit) else { throw invalidNumber() }
        }
        let plain = digits.filter { $0 != UInt8(ascii: "_") }
        guard let value = Double(String(decoding: plain, as: UTF8.self)) else {
            throw invalidNumber()
        }
        if value.isInfinite {
            throw failure(
                "FloatingPointOverflow", "`\(text(whole))` is too large for a float", at: whole)
        }
        return .float(isNegative ? -value : value)
    }

    // MARK: Strings

    /// The value of the string token, escapes resolved.
    mutating func parseString() throws(SyntaxFailure) -> String {
        let first = Int(token.start) + 1
        let last = Int(token.end) - 1
        let backslash = UInt8(ascii: "\\")
        var value: String
        if bytes[first..<last].contains(backslash) {
            value = ""
            var index = first
            var plain = first
            while index < last {
                guard bytes[index] == backslash else {
                    index += 1
                    continue
                }
                value += String(decoding: bytes[plain..<index], as: UTF8.self)
                index = try appendEscape(at: index, to: &value)
                plain = index
            }
            value += String(decoding: bytes[plain..<last], as: UTF8.self)
        } else {
            value = String(decoding: bytes[first..<last], as: UTF8.self)
        }
        advance()
        return value
    }

    /// Appends what the escape at `index` stands for; returns where it ends.
    private func appendEscape(
        at index: Int, to value: inout String
    ) throws(SyntaxFailure) -> Int {
        let letter = bytes[index + 1]
        switch letter {
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"),
            UInt8(ascii: "/"):
            value.unicodeScalars.append(Unicode.Scalar(letter))
        case UInt8(ascii: "n"): value += "\n"
        case UInt8(ascii: "t"): value += "\t"
        case UInt8(ascii: "r"): value += "\r"
        case UInt8(ascii: "b"): value += "\u{8}"
        case UInt8(ascii: "f"): value += "\u{C}"
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            return try appendUnicodeEscape(at: index, to: &value)
        default:
            let byteCount = letter < 0x80 ? 2 : letter < 0xE0 ? 3 : letter < 0xF0 ? 4 : 5
            let span = escapeSpan(index, byteCount)
            throw failure(
                "UnexpectedSyntax", "`\(text(span))` is no escape", at: span,
                hint: "a backslash itself is written `\\\\`")
        }
        return index + 2
    }

    /// The span of an escape, cut at the closing quote.
    private func escapeSpan(_ index: Int, _ byteCount: Int) -> SourceSpan {
        SourceSpan(start: UInt32(index), end: min(UInt32(index + byteCount), token.end - 1))
    }

    /// `\uXXXX`, two of them for a surrogate pair, or `\UXXXXXXXX`.
    private func appendUnicodeEscape(
        at index: Int, to value: inout String
    ) throws(SyntaxFailure) -> Int {
        let digitCount = bytes[index + 1] == UInt8(ascii: "u") ? 4 : 8
        var end = index + 2 + digitCount
        guard var code = hexadecimal(from: index + 2, count: digitCount) else {
            throw failure(
                "InvalidUnicodeLiteral",
                "`\(text(escapeSpan(index, 2 + digitCount)))` has not \(digitCount) hexadecimal "
                    + "digits", at: escapeSpan(index, 2 + digitCount))
        }
        if code >= 0xD800, code < 0xDC00, end + 1 < Int(token.end) - 1,
            bytes[end] == UInt8(ascii: "\\"), bytes[end + 1] == UInt8(ascii: "u"),
            let low = hexadecimal(from: end + 2, count: 4), low >= 0xDC00, low < 0xE000
        {
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        guard let scalar = Unicode.Scalar(code) else {
            let span = escapeSpan(index, end - index)
            throw failure(
                "InvalidUnicodeLiteral", "`\(text(span))` is no Unicode character", at: span)
        }
        value.unicodeScalars.append(scalar)
        return end
    }

    private func hexadecimal(from start: Int, count: Int) -> UInt32? {
        guard start + count <= Int(token.end) - 1 else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start..<(start + count)] {
            let digit = Self.digitValue(byte)
            if digit > 15 { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
