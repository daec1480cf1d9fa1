// ExtremeStatements: every function of the registry, every operator, property of a temporal value,
// cast and slice, with the extremes of every type in every place. First a walk: each place of each
// signature takes each extreme while the others have a usual value of their type; then random
// combinations without end.

import NenDB

/// Makes statements with extreme values.
struct ExtremeStatements {
    /// Extremes by the names that signatures use.
    static let values: [String: [String]] = [
        "Integer": [
            "0", "1", "-1", "2", "9223372036854775807", "(-9223372036854775807 - 1)",
            "-9223372036854775807", "4294967296", "2147483647", "-2147483648", "1000000000000",
        ],
        "Float": [
            "0.0", "-0.0", "(0.0 / 0.0)", "(1.0 / 0.0)", "(-1.0 / 0.0)", "1.7976931348623157e308",
            "-1.7976931348623157e308", "5e-324", "1e300", "9.3e18", "-9.3e18", "0.5", "1e15",
        ],
        "String": [
            "''", "'a'", "'äöü€😀👩‍👩‍👧'", "'\\u0000'", "'e\\u0301\\u0301\\u0301'", "'  x  '", "'123'",
            "'1e400'", "'99999999999999999999'", "'-9223372036854775808'", "'P1Y'",
            "'+999999999-12-31'", "'[a-z'", "'(a+)+$'", "'ﬀﷺİß'", "'millennium'", "'weekYear'",
            "'week'", "'microsecond'", "'yyyy-MM-dd HH:mm:ss.SSSSSSSSS VV'", "'NFKD'", "'+18:00'",
            "reduce(s = 'ab', i IN range(1, 16) | s + s)",
        ],
        "Boolean": ["true", "false"],
        "Date": ["date('-999999999-01-01')", "date('+999999999-12-31')", "date('2024-02-29')"],
        "LocalDateTime": [
            "localdatetime('-999999999-01-01T00:00')",
            "localdatetime('+999999999-12-31T23:59:59.999999999')",
        ],
        "DateTime": [
            "datetime('-999999999-01-01T00:00+18:00')",
            "datetime('+999999999-12-31T23:59:59.999999999-18:00')",
            "datetime('2024-03-31T02:30[Europe/Stockholm]')", "datetime('+292278995-01-01T00:00Z')",
            "datetime('+999999999-12-31T00:00[Europe/Stockholm]')",
            "datetime('-999999999-01-02T00:00[America/New_York]')",
        ],
        "Time": ["time('00:00+18:00')", "time('23:59:59.999999999-18:00')"],
        "LocalTime": ["localtime('00:00')", "localtime('23:59:59.999999999')"],
        "Duration": [
            "duration({months: 9223372036854775807, days: 9223372036854775807, "
                + "seconds: 9223372036854775807})",
            "duration({months: -9223372036854775807, days: -9223372036854775807, "
                + "seconds: -9223372036854775807})",
            "duration({nanoseconds: -1})", "duration('P1Y2M3DT4H5.678S')",
            "duration({years: 768614336404564650})",
        ],
        "Point": [
            "point({x: 1e308, y: -1e308})", "point({longitude: 180, latitude: 90})",
            "point({longitude: -180, latitude: -90, height: 1e308})", "point({x: 0, y: 0, z: 0})",
            "point({x: 5e-324, y: -0.0})",
        ],
        "List": [
            "[]", "[1, 2, 3]", "[null]", "[[[]]]", "['a', 1, null, [1], {a: 1}]", "range(1, 1000)",
            "[9223372036854775807, 9223372036854775807]", "[1.7976931348623157e308, 1e308]",
            "reduce(l = [], i IN range(1, 400) | [l])",
        ],
        "Map": [
            "{}", "{a: 1}", "{a: null, b: [1, {c: 2}]}", "{year: 9223372036854775807}",
            "{epochSeconds: 9223372036854775807}", "{epochMillis: (-9223372036854775807 - 1)}",
            "{epochMillis: 9223372036854775807, nanosecond: 999999999}",
            "{years: 9223372036854775807}", "{days: 1e300}", "{x: 1e308, y: 1e308, crs: 'wgs-84'}",
            "{year: 999999999, week: 53, dayOfWeek: 7}",
            "{year: -999999999, week: 1, dayOfWeek: 1}", "{date: date('-999999999-01-01'), day: 5}",
            "{timezone: '+18:00'}",
        ],
        "Node": ["a", "b"], "Relationship": ["r"], "Path": ["p"],
    ]

    static let all: [String] = ["null"] + values.keys.sorted().flatMap { values[$0] ?? [] }
    private static let numbers = (values["Integer"] ?? []) + (values["Float"] ?? [])

    private static let operators = [
        "+", "-", "*", "/", "%", "^", "=", "<>", "<", "<=", ">", ">=", "IN", "STARTS WITH",
        "ENDS WITH", "CONTAINS", "=~", "||", "AND", "OR", "XOR",
    ]
    private static let components = [
        "year", "quarter", "month", "week", "weekYear", "day", "ordinalDay", "dayOfWeek",
        "dayOfQuarter", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond",
        "timezone", "offset", "offsetMinutes", "offsetSeconds", "epochSeconds", "epochMillis",
        "years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds",
        "milliseconds", "microseconds", "nanoseconds", "quartersOfYear", "monthsOfQuarter",
        "monthsOfYear", "daysOfWeek", "minutesOfHour", "secondsOfMinute", "millisecondsOfSecond",
        "microsecondsOfSecond", "nanosecondsOfSecond", "x", "y", "z", "longitude", "latitude",
        "height", "crs", "srid",
    ]
    private static let types = [
        "BOOLEAN", "INTEGER", "FLOAT", "STRING", "DATE", "LOCAL TIME", "ZONED TIME",
        "LOCAL DATETIME", "ZONED DATETIME", "DURATION", "POINT", "LIST<INTEGER>", "MAP", "NODE",
        "RELATIONSHIP", "PATH", "ANY", "INTEGER NOT NULL",
    ]

    /// A function's name and the types of its arguments, one for each of its signatures.
    struct Signature: Sendable {
        var name: String
        var arguments: [String]
    }

    /// The signatures of all functions, aggregates included, as `SHOW FUNCTIONS` has them.
    static func signatures() throws -> [Signature] {
        var result: [Signature] = []
        let rows = try Database.inMemory().query(
            "SHOW FUNCTIONS YIELD name, signatures RETURN name, signatures").rows()
        for row in rows {
            let name = try row.get("name", as: String.self)
            for text in try row.get("signatures", as: [String].self) {
                result.append(Signature(name: name, arguments: arguments(text)))
            }
        }
        return result
    }

    /// The types between the parentheses of `name(A, List<B>) :: C`.
    private static func arguments(_ signature: String) -> [String] {
        var arguments: [String] = []
        var depth = 0
        var current = ""
        for character in signature.drop(while: { $0 != "(" }).dropFirst() {
            if character == "<" { depth += 1 }
            if character == ">" { depth -= 1 }
            if character == ")", depth == 0 { break }
            if character == ",", depth == 0 {
                arguments.append(current)
                current = ""
            } else if character != " " {
                current.append(character)
            }
        }
        return current.isEmpty ? arguments : arguments + [current]
    }

    private static func candidates(_ type: String) -> [String] {
        let name = String(type.prefix { $0.isLetter })
        if name == "Number" { return numbers }
        return values[name] ?? all
    }

    /// Every place of every signature with every extreme.
    static func walk(_ signatures: [Signature]) -> [String] {
        var calls: [String] = []
        for signature in signatures {
            let usual = signature.arguments.map { candidates($0)[candidates($0).count / 2] }
            if usual.isEmpty { calls.append("\(signature.name)()") }
            for place in usual.indices {
                for extreme in all {
                    var arguments = usual
                    arguments[place] = extreme
                    calls.append("\(signature.name)(\(arguments.joined(separator: ", ")))")
                }
            }
        }
        for value in all {
            for component in components { calls.append("(\(value)).\(component)") }
            for type in types { calls.append("(\(value)) IS :: \(type)") }
            calls.append("-(\(value))")
        }
        for symbol in operators {
            for left in all { for right in all { calls.append("(\(left)) \(symbol) (\(right))") } }
        }
        return calls.map { "MATCH p = (a:A)-[r:R]->(b:B) RETURN \($0) AS c" }
    }

    private let signatures: [Signature]
    private var dice: SeededGenerator

    init(_ signatures: [Signature], seed: UInt64) {
        self.signatures = signatures
        dice = SeededGenerator(seed: seed)
    }

    private mutating func value() -> String { Self.all.randomElement(using: &dice) ?? "null" }

    private mutating func call() -> String {
        guard let signature = signatures.randomElement(using: &dice) else { return "null" }
        var arguments: [String] = []
        for type in signature.arguments {
            let typed = Self.candidates(type).randomElement(using: &dice) ?? "null"
            arguments.append(Int.random(in: 0 ..< 8, using: &dice) == 0 ? value() : typed)
        }
        if Int.random(in: 0 ..< 12, using: &dice) == 0 { arguments.append(value()) }
        return "\(signature.name)(\(arguments.joined(separator: ", ")))"
    }

    private mutating func expression() -> String {
        switch Int.random(in: 0 ..< 12, using: &dice) {
        case 0 ..< 6: return call()
        case 6, 7:
            let symbol = Self.operators.randomElement(using: &dice) ?? "+"
            return "((\(value())) \(symbol) (\(Bool.random(using: &dice) ? value() : call())))"
        case 8:
            return "(\(Bool.random(using: &dice) ? value() : call()))."
                + (Self.components.randomElement(using: &dice) ?? "year")
        case 9: return "(\(value()))[\(value())..\(value())]"
        case 10: return "reduce(q = \(value()), w IN \(value()) | q + w)"
        default: return "CASE \(value()) WHEN \(value()) THEN \(value()) ELSE \(call()) END"
        }
    }

    /// The next random statement.
    mutating func next() -> String {
        let head = "MATCH p = (a:A)-[r:R]->(b:B) "
        let one = expression()
        switch Int.random(in: 0 ..< 8, using: &dice) {
        case 0 ..< 3: return head + "RETURN \(one) AS c"
        case 3: return head + "UNWIND [\(value()), \(value()), 1] AS v RETURN \(one) AS c, v + v"
        case 4: return head + "WITH \(one) AS c RETURN c, collect(c), min(c), max(c), sum(c)"
        case 5:
            return head + "UNWIND \(value()) AS v RETURN sum(v), avg(v), stDev(v), "
                + "percentileCont(v, \(value())), percentileDisc(v, \(value()))"
        case 6:
            return head + "WITH \(value()) AS x, \(value()) AS y RETURN x < y, x = y "
                + "ORDER BY x SKIP \(value()) LIMIT \(value())"
        default: return head + "SET a.t = \(one) RETURN a.t"
        }
    }
}
