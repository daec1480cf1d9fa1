// TypedValue: `Value` to and from the typed JSON of `--json-lines`: every value is an object of
// `$type` and `_value`, as in Neo4j's Query API (`application/vnd.neo4j.query`).

import NenDB

/// The wire form of values.
enum TypedValue {
    /// Appends `value` in its wire form.
    static func write(_ value: Value, to writer: inout JSONWriter) {
        switch value {
        case .null: writer.raw("{\"$type\":\"Null\",\"_value\":null}")
        case .boolean(let flag):
            writer.raw("{\"$type\":\"Boolean\",\"_value\":\(flag ? "true" : "false")}")
        case .integer(let number): text("Integer", String(number), &writer)
        case .float: text("Float", value.displayText, &writer)
        case .string(let string): text("String", string, &writer)
        case .list(let elements):
            open("List", &writer)
            writer.array(elements) { write($1, to: &$0) }
            writer.raw("}")
        case .map(let map):
            open("Map", &writer)
            writer.object(JSONResultWriter.sorted(map)) { write($1, to: &$0) }
            writer.raw("}")
        case .date: text("Date", value.displayText, &writer)
        case .localTime: text("LocalTime", value.displayText, &writer)
        case .time: text("Time", value.displayText, &writer)
        case .localDateTime: text("LocalDateTime", value.displayText, &writer)
        case .dateTime(let instant):
            let type = instant.zoneName == nil ? "OffsetDateTime" : "ZonedDateTime"
            text(type, value.displayText, &writer)
        case .duration: text("Duration", value.displayText, &writer)
        case .point(let point):
            let coordinates = point.coordinates.map { "\($0)" }.joined(separator: " ")
            let letter = point.system.dimensionCount == 3 ? " Z" : ""
            text("Point", "SRID=\(point.system.rawValue);POINT\(letter) (\(coordinates))", &writer)
        case .node(let node): write(node, to: &writer)
        case .relationship(let relationship): write(relationship, to: &writer)
        case .path(let path): write(path, to: &writer)
        }
    }

    private static func open(_ type: String, _ writer: inout JSONWriter) {
        writer.raw("{\"$type\":\"")
        writer.raw(type)
        writer.raw("\",\"_value\":")
    }

    private static func text(_ type: String, _ text: String, _ writer: inout JSONWriter) {
        open(type, &writer)
        writer.string(text)
        writer.raw("}")
    }

    private static func properties(
        _ properties: [String: Value], _ writer: inout JSONWriter
    ) {
        writer.raw(",\"_properties\":")
        let present = properties.filter { $0.value != .null }
        writer.object(JSONResultWriter.sorted(present)) { write($1, to: &$0) }
        writer.raw("}}")
    }

    private static func write(_ node: NodeValue, to writer: inout JSONWriter) {
        open("Node", &writer)
        writer.raw("{\"_element_id\":\"n\(node.id)\",\"_labels\":")
        writer.array(node.labels) { $0.string($1) }
        properties(node.properties, &writer)
    }

    private static func write(
        _ relationship: RelationshipValue, to writer: inout JSONWriter
    ) {
        open("Relationship", &writer)
        writer.raw("{\"_element_id\":\"r\(relationship.id)\"")
        writer.raw(",\"_start_node_element_id\":\"n\(relationship.source)\"")
        writer.raw(",\"_end_node_element_id\":\"n\(relationship.target)\",\"_type\":")
        writer.string(relationship.type)
        properties(relationship.properties, &writer)
    }

    private static func write(_ path: PathValue, to writer: inout JSONWriter) {
        open("Path", &writer)
        writer.array(path.nodes.indices) { writer, index in
            write(path.nodes[index], to: &writer)
            if index < path.relationships.count {
                writer.raw(",")
                write(path.relationships[index], to: &writer)
            }
        }
        writer.raw("}")
    }

    /// The value that a wire form, or plain JSON, stands for: an object with `$type` is a wire
    /// form.
    ///
    /// - Throws: `ProtocolViolation` for what is neither, and for entities, which no parameter is.
    static func read(_ json: JSONValue) throws -> Value {
        switch json {
        case .object(let members):
            guard members.contains(where: { $0.name == "$type" }) else { return try map(members) }
            guard let type = json["$type"]?.text, let payload = json["_value"] else {
                throw ProtocolViolation("a value needs `$type` and `_value`")
            }
            return try read(type, payload)
        case .array(let elements): return .list(try elements.map(read))
        default:
            guard let value = NamedParameter.value(json) else {
                throw ProtocolViolation("a number is too large for a Float")
            }
            return value
        }
    }

    private static func map(_ members: [JSONMember]) throws -> Value {
        var map: [String: Value] = [:]
        for member in members { map[member.name] = try read(member.value) }
        return .map(map)
    }

    /// The value of a type with this payload.
    static func read(_ type: String, _ payload: JSONValue) throws -> Value {
        switch (type, payload) {
        case ("Null", .null): return .null
        case ("Boolean", .boolean(let flag)): return .boolean(flag)
        case ("Integer", .string(let text)), ("Integer", .number(let text)):
            guard let number = Int64(text) else {
                throw ProtocolViolation("`\(text)` is no 64-bit integer")
            }
            return .integer(number)
        case ("Float", .string(let text)), ("Float", .number(let text)):
            guard let number = Double(text) else {
                throw ProtocolViolation("`\(text)` is no float")
            }
            return .float(number)
        case ("String", .string(let text)): return .string(text)
        case ("List", .array(let elements)): return .list(try elements.map(read))
        case ("Map", .object(let members)): return try map(members)
        case (_, .string(let text)):
            if let value = try temporal(type, text) { return value }
            fallthrough
        default:
            throw ProtocolViolation("a parameter of type `\(type)` cannot be read")
        }
    }

    /// Values whose payload is a text in a form of their own; nil for other types.
    ///
    /// - Throws: `NQLError` for a text of another form.
    private static func temporal(_ type: String, _ text: String) throws(NQLError) -> Value? {
        switch type {
        case "Date": .date(try DateValue(parsing: text))
        case "LocalTime": .localTime(try LocalTimeValue(parsing: text))
        case "Time": .time(try TimeValue(parsing: text, now: 0))
        case "LocalDateTime": .localDateTime(try LocalDateTimeValue(parsing: text))
        case "OffsetDateTime", "ZonedDateTime":
            .dateTime(try DateTimeValue(parsing: text, defaultZone: .utc))
        case "Duration": .duration(try DurationValue(parsing: text))
        case "Point": try point(text).map { .point($0) }
        default: nil
        }
    }

    /// Reads `SRID=7203;POINT (1.0 2.0)`; nil for a text of another form.
    private static func point(_ text: String) throws(NQLError) -> PointValue? {
        let parts = text.split { " =;()".contains($0) }
        guard parts.count > 3, parts[0] == "SRID", parts[2] == "POINT",
            let system = UInt32(parts[1]).flatMap(CoordinateSystem.init(rawValue:)),
            case let numbers = parts.dropFirst(parts[3] == "Z" ? 4 : 3).compactMap({ Double($0) }),
            numbers.count == system.dimensionCount
        else { return nil }
        return try PointValue(
            system: system, x: numbers[0], y: numbers[1],
            z: system.dimensionCount == 3 ? numbers[2] : 0)
    }
}

/// A request that is not as the protocol says.
struct ProtocolViolation: Error {
    var message: String
    init(_ message: String) { self.message = message }
}
