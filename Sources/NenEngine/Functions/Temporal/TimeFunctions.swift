// TimeFunctions: `time` from nothing (now), a text, a map or another temporal value; the clocks;
// and truncation.

import NenCore

/// The functions that make Time values.
enum TimeFunctions {
    static let definitions: [ScalarFunction] =
        [constructor, truncate] + TemporalArgument.Clock.allCases.map(clock)

    static let constructor = ScalarFunction(
        "time", [FunctionOverload([.any, .string], optionalCount: 2, result: .time)],
        aliases: ["zoned_time", "current_time"],
        mayFail: true, dependsOnClock: true,
        summary: "A Time from a text, map or other temporal value; "
            + "without an argument the current one.",
        examples: [FunctionExample("toString(time('21:40:32+01:00'))", "'21:40:32+01:00'")]
    ) { context, arguments throws(NQLError) in
        let now = try TemporalArgument.Clock.statement.now(context)
        guard let value = try make(arguments, context.base, now) else { return .null }
        return Cell(value)
    }

    /// The value of a constructor's argument; nil for null.
    private static func make(
        _ arguments: UnsafeBufferPointer<Cell>, _ base: HeapBase, _ now: DateTimeValue
    ) throws(NQLError) -> TimeValue? {
        guard let argument = arguments.first else {
            return try TemporalFields().makeTimeWithOffset(now: now)
        }
        if arguments.count > 1 {
            return try TemporalArgument.fields(argument, by: arguments[1], base, "time")
                .makeTimeWithOffset(now: now)
        }
        switch argument.tag {
        case .string:
            let text = base.string(argument)
            return try TimeValue(parsing: text, now: now.epochSeconds)
        case .map:
            return try TemporalArgument.fields(of: argument, base, "time")?
                .makeTimeWithOffset(now: now)
        default: return try convert(argument, base)
        }
    }

    private static func convert(
        _ cell: Cell, _ base: HeapBase
    ) throws(NQLError) -> TimeValue {
        switch try TemporalArgument.instant(cell, base, "time") {
        case .localTime(let value):
            return TimeValue(nanosecondOfDay: value.nanosecondOfDay, offsetSeconds: 0)
        case .time(let value): return value
        case .localDateTime(let value):
            return TimeValue(nanosecondOfDay: value.time.nanosecondOfDay, offsetSeconds: 0)
        case .dateTime(let value): return TimeValue(value)
        default:
            throw FunctionArgument.mismatch("time", "a value it can be taken from", cell)
        }
    }

    /// `time.statement`, `.transaction`, `.realtime`, each with an optional time zone.
    private static func clock(_ clock: TemporalArgument.Clock) -> ScalarFunction {
        ScalarFunction(
            "time.\(clock.rawValue)",
            [FunctionOverload([.string], optionalCount: 1, result: .time)],
            mayFail: true, isVolatile: clock == .realtime, dependsOnClock: true,
            summary: "The Time of the \(clock.rawValue)'s clock, in UTC or "
                + "the given time zone.",
            examples: [
                FunctionExample(
                    "valueType(time.\(clock.rawValue)())", "'ZONED TIME NOT NULL'")
            ]
        ) { context, arguments throws(NQLError) in
            var fields = TemporalFields()
            if let zone = arguments.first {
                try FunctionArgument.string(zone, "time")
                try fields.set("timezone", to: .string(context.base.string(zone)))
            }
            let value = try fields.makeTimeWithOffset(now: try clock.now(context))
            return Cell(value)
        }
    }

    static let truncate = ScalarFunction(
        "time.truncate",
        [FunctionOverload([.string, .any, .map], optionalCount: 2, result: .time)],
        mayFail: true, dependsOnClock: true,
        summary: "A temporal value cut down to a unit, as a Time; "
            + "fields in the map replace those of the result.",
        examples: [
            FunctionExample(
                "time.truncate('minute', time('12:31:14+01:00'))",
                "time('12:31+01:00')")
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "time.truncate")
        let unit = try TruncationUnit(named: context.base.string(arguments[0]))
        var value = Value.dateTime(context.statementTime)
        if arguments.count > 1 {
            value = try TemporalArgument.instant(
                arguments[1], context.base, "time.truncate")
        }
        var fields = TemporalFields()
        if arguments.count > 2 {
            guard let given = try TemporalArgument.fields(
                of: arguments[2], context.base, "time.truncate")
            else { return .null }
            fields = given
        }
        return Cell(try Truncation.time(
            unit, value, fields, now: context.statementTime))
    }
}
