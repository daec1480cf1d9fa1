// ValueDecoder: cells as values for results. Entities become what they are in the given view: names
// instead of numbers, with all properties. An entity that was deleted in the statement appears
// without labels and properties.

import NenCore

/// Turns cells into values.
struct ValueDecoder {
    private let access: EntityAccess
    private let base: HeapBase
    /// Nanoseconds of making a value, by and large.
    private static let workUnits = 30

    init(_ graph: GraphView) {
        access = EntityAccess(graph)
        base = graph.base
    }

    /// The value of a cell.
    ///
    /// - Throws: what reading the graph throws; when a time zone's rules are missing.
    func value(_ cell: Cell) throws(NQLError) -> Value {
        try Interruption.spend(ValueDecoder.workUnits)
        switch cell.tag {
        case .null: return .null
        case .boolean: return .boolean(cell.boolean)
        case .integer: return .integer(cell.integer)
        case .float: return .float(cell.float)
        case .string: return .string(base.string(cell))
        case .list:
            let cells = base.cells(cell)
            var elements: [Value] = []
            elements.reserveCapacity(cell.count)
            for index in 0 ..< cell.count { elements.append(try value(cells[index])) }
            return .list(elements)
        case .map:
            let cells = base.cells(cell)
            var entries: [String: Value] = [:]
            entries.reserveCapacity(cell.count)
            for index in 0 ..< cell.count {
                entries[base.string(cells[2 * index])] = try value(cells[2 * index + 1])
            }
            return .map(entries)
        case .date: return .date(base.date(cell))
        case .localTime: return .localTime(base.localTime(cell))
        case .time: return .time(base.time(cell))
        case .localDateTime: return .localDateTime(base.localDateTime(cell))
        case .dateTime: return .dateTime(try base.dateTime(cell))
        case .duration: return .duration(base.duration(cell))
        case .node: return .node(try node(cell.entity))
        case .relationship: return .relationship(try relationship(cell.entity))
        case .path: return .path(try path(cell))
        case .point: return .point(try base.point(cell))
        }
    }

    /// A node with its labels and properties.
    func node(_ id: UInt32) throws(NQLError) -> NodeValue {
        guard try access.nodeExists(id) else {
            return NodeValue(id: id, labels: [], properties: [:])
        }
        var labels: [String] = []
        for label in try access.labels(ofNode: id) {
            labels.append(try access.labelName(label))
        }
        return NodeValue(
            id: id, labels: labels.sorted(), properties: try properties(of: Cell(node: id)))
    }

    /// A relationship with its type, ends and properties.
    func relationship(_ id: UInt32) throws(NQLError) -> RelationshipValue {
        let ends = try access.ends(of: id)
        let isThere = try access.relationshipExists(id)
        return RelationshipValue(
            id: id, type: try access.typeName(of: id), source: ends.source,
            target: ends.target,
            properties: isThere ? try properties(of: Cell(relationship: id)) : [:])
    }

    private func path(_ cell: Cell) throws(NQLError) -> PathValue {
        let elements = base.pathElements(cell)
        var nodes = [try node(elements[0])]
        var relationships: [RelationshipValue] = []
        for index in 0 ..< cell.count {
            relationships.append(try relationship(elements[2 * index + 1]))
            nodes.append(try node(elements[2 * index + 2]))
        }
        return PathValue(nodes: nodes, relationships: relationships)
    }

    private func properties(of entity: Cell) throws(NQLError) -> [String: Value] {
        var values: [String: Value] = [:]
        for property in try access.properties(of: entity) {
            values[try access.keyName(property.key)] = try value(property.value)
        }
        return values
    }
}
