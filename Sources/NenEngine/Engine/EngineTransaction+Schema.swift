// EngineTransaction+Schema: indexes and constraints by name, ANALYZE. Each change stands behind a
// savepoint, so that one that fails (equal values under a unique constraint) leaves nothing.

import NenCore

extension EngineTransaction {
    /// Declares an index over nodes of a label or relationships of a type and builds it.
    ///
    /// - Throws: `DatabaseError` when one with the name or the content exists; `Interrupted`.
    public func createIndex(
        name: String, entity: EntityKind, labelOrType: String, properties: [String],
        options: ExecutionOptions = ExecutionOptions(),
        interruption: Interruption = Interruption()
    ) throws(NQLError) {
        try change(options, interruption) { write in
            _ = try write.createIndex(
                name: name, entity: entity,
                labelOrType: try intern(entity, labelOrType, write),
                properties: try properties.map { try write.internKey($0) }, isUnique: false)
        }
    }

    /// Drops an index that no constraint owns.
    public func dropIndex(id: UInt32) throws(NQLError) {
        try change { write in try write.dropIndex(id) }
    }

    /// Declares a constraint and checks what exists.
    ///
    /// - Throws: `ConstraintValidationFailed` when the data breaks it; `Interrupted`.
    public func createConstraint(
        name: String, kind: ConstraintKind, entity: EntityKind, labelOrType: String,
        properties: [String], options: ExecutionOptions = ExecutionOptions(),
        interruption: Interruption = Interruption()
    ) throws(NQLError) {
        try change(options, interruption) { write in
            _ = try write.createConstraint(
                name: name, kind: kind, entity: entity,
                labelOrType: try intern(entity, labelOrType, write),
                properties: try properties.map { try write.internKey($0) })
        }
    }

    /// Drops a constraint and the index that enforces it.
    public func dropConstraint(id: UInt32) throws(NQLError) {
        try change { write in try write.dropConstraint(id) }
    }

    private func intern(
        _ entity: EntityKind, _ name: String, _ write: WriteTransaction
    ) throws -> NameID {
        entity == .node ? try write.internLabel(name) : try write.internType(name)
    }

    private func change(
        _ options: ExecutionOptions? = nil, _ interruption: Interruption = Interruption(),
        _ body: (WriteTransaction) throws -> Void
    ) throws(NQLError) {
        let write = try schemaWriter()
        if let options { write.account.setLimit(options.memoryBudgetBytes) }
        try WriterMemory.Reserve.refill()
        try WriterMemory.charging(write.account) { () throws(NQLError) in
            try change(write, interruption, body)
        }
    }

    private func change(
        _ write: WriteTransaction, _ interruption: Interruption,
        _ body: (WriteTransaction) throws -> Void
    ) throws(NQLError) {
        let savepoint = write.savepoint()
        do {
            try interruption.run {
                try body(write)
                try interruption.check()
            }
            write.release(savepoint)
        } catch {
            try undo(to: savepoint, write)
            try storage { throw error }
        }
    }
}
