// DatabaseOpener: opens the database that the command names. One that is not there yet is put off:
// statements that only read find an empty graph in memory, and the first that changes something
// makes the file. So a mistyped name leaves no file behind.

import Glibc
import NenDB

/// Opens databases.
final class DatabaseOpener {
    /// The name as it was given; `:memory:` for a new one in memory.
    private(set) var path: String
    /// Whether the database is to be made by the first change.
    private(set) var isPutOff = false
    private let options: OpenOptions

    init(_ path: String, _ options: OpenOptions) {
        self.path = path
        self.options = options
    }

    /// Opens the database, or an empty one in its place.
    func open() throws -> Database { try open(path) }

    /// Opens another database, or an empty one in its place.
    func open(_ path: String) throws -> Database {
        let isAbsent = !options.readOnly && DatabaseOpener.isAbsent(path)
        let database = try options.open(isAbsent ? ":memory:" : path)
        self.path = path
        isPutOff = isAbsent
        return database
    }

    /// Opens the database that was put off; nil when there is none.
    func openPutOff() throws -> Database? {
        guard isPutOff else { return nil }
        let database = try options.open(path)
        isPutOff = false
        return database
    }

    /// Whether nothing stands at `path`, beside it or in the way of it.
    private static func isAbsent(_ path: String) -> Bool {
        if path == ":memory:" || path.isEmpty || path.hasSuffix("/") { return false }
        var status = stat()
        for ending in ["", "-log", "-shared"] {
            if lstat(path + ending, &status) == 0 || errno != ENOENT { return false }
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        return stat(folder, &status) == 0 && access(folder, W_OK | X_OK) == 0
    }
}
