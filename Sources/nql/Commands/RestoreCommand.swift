// RestoreCommand: `nql restore`: a new database from a backup directory, as of its newest state or
// of an earlier moment.

import ArgumentParser
import NenDB

/// `nql restore`.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql restore",
        abstract: "Make a new database from backups.",
        discussion: """
            Without an option the restore goes as far as backups and archived log reach. It takes \
            effect as a whole or not at all.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp("Go up to this transaction.", valueName: "number"))
    var toTransaction: UInt64?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Go up to the commits of this moment, such as 2026-03-01T12:00:00Z.",
            valueName: "time"))
    var toTime: String?

    @Argument(help: "The backup directory.")
    var directory: String

    @Argument(help: "The database file to create.")
    var database: String

    func validate() throws {
        try DatabaseFile.demand(database)
        if toTransaction != nil && toTime != nil {
            throw ValidationError("Give --to-transaction or --to-time, not both.")
        }
    }

    func run() throws {
        let command = MaintenanceRun(name: "restore")
        try command.run {
            let line = PercentLine("restore")
            let report = try Database.restore(
                from: directory, to: database, target: try target(),
                cancellation: Interrupts.cancellation
            ) { line.show($0) }
            line.clear()
            try command.output.line(
                "\(database): transaction \(report.transaction), from backup "
                    + "\(report.backupNumber)"
                    + (report.replayedCount > 0
                        ? " and \(report.replayedCount) transactions of the log." : "."))
        }
    }

    private func target() throws -> RestoreTarget {
        if let toTransaction { return .transaction(toTransaction) }
        guard let toTime else { return .latest }
        // The language knows how moments are written.
        let moment = try Database.inMemory().query(
            "RETURN datetime($text).epochMillis AS moment", ["text": .string(toTime)])
        return .time(try moment.scalar(as: Int64.self))
    }
}
