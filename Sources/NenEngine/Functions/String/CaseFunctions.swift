// CaseFunctions: toUpper and toLower by Unicode's full case mappings, independent of any locale;
// ASCII strings, the usual case, byte by byte.

import NenCore

/// Upper and lower case.
enum CaseFunctions {
    static let definitions: [ScalarFunction] = [toUpper, toLower]

    static let toUpper = ScalarFunction(
        "toUpper", [.string], to: .string, aliases: ["upper"], mayFail: true,
        summary: "The string in upper case.",
        examples: [FunctionExample("toUpper('straße')", "'STRASSE'")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "toUpper")
        return try map(arguments[0], 0x61, 0x7A, &context) { $0.uppercased() }
    }

    static let toLower = ScalarFunction(
        "toLower", [.string], to: .string, aliases: ["lower"], mayFail: true,
        summary: "The string in lower case.",
        examples: [FunctionExample("toLower('Malmö ÅÄÖ')", "'malmö åäö'")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "toLower")
        return try map(arguments[0], 0x41, 0x5A, &context) { $0.lowercased() }
    }

    /// Flips the case bit of ASCII letters from `first` to `last`, or applies `unicode`.
    private static func map(
        _ cell: Cell, _ first: UInt8, _ last: UInt8, _ context: inout FunctionContext,
        _ unicode: (String) -> String
    ) throws(NQLError) -> Cell {
        let base = context.base
        let builder = context.builder
        if !base.withBytes(cell, { CodePoints.isASCII($0) }) {
            return try builder.string(try base.withBytes(cell) { bytes throws(NQLError) in
                try mapPieces(bytes, unicode)
            })
        }
        let count = cell.byteCount
        let memory = try builder.reserveString(byteCount: max(1, count))
        base.withBytes(cell) { bytes in
            var index = 0
            while index < count {
                let byte = bytes[index]
                let flips = byte >= first && byte <= last
                memory.storeBytes(
                    of: flips ? byte ^ 0x20 : byte, toByteOffset: index, as: UInt8.self)
                index &+= 1
            }
        }
        return builder.string(in: memory, byteCount: count)
    }

    /// Bytes that are mapped between two looks at the clock.
    private static let pieceByteCount = 16_384
    /// Nanoseconds for mapping a byte, by and large.
    private static let byteWorkUnits = 20

    /// Maps a text piece by piece; the mappings do not depend on what stands around a character.
    static func mapPieces(
        _ bytes: UnsafeRawBufferPointer, _ unicode: (String) -> String
    ) throws(NQLError) -> String {
        var result = ""
        result.reserveCapacity(bytes.count)
        var start = 0
        while start < bytes.count {
            var end = min(start + pieceByteCount, bytes.count)
            while end < bytes.count, !CodePoints.isStart(bytes[end]) { end += 1 }
            try Interruption.spend((end - start) * byteWorkUnits)
            result += unicode(String(decoding: bytes[start ..< end], as: UTF8.self))
            start = end
        }
        return result
    }
}
