// LiteralTests: the values of number and string literals, and what is wrong with malformed ones.

import NQLSyntax
import NenCore
import Testing

struct LiteralTests {
    private func value(_ text: String) throws -> Value? {
        guard case .literal(let value) = try parseExpression(text).kind else { return nil }
        return value
    }

    private func detail(_ text: String) -> String? {
        do throws(NQLError) {
            _ = try parseExpression(text)
            return nil
        } catch {
            return error.detail
        }
    }

    @Test(arguments: [
        ("0", 0), ("42", 42), ("1_000_000", 1_000_000), ("0x1F", 31), ("0XfF", 255),
        ("0xF_F", 255), ("0o17", 15), ("9223372036854775807", Int64.max), ("-0", 0), ("-7", -7),
        ("-9223372036854775808", Int64.min), ("- 9223372036854775808", Int64.min),
        ("-0x8000000000000000", Int64.min), ("-0o1000000000000000000000", Int64.min),
        ("0x7FFFFFFFFFFFFFFF", Int64.max),
    ])
    func integers(text: String, expected: Int64) throws {
        #expect(try value(text) == .integer(expected))
    }

    @Test(arguments: [
        ("1.5", 1.5), (".5", 0.5), ("1e10", 1e10), ("1E-3", 1e-3), ("1.5e+2", 150), ("00.5", 0.5),
        ("1_0.2_5", 10.25), ("-1.5", -1.5), ("1e-400", 0),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ])
    func floats(text: String, expected: Double) throws {
        #expect(try value(text) == .float(expected))
    }

    @Test(arguments: [
        ("''", ""), ("\"it's\"", "it's"), ("'say \"hi\"'", "say \"hi\""), ("'a\\nb'", "a\nb"),
        ("'\\\\ \\' \\\" \\t \\b \\f \\r'", "\\ ' \" \t \u{8} \u{C} \r"), ("'\\u00e9'", "é"),
        ("'\\U0001F600'", "😀"), ("'\\uD83D\\uDE00'", "😀"),
        ("'/* no comment */'", "/* no comment */"),
        ("'a\nb'", "a\nb"), ("'naïve 名前'", "naïve 名前"),
    ])
    func strings(text: String, expected: String) throws {
        #expect(try value(text) == .string(expected))
    }

    @Test(arguments: [
        ("9223372036854775808", "IntegerOverflow"), ("-9223372036854775809", "IntegerOverflow"),
        ("-(9223372036854775808)", "IntegerOverflow"), ("0x8000000000000000", "IntegerOverflow"),
        ("0o1000000000000000000001", "IntegerOverflow"),
        ("99999999999999999999999", "IntegerOverflow"),
        ("1.34E999", "FloatingPointOverflow"), ("-1e309", "FloatingPointOverflow"),
        ("0x", "InvalidNumberLiteral"), ("0xZ", "InvalidNumberLiteral"),
        ("0o8", "InvalidNumberLiteral"),
        ("12a", "InvalidNumberLiteral"), ("1e", "InvalidNumberLiteral"),
        ("1__0", "InvalidNumberLiteral"),
        ("1_", "InvalidNumberLiteral"), ("1.5x", "InvalidNumberLiteral"),
        ("017", "InvalidNumberLiteral"),
        ("'\\u12'", "InvalidUnicodeLiteral"), ("'\\uH'", "InvalidUnicodeLiteral"),
        ("'\\uD800'", "InvalidUnicodeLiteral"), ("'\\U00110000'", "InvalidUnicodeLiteral"),
        ("'\\q'", "UnexpectedSyntax"), ("'open", "UnexpectedSyntax"),
        ("'open\\'", "UnexpectedSyntax"),
        ("`open", "UnexpectedSyntax"), ("1 /* open", "UnexpectedSyntax"),
        ("42 \u{2014} 41", "InvalidUnicodeCharacter"), ("1 \u{20AC}", "InvalidUnicodeCharacter"),
    ])
    func malformed(text: String, expected: String) {
        #expect(detail(text) == expected)
    }

    /// `..` is no decimal point, and a sign is part of the number only if nothing follows it.
    @Test func numbersBesideDots() throws {
        #expect(try parseExpression("xs[1..2]").printed() == "xs[1..2]")
        #expect(try parseExpression("xs[..5]").printed() == "xs[..5]")
        #expect(try parseExpression("xs[.5...5]").printed() == "xs[0.5..0.5]")
        #expect(try parseExpression("-1.x").printed() == "-1.x")
        #expect(try parseExpression("(-1).x").printed() == "(-1).x")
        #expect(try parseExpression("-(1)").printed() == "-(1)")
        #expect(try parseExpression("- - 1").printed() == "--1")
        #expect(try parseExpression("-2 ^ 2").printed() == "-2 ^ 2")
    }
}
