// DumpCommand: `nql dump`: a whole graph as a script in NQL, or as CSV files for `nql import`.

import ArgumentParser
import Glibc
import NenDB

/// How a graph is dumped.
enum DumpFormat: String, ExpressibleByArgument, CaseIterable {
    case nql, csv
}

/// `nql dump`.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql dump",
        abstract: "Write a whole graph as NQL or as CSV.",
        discussion: """
            Nodes, relationships, all properties, indexes and constraints, as one snapshot has \
            them; others may go on writing. `nql load` makes a database of a dump. As NQL the \
            dump is a script, which any session can run; it goes to standard output unless a \
            file is named. As CSV it is a new directory with files in the form of `nql import`; \
            what CSV cannot hold exactly (maps, lists of several types) is refused.

            Example:

                nql dump people.nen people.nql
                nql dump --format csv people.nen people-csv
            """)

    @Option(name: .long, help: "What is written.")
    var format: DumpFormat = .nql

    @Argument(help: "The database file.")
    var database: String

    @Argument(help: "The file to write (- for standard output), or the directory of --format csv.")
    var destination: String?

    func validate() throws {
        try DatabaseFile.demand(database)
        if format == .csv, destination == nil || destination == "-" {
            throw ValidationError("--format csv needs a directory to write to.")
        }
    }

    func run() throws {
        try LongCommand.run("dump") { errors in
            var options = DatabaseOptions()
            options.isReadOnly = true
            let database: Database
            do {
                database = try Database(at: self.database, options: options)
            } catch let error as NQLError {
                try OpenFailure.report(error, self.database, on: errors)
                throw ExitCode.failure
            }
            let progress = ProgressLine(errors)
            let report = try write(database, progress)
            progress.clear()
            guard let destination, destination != "-" else { return }
            try errors.line(
                "\(report.summary) written to \(destination).")
        }
    }

    private func write(_ database: Database, _ progress: ProgressLine) throws -> DumpReport {
        let cancellation = Interrupts.cancellation
        guard let destination, destination != "-" else {
            return try database.dump(cancellation: cancellation) { try writeToOutput($0) }
        }
        if format == .csv {
            return try database.dumpCSV(
                toDirectory: destination, cancellation: cancellation
            ) { progress.show($0) }
        }
        return try database.dump(toFile: destination, cancellation: cancellation) {
            progress.show($0)
        }
    }

    /// Unlike results, a dump that is cut off is a failure, whatever the reason.
    private func writeToOutput(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(1, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR {
                throw NQLError.runtime(
                    .io, nil, "Cannot write standard output: \(SystemError.message).")
            }
        }
    }
}

/// What commands that work for a while have in common: signals, errors, status.
enum LongCommand {
    /// Runs `body`; its errors are told on standard error and become the status.
    static func run(_ name: String, _ body: (StandardStream) throws -> Void) throws {
        Interrupts.ignoreWriteSignals()
        Interrupts.install()
        let errors = StandardStream(descriptor: 2)
        do {
            try body(errors)
            try errors.flush()
        } catch let error as NQLError {
            if errors.isTerminal { try errors.write("\r\u{1B}[K") }
            try errors.line("nql \(name): \(error)")
            if let hint = error.hint { try errors.line("     \(hint)") }
            try errors.flush()
            throw error.code == .interrupted ? ExitCode(130) : ExitCode.failure
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }
}
