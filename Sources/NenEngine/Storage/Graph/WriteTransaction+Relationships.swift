// Relationships: creation, properties, deletion. A relationship is a row in a chunk of its type and
// an entry in the adjacency of both its ends.

import NenCore

extension WriteTransaction {
    /// Creates a relationship between two live nodes; values as for `createNode`.
    /// - Throws: `EntityNotFound`; `ConstraintValidationFailed`; `TypeError`.
    func createRelationship(
        type: NameID, source: UInt32, target: UInt32, properties: [(NameID, Cell)]
    ) throws -> UInt32 {
        try checkOpen()
        guard Int(type) < catalog.types.count else {
            throw NQLError.runtime(.argument, "UnknownType", "there is no type number \(type)")
        }
        _ = try aliveNode(source)
        _ = try aliveNode(target)
        let kept = try keep(properties)
        try checkValues(kept, entity: .relationship, set: type)
        let id = try placeRelationship(type)
        record(.createRelationship) { bytes in
            bytes.varint(UInt64(id))
            bytes.varint(UInt64(source))
            bytes.varint(UInt64(target))
            write(kept, to: bytes)
        }
        try applyCreateRelationship(
            id, type: type, source: source, target: target, properties: kept)
        if hasRowConstraints { touch(relationship: id) }
        return id
    }

    func placeRelationship(_ type: NameID) throws -> UInt32 {
        while let number = freeRelationships.sparseChunk(home: type) {
            if try isSparse(number, isNode: false) {
                let chunk = try mutableRelationshipChunk(number)
                let row = chunk.takeReusableRow()
                if row >= 0 { return number << 11 | UInt32(row) }
            }
            freeRelationships.dropSparseChunk(home: type)
        }
        if let number = freeRelationships.open[type] {
            let chunk = try mutableRelationshipChunk(number)
            if chunk.takesRows { return number << 11 | UInt32(chunk.rowCount) }
        }
        return try addRelationshipChunk(type: type).number << 11
    }

    /// Makes the relationship; `properties` are private, ascending, not null.
    func applyCreateRelationship(
        _ id: UInt32, type: NameID, source: UInt32, target: UInt32,
        properties: [(NameID, Cell)]
    ) throws {
        let row = GraphView.row(of: id)
        if !relationshipIndexes.isEmpty {
            try indexRelationship(id, type: type, properties: properties)
        }
        let chunk = try mutableRelationshipChunk(id >> 11)
        try chunk.beginRow(row)
        chunk.setEnds(row, source: source, target: target)
        try chunk.setValues(row, properties)
        try addNeighbours(id, type: type, source: source, target: target)
        try counter.addRelationships(
            1, type: type, from: try labelSet(ofNode: source), to: try labelSet(ofNode: target),
            isLoop: source == target)
    }

    /// Makes the ends of a relationship neighbours.
    func addNeighbours(_ id: UInt32, type: NameID, source: UInt32, target: UInt32) throws {
        try mutableNodeChunk(source >> 11).insertNeighbour(
            GraphView.row(of: source), type, .outgoing, neighbour: target, relationship: id)
        try mutableNodeChunk(target >> 11).insertNeighbour(
            GraphView.row(of: target), type, .incoming, neighbour: source, relationship: id)
    }

    /// As `setNodeProperty`.
    func setRelationshipProperty(_ id: UInt32, _ key: NameID, _ value: Cell) throws -> Bool {
        try checkOpen()
        let chunk = try relationshipChunk(GraphView.chunk(of: id))
        let row = GraphView.row(of: id)
        guard chunk.isLive(row) else {
            throw NQLError.runtime(
                .entityNotFound, "DeletedEntityAccess", "there is no relationship with id \(id)")
        }
        let old = try chunk.column(key)?.cell(row) ?? .null
        if isIdentical(old, value) { return false }
        let kept = try keep(value)
        if hasRowConstraints {
            try checkValues([(key, kept)], entity: .relationship, set: chunk.set)
            touch(relationship: id)
        }
        record(.setRelationshipProperty) { bytes in
            bytes.varint(UInt64(id))
            bytes.varint(UInt64(key))
            CellCodec.write(kept, base: base, to: bytes)
        }
        try applySetRelationshipProperty(id, key, old: old, kept)
        return true
    }

    func applySetRelationshipProperty(
        _ id: UInt32, _ key: NameID, old: Cell, _ value: Cell
    ) throws {
        let chunk = try mutableRelationshipChunk(id >> 11)
        if !relationshipIndexes.isEmpty {
            try reindexRelationship(id, type: chunk.set, key: key, old: old, new: value)
        }
        let row = GraphView.row(of: id)
        guard let type = ColumnType(of: value) else {
            _ = try chunk.removeValue(row, key)
            return
        }
        try chunk.setValue(row, key, value, type: type)
    }

    /// Deletes a relationship; deleting one that is not alive does nothing, but settles one that
    /// was severed.
    func deleteRelationship(_ id: UInt32) throws {
        try checkOpen()
        guard try relationshipExists(id) else {
            _ = settle(id)
            return
        }
        record(.deleteRelationship) { $0.varint(UInt64(id)) }
        try applyDeleteRelationship(id)
        deletedRelationships.append(id)
        deletedRelationshipSet.insert(id)
    }

    func applyDeleteRelationship(_ id: UInt32) throws {
        let ends = try endpoints(ofRelationship: id)
        if !relationshipIndexes.isEmpty { try unindexRelationship(id, type: ends.type) }
        let isOut = try mutableNodeChunk(ends.source >> 11).removeNeighbour(
            GraphView.row(of: ends.source), ends.type, .outgoing, neighbour: ends.target,
            relationship: id)
        let isIn = try mutableNodeChunk(ends.target >> 11).removeNeighbour(
            GraphView.row(of: ends.target), ends.type, .incoming, neighbour: ends.source,
            relationship: id)
        guard isOut, isIn else {
            throw NQLError.damaged("adjacency", "lacks relationship \(id) of its chunk")
        }
        try mutableRelationshipChunk(id >> 11).endRow(GraphView.row(of: id))
        try counter.addRelationships(
            -1, type: ends.type, from: try labelSet(ofNode: ends.source),
            to: try labelSet(ofNode: ends.target), isLoop: ends.source == ends.target)
    }

    /// Deleted by this transaction.
    func isDeleted(relationship id: UInt32) -> Bool {
        !deletedRelationships.isEmpty && deletedRelationshipSet.contains(id)
    }
}
