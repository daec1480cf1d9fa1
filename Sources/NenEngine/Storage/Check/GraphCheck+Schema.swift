// The check of indexes and constraints against the properties.

import NenCore

extension GraphCheck {
    /// Every entity with all indexed properties has its entry, and there are no other entries.
    func checkIndex(_ index: IndexDescriptor) throws {
        let place = "index \(index.name)"
        guard let tree = view.indexTree(index.id) else { return found(place, "has no tree") }
        try tree.check()
        var expected: UInt64 = 0
        var key = IndexKey()
        try forEachOwner(index.entity, index.labelOrType) { id in
            key.reset()
            for property in index.properties {
                let cell = try value(index.entity, id, property)
                if cell.isNull { return }
                try key.append(cell, view.base)
            }
            key.append(entity: id)
            expected += 1
            let isThere = try key.bytes.withUnsafeBytes { try tree.contains($0) }
            if !isThere { found(place, "lacks \(index.entity.rawValue) \(id)") }
        }
        if expected != tree.entryCount {
            found(place, "has \(tree.entryCount) entries for \(expected) entities")
        }
        if index.isUnique { try checkUnique(tree, place) }
    }

    /// No two neighbouring entries have the same values.
    private func checkUnique(_ tree: BTree, _ place: String) throws {
        var cursor = BTreeCursor(tree)
        try cursor.seekFirst()
        var previous: [UInt8] = []
        while let entry = try cursor.next() {
            let values = Array(entry.dropLast(4))
            if values == previous { found(place, "has two entities with equal values") }
            previous = values
        }
    }

    /// Existence and types; uniqueness is checked with the index.
    func checkConstraint(_ constraint: ConstraintDescriptor) throws {
        let place = "constraint \(constraint.name)"
        try forEachOwner(constraint.entity, constraint.labelOrType) { id in
            for property in constraint.properties {
                let cell = try value(constraint.entity, id, property)
                switch constraint.kind {
                case .unique: break
                case .exists, .key:
                    if cell.isNull { found(place, "\(constraint.entity.rawValue) \(id) lacks it") }
                case .type(let type):
                    if !cell.isNull && !CellOperators.has(cell, type, view.base) {
                        found(place, "\(constraint.entity.rawValue) \(id) has another type")
                    }
                }
            }
        }
    }

    private func value(_ entity: EntityKind, _ id: UInt32, _ key: NameID) throws -> Cell {
        entity == .node
            ? try view.nodeProperty(id, key) : try view.relationshipProperty(id, key)
    }

    /// Live entities of a label or type.
    private func forEachOwner(
        _ entity: EntityKind, _ owner: NameID, _ body: (UInt32) throws -> Void
    ) throws {
        let count = entity == .node ? view.nodeChunkCount : view.relationshipChunkCount
        for chunk in 0 ..< count {
            let handle = entity == .node
                ? try view.nodeChunk(chunk) : try view.relationshipChunk(chunk)
            for row in 0 ..< handle.rowCount where handle.isLive(row) {
                let isOwner = entity == .relationship
                    ? handle.set == owner
                    : view.catalog.labelSets[Int(handle.labelSet(row))].contains(owner)
                if isOwner { try body(UInt32(chunk << 11 + row)) }
            }
        }
    }
}
