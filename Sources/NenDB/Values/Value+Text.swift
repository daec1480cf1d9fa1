// Value+Text: values as people read them. `displayText` is a result cell: a string stands without
// quotes. `literalText` is NQL: it reads back as the same value, nodes, relationships and paths
// excepted, which look as in a pattern. Within a statement that was interrupted texts end early.

import NenCore

extension Value {
    /// The value as a result cell: strings bare, everything inside lists and maps as NQL.
    public var displayText: String {
        if case .string(let text) = self { return text }
        var text = ""
        writeDisplayText(to: &text)
        return text
    }

    /// Nanoseconds for one value, by and large.
    private static let workUnits = 50
    /// Nanoseconds for one character, by and large.
    private static let characterWorkUnits = 10

    /// The value as NQL text.
    public var literalText: String {
        var text = ""
        writeLiteralText(to: &text)
        return text
    }

    /// Writes the value as a result cell, piece by piece, so that a long list is never one text.
    public func writeDisplayText(to target: inout some TextOutputStream) {
        switch self {
        case .string(let text): target.write(text)
        case .date(let date): target.write(date.description)
        case .localTime(let time): target.write(time.description)
        case .time(let time): target.write(time.description)
        case .localDateTime(let dateTime): target.write(dateTime.description)
        case .dateTime(let dateTime): target.write(dateTime.description)
        case .duration(let duration): target.write(duration.description)
        default: writeLiteralText(to: &target)
        }
    }

    /// Writes the value as NQL text, piece by piece.
    public func writeLiteralText(to target: inout some TextOutputStream) {
        if Interruption.isOver(after: Value.workUnits) { return }
        switch self {
        case .null: target.write("null")
        case .boolean(let flag): target.write(flag ? "true" : "false")
        case .integer(let number): target.write(String(number))
        case .float(let number): target.write(Value.text(number))
        case .string(let text): Value.writeQuoted(text, to: &target)
        case .list(let elements):
            target.write("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { target.write(", ") }
                element.writeLiteralText(to: &target)
            }
            target.write("]")
        case .map(let map): Value.write(map, to: &target)
        case .date: target.write("date('\(displayText)')")
        case .localTime: target.write("localtime('\(displayText)')")
        case .time: target.write("time('\(displayText)')")
        case .localDateTime: target.write("localdatetime('\(displayText)')")
        case .dateTime: target.write("datetime('\(displayText)')")
        case .duration: target.write("duration('\(displayText)')")
        case .point(let point): target.write(point.description)
        case .node(let node): Value.write(node, to: &target)
        case .relationship(let relationship): Value.write(relationship, to: &target)
        case .path(let path): Value.write(path, to: &target)
        }
    }

    /// The shortest decimal that reads back as `number`.
    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    private static func write(_ map: [String: Value], to target: inout some TextOutputStream) {
        target.write("{")
        for (index, entry) in map.sorted(by: { $0.key < $1.key }).enumerated() {
            target.write((index > 0 ? ", " : "") + identifier(entry.key) + ": ")
            entry.value.writeLiteralText(to: &target)
        }
        target.write("}")
    }

    private static func write(_ node: NodeValue, to target: inout some TextOutputStream) {
        target.write("(" + node.labels.map { ":" + identifier($0) }.joined())
        if !node.properties.isEmpty {
            if !node.labels.isEmpty { target.write(" ") }
            write(node.properties, to: &target)
        }
        target.write(")")
    }

    private static func write(
        _ relationship: RelationshipValue, to target: inout some TextOutputStream
    ) {
        target.write("[:" + identifier(relationship.type))
        if !relationship.properties.isEmpty {
            target.write(" ")
            write(relationship.properties, to: &target)
        }
        target.write("]")
    }

    private static func write(_ path: PathValue, to target: inout some TextOutputStream) {
        write(path.nodes[0], to: &target)
        for (index, relationship) in path.relationships.enumerated() {
            let isForward = relationship.source == path.nodes[index].id
            target.write(isForward ? "-" : "<-")
            write(relationship, to: &target)
            target.write(isForward ? "->" : "-")
            write(path.nodes[index + 1], to: &target)
        }
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

    private static func writeQuoted(_ text: String, to target: inout some TextOutputStream) {
        target.write("'")
        var piece = ""
        for scalar in text.unicodeScalars {
            if Interruption.isOver(after: characterWorkUnits) { break }
            switch scalar {
            case "'": piece += "\\'"
            case "\\": piece += "\\\\"
            case "\n": piece += "\\n"
            case "\r": piece += "\\r"
            case "\t": piece += "\\t"
            default: piece.unicodeScalars.append(scalar)
            }
            if piece.utf8.count >= pieceByteCount {
                target.write(piece)
                piece.removeAll(keepingCapacity: true)
            }
        }
        target.write(piece)
        target.write("'")
    }

    /// Long strings are written in pieces of about this size.
    private static let pieceByteCount = 4_096
}
