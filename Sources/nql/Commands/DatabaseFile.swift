// DatabaseFile: what commands that make, copy or read database files refuse as a name.

import ArgumentParser

/// The name of a database file.
enum DatabaseFile {
    /// - Throws: `ValidationError` for the name of a database in memory, which would end with the
    ///   command.
    static func demand(_ path: String?) throws {
        if path == ":memory:" {
            throw ValidationError(
                "This command needs a database file; what is in memory ends with the command. "
                    + "A file of that name is ./:memory:.")
        }
    }
}
