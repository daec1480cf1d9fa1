// PowerFunctions: GQL's spelling of `^` and `%` as functions.

import NenCore

/// Operators of numbers as functions.
enum PowerFunctions {
    static let power = ScalarFunction(
        "power", [.float, .float], to: .float, aliases: ["pow"], mayFail: true,
        summary: "The first number to the power of the second, as `^`.",
        examples: [FunctionExample("power(2, 10)", "1024.0")]
    ) { _, arguments throws(NQLError) in
        _ = try FunctionArgument.number(arguments[0], "power")
        _ = try FunctionArgument.number(arguments[1], "power")
        return try CellOperators.power(arguments[0], arguments[1])
    }

    static let mod = ScalarFunction(
        "mod",
        [
            FunctionOverload([.integer, .integer], result: .integer),
            FunctionOverload([.float, .float], result: .float),
        ],
        mayFail: true,
        summary: "The remainder of a division with the sign of the first number, as `%`.",
        examples: [FunctionExample("mod(-7, 3)", "-1"), FunctionExample("mod(5.5, 2)", "1.5")]
    ) { _, arguments throws(NQLError) in
        _ = try FunctionArgument.number(arguments[0], "mod")
        _ = try FunctionArgument.number(arguments[1], "mod")
        return try CellOperators.modulo(arguments[0], arguments[1])
    }
}
