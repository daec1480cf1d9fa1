// BackupCommand: `nql backup`: the database into a backup directory, while others use it.

import ArgumentParser
import NenDB

/// `nql backup`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql backup",
        abstract: "Back a database up while it is in use.",
        discussion: """
            The first backup of a directory holds everything, those behind it what changed since. \
            `nql restore` makes a new database of them; `nql check DIRECTORY` verifies them. \
            BACKUP TO 'directory' is the same as a statement.
            """)

    @Flag(name: .long, help: "Copy everything, whatever the directory holds.")
    var full = false

    @Flag(
        name: .long,
        help: "Only add the transactions that the log holds and the directory does not.")
    var log = false

    @Argument(help: "The database file.")
    var database: String

    @Argument(help: "The backup directory; it is made unless it is there.")
    var directory: String

    func validate() throws {
        try DatabaseFile.demand(database)
        if full && log { throw ValidationError("Give --full or --log, not both.") }
    }

    func run() throws {
        let command = MaintenanceRun(name: "backup")
        try command.run {
            var options = DatabaseOptions()
            options.isReadOnly = true
            let database = try Database(at: database, options: options)
            defer { try? database.close() }
            if log {
                let report = try database.backupLog(to: directory)
                try command.output.line(
                    report.map {
                        "\($0.path): transactions \($0.firstTransaction) to "
                            + "\($0.lastTransaction), \($0.byteCount) bytes."
                    } ?? "Nothing was committed since the last backup.")
                return
            }
            let line = PercentLine("backup")
            let report = try database.backup(
                to: directory, full: full, cancellation: Interrupts.cancellation
            ) { line.show($0) }
            line.clear()
            try command.output.line(
                report.isNew
                    ? "\(report.path): \(report.isFull ? "full backup" : "increment") of "
                        + "transaction \(report.transaction), \(report.byteCount) bytes."
                    : "Nothing has changed since \(report.path).")
        }
    }
}
