// FormatFunction: `format(value[, pattern])`: temporal values as text of any form.

import NenCore

/// The function `format`.
enum FormatFunction {
    static let definition = ScalarFunction(
        "format",
        [FunctionOverload([.any, .string], optionalCount: 1, result: .string)],
        mayFail: true,
        summary: "A temporal value as text: by a pattern of letters, or as in ISO 8601 without "
            + "one.",
        examples: [
            FunctionExample(
                "format(datetime('1986-11-18T06:04:45.123456789+01:00'), 'dd/MM/yyyy HH:mm')",
                "'18/11/1986 06:04'"),
            FunctionExample("format(date('1986-11-18'), 'EEEE, MMMM d, G uuuu')",
                "'Tuesday, November 18, AD 1986'"),
            FunctionExample("format(duration('P1Y3M10DT30H'), \"M 'months,' d 'days,' h 'hours'\")",
                "'15 months, 10 days, 30 hours'"),
        ]
    ) { context, arguments throws(NQLError) in
        guard let value = try context.base.temporal(arguments[0]) else {
            throw FunctionArgument.mismatch("format", "a temporal value", arguments[0])
        }
        guard arguments.count > 1 else {
            return try CellText.string(arguments[0], &context) ?? .null
        }
        try FunctionArgument.string(arguments[1], "format")
        let pattern = try TemporalPattern(context.base.string(arguments[1]))
        if case .duration(let duration) = value {
            return try context.builder.string(try pattern.text(of: duration))
        }
        let name = arguments[0].tag.name
        return try context.builder.string(
            try pattern.text(ofInstant: value, typeName: name))
    }
}
