// Value+Text: values as people read them. `displayText` is a result cell: a string stands without
// quotes. `literalText` is NQL: it reads back as the same value, nodes, relationships and paths
// excepted, which look as in a pattern. Within a statement that was interrupted texts end early.

import NenCore

extension Value {
    /// The value as a result cell: strings bare, everything inside lists and maps as NQL.
    public var displayText: String {
        switch self {
        case .string(let text): text
        case .date(let date): date.description
        case .localTime(let time): time.description
        case .time(let time): time.description
        case .localDateTime(let dateTime): dateTime.description
        case .dateTime(let dateTime): dateTime.description
        case .duration(let duration): duration.description
        case .point(let point): point.description
        case .float(let number): Value.text(number)
        default: literalText
        }
    }

    /// Nanoseconds for one value, by and large.
    private static let workUnits = 50
    /// Nanoseconds for one character, by and large.
    private static let characterWorkUnits = 10

    /// The value as NQL text.
    public var literalText: String {
        if Interruption.isOver(after: Value.workUnits) { return "" }
        return literalTextOfAll
    }

    private var literalTextOfAll: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .float(let number): Value.text(number)
        case .string(let text): Value.quoted(text)
        case .list(let elements):
            "[" + elements.map(\.literalText).joined(separator: ", ") + "]"
        case .map(let map): Value.mapText(map)
        case .date: "date('\(displayText)')"
        case .localTime: "localtime('\(displayText)')"
        case .time: "time('\(displayText)')"
        case .localDateTime: "localdatetime('\(displayText)')"
        case .dateTime: "datetime('\(displayText)')"
        case .duration: "duration('\(displayText)')"
        case .point(let point): point.description
        case .node(let node): Value.text(node)
        case .relationship(let relationship): Value.text(relationship)
        case .path(let path): Value.text(path)
        }
    }

    /// The shortest decimal that reads back as `number`.
    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    private static func mapText(_ map: [String: Value]) -> String {
        let entries = map.sorted { $0.key < $1.key }.map { key, value in
            "\(identifier(key)): \(value.literalText)"
        }
        return "{" + entries.joined(separator: ", ") + "}"
    }

    private static func text(_ node: NodeValue) -> String {
        var text = node.labels.map { ":" + identifier($0) }.joined()
        if !node.properties.isEmpty {
            if !text.isEmpty { text += " " }
            text += mapText(node.properties)
        }
        return "(" + text + ")"
    }

    private static func text(_ relationship: RelationshipValue) -> String {
        var text = ":" + identifier(relationship.type)
        if !relationship.properties.isEmpty { text += " " + mapText(relationship.properties) }
        return "[" + text + "]"
    }

    private static func text(_ path: PathValue) -> String {
        var result = text(path.nodes[0])
        for (index, relationship) in path.relationships.enumerated() {
            let isForward = relationship.source == path.nodes[index].id
            result += (isForward ? "-" : "<-") + text(relationship) + (isForward ? "->" : "-")
            result += text(path.nodes[index + 1])
        }
        return result
    }

    /// `name`, in backticks unless it is a plain identifier.
    static func identifier(_ name: String) -> String {
        let isPlain = name.unicodeScalars.enumerated().allSatisfy { index, scalar in
            let isLetter = scalar.properties.isAlphabetic || scalar == "_"
            return isLetter || (index > 0 && scalar.properties.numericType != nil)
        }
        if isPlain && !name.isEmpty { return name }
        return "`" + name.split(separator: "`", omittingEmptySubsequences: false)
            .joined(separator: "``") + "`"
    }

    private static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            if Interruption.isOver(after: characterWorkUnits) { break }
            switch scalar {
            case "'": result += "\\'"
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "'"
    }
}
