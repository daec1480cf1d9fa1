// APOCTime: `apoc.date.…` and `apoc.temporal.…`. Times as numbers count from 1970 in a unit: ms
// (unless another is given), s, m, h or d. Patterns are those of `format`.

import NenCore

/// Functions on dates under APOC's names.
enum APOCTime {
    static let definitions: [ScalarFunction] = [
        currentTimestamp, format, parse, convert, toISO8601, fromISO8601, temporalFormat,
    ]

    /// A temporal value or point as text.
    static func text(_ value: Value) -> String {
        switch value {
        case .date(let date): date.description
        case .localTime(let time): time.description
        case .time(let time): time.description
        case .localDateTime(let dateTime): dateTime.description
        case .dateTime(let dateTime): dateTime.description
        case .duration(let duration): duration.description
        case .point(let point): point.description
        default: ""
        }
    }

    private static func milliseconds(of unit: Value?) throws(NQLError) -> Int64 {
        guard let unit, unit != .null else { return 1 }
        guard case .string(let name) = unit else { return 1 }
        switch name.lowercased() {
        case "ms", "milli", "millis", "milliseconds": return 1
        case "s", "second", "seconds": return 1_000
        case "m", "minute", "minutes": return 60_000
        case "h", "hour", "hours": return 3_600_000
        case "d", "day", "days": return 86_400_000
        default:
            throw .runtime(
                .argument, "InvalidArgumentValue", "There is no unit of time `\(name)`.",
                hint: "The units are ms, s, m, h and d.")
        }
    }

    private static func instant(
        _ number: Value, _ unit: Value?, _ zone: Value? = nil
    ) throws(NQLError) -> DateTimeValue? {
        guard case .integer(let count) = number else { return nil }
        let (total, overflows) = count.multipliedReportingOverflow(
            by: try milliseconds(of: unit))
        if overflows { throw TemporalError.overflow() }
        let seconds = GregorianCalendar.floorDivide(total, 1_000)
        let rest = Int32(GregorianCalendar.floorModulo(total, 1_000)) * 1_000_000
        var place = TemporalZone.utc
        if case .string(let name)? = zone, !name.isEmpty {
            place = try TemporalZone.parse(name == "UTC" ? "Z" : name)
        }
        return try place.dateTime(epochSeconds: seconds, nanosecond: rest)
    }

    private static func count(
        _ instant: DateTimeValue, _ unit: Value?
    ) throws(NQLError) -> Value {
        let (thousands, isOver) = instant.epochSeconds.multipliedReportingOverflow(by: 1_000)
        let (total, isOut) = thousands.addingReportingOverflow(
            Int64(instant.nanosecond) / 1_000_000)
        if isOver || isOut { throw TemporalError.overflow() }
        return .integer(GregorianCalendar.floorDivide(total, try milliseconds(of: unit)))
    }

    private static func pattern(
        _ arguments: [Value], _ index: Int
    ) throws(NQLError) -> TemporalPattern {
        guard index < arguments.count, case .string(let text) = arguments[index], !text.isEmpty
        else { return try TemporalPattern("yyyy-MM-dd HH:mm:ss") }
        return try TemporalPattern(text)
    }

    private static let currentTimestamp: ScalarFunction = {
        var function = APOCFunctions.function(
            "apoc.date.currentTimestamp", [], to: .integer,
            "Milliseconds since 1970, at each call.",
            [FunctionExample("apoc.date.currentTimestamp() > 0", "true")]
        ) { _ in try count(EngineTransaction.now(), nil) }
        function.signature.isVolatile = true
        return function
    }()

    private static let format = APOCFunctions.function(
        "apoc.date.format", [.integer, .string, .string, .string], optional: 3, to: .string,
        nulls: .custom,
        "A number of units since 1970 as text, by a pattern, in a time zone.",
        [FunctionExample("apoc.date.format(0, 'ms', 'yyyy-MM-dd')", "'1970-01-01'")]
    ) { arguments in
        let unit = arguments.count > 1 ? arguments[1] : nil
        let zone = arguments.count > 3 ? arguments[3] : nil
        guard let instant = try instant(arguments[0], unit, zone) else { return .null }
        return .string(
            try pattern(arguments, 2).text(ofInstant: .dateTime(instant), typeName: "DateTime"))
    }

    private static let parse = APOCFunctions.function(
        "apoc.date.parse", [.string, .string, .string, .string], optional: 3, to: .integer,
        nulls: .custom,
        "Units since 1970 of a text that is read by a pattern, in a time zone.",
        [FunctionExample("apoc.date.parse('1970-01-02', 'd', 'yyyy-MM-dd')", "1")]
    ) { arguments in
        guard case .string(let text) = arguments[0] else { return .null }
        var fields = try pattern(arguments, 2).fields(of: text)
        if arguments.count > 3, case .string(let zone) = arguments[3], !zone.isEmpty {
            try fields.set("timezone", to: .string(zone == "UTC" ? "Z" : zone))
        }
        let instant = try fields.makeDateTime(now: EngineTransaction.now())
        return try count(instant, arguments.count > 1 ? arguments[1] : nil)
    }

    private static let convert = APOCFunctions.function(
        "apoc.date.convert", [.integer, .string, .string], to: .integer,
        "A number of one unit of time as one of another.",
        [FunctionExample("apoc.date.convert(48, 'h', 'd')", "2")]
    ) { arguments in
        guard let instant = try instant(arguments[0], arguments[1]) else { return .null }
        return try count(instant, arguments[2])
    }

    private static let toISO8601 = APOCFunctions.function(
        "apoc.date.toISO8601", [.integer, .string], optional: 1, to: .string,
        "A number of units since 1970 as ISO 8601 writes it.",
        [FunctionExample("apoc.date.toISO8601(0)", "'1970-01-01T00:00:00.000Z'")]
    ) { arguments in
        let unit = arguments.count > 1 ? arguments[1] : nil
        guard let instant = try instant(arguments[0], unit) else { return .null }
        return .string(
            try TemporalPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX").text(
                ofInstant: .dateTime(instant), typeName: "DateTime"))
    }

    private static let fromISO8601 = APOCFunctions.function(
        "apoc.date.fromISO8601", [.string], to: .integer,
        "Milliseconds since 1970 of a text in the form of ISO 8601.",
        [FunctionExample("apoc.date.fromISO8601('1970-01-01T00:00:01Z')", "1000")]
    ) { arguments in
        guard case .string(let text) = arguments[0] else { return .null }
        return try count(try DateTimeValue(parsing: text, defaultZone: .utc), nil)
    }

    private static let temporalFormat = APOCFunctions.function(
        "apoc.temporal.format", [.any, .string], to: .string,
        "A temporal value as text, by a pattern.",
        [FunctionExample("apoc.temporal.format(date('2026-01-02'), 'dd.MM.yyyy')", "'02.01.2026'")]
    ) { arguments in
        guard case .string(let text) = arguments[1] else { return .null }
        let pattern = try TemporalPattern(text)
        if case .duration(let duration) = arguments[0] {
            return .string(try pattern.text(of: duration))
        }
        return .string(try pattern.text(ofInstant: arguments[0], typeName: "value"))
    }
}
