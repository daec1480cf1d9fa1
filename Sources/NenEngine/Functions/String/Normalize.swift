// Normalize: Unicode's normal forms, and whether a string is in one. The canonical forms come from
// the tables of Swift's standard library, the compatible ones from those and `CompatibilityTable`.

@_spi(_Unicode) import Swift
import NenCore

/// Unicode normalisation.
enum Normalize {
    static let definitions: [ScalarFunction] = [normalize, isNormalized]

    /// The normal forms.
    enum Form: String, CaseIterable {
        case nfc = "NFC"
        case nfd = "NFD"
        case nfkc = "NFKC"
        case nfkd = "NFKD"
    }

    static let normalize = ScalarFunction(
        "normalize",
        [
            FunctionOverload([.string], result: .string),
            FunctionOverload([.string, .string], result: .string),
        ],
        mayFail: true,
        summary: "The string in a normal form of Unicode: NFC (which it is when none is given), "
            + "NFD, NFKC or NFKD. The form is written as a word or a string.",
        examples: [
            FunctionExample("normalize('\\u0041\\u030A') = '\\u00C5'", "true"),
            FunctionExample("normalize('\\uFE64', NFKC)", "'<'"),
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "normalize")
        let form = try form(arguments, "normalize", context.base)
        if context.base.withBytes(arguments[0], { CodePoints.isASCII($0) }) {
            return arguments[0]
        }
        return try context.builder.string(
            try text(context.base.string(arguments[0]), in: form))
    }

    static let isNormalized = ScalarFunction(
        "isNormalized",
        [
            FunctionOverload([.any], result: .boolean),
            FunctionOverload([.any, .string], result: .boolean),
        ],
        mayFail: true,
        summary: "Whether a string is in a normal form of Unicode (NFC when none is given), also "
            + "written `x IS [NOT] NFC NORMALIZED`; null of what is no string.",
        examples: [
            FunctionExample("isNormalized('\\u0041\\u030A')", "false"),
            FunctionExample("'the \\u212B char' IS NOT NFC NORMALIZED", "true"),
        ]
    ) { context, arguments throws(NQLError) in
        let form = try form(arguments, "isNormalized", context.base)
        guard arguments[0].tag == .string else { return .null }
        if context.base.withBytes(arguments[0], { CodePoints.isASCII($0) }) {
            return Cell(boolean: true)
        }
        let given = context.base.string(arguments[0])
        // `==` of strings would take equivalent ones for equal.
        let isSame = try text(given, in: form).utf8.elementsEqual(given.utf8)
        return Cell(boolean: isSame)
    }

    /// Nanoseconds for a character, by and large.
    private static let workUnits = 50

    /// The text in a normal form.
    ///
    /// - Throws: `Interrupted`.
    static func text(_ text: String, in form: Form) throws(NQLError) -> String {
        var source = text
        if form == .nfkc || form == .nfkd {
            source = String(try CompatibilityDecomposition.apply(to: text))
        }
        source = try MarkRun.spellingOutPairs(source)
        let composes = form == .nfc || form == .nfkc
        var result = String.UnicodeScalarView()
        if source.utf8.count > MarkRun.longMin {
            for piece in try MarkRun.pieces(of: source.unicodeScalars) {
                switch piece {
                case .text(let scalars): try append(String(scalars), composes, to: &result)
                case .run(let start, let marks):
                    let run = try MarkRun(marks)
                    var short = String(start)
                    short.unicodeScalars.append(contentsOf: run.heads)
                    var normal = String.UnicodeScalarView()
                    try append(short, composes, to: &normal)
                    try run.append(behind: normal, to: &result)
                }
            }
        } else {
            try append(source, composes, to: &result)
        }
        return String(result)
    }

    private static func append(
        _ text: String, _ composes: Bool, to result: inout String.UnicodeScalarView
    ) throws(NQLError) {
        if composes {
            try append(text._nfc, to: &result)
        } else {
            try append(text._nfd, to: &result)
        }
    }

    private static func append(
        _ scalars: some Sequence<Unicode.Scalar>, to result: inout String.UnicodeScalarView
    ) throws(NQLError) {
        for scalar in scalars {
            try Interruption.spend(workUnits)
            result.append(scalar)
        }
    }

    private static func form(
        _ arguments: UnsafeBufferPointer<Cell>, _ function: StaticString, _ base: HeapBase
    ) throws(NQLError) -> Form {
        if arguments.count < 2 { return .nfc }
        try FunctionArgument.string(arguments[1], function)
        guard arguments[1].byteCount <= formByteCountMax else {
            throw noForm("of \(arguments[1].byteCount) bytes")
        }
        let name = base.string(arguments[1])
        if let form = Form(rawValue: name.uppercased()) { return form }
        throw noForm("`\(name)`")
    }

    /// Longest name of a form that an error repeats.
    private static let formByteCountMax = 100

    private static func noForm(_ which: String) -> NQLError {
        .runtime(
            .argument, "InvalidArgumentValue", "There is no normal form \(which).",
            hint: "The forms are NFC, NFD, NFKC and NFKD.")
    }
}
