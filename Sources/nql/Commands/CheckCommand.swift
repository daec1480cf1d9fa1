// CheckCommand: `nql check`: reads every structure of a database and compares it with its checksums
// and with the others. Status 0 when all is well, 1 when something is not.

import ArgumentParser
import NenDB

/// `nql check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql check",
        abstract: "Check every structure of a database.",
        discussion: """
            Reads pages, chunks, adjacency, indexes and statistics, and compares them with their \
            checksums and with each other. The status is 0 when all is well.
            """)

    @Argument(help: "The database file.")
    var database: String

    func run() throws {
        Interrupts.ignoreWriteSignals()
        let output = StandardStream(descriptor: 1)
        let errors = StandardStream(descriptor: 2)
        var options = DatabaseOptions()
        options.isReadOnly = true
        do {
            let opened = try Database(at: database, options: options)
            for line in opened.openReport.warnings + opened.openReport.remarks {
                try output.line("\(database): \(line)")
            }
            let findings = try opened.check()
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
}
