// DurationFunctions: `duration` from a text or map, the durations between two temporal values, and
// `timestamp`.

import NenCore

/// The functions that make durations.
enum DurationFunctions {
    static let definitions: [ScalarFunction] = [
        constructor, timestamp,
        between("duration.between", .all, "in months, days and seconds", "P2M7DT12H"),
        between("duration.inMonths", .months, "in whole months", "P2M"),
        between("duration.inDays", .days, "in whole days", "P67D"),
        between("duration.inSeconds", .seconds, "in seconds", "PT1620H"),
    ]

    static let constructor = ScalarFunction(
        "duration", [.any], to: .duration, mayFail: true,
        summary: "A Duration from a text as in ISO 8601 or a map of parts.",
        examples: [
            FunctionExample("toString(duration('P5M1.5D'))", "'P5M1DT12H'"),
            FunctionExample("toString(duration({days: 14, hours: 16}))", "'P14DT16H'"),
        ]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        let base = context.base
        switch cell.tag {
        case .duration: return cell
        case .string:
            return try context.builder.duration(
                try DurationValue(parsing: base.string(cell)))
        case .map:
            guard let value = try sum(cell, base) else { return .null }
            return try context.builder.duration(value)
        default:
            throw FunctionArgument.mismatch("duration", "a String or Map", cell)
        }
    }

    /// The sum of a map's parts; nil when one is null.
    private static func sum(_ map: Cell, _ base: HeapBase) throws(NQLError) -> DurationValue? {
        var sum = DurationSum()
        let cells = base.cells(map)
        for index in 0 ..< map.count {
            let name = base.string(cells[2 * index])
            guard let unit = DurationSum.Unit(rawValue: name.lowercased()) else {
                let names = DurationSum.Unit.allCases.map(\.rawValue)
                let near = NearMiss.suggestion(for: name, among: names)
                throw TemporalError.argument(
                    "A Duration has no part `\(name)`.",
                    hint: near.map { "Did you mean `\($0)`?" }
                        ?? "Its parts are \(names.joined(separator: ", ")).")
            }
            let value = cells[2 * index + 1]
            switch value.tag {
            case .null: return nil
            case .integer: sum.add(unit, value.integer)
            case .float: try sum.add(unit, value.float)
            default: throw TemporalError.argument("`\(name)` must be a number.")
            }
        }
        return try sum.value()
    }

    private static func between(
        _ name: String, _ span: DurationValue.Span, _ words: String, _ example: String
    ) -> ScalarFunction {
        ScalarFunction(
            name, [.any, .any], to: .duration,
            aliases: name == "duration.between" ? ["duration_between"] : [], mayFail: true,
            summary: "The Duration from one temporal value to another, \(words).",
            examples: [
                FunctionExample(
                    "toString(\(name)(date('2024-01-10'), localdatetime('2024-03-17T12:00')))",
                    "'\(example)'")
            ]
        ) { context, arguments throws(NQLError) in
            let start = try TemporalArgument.instant(
                arguments[0], context.base, "duration.between")
            let end = try TemporalArgument.instant(
                arguments[1], context.base, "duration.between")
            return try context.builder.duration(
                try DurationValue.between(start, end, in: span))
        }
    }

    static let timestamp = ScalarFunction(
        "timestamp", [FunctionOverload([], result: .integer)], dependsOnClock: true,
        summary: "Milliseconds from the start of 1970 (UTC) to the statement's start.",
        examples: [FunctionExample("timestamp() = datetime().epochMillis", "true")]
    ) { context, _ throws(NQLError) in
        let now = context.statementTime
        return Cell(integer: now.epochSeconds * 1_000 + Int64(now.nanosecond) / 1_000_000)
    }
}
