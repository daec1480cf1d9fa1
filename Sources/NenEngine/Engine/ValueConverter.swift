// ValueConverter: cells → values at the edge of the engine. Nodes and relationships come with
// labels and properties as the view shows them; one that the statement deleted keeps its identity
// only.

import NenCore

/// Converts cells of one view.
struct ValueConverter {
    let graph: GraphView
    let catalog: Catalog
    private let base: HeapBase
    /// Counts what is made; nil where others bound it.
    private let meter: ValueMeter?
    /// Nanoseconds of making a value, by and large.
    private static let workUnits = 30

    init(_ graph: GraphView, _ meter: ValueMeter? = nil) {
        self.graph = graph
        self.meter = meter
        catalog = graph.catalog
        base = graph.base
    }

    /// The value of a cell.
    func value(_ cell: Cell) throws(NQLError) -> Value {
        try Interruption.spend(ValueConverter.workUnits)
        switch cell.tag {
        case .null: return .null
        case .boolean: return .boolean(cell.boolean)
        case .integer: return .integer(cell.integer)
        case .float: return .float(cell.float)
        case .string:
            if cell.byteCount > 15 { try meter?.add(ValueBytes.string(cell.byteCount)) }
            return .string(base.string(cell))
        case .list:
            try meter?.add(ValueBytes.list(cell.count))
            let items = base.cells(cell)
            var values: [Value] = []
            values.reserveCapacity(cell.count)
            for index in 0 ..< cell.count { values.append(try value(items[index])) }
            return .list(values)
        case .map:
            try meter?.add(ValueBytes.map(cell.count))
            let items = base.cells(cell)
            var entries: [String: Value] = [:]
            for index in 0 ..< cell.count {
                entries[base.string(items[2 * index])] = try value(items[2 * index + 1])
            }
            return .map(entries)
        case .node: return .node(try node(cell.entity))
        case .relationship: return .relationship(try relationship(cell.entity))
        case .path: return .path(try path(cell))
        case .point: return .point(try base.point(cell))
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration:
            return try base.temporal(cell) ?? .null
        }
    }

    /// A node with its labels in the order of their names.
    func node(_ id: UInt32) throws(NQLError) -> NodeValue {
        let graph = graph
        guard try storage({ try graph.nodeExists(id) }) else {
            return NodeValue(id: id, labels: [], properties: [:])
        }
        let set = Int(try storage { try graph.labelSet(ofNode: id) })
        let numbers = set < catalog.labelSets.count ? catalog.labelSets[set] : []
        try meter?.add(ValueBytes.node(labels: numbers.count))
        let labels = numbers.map { catalog.labels[Int($0)] }.sorted()
        var cells: [(NameID, Cell)] = []
        try storage { try graph.forEachNodeProperty(id) { cells.append(($0, $1)) } }
        return NodeValue(id: id, labels: labels, properties: try properties(cells))
    }

    func relationship(_ id: UInt32) throws(NQLError) -> RelationshipValue {
        let graph = graph
        try meter?.add(ValueBytes.relationship)
        let ends = try storage { try graph.endpoints(ofRelationship: id) }
        var cells: [(NameID, Cell)] = []
        if try storage({ try graph.relationshipExists(id) }) {
            try storage { try graph.forEachRelationshipProperty(id) { cells.append(($0, $1)) } }
        }
        return RelationshipValue(
            id: id, type: catalog.types[Int(ends.type)], source: ends.source,
            target: ends.target, properties: try properties(cells))
    }

    private func properties(
        _ cells: [(NameID, Cell)]
    ) throws(NQLError) -> [String: Value] {
        try meter?.add(ValueBytes.map(cells.count))
        var result: [String: Value] = [:]
        for (key, cell) in cells { result[catalog.keys[Int(key)]] = try value(cell) }
        return result
    }

    private func path(_ cell: Cell) throws(NQLError) -> PathValue {
        let numbers = base.pathElements(cell)
        var nodes: [NodeValue] = []
        var relationships: [RelationshipValue] = []
        for index in 0 ... cell.count { nodes.append(try node(numbers[2 * index])) }
        for index in 0 ..< cell.count {
            relationships.append(try relationship(numbers[2 * index + 1]))
        }
        return PathValue(nodes: nodes, relationships: relationships)
    }

    /// Whether the value shows the graph's content: it then depends on when it is made.
    func showsGraph(_ cell: Cell) -> Bool {
        switch cell.tag {
        case .node, .relationship, .path: return true
        case .list, .map:
            let items = base.cells(cell)
            let count = cell.tag == .map ? 2 * cell.count : cell.count
            for index in 0 ..< count where showsGraph(items[index]) { return true }
            return false
        default: return false
        }
    }
}
