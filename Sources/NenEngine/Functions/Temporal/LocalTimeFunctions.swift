// LocalTimeFunctions: `localtime` from nothing (now), a text, a map or another temporal value; the
// clocks; and truncation.

import NenCore

/// The functions that make LocalTime values.
enum LocalTimeFunctions {
    static let definitions: [ScalarFunction] =
        [constructor, truncate] + TemporalArgument.Clock.allCases.map(clock)

    static let constructor = ScalarFunction(
        "localtime", [FunctionOverload([.any, .string], optionalCount: 2, result: .localTime)],
        aliases: ["local_time"],
        mayFail: true, dependsOnClock: true,
        summary: "A LocalTime from a text, map or other temporal value; "
            + "without an argument the current one.",
        examples: [FunctionExample("toString(localtime({hour: 12, minute: 31}))", "'12:31'")]
    ) { context, arguments throws(NQLError) in
        let now = try TemporalArgument.Clock.statement.now(context)
        guard let value = try make(arguments, context.base, now) else { return .null }
        return Cell(value)
    }

    /// The value of a constructor's argument; nil for null.
    private static func make(
        _ arguments: UnsafeBufferPointer<Cell>, _ base: HeapBase, _ now: DateTimeValue
    ) throws(NQLError) -> LocalTimeValue? {
        guard let argument = arguments.first else {
            return try TemporalFields().makeLocalTime(now: now)
        }
        if arguments.count > 1 {
            return try TemporalArgument.fields(argument, by: arguments[1], base, "localtime")
                .makeLocalTime(now: now)
        }
        switch argument.tag {
        case .string:
            let text = base.string(argument)
            return try LocalTimeValue(parsing: text)
        case .map:
            return try TemporalArgument.fields(of: argument, base, "localtime")?
                .makeLocalTime(now: now)
        default: return try convert(argument, base)
        }
    }

    private static func convert(
        _ cell: Cell, _ base: HeapBase
    ) throws(NQLError) -> LocalTimeValue {
        switch try TemporalArgument.instant(cell, base, "localtime") {
        case .localTime(let value): return value
        case .time(let value):
            return LocalTimeValue(nanosecondOfDay: value.nanosecondOfDay)
        case .localDateTime(let value): return value.time
        case .dateTime(let value): return value.local.time
        default:
            throw FunctionArgument.mismatch("localtime", "a value it can be taken from", cell)
        }
    }

    /// `localtime.statement`, `.transaction`, `.realtime`, each with an optional time zone.
    private static func clock(_ clock: TemporalArgument.Clock) -> ScalarFunction {
        ScalarFunction(
            "localtime.\(clock.rawValue)",
            [FunctionOverload([.string], optionalCount: 1, result: .localTime)],
            mayFail: true, isVolatile: clock == .realtime, dependsOnClock: true,
            summary: "The LocalTime of the \(clock.rawValue)'s clock, in UTC or "
                + "the given time zone.",
            examples: [
                FunctionExample(
                    "valueType(localtime.\(clock.rawValue)())", "'LOCAL TIME NOT NULL'")
            ]
        ) { context, arguments throws(NQLError) in
            var fields = TemporalFields()
            if let zone = arguments.first {
                try FunctionArgument.string(zone, "localtime")
                try fields.set("timezone", to: .string(context.base.string(zone)))
            }
            let value = try fields.makeLocalTime(now: try clock.now(context))
            return Cell(value)
        }
    }

    static let truncate = ScalarFunction(
        "localtime.truncate",
        [FunctionOverload([.string, .any, .map], optionalCount: 2, result: .localTime)],
        mayFail: true, dependsOnClock: true,
        summary: "A temporal value cut down to a unit, as a LocalTime; "
            + "fields in the map replace those of the result.",
        examples: [
            FunctionExample(
                "localtime.truncate('hour', localtime('12:31:14'))",
                "localtime('12:00')")
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "localtime.truncate")
        let unit = try TruncationUnit(named: context.base.string(arguments[0]))
        var value = Value.dateTime(context.statementTime)
        if arguments.count > 1 {
            value = try TemporalArgument.instant(
                arguments[1], context.base, "localtime.truncate")
        }
        var fields = TemporalFields()
        if arguments.count > 2 {
            guard let given = try TemporalArgument.fields(
                of: arguments[2], context.base, "localtime.truncate")
            else { return .null }
            fields = given
        }
        return Cell(try Truncation.localTime(unit, value, fields))
    }
}
