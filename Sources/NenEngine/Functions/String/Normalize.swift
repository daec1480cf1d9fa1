// Normalize: Unicode normal forms C and D, by the tables of Swift's standard library.

@_spi(_Unicode) import Swift
import NenCore

/// Unicode normalisation.
enum Normalize {
    static let definition = ScalarFunction(
        "normalize",
        [
            FunctionOverload([.string], result: .string),
            FunctionOverload([.string, .string], result: .string),
        ],
        mayFail: true,
        summary: "The string in Unicode's normal form NFC (or NFD when the second argument "
            + "says so).",
        examples: [FunctionExample("normalize('\\u0041\\u030A') = '\\u00C5'", "true")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "normalize")
        var form = "NFC"
        if arguments.count > 1 {
            try FunctionArgument.string(arguments[1], "normalize")
            form = context.base.string(arguments[1]).uppercased()
        }
        if context.base.withBytes(arguments[0], { CodePoints.isASCII($0) }) {
            try check(form)
            return arguments[0]
        }
        return try context.builder.string(
            try normalize(context.base.string(arguments[0]), to: form))
    }

    /// The text in a normal form.
    static func normalize(_ text: String, to form: String) throws(NQLError) -> String {
        try check(form)
        var result = String.UnicodeScalarView()
        if form == "NFC" {
            for scalar in text._nfc { result.append(scalar) }
        } else {
            for scalar in text._nfd { result.append(scalar) }
        }
        return String(result)
    }

    private static func check(_ form: String) throws(NQLError) {
        if form == "NFC" || form == "NFD" { return }
        throw .runtime(
            .argument, "InvalidArgumentValue", "The normal form `\(form)` is not supported.",
            hint: "The forms are NFC and NFD.")
    }
}
