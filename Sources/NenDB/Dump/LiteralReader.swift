// LiteralReader: the value of an expression that is made of literals, as the rows of a dump are,
// without planning it.

import NQLSyntax
import NenCore

/// Evaluates literals.
enum LiteralReader {
    /// The value; nil for expressions that need evaluation.
    ///
    /// - Throws: `ArgumentError` for a call such as `date('x')` whose text is none of its type.
    static func value(_ expression: Expression) throws(NQLError) -> Value? {
        switch expression.kind {
        case .literal(let value): return value
        case .list(let items):
            var values: [Value] = []
            values.reserveCapacity(items.count)
            for item in items {
                guard let value = try value(item) else { return nil }
                values.append(value)
            }
            return .list(values)
        case .map(let entries):
            guard let entries = try self.entries(entries) else { return nil }
            return .map(Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
        case .unary(.minus, let operand):
            switch try value(operand) {
            case .integer(let number)? where number != .min: return .integer(-number)
            case .float(let number)?: return .float(-number)
            default: return nil
            }
        case .binary(.divide, let left, let right):
            guard case .float(let upper)? = try value(left),
                case .float(let lower)? = try value(right)
            else { return nil }
            return .float(upper / lower)
        case .call(let call): return try self.call(call)
        default: return nil
        }
    }

    /// The entries of a map in their order.
    static func entries(
        _ entries: [MapEntry]
    ) throws(NQLError) -> [(key: String, value: Value)]? {
        var result: [(key: String, value: Value)] = []
        result.reserveCapacity(entries.count)
        for entry in entries {
            guard let value = try value(entry.value) else { return nil }
            result.append((entry.key.text, value))
        }
        return result
    }

    private static func call(_ call: FunctionCall) throws(NQLError) -> Value? {
        guard !call.isDistinct, call.arguments.count == 1,
            let argument = try value(call.arguments[0])
        else { return nil }
        if case .map(let fields) = argument {
            guard call.name.text.lowercased() == "point" else { return nil }
            return try PointValue(fields: fields).map { .point($0) } ?? .null
        }
        guard case .string(let text) = argument else { return nil }
        switch call.name.text.lowercased() {
        case "date": return .date(try DateValue(parsing: text))
        case "localtime": return .localTime(try LocalTimeValue(parsing: text))
        case "time": return .time(try TimeValue(parsing: text, now: 0))
        case "localdatetime": return .localDateTime(try LocalDateTimeValue(parsing: text))
        case "datetime": return .dateTime(try DateTimeValue(parsing: text, defaultZone: .utc))
        case "duration": return .duration(try DurationValue(parsing: text))
        default: return nil
        }
    }
}
