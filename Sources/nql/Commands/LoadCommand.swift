// LoadCommand: `nql load`: a new database of a dump, or of any script.

import ArgumentParser
import Glibc
import NenDB

/// `nql load`.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql load",
        abstract: "Make a new database of a dump.",
        discussion: """
            Reads what `nql dump` has written: a script (- for standard input), or a directory \
            of CSV files. Any other script can be loaded too. The database appears as a whole or \
            not at all; it must not exist yet, or be empty.
            """)

    @Argument(help: "The script or directory; - is standard input.")
    var source: String

    @Argument(help: "The database file to create.")
    var database: String

    func validate() throws {
        try DatabaseFile.demand(database)
    }

    func run() throws {
        try LongCommand.run("load") { errors in
            let output = StandardStream(descriptor: 1)
            let clock = ContinuousClock()
            let start = clock.now
            let progress = ProgressLine(errors)
            let report = try load(progress)
            progress.clear()
            try output.line(
                Plural.text(report.nodeCount, "node") + ", "
                    + Plural.text(report.relationshipCount, "relationship") + ", "
                    + Plural.text(report.propertyCount, "property", "properties") + " and "
                    + Plural.text(
                        report.schemaCount, "index or constraint", "indexes and constraints")
                    + " loaded in \(Elapsed.text(start.duration(to: clock.now))).")
            try output.flush()
        }
    }

    private func load(_ progress: ProgressLine) throws -> DumpReport {
        let cancellation = Interrupts.cancellation
        if source == "-" {
            return try Database.load(
                into: database, cancellation: cancellation, progress: { progress.show($0) },
                from: { try readInput() })
        }
        var status = stat()
        if stat(source, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            return try Database.load(
                directory: source, into: database, cancellation: cancellation
            ) { progress.show($0) }
        }
        return try Database.load(file: source, into: database, cancellation: cancellation) {
            progress.show($0)
        }
    }

    /// The next bytes of standard input; nil at its end.
    private func readInput() throws -> [UInt8]? {
        let block = 1 << 16
        while true {
            // Ctrl-C restarts a read that waits, so none does.
            var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            let isReady = poll(&waiting, 1, 200) > 0
            if Interrupts.cancellation.isCancelled {
                throw NQLError.runtime(
                    .interrupted, "Cancelled", "The load was cancelled; nothing was loaded.")
            }
            if !isReady { continue }
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: block) { buffer, initialized in
                count = read(0, buffer.baseAddress, block)
                initialized = max(0, count)
            }
            if count > 0 { return bytes }
            if count == 0 { return nil }
            if errno != EINTR {
                throw NQLError.runtime(
                    .io, nil, "Cannot read standard input: \(SystemError.message).")
            }
        }
    }
}
