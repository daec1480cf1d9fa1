// Quantities: sizes and durations of the command line: `512MiB`, `2GB`, `1.5s`, `250ms`.

import ArgumentParser
import NenDB

/// A number of bytes; units are KB, MB, GB, TB (powers of 1,000) and KiB, MiB, GiB, TiB.
struct ByteQuantity: ExpressibleByArgument {
    var bytes: Int

    init?(argument: String) {
        let units: [String: Double] = [
            "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1_024,
            "kib": 1_024, "m": 1_048_576, "mib": 1_048_576, "g": 1_073_741_824,
            "gib": 1_073_741_824, "tib": 1_099_511_627_776,
        ]
        guard let value = Quantity.parse(argument, units), value < 9e18 else { return nil }
        bytes = Int(value)
    }
}

/// A time span; units are ms, s, min and h, milliseconds without one.
struct TimeQuantity: ExpressibleByArgument {
    var milliseconds: Int

    init?(argument: String) {
        guard let value = Milliseconds.parse(argument) else { return nil }
        milliseconds = value
    }
}

/// A number with a unit.
private enum Quantity {
    /// The number times its unit; nil when the text is anything else, or negative.
    static func parse(_ text: String, _ units: [String: Double]) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(String(digits)), number >= 0 else { return nil }
        let unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
        return units[unit].map { number * $0 }
    }
}
