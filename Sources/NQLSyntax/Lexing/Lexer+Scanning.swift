// Lexer+Scanning: white space, comments, strings, quoted names, numbers and scalars beyond ASCII.
//
// Only the extent of a token is found here; escapes and digits are judged by the parser where
// the token is used, because a malformed number in the place of a key is another mistake than one
// in the place of a literal.

import NenCore

extension Lexer {
    /// Skips white space and comments; fails at a comment that is not closed.
    mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x1F) {
                offset &+= 1
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
                skipLineComment()
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                skipBlockComment()
                if failure != nil { return }
            } else if byte >= 0x80 {
                let (scalar, byteCount) = scalarAt(offset)
                guard scalar.properties.isWhitespace || scalar.value == 0x180E else { return }
                offset &+= byteCount
            } else {
                return
            }
        }
    }

    mutating func skipLineComment() {
        offset &+= 2
        while offset < bytes.count, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset &+= 1 }
    }

    mutating func skipBlockComment() {
        let start = offset
        offset &+= 2
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                offset &+= 2
                return
            }
            offset &+= 1
        }
        fail(
            "UnexpectedSyntax", "the comment is not closed", from: start, to: start + 2,
            hint: "close it with `*/`")
    }

    /// A string literal, quotes included. A backslash keeps the byte behind it from ending it.
    mutating func scanString(_ quote: UInt8) {
        var end = offset &+ 1
        while end < bytes.count {
            let byte = bytes[end]
            if byte == quote {
                append(.stringLiteral, byteCount: end &+ 1 &- offset)
                return
            }
            end &+= byte == UInt8(ascii: "\\") ? 2 : 1
        }
        let mark = String(decoding: [quote], as: UTF8.self)
        fail(
            "UnexpectedSyntax", "the string literal is not closed", from: offset,
            to: offset + 1, hint: "close it with `\(mark)`; write a quote within it as `\\\(mark)`")
    }

    /// A name in backticks; two backticks within it stand for one.
    mutating func scanQuotedName() {
        var end = offset &+ 1
        while end < bytes.count {
            if bytes[end] == UInt8(ascii: "`") {
                if end &+ 1 < bytes.count, bytes[end &+ 1] == UInt8(ascii: "`") {
                    end &+= 2
                    continue
                }
                let byteCount = end &+ 1 &- offset
                if byteCount > SyntaxLimits.nameByteCountMax {
                    failLongName(from: offset, to: end &+ 1)
                } else {
                    append(.quotedName, byteCount: byteCount)
                }
                return
            }
            end &+= 1
        }
        fail(
            "UnexpectedSyntax", "the quoted name is not closed", from: offset, to: offset + 1,
            hint: "close it with a backtick")
    }

    /// Everything that belongs to a number, letters directly behind it included.
    mutating func scanNumber() {
        var end = offset
        let isPrefixed =
            bytes[end] == UInt8(ascii: "0")
            && (peek(1) | 0x20 == UInt8(ascii: "x") || peek(1) | 0x20 == UInt8(ascii: "o"))
        if !isPrefixed {
            end = skipDigits(end)
            if end &+ 1 < bytes.count, bytes[end] == UInt8(ascii: "."),
                Self.isDigit(bytes[end &+ 1])
            {
                end = skipDigits(end &+ 1)
            }
            end = skipExponent(end)
        }
        while end < bytes.count, Self.continuesWord(bytes[end]) { end &+= 1 }
        append(.numberLiteral, byteCount: end - offset)
    }

    private func skipDigits(_ start: Int) -> Int {
        var end = start
        while end < bytes.count, Self.isDigit(bytes[end]) || bytes[end] == UInt8(ascii: "_") {
            end &+= 1
        }
        return end
    }

    private func skipExponent(_ start: Int) -> Int {
        guard start < bytes.count, bytes[start] | 0x20 == UInt8(ascii: "e") else { return start }
        var end = start &+ 1
        if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") {
            end &+= 1
        }
        guard end < bytes.count, Self.isDigit(bytes[end]) else { return start }
        return skipDigits(end)
    }

    /// A token that begins with a scalar beyond ASCII: a word, or a dash or arrow head.
    mutating func scanWideScalar() {
        let (scalar, byteCount) = scalarAt(offset)
        if scalar.properties.isIDStart {
            scanWord()
            return
        }
        switch scalar.value {
        case 0x00AD, 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D:
            append(.wideDash, byteCount: byteCount)
        case 0x27E8, 0x3008, 0xFE64, 0xFF1C: append(.wideLeftHead, byteCount: byteCount)
        case 0x27E9, 0x3009, 0xFE65, 0xFF1E: append(.wideRightHead, byteCount: byteCount)
        default:
            fail(
                "InvalidUnicodeCharacter",
                "the character U+\(Self.hexadecimal(scalar.value)) has no meaning here",
                from: offset, to: offset + byteCount, hint: Self.quotationHint(scalar.value))
        }
    }

    /// What to write for a typographic quotation mark.
    private static func quotationHint(_ value: UInt32) -> String? {
        switch value {
        case 0x2018...0x201F, 0x00AB, 0x00BB: "quote text by `'` or `\"`"
        default: nil
        }
    }

    /// The scalar whose first byte is at `index`. A String's bytes are valid UTF-8, so the
    /// bytes behind the first are there.
    func scalarAt(_ index: Int) -> (scalar: Unicode.Scalar, byteCount: Int) {
        let first = bytes[index]
        let byteCount = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var value: UInt32 = UInt32(first)
        if byteCount > 1 { value &= 0x7F >> UInt32(byteCount) }
        var step = 1
        while step < byteCount, index &+ step < bytes.count {
            value = value << 6 | UInt32(bytes[index &+ step] & 0x3F)
            step &+= 1
        }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", byteCount)
    }

    /// At least four upper-case hexadecimal digits.
    static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
