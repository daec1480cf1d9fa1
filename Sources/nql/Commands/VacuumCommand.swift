// VacuumCommand: `nql vacuum`: gives space back to the file system.

import ArgumentParser
import NenDB

/// `nql vacuum`.
struct VacuumCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql vacuum",
        abstract: "Give space that nothing uses back to the file system.",
        discussion: """
            Others may use the database meanwhile; what they read stays until a vacuum behind \
            their end. VACUUM is the same as a statement.
            """)

    @Argument(help: "The database file.")
    var database: String

    func validate() throws {
        try DatabaseFile.demand(database)
    }

    func run() throws {
        let command = MaintenanceRun(name: "vacuum")
        try command.run {
            var options = DatabaseOptions()
            options.mustExist = true
            let database = try Database(at: database, options: options)
            let report = try database.vacuum(cancellation: Interrupts.cancellation)
            try database.close()
            try command.output.line(
                "\(self.database): \(report.bytesBefore) bytes before, \(report.bytesAfter) after.")
        }
    }
}
