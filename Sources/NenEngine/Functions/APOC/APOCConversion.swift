// APOCConversion: `apoc.convert.…`, `apoc.json.…`, `apoc.meta.…` of single values.

import NenCore

/// Conversions under APOC's names.
enum APOCConversion {
    static let definitions: [ScalarFunction] = [toJSON, fromJSONMap, fromJSONList]

    static let written: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.convert.toMap", ["x": .any], to: .map, "properties(x)",
            "The properties of a node, relationship or map.",
            [FunctionExample("apoc.convert.toMap({a: 1})", "{a: 1}")]),
        APOCFunctions.written(
            "apoc.convert.toString", ["x": .any], to: .string, "toStringOrNull(x)",
            "The value as text; null where it has none.",
            [FunctionExample("apoc.convert.toString(7)", "'7'")]),
        APOCFunctions.written(
            "apoc.convert.toInteger", ["x": .any], to: .integer, "toIntegerOrNull(x)",
            "The value as an integer; null where it is none.",
            [FunctionExample("apoc.convert.toInteger('7')", "7")]),
        APOCFunctions.written(
            "apoc.convert.toFloat", ["x": .any], to: .float, "toFloatOrNull(x)",
            "The value as a float; null where it is none.",
            [FunctionExample("apoc.convert.toFloat('7.5')", "7.5")]),
        APOCFunctions.written(
            "apoc.convert.toBoolean", ["x": .any], to: .boolean, "toBooleanOrNull(x)",
            "The value as a boolean; null where it is none.",
            [FunctionExample("apoc.convert.toBoolean('true')", "true")]),
        APOCFunctions.written(
            "apoc.convert.toList", ["x": .any], to: .list(.any), "coll.flatten([x])",
            "A list itself; any other value as the only one of a list.",
            [FunctionExample("apoc.convert.toList(7)", "[7]")]),
        APOCFunctions.written(
            "apoc.convert.toSet", ["x": .list(.any)], to: .list(.any), "coll.distinct(x)",
            "The list without repetitions.",
            [FunctionExample("apoc.convert.toSet([1, 1])", "[1]")]),
        APOCFunctions.written(
            "apoc.convert.getJsonProperty", ["n": .any, "k": .string], to: .any,
            "apoc.convert.fromJsonMap(n[k])", "The map that a property holds as JSON.",
            [
                FunctionExample(
                    query: "CREATE (n {j: '{\"a\": 1}'}) "
                        + "RETURN apoc.convert.getJsonProperty(n, 'j')", "{a: 1}"),
            ]),
        APOCFunctions.written(
            "apoc.convert.getJsonPropertyMap", ["n": .any, "k": .string], to: .map,
            "apoc.convert.fromJsonMap(n[k])", "The map that a property holds as JSON.",
            [
                FunctionExample(
                    query: "CREATE (n {j: '{\"a\": 1}'}) "
                        + "RETURN apoc.convert.getJsonPropertyMap(n, 'j')", "{a: 1}"),
            ]),
        APOCFunctions.written(
            "apoc.meta.cypher.type", ["x": .any], to: .string,
            "split(valueType(x), ' NOT NULL')[0]",
            "The type of a value, as the language names it.",
            [FunctionExample("apoc.meta.cypher.type(7)", "'INTEGER'")]),
        APOCFunctions.written(
            "apoc.meta.type", ["x": .any], to: .string, "split(valueType(x), ' NOT NULL')[0]",
            "The type of a value, as the language names it.",
            [FunctionExample("apoc.meta.type('a')", "'STRING'")]),
        APOCFunctions.written(
            "apoc.meta.cypher.types", ["m": .any], to: .map,
            "apoc.map.fromPairs([k IN keys(m) | [k, split(valueType(m[k]), ' NOT NULL')[0]]])",
            "The types of the values of a map, node or relationship.",
            [FunctionExample("apoc.meta.cypher.types({a: 1})", "{a: 'INTEGER'}")]),
    ]

    private static let toJSON = APOCFunctions.function(
        "apoc.convert.toJson", [.any], to: .string, nulls: .custom,
        "The value as JSON; nodes and relationships as objects of id, labels or type, and "
            + "properties.",
        [FunctionExample("apoc.convert.toJson({a: [1, null]})", "'{\"a\":[1,null]}'")]
    ) { arguments in
        var text = ""
        try write(arguments[0], &text)
        return .string(text)
    }

    private static let fromJSONMap = APOCFunctions.function(
        "apoc.convert.fromJsonMap", [.string], to: .map,
        "The map that a JSON object stands for.",
        [FunctionExample("apoc.convert.fromJsonMap('{\"a\": [1, 2.5]}')", "{a: [1, 2.5]}")]
    ) { arguments in
        let value = try parsed(arguments[0])
        if case .map = value { return value }
        if value == .null { return .null }
        throw notJSON("an object")
    }

    private static let fromJSONList = APOCFunctions.function(
        "apoc.convert.fromJsonList", [.string], to: .list(.any),
        "The list that a JSON array stands for.",
        [FunctionExample("apoc.convert.fromJsonList('[1, \"a\"]')", "[1, 'a']")]
    ) { arguments in
        let value = try parsed(arguments[0])
        if case .list = value { return value }
        if value == .null { return .null }
        throw notJSON("an array")
    }

    private static func notJSON(_ what: String) -> NQLError {
        .runtime(.argument, "InvalidArgumentValue", "The text is not \(what) of JSON.")
    }

    private static func parsed(_ argument: Value) throws -> Value {
        guard case .string(let text) = argument else { return .null }
        do {
            return value(try JSONReader.read(text))
        } catch let error as JSONError {
            throw NQLError.runtime(
                .argument, "InvalidArgumentValue", "The text is no JSON: \(error).")
        }
    }

    /// What JSON stands for: whole numbers that fit are integers.
    private static func value(_ json: JSONValue) -> Value {
        switch json {
        case .null: return .null
        case .boolean(let truth): return .boolean(truth)
        case .number(let text):
            if let integer = Int64(text) { return .integer(integer) }
            return .float(Double(text) ?? .nan)
        case .string(let text): return .string(text)
        case .array(let elements): return .list(elements.map(value))
        case .object(let members):
            var map: [String: Value] = [:]
            for member in members { map[member.name] = value(member.value) }
            return .map(map)
        }
    }

    /// A value within a text: strings without quotes.
    static func text(_ value: Value) -> String {
        if case .string(let text) = value { return text }
        var text = ""
        do {
            try write(value, &text)
        } catch {
            return "null"
        }
        return text
    }

    private static func write(_ value: Value, _ text: inout String) throws(NQLError) {
        try Interruption.spend(100)
        switch value {
        case .null: text += "null"
        case .boolean(let truth): text += truth ? "true" : "false"
        case .integer(let number): text += "\(number)"
        case .float(let number): text += number.isFinite ? "\(number)" : "null"
        case .string(let string): text += JSONText.quoted(string)
        case .list(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                try write(item, &text)
            }
            text += "]"
        case .map(let entries): try write(entries, &text)
        case .node(let node):
            var entries: [String: Value] = [
                "id": .string("\(node.id)"), "type": .string("node"),
                "labels": .list(node.labels.map { .string($0) }),
            ]
            if !node.properties.isEmpty { entries["properties"] = .map(node.properties) }
            try write(entries, &text)
        case .relationship(let one):
            var entries: [String: Value] = [
                "id": .string("\(one.id)"), "type": .string("relationship"),
                "label": .string(one.type), "start": .string("\(one.source)"),
                "end": .string("\(one.target)"),
            ]
            if !one.properties.isEmpty { entries["properties"] = .map(one.properties) }
            try write(entries, &text)
        case .path(let path):
            var items: [Value] = []
            for (index, node) in path.nodes.enumerated() {
                items.append(.node(node))
                if index < path.relationships.count {
                    items.append(.relationship(path.relationships[index]))
                }
            }
            try write(.list(items), &text)
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration, .point:
            text += JSONText.quoted(APOCTime.text(value))
        }
    }

    private static func write(
        _ entries: [String: Value], _ text: inout String
    ) throws(NQLError) {
        text += "{"
        var isFirst = true
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            if !isFirst { text += "," }
            isFirst = false
            text += JSONText.quoted(key) + ":"
            try write(value, &text)
        }
        text += "}"
    }
}
