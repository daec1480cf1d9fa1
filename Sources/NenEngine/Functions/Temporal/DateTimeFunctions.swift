// DateTimeFunctions: `datetime` from nothing (now), a text, a map, another temporal value or an
// epoch; the clocks; and truncation.

import NenCore

/// The functions that make DateTime values.
enum DateTimeFunctions {
    static let definitions: [ScalarFunction] =
        [constructor, truncate, fromEpoch, fromEpochMillis]
        + TemporalArgument.Clock.allCases.map(clock)

    static let constructor = ScalarFunction(
        "datetime", [FunctionOverload([.any, .string], optionalCount: 2, result: .dateTime)],
        aliases: ["zoned_datetime", "current_timestamp"],
        mayFail: true, dependsOnClock: true,
        summary: "A DateTime from a text, map or other temporal value; "
            + "without an argument the current one.",
        examples: [
            FunctionExample("toString(datetime('2015-07-21T21:40Z'))", "'2015-07-21T21:40Z'")
        ]
    ) { context, arguments throws(NQLError) in
        let now = try TemporalArgument.Clock.statement.now(context)
        guard let value = try make(arguments, context.base, now) else { return .null }
        return try Cell(value)
    }

    /// The value of a constructor's argument; nil for null.
    private static func make(
        _ arguments: UnsafeBufferPointer<Cell>, _ base: HeapBase, _ now: DateTimeValue
    ) throws(NQLError) -> DateTimeValue? {
        guard let argument = arguments.first else {
            return try TemporalFields().makeDateTime(now: now)
        }
        if arguments.count > 1 {
            return try TemporalArgument.fields(argument, by: arguments[1], base, "datetime")
                .makeDateTime(now: now)
        }
        switch argument.tag {
        case .string:
            let text = base.string(argument)
            return try DateTimeValue(parsing: text, defaultZone: .utc)
        case .map:
            return try TemporalArgument.fields(of: argument, base, "datetime")?
                .makeDateTime(now: now)
        default: return try convert(argument, base)
        }
    }

    private static func convert(
        _ cell: Cell, _ base: HeapBase
    ) throws(NQLError) -> DateTimeValue {
        switch try TemporalArgument.instant(cell, base, "datetime") {
        case .date(let value):
            let midnight = LocalTimeValue(nanosecondOfDay: 0)
            return try TemporalZone.utc.dateTime(
                LocalDateTimeValue(date: value, time: midnight))
        case .localDateTime(let value): return try TemporalZone.utc.dateTime(value)
        case .dateTime(let value): return value
        default:
            throw FunctionArgument.mismatch("datetime", "a value it can be taken from", cell)
        }
    }

    /// `datetime.statement`, `.transaction`, `.realtime`, each with an optional time zone.
    private static func clock(_ clock: TemporalArgument.Clock) -> ScalarFunction {
        ScalarFunction(
            "datetime.\(clock.rawValue)",
            [FunctionOverload([.string], optionalCount: 1, result: .dateTime)],
            mayFail: true, isVolatile: clock == .realtime, dependsOnClock: true,
            summary: "The DateTime of the \(clock.rawValue)'s clock, in UTC or "
                + "the given time zone.",
            examples: [
                FunctionExample(
                    "valueType(datetime.\(clock.rawValue)())", "'ZONED DATETIME NOT NULL'")
            ]
        ) { context, arguments throws(NQLError) in
            var fields = TemporalFields()
            if let zone = arguments.first {
                try FunctionArgument.string(zone, "datetime")
                try fields.set("timezone", to: .string(context.base.string(zone)))
            }
            let value = try fields.makeDateTime(now: try clock.now(context))
            return try Cell(value)
        }
    }

    static let truncate = ScalarFunction(
        "datetime.truncate",
        [FunctionOverload([.string, .any, .map], optionalCount: 2, result: .dateTime)],
        mayFail: true, dependsOnClock: true,
        summary: "A temporal value cut down to a unit, as a DateTime; "
            + "fields in the map replace those of the result.",
        examples: [
            FunctionExample(
                "datetime.truncate('week', datetime('2024-05-17T12:31Z'))",
                "datetime('2024-05-13T00:00Z')")
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "datetime.truncate")
        let unit = try TruncationUnit(named: context.base.string(arguments[0]))
        var value = Value.dateTime(context.statementTime)
        if arguments.count > 1 {
            value = try TemporalArgument.instant(
                arguments[1], context.base, "datetime.truncate")
        }
        var fields = TemporalFields()
        if arguments.count > 2 {
            guard let given = try TemporalArgument.fields(
                of: arguments[2], context.base, "datetime.truncate")
            else { return .null }
            fields = given
        }
        return try Cell(try Truncation.dateTime(unit, value, fields))
    }

    static let fromEpoch = ScalarFunction(
        "datetime.fromEpoch", [.integer, .integer], to: .dateTime, mayFail: true,
        summary: "The DateTime in UTC so many seconds and nanoseconds after the start of 1970.",
        examples: [
            FunctionExample(
                "toString(datetime.fromEpoch(416779, 999999999))",
                "'1970-01-05T19:46:19.999999999Z'")
        ]
    ) { _, arguments throws(NQLError) in
        let seconds = try FunctionArgument.integer(arguments[0], "datetime.fromEpoch")
        let nanoseconds = try FunctionArgument.integer(arguments[1], "datetime.fromEpoch")
        return try Cell(try DateTimeValue(epochSeconds: seconds, nanoseconds: nanoseconds))
    }

    static let fromEpochMillis = ScalarFunction(
        "datetime.fromEpochMillis", [.integer], to: .dateTime, mayFail: true,
        summary: "The DateTime in UTC so many milliseconds after the start of 1970.",
        examples: [
            FunctionExample(
                "toString(datetime.fromEpochMillis(237821673987))",
                "'1977-07-15T13:34:33.987Z'")
        ]
    ) { _, arguments throws(NQLError) in
        let milliseconds = try FunctionArgument.integer(
            arguments[0], "datetime.fromEpochMillis")
        return try Cell(try DateTimeValue(epochMilliseconds: milliseconds))
    }
}
