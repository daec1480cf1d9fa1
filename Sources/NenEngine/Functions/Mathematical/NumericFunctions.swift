// NumericFunctions: abs, ceil, floor, sign, isNaN. `ceil` and `floor` give floats, `abs` the type
// of its argument, `sign` -1, 0 or 1.

import NenCore

/// Functions on the value of a number.
enum NumericFunctions {
    static let definitions: [ScalarFunction] = [abs, ceil, floor, sign, isNaN]

    static let abs = ScalarFunction(
        "abs",
        [
            FunctionOverload([.integer], result: .integer),
            FunctionOverload([.float], result: .float),
        ],
        mayFail: true, summary: "The absolute value of a number.",
        examples: [FunctionExample("abs(-7)", "7"), FunctionExample("abs(-1.5)", "1.5")]
    ) { _, arguments throws(NQLError) in
        let cell = arguments[0]
        if cell.tag == .float { return Cell(float: cell.float.magnitude) }
        let value = try FunctionArgument.integer(cell, "abs")
        if value == .min {
            throw .runtime(
                .arithmetic, "IntegerOverflow",
                "The absolute value of \(value) is outside the 64-bit integers.")
        }
        return Cell(integer: Swift.abs(value))
    }.vectorised(NumericCalls.absolute)

    static let ceil = ScalarFunction(
        "ceil", [.float], to: .float, aliases: ["ceiling"], mayFail: true,
        summary: "The smallest whole number that is not less than the argument.",
        examples: [FunctionExample("ceil(0.1)", "1.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: try FunctionArgument.number(arguments[0], "ceil").rounded(.up))
    }

    static let floor = ScalarFunction(
        "floor", [.float], to: .float, mayFail: true,
        summary: "The largest whole number that is not greater than the argument.",
        examples: [FunctionExample("floor(-0.1)", "-1.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: try FunctionArgument.number(arguments[0], "floor").rounded(.down))
    }

    static let sign = ScalarFunction(
        "sign", [.float], to: .integer, mayFail: true,
        summary: "1, 0 or -1, as the number is positive, zero or negative.",
        examples: [FunctionExample("sign(-3.2)", "-1")]
    ) { _, arguments throws(NQLError) in
        let number = try FunctionArgument.number(arguments[0], "sign")
        return Cell(integer: number > 0 ? 1 : (number < 0 ? -1 : 0))
    }

    static let isNaN = ScalarFunction(
        "isNaN", [.float], to: .boolean, mayFail: true,
        summary: "Whether a number is NaN, the result of an undefined operation.",
        examples: [FunctionExample("isNaN(0.0 / 0.0)", "true")]
    ) { _, arguments throws(NQLError) in
        Cell(boolean: try FunctionArgument.number(arguments[0], "isNaN").isNaN)
    }
}
