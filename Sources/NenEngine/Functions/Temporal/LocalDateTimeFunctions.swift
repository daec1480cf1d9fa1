// LocalDateTimeFunctions: `localdatetime` from nothing (now), a text, a map or another temporal
// value; the clocks; and truncation.

import NenCore

/// The functions that make LocalDateTime values.
enum LocalDateTimeFunctions {
    static let definitions: [ScalarFunction] =
        [constructor, truncate] + TemporalArgument.Clock.allCases.map(clock)

    static let constructor = ScalarFunction(
        "localdatetime",
        [FunctionOverload([.any, .string], optionalCount: 2, result: .localDateTime)],
        aliases: ["local_datetime", "local_timestamp"],
        mayFail: true, dependsOnClock: true,
        summary: "A LocalDateTime from a text, map or other temporal value; "
            + "without an argument the current one.",
        examples: [FunctionExample("toString(localdatetime('2015202T21'))", "'2015-07-21T21:00'")]
    ) { context, arguments throws(NQLError) in
        let now = try TemporalArgument.Clock.statement.now(context)
        guard let value = try make(arguments, context.base, now) else { return .null }
        return Cell(value)
    }

    /// The value of a constructor's argument; nil for null.
    private static func make(
        _ arguments: UnsafeBufferPointer<Cell>, _ base: HeapBase, _ now: DateTimeValue
    ) throws(NQLError) -> LocalDateTimeValue? {
        guard let argument = arguments.first else {
            return try TemporalFields().makeLocalDateTime(now: now)
        }
        if arguments.count > 1 {
            return try TemporalArgument.fields(argument, by: arguments[1], base, "localdatetime")
                .makeLocalDateTime(now: now)
        }
        switch argument.tag {
        case .string:
            let text = base.string(argument)
            return try LocalDateTimeValue(parsing: text)
        case .map:
            return try TemporalArgument.fields(of: argument, base, "localdatetime")?
                .makeLocalDateTime(now: now)
        default: return try convert(argument, base)
        }
    }

    private static func convert(
        _ cell: Cell, _ base: HeapBase
    ) throws(NQLError) -> LocalDateTimeValue {
        switch try TemporalArgument.instant(cell, base, "localdatetime") {
        case .date(let value):
            return LocalDateTimeValue(date: value, time: LocalTimeValue(nanosecondOfDay: 0))
        case .localDateTime(let value): return value
        case .dateTime(let value): return value.local
        default:
            throw FunctionArgument.mismatch("localdatetime", "a value it can be taken from", cell)
        }
    }

    /// `localdatetime.statement`, `.transaction`, `.realtime`, each with an optional time zone.
    private static func clock(_ clock: TemporalArgument.Clock) -> ScalarFunction {
        ScalarFunction(
            "localdatetime.\(clock.rawValue)",
            [FunctionOverload([.string], optionalCount: 1, result: .localDateTime)],
            mayFail: true, isVolatile: clock == .realtime, dependsOnClock: true,
            summary: "The LocalDateTime of the \(clock.rawValue)'s clock, in UTC or "
                + "the given time zone.",
            examples: [
                FunctionExample(
                    "valueType(localdatetime.\(clock.rawValue)())", "'LOCAL DATETIME NOT NULL'")
            ]
        ) { context, arguments throws(NQLError) in
            var fields = TemporalFields()
            if let zone = arguments.first {
                try FunctionArgument.string(zone, "localdatetime")
                try fields.set("timezone", to: .string(context.base.string(zone)))
            }
            let value = try fields.makeLocalDateTime(now: try clock.now(context))
            return Cell(value)
        }
    }

    static let truncate = ScalarFunction(
        "localdatetime.truncate",
        [FunctionOverload([.string, .any, .map], optionalCount: 2, result: .localDateTime)],
        mayFail: true, dependsOnClock: true,
        summary: "A temporal value cut down to a unit, as a LocalDateTime; "
            + "fields in the map replace those of the result.",
        examples: [
            FunctionExample(
                "localdatetime.truncate('year', date('2024-05-17'), {day: 2})",
                "localdatetime('2024-01-02T00:00')")
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "localdatetime.truncate")
        let unit = try TruncationUnit(named: context.base.string(arguments[0]))
        var value = Value.dateTime(context.statementTime)
        if arguments.count > 1 {
            value = try TemporalArgument.instant(
                arguments[1], context.base, "localdatetime.truncate")
        }
        var fields = TemporalFields()
        if arguments.count > 2 {
            guard let given = try TemporalArgument.fields(
                of: arguments[2], context.base, "localdatetime.truncate")
            else { return .null }
            fields = given
        }
        return Cell(try Truncation.localDateTime(unit, value, fields))
    }
}
