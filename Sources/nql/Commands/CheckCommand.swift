// CheckCommand: `nql check`: reads every structure of a database and compares it with its checksums
// and with the others. Status 0 when all is well, 1 when something is not.

import ArgumentParser
import Glibc
import NenDB

/// `nql check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql check",
        abstract: "Check every structure of a database, or all files of a backup directory.",
        discussion: """
            Reads pages, chunks, adjacency, indexes and statistics, and compares them with their \
            checksums and with each other. Of a backup directory every file is compared with its \
            checksums, and the newest state is checked. The status is 0 when all is well.
            """)

    @Flag(name: .long, help: "Of a backup directory, compare checksums only.")
    var quick = false

    @Argument(help: "The database file, or a backup directory.")
    var database: String

    func validate() throws {
        try DatabaseFile.demand(database)
    }

    func run() throws {
        Interrupts.ignoreWriteSignals()
        let output = StandardStream(descriptor: 1)
        let errors = StandardStream(descriptor: 2)
        var options = DatabaseOptions()
        options.isReadOnly = true
        do {
            let findings = try isDirectory ? checkBackup(output) : check(options, output)
            for finding in findings { try output.line(finding) }
            let count = findings.count
            try output.line(
                count == 0
                    ? "\(database): everything is as it should be."
                    : "\(database): \(count) \(count == 1 ? "finding" : "findings").")
            try output.flush()
            if count > 0 { throw ExitCode.failure }
        } catch let error as NQLError {
            try OpenFailure.report(error, database, on: errors)
            throw ExitCode.failure
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }

    /// Tells what opening the database found, and returns what is wrong in it.
    private func check(_ options: DatabaseOptions, _ output: StandardStream) throws -> [String] {
        let opened = try Database(at: database, options: options)
        for line in opened.openReport.warnings + opened.openReport.remarks {
            try output.line("\(database): \(line)")
        }
        return try opened.check()
    }

    private var isDirectory: Bool {
        var status = stat()
        return stat(database, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Lists a backup directory and returns what is wrong in it.
    private func checkBackup(_ output: StandardStream) throws -> [String] {
        let inventory = try Database.checkBackup(at: database, quick: quick)
        for line in inventory.lines { try output.line(line) }
        return inventory.findings
    }
}
