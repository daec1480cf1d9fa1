// JSONResultWriter: results as plain JSON, one object for each row: as one array (`json`) or one
// object a line (`jsonl`). Temporal values become ISO 8601 strings; nodes, relationships and paths
// become objects with their identity, points objects with SRID and coordinates. Numbers JSON cannot
// write (NaN, infinities) become strings.

import NenDB

/// Prints a result as JSON objects.
final class JSONResultWriter: ResultWriter {
    private let output: StandardStream
    private let isArray: Bool
    private var columns: [String] = []
    private var rowCount = 0
    private var writer: JSONWriter

    init(_ output: StandardStream, isArray: Bool) {
        self.output = output
        writer = JSONWriter(output: output)
        self.isArray = isArray
    }

    func begin(columns: [String]) throws {
        self.columns = columns
        if isArray && !columns.isEmpty { try output.write("[") }
    }

    func row(_ values: [Value]) throws {
        if isArray { try output.write(rowCount == 0 ? "\n" : ",\n") }
        rowCount += 1
        writer.object(zip(columns, values).lazy.map { (key: $0, value: $1) }) {
            JSONResultWriter.write($1, to: &$0)
        }
        if !isArray { writer.raw("\n") }
        try writer.finish()
    }

    func end(leftOut: Int) throws {
        if isArray && !columns.isEmpty { try output.line(rowCount == 0 ? "]" : "\n]") }
    }

    /// Appends `value` as plain JSON.
    static func write(_ value: Value, to writer: inout JSONWriter) {
        switch value {
        case .null: writer.raw("null")
        case .boolean(let value): writer.raw(value ? "true" : "false")
        case .integer(let value): writer.raw(String(value))
        case .float(let number):
            if number.isFinite { writer.raw(number.description) } else {
                writer.string(value.displayText)
            }
        case .string(let text): writer.string(text)
        case .list(let elements): writer.array(elements) { write($1, to: &$0) }
        case .map(let map): writer.object(sorted(map)) { write($1, to: &$0) }
        case .node(let node): write(node, to: &writer)
        case .relationship(let relationship): write(relationship, to: &writer)
        case .path(let path):
            writer.raw("{\"nodes\":")
            writer.array(path.nodes) { write($1, to: &$0) }
            writer.raw(",\"relationships\":")
            writer.array(path.relationships) { write($1, to: &$0) }
            writer.raw("}")
        case .point(let point): write(point, to: &writer)
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration:
            writer.string(value.displayText)
        }
    }

    private static func write(_ point: PointValue, to writer: inout JSONWriter) {
        writer.raw("{\"srid\":\(point.system.rawValue),\"x\":\(point.x),\"y\":\(point.y)")
        if point.system.dimensionCount == 3 { writer.raw(",\"z\":\(point.z)") }
        writer.raw("}")
    }

    /// A map's entries in the order of their keys.
    static func sorted(_ map: [String: Value]) -> [(key: String, value: Value)] {
        map.sorted { $0.key < $1.key }
    }

    private static func write(_ node: NodeValue, to writer: inout JSONWriter) {
        writer.raw("{\"id\":\(node.id),\"labels\":")
        writer.array(node.labels) { $0.string($1) }
        writer.raw(",\"properties\":")
        writer.object(sorted(node.properties)) { write($1, to: &$0) }
        writer.raw("}")
    }

    private static func write(
        _ relationship: RelationshipValue, to writer: inout JSONWriter
    ) {
        writer.raw("{\"id\":\(relationship.id),\"type\":")
        writer.string(relationship.type)
        writer.raw(",\"source\":\(relationship.source),\"target\":\(relationship.target)")
        writer.raw(",\"properties\":")
        writer.object(sorted(relationship.properties)) { write($1, to: &$0) }
        writer.raw("}")
    }
}
