// Conversions: toBoolean, toInteger, toFloat, toString, each in three forms: plain (a type that
// cannot be converted is an error, a text that is no such value null), OrNull (never an error),
// List (element by element, as OrNull). Their parameters are untyped: openCypher raises wrong
// types while rows are processed.

import NenCore

/// Conversion functions.
enum Conversions {
    static let definitions: [ScalarFunction] = [
        toBoolean, toBooleanOrNull, toBooleanList, toInteger, toIntegerOrNull, toIntegerList,
        toFloat, toFloatOrNull, toFloatList, toString, toStringOrNull, toStringList,
    ]

    /// nil when the value's type cannot be converted.
    private typealias Converter = (
        Cell, inout FunctionContext
    ) throws(NQLError) -> Cell?

    // MARK: rules

    private static func boolean(
        _ cell: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        switch cell.tag {
        case .boolean: return cell
        case .integer: return Cell(boolean: cell.integer != 0)
        case .string:
            let text = NumberText.trim(context.base.string(cell))
            if text.utf8.count > "false".utf8.count { return .null }
            switch text.lowercased() {
            case "true": return Cell(boolean: true)
            case "false": return Cell(boolean: false)
            default: return .null
            }
        default: return nil
        }
    }

    private static func integer(
        _ cell: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        switch cell.tag {
        case .integer: return cell
        case .boolean: return Cell(integer: cell.boolean ? 1 : 0)
        case .float:
            guard let value = Int64(exactly: cell.float.rounded(.towardZero)) else {
                throw overflow(CellText.text(of: cell.float))
            }
            return Cell(integer: value)
        case .string:
            let text = context.base.string(cell)
            switch NumberText.integer(text) {
            case .value(let value): return Cell(integer: value)
            case .outOfRange: throw overflow(text)
            case .notANumber: return .null
            }
        default: return nil
        }
    }

    private static func overflow(_ text: String) -> NQLError {
        .runtime(
            .arithmetic, "IntegerOverflow", "\(text) is no 64-bit integer.",
            hint: "toIntegerOrNull gives null for it.")
    }

    private static func float(
        _ cell: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        switch cell.tag {
        case .float: return cell
        case .integer: return Cell(float: Double(cell.integer))
        case .string:
            guard let value = NumberText.float(context.base.string(cell)) else { return .null }
            return Cell(float: value)
        default: return nil
        }
    }

    private static func text(
        _ cell: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        try CellText.string(cell, &context)
    }

    // MARK: forms

    private static func plain(
        _ name: StaticString, _ expected: StaticString, _ arguments: UnsafeBufferPointer<Cell>,
        _ context: inout FunctionContext, _ convert: Converter
    ) throws(NQLError) -> Cell {
        if let result = try convert(arguments[0], &context) { return result }
        throw FunctionArgument.mismatch(name, expected, arguments[0])
    }

    private static func orNull(
        _ cell: Cell, _ context: inout FunctionContext, _ convert: Converter
    ) throws(NQLError) -> Cell {
        if cell.isNull { return .null }
        do {
            return try convert(cell, &context) ?? .null
        } catch {
            if error.code == .arithmetic { return .null }
            throw error
        }
    }

    private static func list(
        _ name: StaticString, _ arguments: UnsafeBufferPointer<Cell>,
        _ context: inout FunctionContext, _ convert: Converter
    ) throws(NQLError) -> Cell {
        let cell = arguments[0]
        try FunctionArgument.list(cell, name)
        let source = context.base.cells(cell)
        let memory = try context.builder.reserveCells(cell.count)
        for index in 0 ..< cell.count {
            memory[index] = try orNull(source[index], &context, convert)
        }
        return try context.builder.list(in: memory, count: cell.count)
    }

    // MARK: functions

    static let toBoolean = ScalarFunction(
        "toBoolean", [.any], to: .boolean, mayFail: true,
        summary: "A Boolean from a String ('true', 'false'), Integer or Boolean; null for other "
            + "strings.",
        examples: [FunctionExample("toBoolean('true')", "true")]
    ) { context, arguments throws(NQLError) in
        try plain("toBoolean", "a Boolean, Integer or String", arguments, &context, boolean)
    }

    static let toBooleanOrNull = ScalarFunction(
        "toBooleanOrNull", [.any], to: .boolean,
        summary: "As toBoolean, but null for values of other types.",
        examples: [FunctionExample("toBooleanOrNull([])", "null")]
    ) { context, arguments throws(NQLError) in
        try orNull(arguments[0], &context, boolean)
    }

    static let toBooleanList = ScalarFunction(
        "toBooleanList", [.list(.any)], to: .list(.boolean), mayFail: true,
        summary: "Every element of a list by toBooleanOrNull.",
        examples: [FunctionExample("toBooleanList(['true', 1.5])", "[true, null]")]
    ) { context, arguments throws(NQLError) in
        try list("toBooleanList", arguments, &context, boolean)
    }

    static let toInteger = ScalarFunction(
        "toInteger", [.any], to: .integer, mayFail: true,
        summary: "An Integer from a number (its fraction cut off), String or Boolean; null for "
            + "strings that are no number.",
        examples: [
            FunctionExample("toInteger('42')", "42"), FunctionExample("toInteger(2.9)", "2"),
        ]
    ) { context, arguments throws(NQLError) in
        try plain("toInteger", "a number, Boolean or String", arguments, &context, integer)
    }.vectorised(NumericCalls.integer)

    static let toIntegerOrNull = ScalarFunction(
        "toIntegerOrNull", [.any], to: .integer,
        summary: "As toInteger, but null for what cannot be converted.",
        examples: [FunctionExample("toIntegerOrNull({})", "null")]
    ) { context, arguments throws(NQLError) in
        try orNull(arguments[0], &context, integer)
    }

    static let toIntegerList = ScalarFunction(
        "toIntegerList", [.list(.any)], to: .list(.integer), mayFail: true,
        summary: "Every element of a list by toIntegerOrNull.",
        examples: [FunctionExample("toIntegerList(['1', 2.5, []])", "[1, 2, null]")]
    ) { context, arguments throws(NQLError) in
        try list("toIntegerList", arguments, &context, integer)
    }

    static let toFloat = ScalarFunction(
        "toFloat", [.any], to: .float, mayFail: true,
        summary: "A Float from a number or String; null for strings that are no number.",
        examples: [FunctionExample("toFloat('1.5')", "1.5")]
    ) { context, arguments throws(NQLError) in
        try plain("toFloat", "a number or String", arguments, &context, float)
    }.vectorised(Arithmetic.floats)

    static let toFloatOrNull = ScalarFunction(
        "toFloatOrNull", [.any], to: .float,
        summary: "As toFloat, but null for what cannot be converted.",
        examples: [FunctionExample("toFloatOrNull(true)", "null")]
    ) { context, arguments throws(NQLError) in
        try orNull(arguments[0], &context, float)
    }

    static let toFloatList = ScalarFunction(
        "toFloatList", [.list(.any)], to: .list(.float), mayFail: true,
        summary: "Every element of a list by toFloatOrNull.",
        examples: [FunctionExample("toFloatList(['1.5', 2])", "[1.5, 2.0]")]
    ) { context, arguments throws(NQLError) in
        try list("toFloatList", arguments, &context, float)
    }

    static let toString = ScalarFunction(
        "toString", [.any], to: .string, mayFail: true,
        summary: "The text of a number, Boolean, temporal value or String.",
        examples: [
            FunctionExample("toString(11.5)", "'11.5'"),
            FunctionExample("toString(date('2015-07-21'))", "'2015-07-21'"),
        ]
    ) { context, arguments throws(NQLError) in
        try plain(
            "toString", "a number, Boolean, temporal value or String", arguments, &context,
            text)
    }

    static let toStringOrNull = ScalarFunction(
        "toStringOrNull", [.any], to: .string,
        summary: "As toString, but null for what cannot be converted.",
        examples: [FunctionExample("toStringOrNull([])", "null")]
    ) { context, arguments throws(NQLError) in
        try orNull(arguments[0], &context, text)
    }

    static let toStringList = ScalarFunction(
        "toStringList", [.list(.any)], to: .list(.string), mayFail: true,
        summary: "Every element of a list by toStringOrNull.",
        examples: [FunctionExample("toStringList([1, true])", "['1', 'true']")]
    ) { context, arguments throws(NQLError) in
        try list("toStringList", arguments, &context, text)
    }
}
