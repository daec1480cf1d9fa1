// StatementRun+Backup: BACKUP [FULL | LOG] TO: one row that says what was written. The directory is
// judged by the file door as all that statements name.

import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    /// Runs BACKUP.
    func backup(_ command: BackupCommand) throws -> QueryResult {
        guard case .string(let name) = try constant(command.destination) else {
            throw NQLError.runtime(
                .type, "InvalidArgumentType", "BACKUP takes the name of a directory as a String.",
                at: command.destination.span)
        }
        let engine = session.database.engine
        do {
            let directory = try engine.files.directory(name, creates: true)
            if command.kind == .log { return result(try engine.archiveLog(to: directory)) }
            let cancellation = session.cancellation
            return result(
                try engine.backUp(to: directory, full: command.kind == .full) { _ in
                    try cancellation.check("The backup")
                })
        } catch {
            var located = error
            if located.span == .none { located.span = command.destination.span }
            throw located
        }
    }

    private func result(_ report: BackupReport) -> QueryResult {
        let kind = report.isNew ? report.isFull ? "full" : "increment" : "unchanged"
        return QueryResult(
            columns: ["kind", "number", "transaction", "file", "bytes"],
            rows: [[
                .string(kind), .integer(Int64(report.number)),
                .integer(Int64(report.transaction)), .string(report.path),
                .integer(Int64(report.byteCount)),
            ]])
    }

    private func result(_ report: LogBackupReport?) -> QueryResult {
        let rows: [[Value]] = report.map { report in
            [[
                .integer(Int64(report.firstTransaction)), .integer(Int64(report.lastTransaction)),
                .string(report.path), .integer(Int64(report.byteCount)),
            ]]
        } ?? []
        return QueryResult(
            columns: ["firstTransaction", "lastTransaction", "file", "bytes"], rows: rows)
    }
}
