// SalvageRedo: one transaction of the log over a graph that may lack what it speaks of. Each
// operation is read whole before it is looked at, so that one that does not fit costs only itself.
import NenCore

/// Redoes the operations of a log group; see RedoOperation for their bytes.
struct SalvageRedo {
    private var reader: ByteReader
    private let writer: WriteTransaction
    private(set) var schema: SalvagedSchema

    init(
        _ payload: UnsafeRawBufferPointer, _ writer: WriteTransaction, _ schema: SalvagedSchema
    ) {
        reader = ByteReader(payload, place: "log")
        self.writer = writer
        self.schema = schema
    }

    /// Redoes all operations; returns how many did not fit.
    mutating func run() -> Int {
        var lost = 0
        while !reader.isAtEnd {
            guard let code = RedoCode(rawValue: (try? reader.byte()) ?? 0) else { return lost + 1 }
            do {
                if try !redo(code) { lost += 1 }
            } catch let error as NQLError where error.code == .entityNotFound {
                lost += 1
            } catch {
                // Where the next operation begins is not known.
                return lost + 1
            }
        }
        return lost
    }

    private mutating func redo(_ code: RedoCode) throws -> Bool {
        switch code {
        case .label, .type, .key, .labelSet, .commitTime: return try redoName(code)
        case .nodeChunk, .relationshipChunk: return try redoChunk(code)
        case .createNode: return try createNode()
        case .createRelationship: return try createRelationship()
        case .setNodeProperty, .setRelationshipProperty: return try setProperty(code)
        case .setLabelSet: return try setLabelSet()
        case .deleteRelationship:
            let id = try reader.varint32()
            guard try writer.relationshipExists(id) else { return false }
            try writer.applyDeleteRelationship(id)
            return true
        case .deleteNode:
            let id = try reader.varint32()
            guard try writer.nodeExists(id) else { return false }
            // Relationships that only a lost part said are deleted.
            for relationship in try writer.relationships(ofNode: id) {
                try writer.applyDeleteRelationship(relationship)
            }
            try writer.applyDeleteNode(id)
            return true
        case .createIndex, .dropIndex, .createConstraint, .dropConstraint:
            return try redoSchema(code)
        }
    }

    private mutating func redoName(_ code: RedoCode) throws -> Bool {
        switch code {
        case .label: _ = try writer.internLabel(try reader.string())
        case .type: _ = try writer.internType(try reader.string())
        case .key: _ = try writer.internKey(try reader.string())
        case .labelSet:
            var labels: [NameID] = []
            for _ in 0 ..< (try reader.count()) { labels.append(try reader.varint32()) }
            _ = try writer.internLabelSet(labels)
        default: _ = try reader.word64()
        }
        return true
    }

    private mutating func redoChunk(_ code: RedoCode) throws -> Bool {
        let home = try reader.varint32()
        if code == .nodeChunk {
            let isKnown = home == ChunkFormat.sharedSet || home < writer.catalog.labelSets.count
            _ = try writer.addNodeChunk(home: isKnown ? home : ChunkFormat.sharedSet)
            return isKnown
        }
        guard home < writer.catalog.types.count else { return false }
        _ = try writer.addRelationshipChunk(type: home)
        return true
    }

    private mutating func properties() throws -> [(NameID, Cell)] {
        var found: [(NameID, Cell)] = []
        for _ in 0 ..< (try reader.count(bytesEach: 2)) {
            let key = try reader.varint32()
            let cell = try value()
            if Int(key) < writer.catalog.keys.count, !cell.isNull, key > found.last?.0 ?? 0
                || found.isEmpty
            {
                found.append((key, cell))
            }
        }
        return found
    }

    private mutating func value() throws -> Cell {
        try CellCodec.read(&reader, memory: writer.values, base: writer.base)
    }

    private mutating func createNode() throws -> Bool {
        let id = try reader.varint32()
        let set = try reader.varint32()
        let properties = try properties()
        guard Int(id >> 11) < writer.nodeChunkCount, set < writer.catalog.labelSets.count,
            try !writer.nodeExists(id)
        else { return false }
        try writer.applyCreateNode(id, set: set, properties: properties)
        return true
    }

    private mutating func createRelationship() throws -> Bool {
        let id = try reader.varint32()
        let source = try reader.varint32()
        let target = try reader.varint32()
        let properties = try properties()
        guard Int(id >> 11) < writer.relationshipChunkCount, try writer.nodeExists(source),
            try writer.nodeExists(target), try !writer.relationshipExists(id)
        else { return false }
        try writer.applyCreateRelationship(
            id, type: try writer.relationshipChunkType(Int(id >> 11)), source: source,
            target: target, properties: properties)
        return true
    }

    private mutating func setProperty(_ code: RedoCode) throws -> Bool {
        let id = try reader.varint32()
        let key = try reader.varint32()
        let cell = try value()
        guard Int(key) < writer.catalog.keys.count else { return false }
        if code == .setNodeProperty {
            guard try writer.nodeExists(id) else { return false }
            try writer.applySetNodeProperty(id, key, old: .null, cell)
        } else {
            guard try writer.relationshipExists(id) else { return false }
            try writer.applySetRelationshipProperty(id, key, old: .null, cell)
        }
        return true
    }

    private mutating func setLabelSet() throws -> Bool {
        let id = try reader.varint32()
        let set = try reader.varint32()
        guard set < writer.catalog.labelSets.count, try writer.nodeExists(id) else { return false }
        try writer.applySetLabelSet(id, from: try writer.labelSet(ofNode: id), to: set)
        return true
    }

    private mutating func redoSchema(_ code: RedoCode) throws -> Bool {
        let catalog = writer.catalog
        let names = (catalog.labels.count, catalog.types.count, catalog.keys.count)
        switch code {
        case .createIndex: schema.indexes.append(try CatalogCodec.index(&reader, names))
        case .createConstraint:
            schema.constraints.append(try CatalogCodec.constraint(&reader, names))
        case .dropIndex:
            let id = try reader.varint32()
            schema.indexes.removeAll { $0.id == id }
        default:
            let id = try reader.varint32()
            let owned = schema.constraints.first { $0.id == id }?.indexID
            schema.indexes.removeAll { $0.id == owned }
            schema.constraints.removeAll { $0.id == id }
        }
        return true
    }
}
