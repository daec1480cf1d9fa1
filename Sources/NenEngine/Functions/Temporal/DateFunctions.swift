// DateFunctions: `date` from nothing (today), a text, a map or another temporal value; the
// clocks; and truncation.

import NenCore

/// The functions that make Date values.
enum DateFunctions {
    static let definitions: [ScalarFunction] =
        [constructor, truncate] + TemporalArgument.Clock.allCases.map(clock)

    static let constructor = ScalarFunction(
        "date", [FunctionOverload([.any, .string], optionalCount: 2, result: .date)],
        aliases: ["current_date"],
        mayFail: true, dependsOnClock: true,
        summary: "A Date from a text, map or other temporal value; "
            + "without an argument the current one.",
        examples: [FunctionExample("date('2015-W30-2')", "date('2015-07-21')")]
    ) { context, arguments throws(NQLError) in
        let now = try TemporalArgument.Clock.statement.now(context)
        guard let value = try make(arguments, context.base, now) else { return .null }
        return Cell(value)
    }

    /// The value of a constructor's argument; nil for null.
    private static func make(
        _ arguments: UnsafeBufferPointer<Cell>, _ base: HeapBase, _ now: DateTimeValue
    ) throws(NQLError) -> DateValue? {
        guard let argument = arguments.first else {
            return try TemporalFields().makeDate(now: now)
        }
        if arguments.count > 1 {
            return try TemporalArgument.fields(argument, by: arguments[1], base, "date")
                .makeDate(now: now)
        }
        switch argument.tag {
        case .string:
            let text = base.string(argument)
            return try DateValue(parsing: text)
        case .map:
            return try TemporalArgument.fields(of: argument, base, "date")?
                .makeDate(now: now)
        default: return try convert(argument, base)
        }
    }

    private static func convert(
        _ cell: Cell, _ base: HeapBase
    ) throws(NQLError) -> DateValue {
        switch try TemporalArgument.instant(cell, base, "date") {
        case .date(let value): return value
        case .localDateTime(let value): return value.date
        case .dateTime(let value): return value.local.date
        default:
            throw FunctionArgument.mismatch("date", "a value it can be taken from", cell)
        }
    }

    /// `date.statement`, `.transaction`, `.realtime`, each with an optional time zone.
    private static func clock(_ clock: TemporalArgument.Clock) -> ScalarFunction {
        ScalarFunction(
            "date.\(clock.rawValue)",
            [FunctionOverload([.string], optionalCount: 1, result: .date)],
            mayFail: true, isVolatile: clock == .realtime, dependsOnClock: true,
            summary: "The Date of the \(clock.rawValue)'s clock, in UTC or "
                + "the given time zone.",
            examples: [
                FunctionExample(
                    "valueType(date.\(clock.rawValue)())", "'DATE NOT NULL'")
            ]
        ) { context, arguments throws(NQLError) in
            var fields = TemporalFields()
            if let zone = arguments.first {
                try FunctionArgument.string(zone, "date")
                try fields.set("timezone", to: .string(context.base.string(zone)))
            }
            let value = try fields.makeDate(now: try clock.now(context))
            return Cell(value)
        }
    }

    static let truncate = ScalarFunction(
        "date.truncate",
        [FunctionOverload([.string, .any, .map], optionalCount: 2, result: .date)],
        mayFail: true, dependsOnClock: true,
        summary: "A temporal value cut down to a unit, as a Date; "
            + "fields in the map replace those of the result.",
        examples: [
            FunctionExample(
                "date.truncate('month', date('2024-05-17'))",
                "date('2024-05-01')")
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "date.truncate")
        let unit = try TruncationUnit(named: context.base.string(arguments[0]))
        var value = Value.dateTime(context.statementTime)
        if arguments.count > 1 {
            value = try TemporalArgument.instant(
                arguments[1], context.base, "date.truncate")
        }
        var fields = TemporalFields()
        if arguments.count > 2 {
            guard let given = try TemporalArgument.fields(
                of: arguments[2], context.base, "date.truncate")
            else { return .null }
            fields = given
        }
        return Cell(try Truncation.date(unit, value, fields))
    }
}
