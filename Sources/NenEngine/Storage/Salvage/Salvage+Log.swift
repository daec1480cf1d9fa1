// The log of a damaged database: transactions behind its last checkpoint are redone operation by
// operation; one that no longer fits (its entity was lost) is left out and counted.
import Glibc
import NenCore

/// Indexes and constraints that there shall be.
struct SalvagedSchema {
    var indexes: [IndexDescriptor]
    var constraints: [ConstraintDescriptor]
}

extension Salvage {
    /// Redoes what can be read of the log; returns the schema as of its end.
    func redoLog(_ path: String) throws -> SalvagedSchema {
        var schema = SalvagedSchema(
            indexes: plan.catalog?.indexes ?? [], constraints: plan.catalog?.constraints ?? [])
        // A clean close leaves nothing in the log that counts.
        guard let superblock = plan.superblock, superblock.logState != .unused else {
            return schema
        }
        let contents: LogContents
        let judge = LostLog(
            logPath: path, superblock: superblock,
            note: try LogNote.read(for: superblock, from: source.file))
        do {
            let file = try RealFileSystem.shared.open(path, .readOnly)
            defer { file.close() }
            contents = try LogReader(
                file: file, databaseID: superblock.databaseID,
                segmentBytes: Int(superblock.segmentBytes)
            ).read(
                from: LogPosition(lsn: superblock.logStart, chain: superblock.logChain),
                behind: superblock.transaction, places: superblock.logPlaces, note: judge.note)
        } catch let failure as IOFailure where failure.code == ENOENT {
            if superblock.logState == .inUse || superblock.logStart > 0 {
                report.lose(.transactions, "log", judge.missing.message, nil)
            }
            return schema
        } catch {
            let reason = (error as? NQLError ?? (error as? IOFailure)?.error)?.message
            report.lose(.transactions, "log", reason ?? "it cannot be read", nil)
            return schema
        }
        if let damage = judge.judge(contents) {
            report.lose(.transactions, "log", damage.message, nil)
        } else if contents.startIsMissing || contents.isForeign || contents.isCut {
            report.lose(
                .transactions, "log", "it is cut, or not the one of this database", nil)
        }
        guard plan.isCatalogCurrent || contents.groups.isEmpty else {
            report.lose(
                .transactions, "log",
                "it is not redone, for it names things by numbers whose names are lost",
                contents.groups.count)
            return schema
        }
        try redo(contents, &schema)
        return schema
    }

    private func redo(_ contents: LogContents, _ schema: inout SalvagedSchema) throws {
        for group in contents.groups {
            try checkInterrupt()
            var redo = SalvageRedo(
                UnsafeRawBufferPointer(rebasing: contents.bytes.buffer[group.range]), writer,
                schema)
            let lost = redo.run()
            schema = redo.schema
            report.replayedCount += 1
            report.transaction = group.transaction
            if lost > 0 {
                report.lose(
                    .transactions, "transaction \(group.transaction) of the log",
                    "operations on what is lost were left out", lost)
            }
        }
    }

    // MARK: Schema

    /// Declares indexes and constraints anew; those that do not hold any more are reported.
    func rebuild(_ schema: SalvagedSchema) throws {
        // The open transaction is one that logs nothing and judges nothing.
        writer.abort()
        for constraint in schema.constraints {
            try declare(.constraint, constraint.name) {
                _ = try $0.createConstraint(
                    name: constraint.name, kind: constraint.kind, entity: constraint.entity,
                    labelOrType: constraint.labelOrType, properties: constraint.properties)
            }
        }
        let owned = Set(schema.constraints.compactMap(\.indexID))
        for index in schema.indexes where !owned.contains(index.id) {
            try declare(.index, index.name) {
                _ = try $0.createIndex(
                    name: index.name, entity: index.entity, labelOrType: index.labelOrType,
                    properties: index.properties, isUnique: index.isUnique)
            }
        }
    }

    private func declare(
        _ kind: SalvageLoss.Kind, _ name: String, _ body: (WriteTransaction) throws -> Void
    ) throws {
        let transaction = try store.beginWrite()
        do {
            try body(transaction)
            try transaction.commit()
        } catch let error as NQLError where error.code != .io && error.code != .interrupted {
            transaction.abort()
            report.lose(kind, "\(kind.rawValue) \(name)", error.message, 1)
        } catch {
            transaction.abort()
            throw error
        }
    }
}
