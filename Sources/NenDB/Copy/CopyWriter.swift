// CopyWriter: rows as CSV (RFC 4180), as a JSON array, or as a JSON object a line. Null is an empty
// field without quotes, so that COPY … FROM and LOAD CSV read it as null again; the elements of a
// list have the array delimiter between them, as COPY … FROM reads them.

import NenCore
import NenEngine

/// Text of one file, piece by piece.
struct CopyWriter {
    private let kind: CopyFileKind
    private let columns: [String]
    private let hasHeader: Bool
    private let delimiter: Character
    private let arrayDelimiter: Character
    private var rowCount = 0

    init(kind: CopyFileKind, _ format: CopyFormat, _ columns: [String]) throws {
        self.kind = kind
        self.columns = columns
        hasHeader = format.hasHeader
        delimiter = try CopyFormat.character(named: format.delimiter, option: "DELIMITER")
        arrayDelimiter = try CopyFormat.character(
            named: format.arrayDelimiter, option: "ARRAY_DELIMITER")
    }

    /// What stands before the rows.
    func head() throws -> String {
        guard kind == .csv else { return "" }
        guard delimiter != "\"", delimiter != "\n" else {
            throw NQLError.runtime(
                .argument, "InvalidDelimiter",
                "A quote and a line's end cannot be the DELIMITER.")
        }
        return hasHeader ? columns.map(field).joined(separator: String(delimiter)) + "\n" : ""
    }

    mutating func row(_ values: [Value]) throws -> String {
        defer { rowCount += 1 }
        switch kind {
        case .csv:
            return try values.map { $0 == .null ? "" : field(try text($0)) }
                .joined(separator: String(delimiter)) + "\n"
        case .jsonl: return object(values) + "\n"
        case .json: return (rowCount == 0 ? "[\n" : ",\n") + object(values)
        }
    }

    /// What stands behind the rows.
    func foot() -> String {
        guard kind == .json else { return "" }
        return rowCount == 0 ? "[]\n" : "\n]\n"
    }

    /// What a field holds: of a list of simple values the elements, else the value as it is shown.
    private func text(_ value: Value) throws -> String {
        guard case .list(let elements) = value else { return value.displayText }
        var parts: [String] = []
        for element in elements {
            switch element {
            case .null, .list, .map, .node, .relationship, .path: return value.displayText
            default: parts.append(element.displayText)
            }
        }
        if let part = parts.first(where: { $0.contains(arrayDelimiter) }) {
            throw NQLError.runtime(
                .argument, "InvalidDelimiter",
                "The element '\(part)' of a list contains '\(arrayDelimiter)', which stands "
                    + "between elements.", hint: "Choose another ARRAY_DELIMITER, or write JSON.")
        }
        return parts.joined(separator: String(arrayDelimiter))
    }

    private func field(_ text: String) -> String {
        let isPlain = !text.isEmpty
            && !text.unicodeScalars.contains {
                $0 == "\"" || $0 == "\n" || $0 == "\r"
                    || delimiter.unicodeScalars.first == $0
            }
        if isPlain { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    // MARK: JSON

    private func object(_ values: [Value]) -> String {
        let parts = zip(columns, values).map { "\(JSONText.quoted($0)): \(json($1))" }
        return "{" + parts.joined(separator: ", ") + "}"
    }

    private func json(_ value: Value) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .float(let number) where number.isFinite: return number.description
        case .string(let text): return JSONText.quoted(text)
        case .list(let items): return "[" + items.map(json).joined(separator: ", ") + "]"
        case .map(let map): return json(map)
        case .node(let node):
            let labels = node.labels.map { JSONText.quoted($0) }.joined(separator: ", ")
            return "{\"id\": \(node.id), \"labels\": [\(labels)], "
                + "\"properties\": \(json(node.properties))}"
        case .relationship(let one):
            return "{\"id\": \(one.id), \"type\": \(JSONText.quoted(one.type)), "
                + "\"source\": \(one.source), \"target\": \(one.target), "
                + "\"properties\": \(json(one.properties))}"
        case .path(let path):
            let nodes = path.nodes.map { json(.node($0)) }.joined(separator: ", ")
            let steps = path.relationships.map { json(.relationship($0)) }
            return "{\"nodes\": [\(nodes)], "
                + "\"relationships\": [\(steps.joined(separator: ", "))]}"
        default: return JSONText.quoted(value.displayText)
        }
    }

    private func json(_ map: [String: Value]) -> String {
        let parts = map.sorted { $0.key < $1.key }.map {
            "\(JSONText.quoted($0.key)): \(json($0.value))"
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
