// NamedParameter: `--param name=value`. A value that is JSON is that value (numbers, true, false,
// null, quoted strings, lists, maps); any other text is a string as it stands.

import ArgumentParser
import NenDB

/// A query parameter from the command line.
struct NamedParameter: ExpressibleByArgument {
    var name: String
    var value: Value

    init?(argument: String) {
        guard let split = argument.firstIndex(of: "="), split > argument.startIndex else {
            return nil
        }
        name = String(argument[..<split])
        if name.hasPrefix("$") { name.removeFirst() }
        let text = String(argument[argument.index(after: split)...])
        let json = try? JSONReader.read(text)
        value = json.flatMap(NamedParameter.value) ?? .string(text)
    }

    /// The NQL value of a JSON value; nil when a number does not fit.
    static func value(_ json: JSONValue) -> Value? {
        switch json {
        case .null: return .null
        case .boolean(let flag): return .boolean(flag)
        case .string(let text): return .string(text)
        case .number(let text):
            if let integer = Int64(text) { return .integer(integer) }
            guard let number = Double(text), number.isFinite else { return nil }
            return .float(number)
        case .array(let elements):
            var values: [Value] = []
            for element in elements {
                guard let value = value(element) else { return nil }
                values.append(value)
            }
            return .list(values)
        case .object(let members):
            var map: [String: Value] = [:]
            for member in members {
                guard let value = value(member.value) else { return nil }
                map[member.name] = value
            }
            return .map(map)
        }
    }
}
