// ListFunctions: head, last, tail, reverse, size and its kin. `reverse` and `size` also take
// strings, and count characters there.

import NenCore

/// Functions on lists, and on strings where they mean the same.
enum ListFunctions {
    static let definitions: [ScalarFunction] = [
        head, last, tail, reverse, size, characterLength, isEmpty,
    ]

    private static let anyList = NQLType.list(.any)

    static let head = ScalarFunction(
        "head", [anyList], to: .any, mayFail: true,
        summary: "The first element of a list; null when it is empty.",
        examples: [FunctionExample("head([1, 2, 3])", "1")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "head")
        return CellOperators.element(of: arguments[0], at: 0, context.base)
    }

    static let last = ScalarFunction(
        "last", [anyList], to: .any, mayFail: true,
        summary: "The last element of a list; null when it is empty.",
        examples: [FunctionExample("last([1, 2, 3])", "3")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "last")
        return CellOperators.element(of: arguments[0], at: -1, context.base)
    }

    static let tail = ScalarFunction(
        "tail", [anyList], to: anyList, mayFail: true,
        summary: "A list without its first element.",
        examples: [FunctionExample("tail([1, 2, 3])", "[2, 3]")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "tail")
        return try CellOperators.slice(
            arguments[0], from: Cell(integer: 1), to: nil, &context)
    }

    static let reverse = ScalarFunction(
        "reverse",
        [
            FunctionOverload([anyList], result: anyList),
            FunctionOverload([.string], result: .string),
        ],
        mayFail: true, summary: "A list or string in reverse order.",
        examples: [
            FunctionExample("reverse('Malmö')", "'ömlaM'"),
            FunctionExample("reverse([1, 2, 3])", "[3, 2, 1]"),
        ]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        let builder = context.builder
        if cell.tag == .list {
            let cells = context.base.cells(cell)
            let memory = try builder.reserveCells(cell.count)
            for index in 0 ..< cell.count {
                try Interruption.spend(1)
                memory[cell.count - 1 - index] = cells[index]
            }
            return try builder.list(in: memory, count: cell.count)
        }
        if cell.tag != .string {
            throw FunctionArgument.mismatch("reverse", "a List or String", cell)
        }
        let count = cell.byteCount
        let memory = try builder.reserveString(byteCount: max(1, count))
        context.base.withBytes(cell) { bytes in
            var read = 0
            while read < count {
                let length = CodePoints.length(bytes, at: read)
                for index in 0 ..< length {
                    memory.storeBytes(
                        of: bytes[read + index], toByteOffset: count - read - length + index,
                        as: UInt8.self)
                }
                read += length
            }
        }
        return builder.string(in: memory, byteCount: count)
    }

    static let size = ScalarFunction(
        "size",
        [
            FunctionOverload([anyList], result: .integer),
            FunctionOverload([.string], result: .integer),
        ],
        aliases: ["cardinality"], mayFail: true,
        summary: "The number of elements of a list or characters of a string.",
        examples: [FunctionExample("size([1, 2])", "2"), FunctionExample("size('Malmö')", "5")]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        switch cell.tag {
        case .list: return Cell(integer: Int64(cell.count))
        case .string: return length(of: cell, context.base)
        default: throw FunctionArgument.mismatch("size", "a List or String", cell)
        }
    }

    private static func length(of cell: Cell, _ base: HeapBase) -> Cell {
        Cell(integer: Int64(base.withBytes(cell) { CodePoints.count($0) }))
    }

    static let characterLength = ScalarFunction(
        "char_length", [.string], to: .integer, aliases: ["character_length"], mayFail: true,
        summary: "The number of characters of a string.",
        examples: [FunctionExample("char_length('Malmö')", "5")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "char_length")
        return length(of: arguments[0], context.base)
    }

    static let isEmpty = ScalarFunction(
        "isEmpty",
        [
            FunctionOverload([anyList], result: .boolean),
            FunctionOverload([.map], result: .boolean),
            FunctionOverload([.string], result: .boolean),
        ],
        mayFail: true, summary: "Whether a list, map or string is empty.",
        examples: [FunctionExample("isEmpty([])", "true")]
    ) { _, arguments throws(NQLError) in
        let cell = arguments[0]
        switch cell.tag {
        case .list, .map: return Cell(boolean: cell.count == 0)
        case .string: return Cell(boolean: cell.byteCount == 0)
        default: throw FunctionArgument.mismatch("isEmpty", "a List, Map or String", cell)
        }
    }
}
