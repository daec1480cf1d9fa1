// NullFunctions: coalesce and nullIf.

import NenCore

/// Functions about null.
enum NullFunctions {
    static let definitions: [ScalarFunction] = [coalesce, nullIf]

    static let coalesce = ScalarFunction(
        "coalesce",
        [FunctionOverload([.any], isVariadic: true, result: .any)],
        nulls: .custom, summary: "The first argument that is not null.",
        examples: [FunctionExample("coalesce(null, 'a', 'b')", "'a'")]
    ) { _, arguments throws(NQLError) in
        for cell in arguments where !cell.isNull { return cell }
        return .null
    }

    static let nullIf = ScalarFunction(
        "nullIf", [.any, .any], to: .any, nulls: .custom,
        summary: "Null when both arguments are equal, else the first.",
        examples: [FunctionExample("nullIf(4, 4)", "null"), FunctionExample("nullIf(4, 5)", "4")]
    ) { context, arguments throws(NQLError) in
        let equal = CellOrder.equals(arguments[0], arguments[1], context.base)
        return equal == true ? .null : arguments[0]
    }
}
