// StatementRun+Backup: BACKUP [FULL | LOG] TO: one row that says what was written.

import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    /// Runs BACKUP.
    func backup(_ command: BackupCommand) throws -> Result {
        guard case .string(let directory) = try constant(command.destination) else {
            throw NQLError.runtime(
                .type, "InvalidArgumentType", "BACKUP takes the name of a directory as a String.",
                at: command.destination.span)
        }
        do {
            if command.kind == .log { return try backupLog(directory) }
            let report = try session.database.backup(
                to: directory, full: command.kind == .full,
                cancellation: session.cancellation)
            return Result(
                columns: ["kind", "number", "transaction", "file", "bytes"],
                rows: [[
                    .string(report.isNew ? report.isFull ? "full" : "increment" : "unchanged"),
                    .integer(Int64(report.number)), .integer(Int64(report.transaction)),
                    .string(report.path), .integer(Int64(report.byteCount)),
                ]])
        } catch var error as NQLError {
            if error.span == .none { error.span = command.destination.span }
            throw error
        }
    }

    private func backupLog(_ directory: String) throws -> Result {
        let columns = ["firstTransaction", "lastTransaction", "file", "bytes"]
        guard let report = try session.database.backupLog(to: directory) else {
            return Result(columns: columns, rows: [])
        }
        return Result(
            columns: columns,
            rows: [[
                .integer(Int64(report.firstTransaction)), .integer(Int64(report.lastTransaction)),
                .string(report.path), .integer(Int64(report.byteCount)),
            ]])
    }
}
