// TrimFunctions: trim and btrim on both sides, lTrim and rTrim on one. Without a second argument
// white space goes (Unicode's property White_Space), else the characters that it lists.

import NenCore

/// White space or given characters cut from the ends of strings.
enum TrimFunctions {
    static let definitions: [ScalarFunction] = [trim, lTrim, rTrim]

    private static let overloads = [
        FunctionOverload([.string], result: .string),
        FunctionOverload([.string, .string], result: .string),
    ]

    static let trim = ScalarFunction(
        "trim", overloads, aliases: ["btrim"], mayFail: true,
        summary: "The string without white space, or the given characters, at both ends.",
        examples: [
            FunctionExample("trim('  hello ')", "'hello'"),
            FunctionExample("btrim('xyhix', 'xy')", "'hi'"),
        ]
    ) { context, arguments throws(NQLError) in
        try apply("trim", arguments, &context, left: true, right: true)
    }

    static let lTrim = ScalarFunction(
        "lTrim", overloads, mayFail: true,
        summary: "The string without white space, or the given characters, at its start.",
        examples: [FunctionExample("lTrim('  hello ')", "'hello '")]
    ) { context, arguments throws(NQLError) in
        try apply("lTrim", arguments, &context, left: true, right: false)
    }

    static let rTrim = ScalarFunction(
        "rTrim", overloads, mayFail: true,
        summary: "The string without white space, or the given characters, at its end.",
        examples: [FunctionExample("rTrim('  hello ')", "'  hello'")]
    ) { context, arguments throws(NQLError) in
        try apply("rTrim", arguments, &context, left: false, right: true)
    }

    private static func apply(
        _ name: StaticString, _ arguments: UnsafeBufferPointer<Cell>,
        _ context: inout FunctionContext, left: Bool, right: Bool
    ) throws(NQLError) -> Cell {
        let cell = arguments[0]
        try FunctionArgument.string(cell, name)
        var characters: Set<UInt32>?
        if arguments.count > 1 {
            try FunctionArgument.string(arguments[1], name)
            characters = Set(context.base.string(arguments[1]).unicodeScalars.map(\.value))
        }
        let (start, end) = context.base.withBytes(cell) { bytes in
            bounds(bytes, characters, left: left, right: right)
        }
        if start == 0 && end == cell.byteCount { return cell }
        return context.builder.substring(of: cell, start, end)
    }

    private static func bounds(
        _ bytes: UnsafeRawBufferPointer, _ characters: Set<UInt32>?, left: Bool, right: Bool
    ) -> (Int, Int) {
        var start = 0
        var end = bytes.count
        while left, start < end {
            let length = CodePoints.length(bytes, at: start)
            guard isCut(bytes, start, length, characters) else { break }
            start += length
        }
        while right, end > start {
            var last = end - 1
            while last > start, !CodePoints.isStart(bytes[last]) { last -= 1 }
            guard isCut(bytes, last, end - last, characters) else { break }
            end = last
        }
        return (start, end)
    }

    private static func isCut(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int, _ characters: Set<UInt32>?
    ) -> Bool {
        let part = UnsafeRawBufferPointer(rebasing: bytes[start ..< start + length])
        guard let scalar = String(decoding: part, as: UTF8.self).unicodeScalars.first else {
            return false
        }
        if let characters { return characters.contains(scalar.value) }
        return scalar.value <= 0x20 || scalar.properties.isWhitespace
    }
}
