// CSVDialect: which bytes separate fields and enclose them. Everything else is RFC 4180: a field
// that begins with the quote ends at the next single quote, two quotes stand for one, records end
// at LF or CR LF outside of quotes, and a quote inside an unquoted field is an ordinary byte.

import NenCore

/// The special bytes of a CSV file.
struct CSVDialect: Sendable, Hashable {
    /// Between fields.
    var delimiter: UInt8
    /// Around fields; nil: no byte is special, every field is taken as it stands.
    var quote: UInt8?

    init(delimiter: UInt8 = 0x2C, quote: UInt8? = 0x22) {
        self.delimiter = delimiter
        self.quote = quote
    }

    /// The quote as a number no byte has when there is none: one comparison in the loop.
    var quoteCode: UInt16 { quote.map(UInt16.init) ?? 256 }

    /// Throws when the bytes cannot be told apart.
    func validate() throws(NQLError) {
        let reserved: [UInt8] = [0x0A, 0x0D]
        if reserved.contains(delimiter) || quote.map(reserved.contains) == true {
            throw .runtime(
                .argument, "InvalidDelimiter",
                "A line break cannot be used as delimiter or quote.")
        }
        if quote == delimiter {
            throw .runtime(
                .argument, "InvalidDelimiter",
                "The delimiter and the quote must differ; both are byte \(delimiter).")
        }
    }

    /// The byte that an option such as `|`, `TAB`, `\t`, `U+0009` or `9` names.
    ///
    /// - Throws: `ArgumentError` for anything that is not one ASCII character.
    static func byte(named text: String, option: String) throws(NQLError) -> UInt8 {
        let bytes = Array(text.utf8)
        if bytes.count == 1 { return try ascii(UInt32(bytes[0]), text, option) }
        switch text.uppercased() {
        case "TAB", "\\T": return 0x09
        default: break
        }
        if text.uppercased().hasPrefix("U+"), let code = UInt32(text.dropFirst(2), radix: 16) {
            return try ascii(code, text, option)
        }
        if bytes.count > 1, let code = UInt32(text) { return try ascii(code, text, option) }
        throw notOneByte(text, option)
    }

    private static func ascii(
        _ code: UInt32, _ text: String, _ option: String
    ) throws(NQLError) -> UInt8 {
        guard code > 0, code < 128 else { throw notOneByte(text, option) }
        return UInt8(code)
    }

    private static func notOneByte(_ text: String, _ option: String) -> NQLError {
        .runtime(
            .argument, "InvalidDelimiter",
            "\(option) must be one ASCII character, TAB, \\t, U+hhhh or a code; found '\(text)'.")
    }
}
