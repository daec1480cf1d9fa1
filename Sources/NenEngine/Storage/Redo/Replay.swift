// Replay: applies logged operations to a transaction. What the log says is checked against the
// graph before it is applied, so that a log that does not fit is reported and nothing traps.

import NenCore

/// Reads the operations of one log group.
struct Replay {
    private var reader: ByteReader
    private let transaction: WriteTransaction
    private var properties: [(NameID, Cell)] = []

    init(_ payload: UnsafeRawBufferPointer, into transaction: WriteTransaction) {
        reader = ByteReader(payload, place: "log")
        self.transaction = transaction
    }

    /// Applies all operations.
    mutating func run() throws {
        while !reader.isAtEnd {
            guard let code = RedoCode(rawValue: try reader.byte()) else {
                throw reader.damage("has an unknown operation")
            }
            try apply(code)
        }
    }

    private mutating func apply(_ code: RedoCode) throws {
        switch code {
        case .label: _ = try transaction.internLabel(try reader.string())
        case .type: _ = try transaction.internType(try reader.string())
        case .key: _ = try transaction.internKey(try reader.string())
        case .labelSet: try labelSet()
        case .nodeChunk:
            let home = try reader.varint32()
            guard home == ChunkFormat.sharedSet || home < transaction.catalog.labelSets.count
            else { throw reader.damage("opens a chunk for an unknown label set") }
            _ = try transaction.addNodeChunk(home: home)
        case .relationshipChunk:
            let type = try reader.varint32()
            guard type < transaction.catalog.types.count else {
                throw reader.damage("opens a chunk for an unknown type")
            }
            _ = try transaction.addRelationshipChunk(type: type)
        case .createNode: try createNode()
        case .createRelationship: try createRelationship()
        case .setNodeProperty: try setNodeProperty()
        case .setRelationshipProperty: try setRelationshipProperty()
        case .setLabelSet: try setLabelSet()
        case .deleteRelationship:
            let id = try reader.varint32()
            guard try transaction.relationshipExists(id) else { throw missing(id) }
            try transaction.applyDeleteRelationship(id)
        case .deleteNode: try transaction.applyDeleteNode(try liveNode())
        case .createIndex, .dropIndex, .createConstraint, .dropConstraint: try schema(code)
        case .commitTime: _ = try reader.word64()
        }
    }

    /// When the transaction of a log group was committed, milliseconds since 1970: its last
    /// operation says so. 0 when it does not: version 1 did not write it.
    static func time(of payload: UnsafeRawBufferPointer) -> Int64 {
        guard payload.count >= 9, payload[payload.count - 9] == RedoCode.commitTime.rawValue
        else { return 0 }
        let time = payload.loadUnaligned(fromByteOffset: payload.count - 8, as: Int64.self)
        // What is no moment of this age ends an operation of version 1.
        return time > 0 && time < 1 << 43 ? time : 0
    }

    private func missing(_ id: UInt32) -> NQLError {
        reader.damage("names entity \(id), which is not there")
    }

    private mutating func labelSet() throws {
        var labels: [NameID] = []
        for _ in 0 ..< (try reader.count()) { labels.append(try reader.varint32()) }
        _ = try transaction.internLabelSet(labels)
    }

    private mutating func knownLabelSet() throws -> UInt32 {
        let set = try reader.varint32()
        guard set < transaction.catalog.labelSets.count else {
            throw reader.damage("names an unknown label set")
        }
        return set
    }

    private mutating func liveNode() throws -> UInt32 {
        let id = try reader.varint32()
        guard try transaction.nodeExists(id) else { throw missing(id) }
        return id
    }

    private mutating func value() throws -> Cell {
        try CellCodec.read(&reader, memory: transaction.values, base: transaction.base)
    }

    private mutating func key() throws -> NameID {
        let key = try reader.varint32()
        guard key < transaction.catalog.keys.count else {
            throw reader.damage("names an unknown property key")
        }
        return key
    }

    private mutating func readProperties() throws {
        properties.removeAll(keepingCapacity: true)
        let count = try reader.count(bytesEach: 2)
        var last: Int64 = -1
        for _ in 0 ..< count {
            let key = try key()
            let cell = try value()
            guard Int64(key) > last, !cell.isNull else {
                throw reader.damage("has unordered properties")
            }
            last = Int64(key)
            properties.append((key, cell))
        }
    }

    private mutating func createNode() throws {
        let id = try reader.varint32()
        let set = try knownLabelSet()
        try readProperties()
        guard Int(id >> 11) < transaction.nodeChunkCount, try !transaction.nodeExists(id) else {
            throw reader.damage("creates node \(id) out of place")
        }
        try transaction.applyCreateNode(id, set: set, properties: properties)
    }

    private mutating func createRelationship() throws {
        let id = try reader.varint32()
        let source = try liveNode()
        let target = try liveNode()
        try readProperties()
        guard Int(id >> 11) < transaction.relationshipChunkCount,
            try !transaction.relationshipExists(id)
        else { throw reader.damage("creates relationship \(id) out of place") }
        let type = try transaction.relationshipChunkType(Int(id >> 11))
        try transaction.applyCreateRelationship(
            id, type: type, source: source, target: target, properties: properties)
    }

    private mutating func setNodeProperty() throws {
        let id = try liveNode()
        let key = try key()
        let cell = try value()
        let old = transaction.nodeIndexes.isEmpty ? .null : try transaction.nodeProperty(id, key)
        try transaction.applySetNodeProperty(id, key, old: old, cell)
    }

    private mutating func setRelationshipProperty() throws {
        let id = try reader.varint32()
        guard try transaction.relationshipExists(id) else { throw missing(id) }
        let key = try key()
        let cell = try value()
        let old = transaction.relationshipIndexes.isEmpty
            ? .null : try transaction.relationshipProperty(id, key)
        try transaction.applySetRelationshipProperty(id, key, old: old, cell)
    }

    private mutating func setLabelSet() throws {
        let id = try liveNode()
        let set = try knownLabelSet()
        try transaction.applySetLabelSet(
            id, from: try transaction.labelSet(ofNode: id), to: set)
    }

    /// A number that no index and no constraint has.
    private func checkNew(_ id: UInt32) throws {
        let catalog = transaction.catalog
        guard id < .max, !catalog.indexes.contains(where: { $0.id == id }),
            !catalog.constraints.contains(where: { $0.id == id })
        else { throw reader.damage("declares number \(id) again") }
    }

    private mutating func schema(_ code: RedoCode) throws {
        let catalog = transaction.catalog
        let names = (catalog.labels.count, catalog.types.count, catalog.keys.count)
        switch code {
        case .createIndex:
            let index = try CatalogCodec.index(&reader, names)
            try checkNew(index.id)
            try transaction.applyCreateIndex(index)
        case .createConstraint:
            let constraint = try CatalogCodec.constraint(&reader, names)
            try checkNew(constraint.id)
            transaction.applyCreateConstraint(constraint)
        case .dropIndex: transaction.applyDropIndex(try reader.varint32())
        default: transaction.applyDropConstraint(try reader.varint32())
        }
    }
}
