// TrimFunctions: trim and btrim on both sides, lTrim and rTrim on one. Without a second argument
// white space goes (Unicode's property White_Space), else the characters that it lists. The third
// argument of `trim` is how the parser hands on `trim(LEADING x FROM text)`, where x is one
// character, as GQL has it.

import NenCore

/// White space or given characters cut from the ends of strings.
enum TrimFunctions {
    static let definitions: [ScalarFunction] = [trim, lTrim, rTrim]

    /// Nanoseconds for a character, by and large.
    private static let workUnits = 20

    private static let overloads = [
        FunctionOverload([.string], result: .string),
        FunctionOverload([.string, .string], result: .string),
    ]

    static let trim = ScalarFunction(
        "trim", overloads + [FunctionOverload([.string, .string, .string], result: .string)],
        aliases: ["btrim"], mayFail: true,
        summary: "The string without white space, or the given characters, at both ends; written "
            + "`trim(LEADING|TRAILING|BOTH x FROM text)` without the character x.",
        examples: [
            FunctionExample("trim('  hello ')", "'hello'"),
            FunctionExample("btrim('xyhix', 'xy')", "'hi'"),
            FunctionExample("trim(LEADING 'x' FROM 'xxhix')", "'hix'"),
        ]
    ) { context, arguments throws(NQLError) in
        if arguments.count < 3 {
            return try apply("trim", arguments, &context, left: true, right: true)
        }
        try FunctionArgument.string(arguments[1], "trim")
        let characters = context.base.withBytes(arguments[1]) { CodePoints.count($0) }
        if characters != 1 {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "`trim(… FROM …)` takes one character away, not \(characters).",
                hint: "btrim, ltrim and rtrim take any number of characters.")
        }
        let side = try side(arguments[2], context.base)
        let first = UnsafeBufferPointer(rebasing: arguments[..<2])
        return try apply(
            "trim", first, &context, left: side != "TRAILING", right: side != "LEADING")
    }

    private static func side(_ cell: Cell, _ base: HeapBase) throws(NQLError) -> String {
        try FunctionArgument.string(cell, "trim")
        let name = base.string(cell).uppercased()
        if name == "LEADING" || name == "TRAILING" || name == "BOTH" { return name }
        throw .runtime(
            .argument, "InvalidArgumentValue", "`\(name)` is no side of a string.",
            hint: "The sides are LEADING, TRAILING and BOTH.")
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
        let (start, end) = try context.base.withBytes(cell) { bytes throws(NQLError) in
            try bounds(bytes, characters, left: left, right: right)
        }
        if start == 0 && end == cell.byteCount { return cell }
        return context.builder.substring(of: cell, start, end)
    }

    private static func bounds(
        _ bytes: UnsafeRawBufferPointer, _ characters: Set<UInt32>?, left: Bool, right: Bool
    ) throws(NQLError) -> (Int, Int) {
        var start = 0
        var end = bytes.count
        while left, start < end {
            try Interruption.spend(workUnits)
            let length = CodePoints.length(bytes, at: start)
            guard isCut(bytes, start, length, characters) else { break }
            start += length
        }
        while right, end > start {
            try Interruption.spend(workUnits)
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
        let value = CodePoints.value(bytes, at: start, length: length)
        if let characters { return characters.contains(value) }
        if value <= 0x20 { return true }
        return Unicode.Scalar(value)?.properties.isWhitespace ?? false
    }
}
