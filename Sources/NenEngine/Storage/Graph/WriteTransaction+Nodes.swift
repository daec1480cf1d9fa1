// Nodes: creation, labels, properties, deletion. Each public call decides (ids, constraints), logs,
// and then applies; replay enters at `apply…`.

import NenCore

extension WriteTransaction {
    // MARK: Creation

    /// Creates a node; values are copied deeply, nulls are skipped, of a repeated key the last
    /// value counts.
    /// - Throws: `ConstraintValidationFailed`; `TypeError` for a value that cannot be stored.
    func createNode(labels: [NameID], properties: [(NameID, Cell)]) throws -> UInt32 {
        try checkOpen()
        let set = try internLabelSet(labels)
        let kept = try keep(properties)
        try checkValues(kept, entity: .node, set: set)
        let id = try placeNode(set)
        record(.createNode) { bytes in
            bytes.varint(UInt64(id))
            bytes.varint(UInt64(set))
            write(kept, to: bytes)
        }
        try applyCreateNode(id, set: set, properties: kept)
        if hasRowConstraints { touch(node: id) }
        return id
    }

    /// Deep copies of the values that are not null, ascending by key.
    func keep(_ properties: [(NameID, Cell)]) throws -> [(NameID, Cell)] {
        var kept: [(NameID, Cell)] = []
        kept.reserveCapacity(properties.count)
        for (key, cell) in properties {
            guard Int(key) < catalog.keys.count else {
                throw NQLError.runtime(
                    .argument, "UnknownKey", "there is no property key number \(key)")
            }
            // Mostly in order already.
            guard let last = kept.last, last.0 >= key else {
                kept.append((key, cell))
                continue
            }
            let place = WriteTransaction.place(of: key, in: kept)
            if kept[place].0 == key {
                kept[place].1 = cell
            } else {
                kept.insert((key, cell), at: place)
            }
        }
        kept.removeAll { $0.1.isNull }
        var byteCount = 0
        for index in kept.indices {
            kept[index].1 = try values.keep(kept[index].1, base: base)
            byteCount += values.lastByteCount
        }
        try prepareLog(for: byteCount)
        return kept
    }

    /// A deep copy of one value, for which the log has room.
    func keep(_ value: Cell) throws -> Cell {
        if value.isNull { return value }
        let kept = try values.keep(value, base: base)
        try prepareLog(for: values.lastByteCount)
        return kept
    }

    /// The first place whose key is not below `key`.
    private static func place(of key: NameID, in list: [(NameID, Cell)]) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].0 < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func write(_ properties: [(NameID, Cell)], to bytes: ByteWriter) {
        bytes.varint(properties.count)
        for (key, cell) in properties {
            bytes.varint(UInt64(key))
            CellCodec.write(cell, base: base, to: bytes)
        }
    }

    /// Where nodes of a set live: the first 4,096 sets and those with 512 nodes by themselves, the
    /// others together.
    private func home(of set: UInt32) -> UInt32 {
        if set < 4_096 { return set }
        let count = counter.statistics.nodesPerLabelSet[Int(set)]
        return count >= 512 ? set : ChunkFormat.sharedSet
    }

    /// A free node number for a set: in a chunk over a quarter free, else at the end.
    func placeNode(_ set: UInt32) throws -> UInt32 {
        let home = home(of: set)
        while let number = freeNodes.sparseChunk(home: home) {
            if try isSparse(number, isNode: true) {
                let chunk = try mutableNodeChunk(number)
                let row = chunk.takeReusableRow()
                if row >= 0 { return number << 11 | UInt32(row) }
            }
            freeNodes.dropSparseChunk(home: home)
        }
        if let number = freeNodes.open[home] {
            let chunk = try mutableNodeChunk(number)
            if chunk.takesRows { return number << 11 | UInt32(chunk.rowCount) }
        }
        return try addNodeChunk(home: home).number << 11
    }

    /// Whether a chunk is still over a quarter free.
    func isSparse(_ number: UInt32, isNode: Bool) throws -> Bool {
        let handle = isNode
            ? try nodeChunk(Int(number)) : try relationshipChunk(Int(number))
        return FreeRows.isSparse(rowCount: handle.rowCount, liveCount: handle.liveCount)
    }

    /// Makes the node; `properties` are private, ascending, not null.
    func applyCreateNode(_ id: UInt32, set: UInt32, properties: [(NameID, Cell)]) throws {
        let row = GraphView.row(of: id)
        if !nodeIndexes.isEmpty {
            try indexNode(id, set: set, properties: properties)
        }
        let chunk = try mutableNodeChunk(id >> 11)
        try chunk.beginRow(row)
        if chunk.setLabelSet(row, set) { setChunkSet(id >> 11, .max) }
        try chunk.setValues(row, properties)
        try counter.addNodes(1, set: set)
    }

    // MARK: Properties

    /// Sets a property; null removes it.
    /// - Returns: whether something changed (setting an identical value changes nothing).
    /// - Throws: `EntityNotFound` for a node that is not alive; `ConstraintValidationFailed`;
    ///   `TypeError` for a value that cannot be stored.
    func setNodeProperty(_ id: UInt32, _ key: NameID, _ value: Cell) throws -> Bool {
        try checkOpen()
        let old = try aliveNode(id).column(key)?.cell(GraphView.row(of: id)) ?? .null
        if isIdentical(old, value) { return false }
        let kept = try keep(value)
        if hasRowConstraints {
            try checkValues([(key, kept)], entity: .node, set: try labelSet(ofNode: id))
            touch(node: id)
        }
        record(.setNodeProperty) { bytes in
            bytes.varint(UInt64(id))
            bytes.varint(UInt64(key))
            CellCodec.write(kept, base: base, to: bytes)
        }
        try applySetNodeProperty(id, key, old: old, kept)
        return true
    }

    /// Equal bits, or equal strings: then a write would change nothing.
    func isIdentical(_ old: Cell, _ new: Cell) -> Bool {
        if old.head != new.head { return false }
        if old.payload == new.payload { return true }
        guard old.tag == .string, old.byteCount > 12 else { return false }
        return base.withBytes(old) { left in
            base.withBytes(new) { BTreeNodeView.compare(left, $0) == 0 }
        }
    }

    /// The node's chunk.
    /// - Throws: `EntityNotFound` when the node is not alive.
    func aliveNode(_ id: UInt32) throws -> ChunkHandle {
        let chunk = try nodeChunk(GraphView.chunk(of: id))
        guard chunk.isLive(GraphView.row(of: id)) else {
            throw NQLError.runtime(
                .entityNotFound, "DeletedEntityAccess", "there is no node with id \(id)")
        }
        return chunk
    }

    func applySetNodeProperty(_ id: UInt32, _ key: NameID, old: Cell, _ value: Cell) throws {
        if !nodeIndexes.isEmpty {
            try reindexNode(id, set: try labelSet(ofNode: id), key: key, old: old, new: value)
        }
        let chunk = try mutableNodeChunk(id >> 11)
        let row = GraphView.row(of: id)
        guard let type = ColumnType(of: value) else {
            _ = try chunk.removeValue(row, key)
            return
        }
        try chunk.setValue(row, key, value, type: type)
    }

    // MARK: Labels

    /// Nanoseconds for a label in a set that is made or looked for, by and large.
    static let labelWorkUnits = 300

    /// Adds labels as one change, so that no set in between is made for ever.
    /// - Returns: how many of them the node did not have.
    func addLabels(_ labels: [NameID], to node: UInt32) throws -> Int {
        try checkOpen()
        let old = try aliveNode(node).labelSet(GraphView.row(of: node))
        try Interruption.spend(
            (catalog.labelSets[Int(old)].count &+ labels.count) &* WriteTransaction.labelWorkUnits)
        let present = Set(catalog.labelSets[Int(old)])
        let all = present.union(labels)
        if all.count == present.count { return 0 }
        try setLabelSet(node, from: old, to: try internLabelSet(Array(all)))
        return all.count - present.count
    }

    /// Removes labels as one change.
    /// - Returns: how many of them the node had.
    func removeLabels(_ labels: [NameID], from node: UInt32) throws -> Int {
        try checkOpen()
        let old = try aliveNode(node).labelSet(GraphView.row(of: node))
        try Interruption.spend(
            (catalog.labelSets[Int(old)].count &+ labels.count) &* WriteTransaction.labelWorkUnits)
        let present = Set(catalog.labelSets[Int(old)])
        let rest = present.subtracting(labels)
        if rest.count == present.count { return 0 }
        try setLabelSet(node, from: old, to: try internLabelSet(Array(rest)))
        return present.count - rest.count
    }

    private func setLabelSet(_ node: UInt32, from old: UInt32, to set: UInt32) throws {
        if hasRowConstraints {
            var properties: [(NameID, Cell)] = []
            try forEachNodeProperty(node) { properties.append(($0, $1)) }
            try checkValues(properties, entity: .node, set: set)
            touch(node: node)
        }
        record(.setLabelSet) { bytes in
            bytes.varint(UInt64(node))
            bytes.varint(UInt64(set))
        }
        try applySetLabelSet(node, from: old, to: set)
    }

    func applySetLabelSet(_ node: UInt32, from old: UInt32, to set: UInt32) throws {
        if !nodeIndexes.isEmpty { try relabelInIndexes(node, from: old, to: set) }
        try moveGroups(of: node, from: old, to: set)
        let chunk = try mutableNodeChunk(node >> 11)
        if chunk.setLabelSet(GraphView.row(of: node), set) { setChunkSet(node >> 11, .max) }
        try counter.addNodes(-1, set: old)
        try counter.addNodes(1, set: set)
    }

    /// Nanoseconds for a relationship that is counted elsewhere, by and large.
    private static let moveWorkUnits = 60

    /// The node's relationships are counted under its label set.
    private func moveGroups(of node: UInt32, from old: UInt32, to set: UInt32) throws {
        var moves: [(type: NameID, direction: AdjacencyDirection, other: UInt32)] = []
        for direction in [AdjacencyDirection.outgoing, .incoming] {
            try forEachRun(node: node, direction: direction) { type, run in
                for index in 0 ..< run.count {
                    try Interruption.spend(WriteTransaction.moveWorkUnits)
                    let other = run.neighbours[index]
                    // A loop is among both; it moves once.
                    if other == node && direction == .incoming { continue }
                    moves.append((type, direction, other))
                }
            }
        }
        for move in moves {
            try Interruption.spend(WriteTransaction.moveWorkUnits)
            let isLoop = move.other == node
            let other = isLoop ? old : try labelSet(ofNode: move.other)
            let newOther = isLoop ? set : other
            if move.direction == .outgoing {
                try counter.addToGroup(-1, type: move.type, from: old, to: other)
                try counter.addToGroup(1, type: move.type, from: set, to: newOther)
            } else {
                try counter.addToGroup(-1, type: move.type, from: other, to: old)
                try counter.addToGroup(1, type: move.type, from: other, to: set)
            }
        }
    }

    // MARK: Deletion

    /// Deletes a node; deleting one that is not alive does nothing. Relationships that it still has
    /// are severed, which `checkDeletedNodes` judges at the end of the statement.
    func deleteNode(_ id: UInt32) throws {
        try checkOpen()
        guard try nodeExists(id) else { return }
        for relationship in try relationships(ofNode: id) { try sever(relationship, from: id) }
        record(.deleteNode) { $0.varint(UInt64(id)) }
        try applyDeleteNode(id)
        deletedNodes.append(id)
        deletedNodeSet.insert(id)
    }

    func applyDeleteNode(_ id: UInt32) throws {
        let set = try labelSet(ofNode: id)
        if !nodeIndexes.isEmpty { try unindexNode(id, set: set) }
        try mutableNodeChunk(id >> 11).endRow(GraphView.row(of: id))
        try counter.addNodes(-1, set: set)
    }

    /// Deleted by this transaction.
    func isDeleted(node id: UInt32) -> Bool {
        !deletedNodes.isEmpty && deletedNodeSet.contains(id)
    }
}
