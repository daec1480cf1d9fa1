// FloatFunctions: logarithms, powers and angles: one float in, one float out, as IEEE 754 and the
// platform's mathematical library have them; undefined results are NaN or infinite, not errors.

import Glibc
import NenCore

/// Functions from a number to a float.
enum FloatFunctions {
    static let logarithms: [ScalarFunction] = [e, exp, log, log10, sqrt]

    static let angles: [ScalarFunction] = [
        sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, cot, coth, degrees, radians,
        haversin, pi,
    ]

    static let exp = ScalarFunction(
        "exp", [.float], to: .float, mayFail: true,
        summary: "e to the power of the number.",
        examples: [FunctionExample("exp(0)", "1.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.exp(try FunctionArgument.number(arguments[0], "exp")))
    }

    static let log = ScalarFunction(
        "log", [.float], to: .float, aliases: ["ln"], mayFail: true,
        summary: "The natural logarithm.",
        examples: [FunctionExample("log(1)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.log(try FunctionArgument.number(arguments[0], "log")))
    }

    static let log10 = ScalarFunction(
        "log10", [.float], to: .float, mayFail: true,
        summary: "The logarithm to base 10.",
        examples: [FunctionExample("log10(100)", "2.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.log10(try FunctionArgument.number(arguments[0], "log10")))
    }

    static let sqrt = ScalarFunction(
        "sqrt", [.float], to: .float, mayFail: true,
        summary: "The square root.",
        examples: [FunctionExample("sqrt(16)", "4.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.sqrt(try FunctionArgument.number(arguments[0], "sqrt")))
    }

    static let sin = ScalarFunction(
        "sin", [.float], to: .float, mayFail: true,
        summary: "The sine of an angle in radians.",
        examples: [FunctionExample("sin(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.sin(try FunctionArgument.number(arguments[0], "sin")))
    }

    static let cos = ScalarFunction(
        "cos", [.float], to: .float, mayFail: true,
        summary: "The cosine of an angle in radians.",
        examples: [FunctionExample("cos(0)", "1.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.cos(try FunctionArgument.number(arguments[0], "cos")))
    }

    static let tan = ScalarFunction(
        "tan", [.float], to: .float, mayFail: true,
        summary: "The tangent of an angle in radians.",
        examples: [FunctionExample("tan(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.tan(try FunctionArgument.number(arguments[0], "tan")))
    }

    static let asin = ScalarFunction(
        "asin", [.float], to: .float, mayFail: true,
        summary: "The arc sine in radians; NaN outside -1 ... 1.",
        examples: [FunctionExample("asin(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.asin(try FunctionArgument.number(arguments[0], "asin")))
    }

    static let acos = ScalarFunction(
        "acos", [.float], to: .float, mayFail: true,
        summary: "The arc cosine in radians; NaN outside -1 ... 1.",
        examples: [FunctionExample("acos(1)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.acos(try FunctionArgument.number(arguments[0], "acos")))
    }

    static let atan = ScalarFunction(
        "atan", [.float], to: .float, mayFail: true,
        summary: "The arc tangent in radians.",
        examples: [FunctionExample("atan(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.atan(try FunctionArgument.number(arguments[0], "atan")))
    }

    static let sinh = ScalarFunction(
        "sinh", [.float], to: .float, mayFail: true,
        summary: "The hyperbolic sine.",
        examples: [FunctionExample("sinh(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.sinh(try FunctionArgument.number(arguments[0], "sinh")))
    }

    static let cosh = ScalarFunction(
        "cosh", [.float], to: .float, mayFail: true,
        summary: "The hyperbolic cosine.",
        examples: [FunctionExample("cosh(0)", "1.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.cosh(try FunctionArgument.number(arguments[0], "cosh")))
    }

    static let tanh = ScalarFunction(
        "tanh", [.float], to: .float, mayFail: true,
        summary: "The hyperbolic tangent.",
        examples: [FunctionExample("tanh(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: Glibc.tanh(try FunctionArgument.number(arguments[0], "tanh")))
    }

    static let cot = ScalarFunction(
        "cot", [.float], to: .float, mayFail: true,
        summary: "The cotangent of an angle in radians; infinite at 0.",
        examples: [FunctionExample("round(cot(pi() / 4), 6)", "1.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: 1 / Glibc.tan(try FunctionArgument.number(arguments[0], "cot")))
    }

    static let coth = ScalarFunction(
        "coth", [.float], to: .float, mayFail: true,
        summary: "The hyperbolic cotangent; infinite at 0.",
        examples: [FunctionExample("round(coth(1), 6)", "1.313035")]
    ) { _, arguments throws(NQLError) in
        Cell(float: 1 / Glibc.tanh(try FunctionArgument.number(arguments[0], "coth")))
    }

    static let degrees = ScalarFunction(
        "degrees", [.float], to: .float, mayFail: true,
        summary: "An angle in degrees from one in radians.",
        examples: [FunctionExample("degrees(pi())", "180.0")]
    ) { _, arguments throws(NQLError) in
        Cell(float: try FunctionArgument.number(arguments[0], "degrees") * 180 / Double.pi)
    }

    static let radians = ScalarFunction(
        "radians", [.float], to: .float, mayFail: true,
        summary: "An angle in radians from one in degrees.",
        examples: [FunctionExample("radians(180) = pi()", "true")]
    ) { _, arguments throws(NQLError) in
        Cell(float: try FunctionArgument.number(arguments[0], "radians") / 180 * Double.pi)
    }

    static let haversin = ScalarFunction(
        "haversin", [.float], to: .float, mayFail: true,
        summary: "Half the versine of an angle in radians.",
        examples: [FunctionExample("haversin(0)", "0.0")]
    ) { _, arguments throws(NQLError) in
        let sine = Glibc.sin(try FunctionArgument.number(arguments[0], "haversin") / 2)
        return Cell(float: sine * sine)
    }

    static let atan2 = ScalarFunction(
        "atan2", [.float, .float], to: .float, mayFail: true,
        summary: "The angle in radians of the point (x, y), given as atan2(y, x).",
        examples: [FunctionExample("atan2(0, 1)", "0.0")]
    ) { _, arguments throws(NQLError) in
        let y = try FunctionArgument.number(arguments[0], "atan2")
        let x = try FunctionArgument.number(arguments[1], "atan2")
        return Cell(float: Glibc.atan2(y, x))
    }

    static let pi = ScalarFunction(
        "pi", [], to: .float, summary: "The ratio of a circle's circumference to its diameter.",
        examples: [FunctionExample("pi()", "3.141592653589793")]
    ) { _, _ throws(NQLError) in Cell(float: Double.pi) }

    static let e = ScalarFunction(
        "e", [], to: .float, summary: "The base of the natural logarithm.",
        examples: [FunctionExample("e()", "2.718281828459045")]
    ) { _, _ throws(NQLError) in Cell(float: M_E) }
}
