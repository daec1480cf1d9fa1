// GraphExport: all nodes and relationships of one snapshot in a canonical order, numbered in it.
//
// Nodes come by their label sets (ordered by names), within one in the order of their ids;
// relationships by their types, within one in the order of their ids. A graph that is filled in
// this order has the same order, whatever its ids are, so that a dump of it is the same text.
// Numbers are 0, 1, 2, …: ids may have gaps, and mean nothing in another database.

import NenCore

/// A property as it is stored.
public typealias ExportedProperty = (key: String, value: Value)

/// Reads a snapshot for a dump.
public final class GraphExport {
    /// Where nodes of one label set lie.
    private enum Place {
        /// All rows of a chunk.
        case chunk(Int)
        /// One node of a chunk of several sets.
        case node(UInt32)
    }

    private let view: GraphView
    private let catalog: Catalog
    private let converter: ValueConverter
    private let token: CancellationToken
    /// Label sets with their labels, in order.
    private var sets: [(labels: [String], places: [Place])] = []
    /// Relationship types with their chunks, in order.
    private var types: [(name: String, chunks: [Int])] = []
    /// By id.
    private var numbers: [UInt32] = []
    /// Nodes of the snapshot.
    public private(set) var nodeCount = 0

    /// Finds the order; later calls read in it.
    public init(
        _ transaction: EngineTransaction, token: CancellationToken
    ) throws(NQLError) {
        view = transaction.view
        catalog = view.catalog
        converter = ValueConverter(view)
        self.token = token
        try orderNodes()
        try numberNodes()
        try orderRelationships()
    }

    /// Relationships of the snapshot.
    public var relationshipCount: UInt64 {
        view.statistics.relationshipsPerType.reduce(0, +)
    }

    private func checkInterrupt() throws(NQLError) {
        if token.isRaised {
            throw .runtime(.interrupted, "Cancelled", "The dump was cancelled.")
        }
        if let fault = view.fault { throw fault }
    }

    // MARK: Order

    private func orderNodes() throws(NQLError) {
        var places: [UInt32: [Place]] = [:]
        for chunk in 0..<view.nodeChunkCount {
            let set = view.chunkLabelSets[chunk]
            if set != .max {
                places[set, default: []].append(.chunk(chunk))
                continue
            }
            try forEachRow(chunk) { (handle, row, id) throws(NQLError) in
                places[handle.labelSet(row), default: []].append(.node(id))
            }
        }
        for (set, list) in places where Int(set) < catalog.labelSets.count {
            let labels = catalog.labelSets[Int(set)].map { catalog.labels[Int($0)] }
            sets.append((labels.sorted(by: GraphExport.precedes), list))
        }
        sets.sort {
            $0.labels.lexicographicallyPrecedes($1.labels, by: GraphExport.precedes)
        }
    }

    private func numberNodes() throws(NQLError) {
        numbers = Array(repeating: .max, count: view.nodeIDLimit)
        var count: UInt32 = 0
        for set in sets {
            for place in set.places {
                switch place {
                case .node(let id):
                    numbers[Int(id)] = count
                    count += 1
                case .chunk(let chunk):
                    try forEachRow(chunk) { (_, _, id) throws(NQLError) in
                        numbers[Int(id)] = count
                        count += 1
                    }
                }
            }
        }
        nodeCount = Int(count)
    }

    private func orderRelationships() throws(NQLError) {
        var chunks: [NameID: [Int]] = [:]
        let view = view
        for chunk in 0..<view.relationshipChunkCount {
            let type = try storage { try view.relationshipChunkType(chunk) }
            if type != .max { chunks[type, default: []].append(chunk) }
        }
        for (type, list) in chunks where Int(type) < catalog.types.count {
            types.append((catalog.types[Int(type)], list))
        }
        types.sort { GraphExport.precedes($0.name, $1.name) }
    }

    /// Names by their bytes: the same everywhere.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// The live rows of a node chunk.
    private func forEachRow(
        _ chunk: Int, _ body: (ChunkHandle, Int, UInt32) throws(NQLError) -> Void
    ) throws(NQLError) {
        try checkInterrupt()
        let view = view
        let handle = try storage { try view.nodeChunk(chunk) }
        for row in 0..<handle.rowCount where handle.isLive(row) {
            try body(handle, row, UInt32(truncatingIfNeeded: chunk << 11 | row))
        }
    }

    // MARK: Reading

    /// Every node with its number, its labels in order, and its properties in the order of their
    /// keys; the numbers ascend from 0.
    public func forEachNode(
        _ body: (_ number: Int, _ labels: [String], _ properties: [ExportedProperty]) throws -> Void
    ) throws {
        var number = 0
        for set in sets {
            for place in set.places {
                switch place {
                case .node(let id):
                    try body(number, set.labels, try nodeProperties(id))
                    number += 1
                case .chunk(let chunk):
                    try checkInterrupt()
                    let handle = try view.nodeChunk(chunk)
                    for row in 0..<handle.rowCount where handle.isLive(row) {
                        let id = UInt32(truncatingIfNeeded: chunk << 11 | row)
                        try body(number, set.labels, try nodeProperties(id))
                        number += 1
                    }
                }
            }
        }
    }

    /// Every relationship with its type and the numbers of its ends.
    public func forEachRelationship(
        _ body: (
            _ type: String, _ source: Int, _ target: Int, _ properties: [ExportedProperty]
        ) throws -> Void
    ) throws {
        for type in types {
            for chunk in type.chunks {
                try checkInterrupt()
                let handle = try view.relationshipChunk(chunk)
                guard let sources = handle.sources, let targets = handle.targets else { continue }
                for row in 0..<handle.rowCount where handle.isLive(row) {
                    let id = UInt32(truncatingIfNeeded: chunk << 11 | row)
                    try body(
                        type.name, try number(sources[row], of: id),
                        try number(targets[row], of: id), try relationshipProperties(id))
                }
            }
        }
    }

    private func number(_ node: UInt32, of relationship: UInt32) throws(NQLError) -> Int {
        if Int(node) < numbers.count, numbers[Int(node)] != .max {
            return Int(numbers[Int(node)])
        }
        throw .runtime(
            .corruption, nil,
            "relationship \(relationship) has an end, node \(node), that does not exist",
            hint: "`nql check` tells more")
    }

    private func nodeProperties(_ id: UInt32) throws -> [ExportedProperty] {
        var properties: [ExportedProperty] = []
        try view.forEachNodeProperty(id) { key, cell in
            properties.append((catalog.keys[Int(key)], try converter.value(cell)))
        }
        return sorted(properties)
    }

    private func relationshipProperties(_ id: UInt32) throws -> [ExportedProperty] {
        var properties: [ExportedProperty] = []
        try view.forEachRelationshipProperty(id) { key, cell in
            properties.append((catalog.keys[Int(key)], try converter.value(cell)))
        }
        return sorted(properties)
    }

    private func sorted(_ properties: [ExportedProperty]) -> [ExportedProperty] {
        if properties.count < 2 { return properties }
        return properties.sorted { GraphExport.precedes($0.key, $1.key) }
    }
}
