// NumberText: numbers read from strings, as the conversion functions do: white space around is
// ignored, the rest must be a decimal number (or NaN, Infinity for floats).

import NenCore

/// Reading numbers.
enum NumberText {
    /// What a text is as an integer.
    enum IntegerReading: Equatable {
        case value(Int64)
        /// A number that 64 bits do not hold.
        case outOfRange
        case notANumber
    }

    /// Reads an integer; a fraction or exponent is allowed and cut off.
    static func integer(_ text: String) -> IntegerReading {
        let trimmed = trim(text)
        if let value = Int64(trimmed) { return .value(value) }
        guard isDecimal(trimmed), let float = Double(trimmed) else { return .notANumber }
        guard let exact = Int64(exactly: float.rounded(.towardZero)) else { return .outOfRange }
        if !trimmed.contains(where: { $0 == "." || $0 == "e" || $0 == "E" }) {
            return .outOfRange
        }
        return .value(exact)
    }

    /// Reads a float; nil when the text is no number.
    static func float(_ text: String) -> Double? {
        let trimmed = trim(text)
        switch trimmed {
        case "NaN": return .nan
        case "Infinity", "+Infinity": return .infinity
        case "-Infinity": return -.infinity
        default: return isDecimal(trimmed) ? Double(trimmed) : nil
        }
    }

    /// The text without white space around.
    static func trim(_ text: String) -> Substring {
        var view = Substring(text)
        while let first = view.first, first.isWhitespace, mayGoOn() { view.removeFirst() }
        while let last = view.last, last.isWhitespace, mayGoOn() { view.removeLast() }
        return view
    }

    /// Whether the statement still wants the number.
    private static func mayGoOn() -> Bool { !Interruption.isOver(after: 50) }

    /// `[+-]digits[.digits][e[+-]digits]`, with digits before or behind the point.
    private static func isDecimal(_ text: Substring) -> Bool {
        var bytes = text.utf8[...]
        func digits() -> Int {
            let found = bytes.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
            bytes = bytes.dropFirst(found)
            return found
        }
        func skip(_ first: UInt8, _ second: UInt8) -> Bool {
            guard let next = bytes.first, next == first || next == second else { return false }
            bytes = bytes.dropFirst()
            return true
        }
        _ = skip(UInt8(ascii: "+"), UInt8(ascii: "-"))
        var count = digits()
        if skip(UInt8(ascii: "."), UInt8(ascii: ".")) { count += digits() }
        guard count > 0 else { return false }
        if skip(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = skip(UInt8(ascii: "+"), UInt8(ascii: "-"))
            guard digits() > 0 else { return false }
        }
        return bytes.isEmpty
    }
}
