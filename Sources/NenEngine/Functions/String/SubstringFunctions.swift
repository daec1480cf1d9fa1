// SubstringFunctions: left, right, substring. Positions count characters from 0; what lies beyond
// the end is empty, what is negative or null an error. Of a null string the result is null.

import NenCore

/// Parts of strings by position.
enum SubstringFunctions {
    static let definitions: [ScalarFunction] = [left, right, substring]

    static let left = ScalarFunction(
        "left", [.string, .integer], to: .string, nulls: .followsFirst, mayFail: true,
        summary: "The first characters of a string.",
        examples: [FunctionExample("left('hello', 3)", "'hel'")]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        try FunctionArgument.string(cell, "left")
        let count = try FunctionArgument.count(arguments[1], "left")
        if count >= cell.byteCount { return cell }
        let end = context.base.withBytes(cell) { CodePoints.offset($0, skipping: Int(count)) }
        return context.builder.substring(of: cell, 0, end)
    }

    static let right = ScalarFunction(
        "right", [.string, .integer], to: .string, nulls: .followsFirst, mayFail: true,
        summary: "The last characters of a string.",
        examples: [FunctionExample("right('hello', 3)", "'llo'")]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        try FunctionArgument.string(cell, "right")
        let count = try FunctionArgument.count(arguments[1], "right")
        if count >= cell.byteCount { return cell }
        let start = context.base.withBytes(cell) { bytes in
            let all = CodePoints.count(bytes)
            return CodePoints.offset(bytes, skipping: max(0, all - Int(count)))
        }
        return context.builder.substring(of: cell, start, cell.byteCount)
    }

    static let substring = ScalarFunction(
        "substring",
        [
            FunctionOverload([.string, .integer], result: .string),
            FunctionOverload([.string, .integer, .integer], result: .string),
        ],
        nulls: .followsFirst, mayFail: true,
        summary: "The part of a string from a position on, at most so many characters.",
        examples: [
            FunctionExample("substring('hello', 1, 3)", "'ell'"),
            FunctionExample("substring('hello', 2)", "'llo'"),
        ]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        try FunctionArgument.string(cell, "substring")
        let first = try FunctionArgument.count(arguments[1], "substring")
        var length = Int64(cell.byteCount)
        if arguments.count > 2 {
            length = try FunctionArgument.count(arguments[2], "substring")
        }
        let limit = Int64(cell.byteCount)
        let skipped = Int(min(first, limit))
        let kept = Int(min(length, limit))
        let (start, end) = context.base.withBytes(cell) { bytes -> (Int, Int) in
            let start = CodePoints.offset(bytes, skipping: skipped)
            return (start, CodePoints.offset(bytes, skipping: kept, from: start))
        }
        return context.builder.substring(of: cell, start, end)
    }
}
