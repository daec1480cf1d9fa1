// RandomFunctions: rand and randomUUID, from the system's generator; another value at each call.

import NenCore

/// Functions that differ from call to call.
enum RandomFunctions {
    static let definitions: [ScalarFunction] = [rand, randomUUID]

    static let rand = ScalarFunction(
        "rand", [], to: .float, isVolatile: true,
        summary: "A random number from 0 (included) to 1 (excluded).",
        examples: [FunctionExample("0 <= rand() < 1", "true")]
    ) { _, _ throws(NQLError) in Cell(float: Double.random(in: 0 ..< 1)) }

    static let randomUUID = ScalarFunction(
        "randomUUID", [], to: .string, isVolatile: true,
        summary: "A random UUID (version 4) as text.",
        examples: [FunctionExample("size(randomUUID())", "36")]
    ) { context, _ throws(NQLError) in
        var bytes: [UInt8] = []
        for _ in 0 ..< 16 { bytes.append(UInt8.random(in: 0 ... 255)) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                text.append(UInt8(ascii: "-"))
            }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return try context.builder.string(String(decoding: text, as: UTF8.self))
    }
}
