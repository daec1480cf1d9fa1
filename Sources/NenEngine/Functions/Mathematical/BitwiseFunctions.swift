// BitwiseFunctions: integers as 64 bits in two's complement. The names are those of Kuzu.

import NenCore

/// Functions on the bits of integers.
enum BitwiseFunctions {
    static let definitions: [ScalarFunction] = [
        binary("bitwise_and", "The bits that both integers have.", "bitwise_and(12, 10)", "8") {
            $0 & $1
        },
        binary("bitwise_or", "The bits that either integer has.", "bitwise_or(12, 10)", "14") {
            $0 | $1
        },
        binary(
            "bitwise_xor", "The bits that only one of the integers has.", "bitwise_xor(12, 10)",
            "6"
        ) { $0 ^ $1 },
        binary(
            "bitshift_left", "The bits moved to the left; those that leave 64 bits are lost.",
            "bitshift_left(1, 4)", "16"
        ) { $0 << $1 },
        binary(
            "bitshift_right", "The bits moved to the right; the sign stays.",
            "bitshift_right(-16, 2)", "-4"
        ) { $0 >> $1 },
        not,
    ]

    private static func binary(
        _ name: StaticString, _ summary: String, _ example: String, _ result: String,
        _ operation: @escaping @Sendable (Int64, Int64) -> Int64
    ) -> ScalarFunction {
        ScalarFunction(
            "\(name)", [.integer, .integer], to: .integer, mayFail: true, summary: summary,
            examples: [FunctionExample(example, result)]
        ) { _, arguments throws(NQLError) in
            Cell(
                integer: operation(
                    try FunctionArgument.integer(arguments[0], name),
                    try FunctionArgument.integer(arguments[1], name)))
        }
    }

    private static let not = ScalarFunction(
        "bitwise_not", [.integer], to: .integer, mayFail: true,
        summary: "The bits that the integer lacks.",
        examples: [FunctionExample("bitwise_not(0)", "-1")]
    ) { _, arguments throws(NQLError) in
        Cell(integer: ~(try FunctionArgument.integer(arguments[0], "bitwise_not")))
    }
}
