// RangeFunction: `range(start, end[, step])`, both ends included. The length is known before a
// list is made, so an absurd range is an error and not an exhausted memory. Wrong types are
// errors while rows are processed even when they stand in the text: openCypher wants it so.

import NenCore

/// Lists of equidistant integers.
enum RangeFunction {
    /// Nanoseconds for a block of elements, by and large.
    private static let workUnits = 50_000

    static let definition = ScalarFunction(
        "range",
        [
            FunctionOverload([.any, .any], result: .list(.integer)),
            FunctionOverload([.any, .any, .any], result: .list(.integer)),
        ],
        mayFail: true,
        summary: "The integers from a start to an end, both included, in steps.",
        examples: [
            FunctionExample("range(0, 3)", "[0, 1, 2, 3]"),
            FunctionExample("range(10, 0, -5)", "[10, 5, 0]"),
        ]
    ) { context, arguments throws(NQLError) in
        let start = try integer(arguments[0], "start")
        let end = try integer(arguments[1], "end")
        let step = arguments.count > 2 ? try integer(arguments[2], "step") : 1
        let count = try elementCount(start, end, step)
        let memory = try context.builder.reserveCells(count)
        var value = start
        var index = 0
        while index < count {
            if index & CellBuilder.blockMask == 0 { try Interruption.spend(workUnits) }
            memory[index] = Cell(integer: value)
            value = value &+ step
            index &+= 1
        }
        return try context.builder.list(in: memory, count: count)
    }

    /// Elements of a range that is made as a list.
    ///
    /// - Throws: `NumberOutOfRange` for a step of 0 and a list that would be too long.
    static func elementCount(
        _ start: Int64, _ end: Int64, _ step: Int64
    ) throws(NQLError) -> Int {
        guard let steps = try stepCount(start, end, step) else { return 0 }
        guard steps < UInt64(CellBuilder.elementCountMax) else {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "range(\(start), \(end), \(step)) would have \(Int128(steps) + 1) elements; a "
                    + "list has at most \(CellBuilder.elementCountMax).")
        }
        return Int(steps) + 1
    }

    /// Steps from the first element of a range to its last one; nil for an empty range.
    ///
    /// - Throws: `NumberOutOfRange` for a step of 0.
    static func stepCount(
        _ start: Int64, _ end: Int64, _ step: Int64
    ) throws(NQLError) -> UInt64? {
        if step == 0 {
            throw .runtime(
                .argument, "NumberOutOfRange", "The step of `range` must not be 0.")
        }
        if step > 0 ? start > end : start < end { return nil }
        // The distance of two integers of 64 bits is one of 64 bits without sign.
        let distance = UInt64(bitPattern: step > 0 ? end &- start : start &- end)
        return distance / step.magnitude
    }

    /// A bound of the range.
    ///
    /// - Throws: `InvalidArgumentType` for anything but an Integer.
    static func integer(
        _ cell: Cell, _ name: StaticString
    ) throws(NQLError) -> Int64 {
        if cell.tag == .integer { return cell.integer }
        throw .runtime(
            .argument, "InvalidArgumentType",
            "The \(name) of `range` must be an Integer, not a value of type \(cell.tag.name).")
    }
}
