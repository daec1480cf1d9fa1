// Indexes and constraints: declaring them over existing data, dropping them, and judging rows.

import NenCore

extension WriteTransaction {
    // MARK: Indexes

    /// Declares an index and builds it over what exists.
    /// - Throws: `DatabaseError(IndexAlreadyExists)` for a name or content that exists;
    ///   `ConstraintValidationFailed` when a unique one finds equal values.
    func createIndex(
        name: String, entity: EntityKind, labelOrType: NameID, properties: [NameID],
        isUnique: Bool
    ) throws -> IndexDescriptor {
        try checkOpen()
        try checkSchemaName(name)
        try checkNumbers(entity, labelOrType, properties)
        let isThere = catalog.indexes.contains {
            $0.entity == entity && $0.labelOrType == labelOrType && $0.properties == properties
        }
        if isThere {
            throw NQLError.runtime(
                .database, "IndexAlreadyExists",
                "an index over the same label or type and properties exists already")
        }
        let descriptor = IndexDescriptor(
            id: nextSchemaID, name: name, kind: .range, entity: entity,
            labelOrType: labelOrType, properties: properties, isUnique: isUnique)
        record(.createIndex) { CatalogCodec.write(descriptor, to: $0) }
        try applyCreateIndex(descriptor)
        return descriptor
    }

    private func checkSchemaName(_ name: String) throws {
        let isTaken = catalog.indexes.contains { $0.name == name }
            || catalog.constraints.contains { $0.name == name }
        if isTaken {
            throw NQLError.runtime(
                .database, "SchemaNameTaken",
                "an index or constraint named \(name) exists already")
        }
    }

    private func checkNumbers(
        _ entity: EntityKind, _ owner: NameID, _ properties: [NameID]
    ) throws {
        let limit = entity == .node ? catalog.labels.count : catalog.types.count
        let areKnown = properties.allSatisfy { Int($0) < catalog.keys.count }
        guard Int(owner) < limit, areKnown, !properties.isEmpty,
            Set(properties).count == properties.count
        else {
            throw NQLError.runtime(
                .argument, "UnknownName",
                "an index or constraint needs a known label or type and distinct properties")
        }
    }

    /// Live entities that an index over this label or type may hold.
    func forEachEntity(
        of descriptor: IndexDescriptor, _ body: (UInt32, ChunkHandle) throws -> Void
    ) throws {
        let isNode = descriptor.entity == .node
        let label = descriptor.labelOrType
        let count = isNode ? nodeChunkCount : relationshipChunkCount
        for number in 0 ..< count {
            try Interruption.check()
            let chunk = isNode ? try nodeChunk(number) : try relationshipChunk(number)
            for row in 0 ..< chunk.rowCount where chunk.isLive(row) {
                let set = isNode ? chunk.labelSet(row) : chunk.set
                let belongs = isNode ? catalog.labelSets[Int(set)].contains(label) : set == label
                if belongs { try body(UInt32(number * 2_048 + row), chunk) }
            }
        }
    }

    /// Drops an index that no constraint owns.
    func dropIndex(_ id: UInt32) throws {
        try checkOpen()
        guard catalog.indexes.contains(where: { $0.id == id }) else {
            throw NQLError.runtime(.database, "IndexNotFound", "there is no such index")
        }
        if let owner = catalog.constraints.first(where: { $0.indexID == id }) {
            throw NQLError.runtime(
                .database, "IndexBelongsToConstraint",
                "the index enforces the constraint \(owner.name)",
                hint: "drop the constraint instead")
        }
        record(.dropIndex) { $0.varint(UInt64(id)) }
        applyDropIndex(id)
    }

    func applyDropIndex(_ id: UInt32) {
        if let index = index(id) { droppedIndexes.append(index) }
        nodeIndexes.removeAll { $0.descriptor.id == id }
        relationshipIndexes.removeAll { $0.descriptor.id == id }
        catalog.indexes.removeAll { $0.id == id }
    }

    // MARK: Constraints

    /// Declares a constraint and checks it over what exists; unique and key constraints get an
    /// index of the same name.
    func createConstraint(
        name: String, kind: ConstraintKind, entity: EntityKind, labelOrType: NameID,
        properties: [NameID]
    ) throws -> ConstraintDescriptor {
        try checkOpen()
        try checkSchemaName(name)
        try checkNumbers(entity, labelOrType, properties)
        let isThere = catalog.constraints.contains {
            $0.kind == kind && $0.entity == entity && $0.labelOrType == labelOrType
                && $0.properties == properties
        }
        if isThere {
            throw NQLError.runtime(
                .database, "ConstraintAlreadyExists", "the same constraint exists already")
        }
        var constraint = ConstraintDescriptor(
            id: nextSchemaID, name: name, kind: kind, entity: entity, labelOrType: labelOrType,
            properties: properties, indexID: nil)
        nextSchemaID += 1
        if kind == .unique || kind == .key {
            constraint.indexID = try createIndex(
                name: name, entity: entity, labelOrType: labelOrType, properties: properties,
                isUnique: true
            ).id
        }
        try checkExisting(constraint)
        record(.createConstraint) { CatalogCodec.write(constraint, to: $0) }
        applyCreateConstraint(constraint)
        return constraint
    }

    func applyCreateConstraint(_ constraint: ConstraintDescriptor) {
        catalog.constraints.append(constraint)
        nextSchemaID = max(nextSchemaID, constraint.id + 1)
        noteConstraints()
    }

    private func checkExisting(_ constraint: ConstraintDescriptor) throws {
        if constraint.kind == .unique { return }
        let scope = IndexDescriptor(
            id: 0, name: "", kind: .range, entity: constraint.entity,
            labelOrType: constraint.labelOrType, properties: constraint.properties,
            isUnique: false)
        try forEachEntity(of: scope) { id, chunk in
            for key in constraint.properties {
                let cell = try chunk.column(key)?.cell(GraphView.row(of: id)) ?? .null
                try check(cell, key, constraint, id, isNew: true)
            }
        }
    }

    /// The existence constraints of a node are to be judged at the end of the statement.
    func touch(node id: UInt32) {
        touchedNodePlaces.note(touchedNodes.count, place)
        touchedNodes.append(id)
    }

    /// The same of a relationship.
    func touch(relationship id: UInt32) {
        touchedRelationshipPlaces.note(touchedRelationships.count, place)
        touchedRelationships.append(id)
    }

    /// Drops a constraint and the index it owns.
    func dropConstraint(_ id: UInt32) throws {
        try checkOpen()
        guard catalog.constraints.contains(where: { $0.id == id }) else {
            throw NQLError.runtime(.database, "ConstraintNotFound", "there is no such constraint")
        }
        record(.dropConstraint) { $0.varint(UInt64(id)) }
        applyDropConstraint(id)
    }

    func applyDropConstraint(_ id: UInt32) {
        for constraint in catalog.constraints where constraint.id == id {
            if let index = constraint.indexID { applyDropIndex(index) }
        }
        catalog.constraints.removeAll { $0.id == id }
        noteConstraints()
    }

    // MARK: Judging

    /// Type constraints on values about to be set.
    func checkValues(
        _ properties: [(NameID, Cell)], entity: EntityKind, set: UInt32
    ) throws {
        guard hasRowConstraints else { return }
        for constraint in catalog.constraints where constraint.entity == entity {
            guard case .type = constraint.kind, applies(constraint, set: set) else { continue }
            for (key, cell) in properties where constraint.properties.contains(key) {
                try check(cell, key, constraint, nil)
            }
        }
    }

    private func applies(_ constraint: ConstraintDescriptor, set: UInt32) -> Bool {
        constraint.entity == .node
            ? catalog.labelSets[Int(set)].contains(constraint.labelOrType)
            : set == constraint.labelOrType
    }

    /// One value against one constraint that is not about uniqueness alone.
    private func check(
        _ cell: Cell, _ key: NameID, _ constraint: ConstraintDescriptor, _ id: UInt32?,
        isNew: Bool = false, at place: SourceSpan = .none
    ) throws {
        let name = catalog.keys[Int(key)]
        let kind = constraint.entity == .node ? "node" : "relationship"
        switch constraint.kind {
        case .unique: return
        case .exists, .key:
            guard cell.isNull else { return }
            let subject = id.map { "\(kind) \($0)" } ?? "the \(kind)"
            throw NQLError.runtime(
                .constraintValidationFailed, "PropertyMissing",
                "\(subject) lacks the property \(name) that constraint \(constraint.name) demands",
                hint: isNew
                    ? "give it a value first, or take it out of \(owner(constraint))"
                    : "set the property in the same statement", at: place)
        case .type(let type):
            if cell.isNull || matches(cell, type) { return }
            let subject = id.map { " of \(kind) \($0)" } ?? ""
            throw NQLError.runtime(
                .constraintValidationFailed, "PropertyType",
                "the property \(name)\(subject) must be of type \(type.name) "
                    + "(constraint \(constraint.name)); \(try CellText.shown(cell, base)) is of "
                    + "type \(cell.tag.typeName)", at: place)
        }
    }

    private func owner(_ constraint: ConstraintDescriptor) -> String {
        constraint.entity == .node
            ? "the label \(catalog.labels[Int(constraint.labelOrType)])"
            : "the type \(catalog.types[Int(constraint.labelOrType)])"
    }

    private func matches(_ cell: Cell, _ type: NQLType) -> Bool {
        switch type {
        case .any: return true
        case .boolean: return cell.tag == .boolean
        case .integer: return cell.tag == .integer
        case .float: return cell.tag == .float
        case .number: return cell.tag == .integer || cell.tag == .float
        case .string: return cell.tag == .string
        case .date: return cell.tag == .date
        case .localTime: return cell.tag == .localTime
        case .time: return cell.tag == .time
        case .localDateTime: return cell.tag == .localDateTime
        case .dateTime: return cell.tag == .dateTime
        case .duration: return cell.tag == .duration
        case .map: return cell.tag == .map
        case .point: return cell.tag == .point
        case .notNull(let inner): return !cell.isNull && matches(cell, inner)
        case .union(let members): return members.contains { matches(cell, $0) }
        case .propertyValue: return CellOperators.has(cell, type, base)
        case .list(let element):
            guard cell.tag == .list else { return false }
            let elements = base.cells(cell)
            for index in 0 ..< cell.count where !elements[index].isNull {
                if !matches(elements[index], element) { return false }
            }
            return true
        case .null, .nothing, .node, .relationship, .path: return false
        }
    }

    /// Nanoseconds for looking at one entity, by and large.
    private static let checkWorkUnits = 100

    /// End of a statement: existence constraints of everything touched since the last check.
    func checkExistence() throws {
        if touchedNodes.isEmpty && touchedRelationships.isEmpty { return }
        let relevant = catalog.constraints.filter {
            switch $0.kind {
            case .exists, .key: true
            case .unique, .type: false
            }
        }
        for (number, id) in touchedNodes.enumerated() where try nodeExists(id) {
            try Interruption.spend(WriteTransaction.checkWorkUnits)
            let set = try labelSet(ofNode: id)
            for constraint in relevant
            where constraint.entity == .node && applies(constraint, set: set) {
                for key in constraint.properties {
                    try check(
                        try nodeProperty(id, key), key, constraint, id,
                        at: touchedNodePlaces.span(of: number))
                }
            }
        }
        for (number, id) in touchedRelationships.enumerated() where try relationshipExists(id) {
            try Interruption.spend(WriteTransaction.checkWorkUnits)
            let type = try endpoints(ofRelationship: id).type
            for constraint in relevant
            where constraint.entity == .relationship && applies(constraint, set: type) {
                for key in constraint.properties {
                    try check(
                        try relationshipProperty(id, key), key, constraint, id,
                        at: touchedRelationshipPlaces.span(of: number))
                }
            }
        }
        touchedNodes.removeAll()
        touchedRelationships.removeAll()
        touchedNodePlaces.cut(to: 0)
        touchedRelationshipPlaces.cut(to: 0)
    }
}
