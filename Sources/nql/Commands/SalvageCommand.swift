// SalvageCommand: `nql salvage`: what can be read of a damaged database, into a new one.

import ArgumentParser
import NenDB

extension LostEnds: ExpressibleByArgument {}

/// `nql salvage`.
struct SalvageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql salvage",
        abstract: "Write what can be read of a damaged database into a new one.",
        discussion: """
            Everything whose checksum holds is kept, the log included; a report tells what is \
            lost. The damaged database is not changed. The status is 0 when nothing is lost, 2 \
            when something is, 1 when nothing could be salvaged.
            """)

    @Option(
        name: .long,
        help: "Relationships whose end nodes are lost: drop them, or attach them to empty nodes.")
    var lostEnds: LostEnds = .drop

    @Flag(name: .long, help: "Print the report as JSON.")
    var json = false

    @Argument(help: "The damaged database file.")
    var damaged: String

    @Argument(help: "The database file to create.")
    var database: String

    func validate() throws {
        try DatabaseFile.demand(damaged)
        try DatabaseFile.demand(database)
    }

    func run() throws {
        let command = MaintenanceRun(name: "salvage")
        var isComplete = true
        try command.run {
            let report = try Database.salvage(
                damaged, into: database, lostEnds: lostEnds,
                cancellation: Interrupts.cancellation)
            try command.output.line(json ? report.json : report.text)
            isComplete = report.isComplete
        }
        if !isComplete { throw ExitCode(2) }
    }
}
