// Keeping indexes in step with changes, and unique ones unique. An entity is in an index when it
// has the label (or type) and all the index's properties.

import NenCore

extension WriteTransaction {
    /// Whether nodes of a label set belong into an index.
    func covers(_ index: IndexState, set: UInt32) -> Bool {
        catalog.labelSets[Int(set)].contains(index.descriptor.labelOrType)
    }

    // MARK: Nodes

    func indexNode(_ id: UInt32, set: UInt32, properties: [(NameID, Cell)]) throws {
        for place in nodeIndexes.indices where covers(nodeIndexes[place], set: set) {
            try add(id, to: &nodeIndexes[place]) { WriteTransaction.value($0, properties) }
        }
    }

    func unindexNode(_ id: UInt32, set: UInt32) throws {
        for place in nodeIndexes.indices where covers(nodeIndexes[place], set: set) {
            try remove(id, from: &nodeIndexes[place]) { try self.nodeProperty(id, $0) }
        }
    }

    func reindexNode(_ id: UInt32, set: UInt32, key: NameID, old: Cell, new: Cell) throws {
        for place in nodeIndexes.indices
        where nodeIndexes[place].descriptor.properties.contains(key)
            && covers(nodeIndexes[place], set: set)
        {
            try remove(id, from: &nodeIndexes[place]) {
                $0 == key ? old : try self.nodeProperty(id, $0)
            }
            try add(id, to: &nodeIndexes[place]) {
                $0 == key ? new : try self.nodeProperty(id, $0)
            }
        }
    }

    func relabelInIndexes(_ id: UInt32, from old: UInt32, to set: UInt32) throws {
        for place in nodeIndexes.indices {
            let was = covers(nodeIndexes[place], set: old)
            let will = covers(nodeIndexes[place], set: set)
            if was && !will {
                try remove(id, from: &nodeIndexes[place]) { try self.nodeProperty(id, $0) }
            } else if will && !was {
                try add(id, to: &nodeIndexes[place]) { try self.nodeProperty(id, $0) }
            }
        }
    }

    // MARK: Relationships

    func indexRelationship(_ id: UInt32, type: NameID, properties: [(NameID, Cell)]) throws {
        for place in relationshipIndexes.indices
        where relationshipIndexes[place].descriptor.labelOrType == type {
            try add(id, to: &relationshipIndexes[place]) {
                WriteTransaction.value($0, properties)
            }
        }
    }

    func unindexRelationship(_ id: UInt32, type: NameID) throws {
        for place in relationshipIndexes.indices
        where relationshipIndexes[place].descriptor.labelOrType == type {
            try remove(id, from: &relationshipIndexes[place]) {
                try self.relationshipProperty(id, $0)
            }
        }
    }

    func reindexRelationship(
        _ id: UInt32, type: NameID, key: NameID, old: Cell, new: Cell
    ) throws {
        for place in relationshipIndexes.indices
        where relationshipIndexes[place].descriptor.labelOrType == type
            && relationshipIndexes[place].descriptor.properties.contains(key)
        {
            try remove(id, from: &relationshipIndexes[place]) {
                $0 == key ? old : try self.relationshipProperty(id, $0)
            }
            try add(id, to: &relationshipIndexes[place]) {
                $0 == key ? new : try self.relationshipProperty(id, $0)
            }
        }
    }

    // MARK: Entries

    static func value(_ key: NameID, _ properties: [(NameID, Cell)]) -> Cell {
        for (candidate, cell) in properties where candidate == key { return cell }
        return .null
    }

    /// Writes an entity's values to `scratchKey`; false when one is null.
    private func writeValues(
        _ index: IndexState, _ value: (NameID) throws -> Cell
    ) throws -> Bool {
        scratchKey.reset()
        for key in index.descriptor.properties {
            let cell = try value(key)
            if cell.isNull { return false }
            try scratchKey.append(cell, base)
        }
        return true
    }

    func add(
        _ id: UInt32, to index: inout IndexState, _ value: (NameID) throws -> Cell
    ) throws {
        guard try writeValues(index, value) else { return }
        let isChecked = index.descriptor.isUnique && !isReplay
        if isChecked {
            var cursor = BTreeCursor(index.tree)
            try scratchKey.bytes.withUnsafeBytes { wanted in
                try cursor.seek(wanted)
                guard let found = try cursor.next(), found.count == wanted.count + 4 else {
                    return
                }
                let head = UnsafeRawBufferPointer(rebasing: found.dropLast(4))
                if BTreeNodeView.compare(head, wanted) == 0 {
                    throw try uniquenessError(
                        index.descriptor, IndexEntryList.entity(found), value)
                }
            }
        }
        scratchKey.append(entity: id)
        let isNew = try scratchKey.bytes.withUnsafeBytes {
            try index.tree.insert($0, isKnownAbsent: isChecked)
        }
        if !isNew { throw indexDamage(index, "has the entry of entity \(id) already") }
    }

    private func remove(
        _ id: UInt32, from index: inout IndexState, _ value: (NameID) throws -> Cell
    ) throws {
        guard try writeValues(index, value) else { return }
        scratchKey.append(entity: id)
        let wasThere = try scratchKey.bytes.withUnsafeBytes { try index.tree.remove($0) }
        if !wasThere { throw indexDamage(index, "lacks the entry of entity \(id)") }
    }

    private func indexDamage(_ index: IndexState, _ what: String) -> NQLError {
        .damaged("index \(index.descriptor.name)", what)
    }

    /// Two entities that exist have the same values.
    func duplicateError(
        _ index: IndexDescriptor, _ pair: (UInt32, UInt32)
    ) throws -> NQLError {
        let isNode = index.entity == .node
        let values = try valuesText(index) { key in
            isNode
                ? try self.nodeProperty(pair.0, key) : try self.relationshipProperty(pair.0, key)
        }
        return .runtime(
            .constraintValidationFailed, "UniquenessViolation",
            "\(isNode ? "nodes" : "relationships") \(pair.0) and \(pair.1) of \(owner(index)) both "
                + "have \(values); that must be unique",
            hint: "change one of them, or delete it")
    }

    private func uniquenessError(
        _ index: IndexDescriptor, _ other: UInt32, _ value: (NameID) throws -> Cell
    ) throws -> NQLError {
        .runtime(
            .constraintValidationFailed, "UniquenessViolation",
            "\(index.entity == .node ? "node" : "relationship") \(other) of \(owner(index)) has "
                + "\(try valuesText(index, value)) already; that must be unique",
            hint: "change the value, or look the existing one up with MERGE")
    }

    private func owner(_ index: IndexDescriptor) -> String {
        index.entity == .node
            ? catalog.labels[Int(index.labelOrType)] : catalog.types[Int(index.labelOrType)]
    }

    /// `first = 'Ada', last = 'Lovelace'`
    private func valuesText(
        _ index: IndexDescriptor, _ value: (NameID) throws -> Cell
    ) throws -> String {
        var parts: [String] = []
        for key in index.properties {
            parts.append("\(catalog.keys[Int(key)]) = \(try CellText.shown(value(key), base))")
        }
        return parts.joined(separator: ", ")
    }
}
