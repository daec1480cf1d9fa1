// Round: `round(x)`, `round(x, precision)`, `round(x, precision, mode)`. With a precision, the
// shortest decimal that reads back as the number is rounded, so `round(0.285, 2)` is 0.29 as people
// expect, although the binary number is a little less than 0.285. Without one, or with 0 and no
// mode, ties go up.

import NenCore

/// Rounding to whole numbers and decimal places.
enum Round {
    /// How ties and other fractions are decided.
    enum Mode: String, CaseIterable {
        case up = "UP"
        case down = "DOWN"
        case ceiling = "CEILING"
        case floor = "FLOOR"
        case halfUp = "HALF_UP"
        case halfDown = "HALF_DOWN"
        case halfEven = "HALF_EVEN"
    }

    /// Most decimal places.
    static let precisionMax: Int64 = 400

    static let definition = ScalarFunction(
        "round",
        [
            FunctionOverload([.float], result: .float),
            FunctionOverload([.float, .integer], result: .float),
            FunctionOverload([.float, .integer, .string], result: .float),
        ],
        mayFail: true,
        summary: "The nearest whole number, or number with so many decimal places; the mode is "
            + "UP, DOWN, CEILING, FLOOR, HALF_UP, HALF_DOWN or HALF_EVEN.",
        examples: [
            FunctionExample("round(3.5)", "4.0"), FunctionExample("round(-1.5)", "-1.0"),
            FunctionExample("round(-1.5, 0)", "-1.0"),
            FunctionExample("round(-1.5, 0, 'HALF_UP')", "-2.0"),
            FunctionExample("round(3.1415926, 3)", "3.142"),
            FunctionExample("round(1.55, 1, 'HALF_DOWN')", "1.5"),
        ]
    ) { context, arguments throws(NQLError) in
        let number = try FunctionArgument.number(arguments[0], "round")
        guard number.isFinite else { return Cell(float: number) }
        if arguments.count == 1 { return Cell(float: roundToWhole(number)) }
        let precision = try FunctionArgument.count(arguments[1], "round")
        if precision > precisionMax { return Cell(float: number) }
        // To whole numbers without a mode, as with one argument.
        if precision == 0, arguments.count == 2 { return Cell(float: roundToWhole(number)) }
        var mode = Mode.halfUp
        if arguments.count > 2 { mode = try Round.mode(arguments[2], context.base) }
        return Cell(float: round(number, Int(precision), mode))
    }

    private static func mode(_ cell: Cell, _ base: HeapBase) throws(NQLError) -> Mode {
        try FunctionArgument.string(cell, "round")
        let name = base.string(cell).uppercased()
        if let mode = Mode(rawValue: name) { return mode }
        let names = Mode.allCases.map(\.rawValue).joined(separator: ", ")
        throw .runtime(
            .argument, "InvalidArgumentValue", "There is no rounding mode `\(name)`.",
            hint: "The modes are \(names).")
    }

    /// Ties towards positive infinity.
    private static func roundToWhole(_ number: Double) -> Double {
        let floor = number.rounded(.down)
        return number - floor >= 0.5 ? floor + 1 : floor
    }

    /// Rounds the shortest decimal of a number.
    static func round(_ number: Double, _ precision: Int, _ mode: Mode) -> Double {
        if number == 0 { return number }
        let isNegative = number < 0
        let (text, exponent) = CellText.decimal(number.magnitude)
        let digits = text.utf8.map { $0 - 0x30 }
        // Digits up to the last place kept; those of 10^exponent stand first.
        let kept = exponent + 1 + precision
        if kept >= digits.count { return number }
        var result = kept > 0 ? Array(digits[0 ..< kept]) : []
        let rest = kept >= 0 ? digits[max(0, kept)...] : [0][...]
        if roundsAway(result.last ?? 0, rest, isNegative, mode) {
            var place = result.count - 1
            while place >= 0, result[place] == 9 {
                result[place] = 0
                place -= 1
            }
            if place >= 0 { result[place] += 1 } else { result.insert(1, at: 0) }
        }
        if result.isEmpty { return isNegative ? -0.0 : 0.0 }
        let magnitude = result.map { String($0) }.joined() + "e\(-precision)"
        let value = Double(magnitude) ?? number.magnitude
        return isNegative ? -value : value
    }

    private static func roundsAway(
        _ last: UInt8, _ rest: ArraySlice<UInt8>, _ isNegative: Bool, _ mode: Mode
    ) -> Bool {
        // `rest` is what is cut off; a number below half a unit of the last place kept has [0].
        let first = rest.first ?? 0
        let isTie = first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
        switch mode {
        case .up: return true
        case .down: return false
        case .ceiling: return !isNegative
        case .floor: return isNegative
        case .halfUp: return first >= 5
        case .halfDown: return first >= 5 && !isTie
        case .halfEven: return first >= 5 && (!isTie || last % 2 == 1)
        }
    }
}
