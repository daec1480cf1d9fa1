// StoreLocation: where the files of a database are. A database has one place and one name: symbolic
// links are followed first, so that log and shared page lie beside the file itself whatever it was
// called by, and a file with a second name (a hard link) is refused, as under that name it would
// find another log.
import NenCore

/// The names of a database's files.
struct StoreLocation: Hashable, Sendable {
    /// The data file, all links followed.
    let path: String

    var logPath: String { StoreDisk.logPath(path) }
    var sharedPath: String { StoreDisk.sharedPath(path) }

    /// Longest name of a file on the file systems in use.
    private static let nameBytesMax = 255

    /// Finds the place that `path` means. Nothing is opened or made.
    /// - Throws: `NQLError` when no database can be there; `IOFailure`.
    static func find(_ path: String, in fileSystem: any FileSystem) throws -> StoreLocation {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw NQLError.runtime(
                .argument, "Path", "a database's path is empty or contains a zero byte",
                hint: "give the path of a file, or :memory: for a database without one")
        }
        let there = try fileSystem.status(of: path)
        if let there {
            guard there.kind == .regular else { throw notAFile(path, there.kind) }
            try demandOneName(there, path)
        }
        let location = StoreLocation(path: try fileSystem.resolve(path))
        // An open file without a name, as /proc/self/fd has them.
        if let there, try fileSystem.status(of: location.path)?.identity != there.identity {
            throw notFound(path)
        }
        try location.checkName(in: fileSystem)
        return location
    }

    /// The place of a database to be made where there is none.
    /// - Throws: as `find`; `DatabaseError(Exists)` when a file stands there, or a log beside it.
    static func findNew(_ path: String, in fileSystem: any FileSystem) throws -> StoreLocation {
        let location = try find(path, in: fileSystem)
        for taken in [location.path, location.logPath]
        where try fileSystem.status(of: taken) != nil {
            throw NQLError.runtime(
                .database, "Exists", "there is a file '\(taken)' already",
                hint: "give the new database another name")
        }
        return location
    }

    /// The data file that is to be read, whatever it holds: links are followed.
    static func findExisting(
        _ path: String, in fileSystem: any FileSystem
    ) throws -> StoreLocation {
        guard !path.isEmpty, !path.utf8.contains(0),
            let there = try fileSystem.status(of: path)
        else {
            throw NQLError.runtime(
                .database, "NotFound", "there is no file '\(path)'", hint: "check the path")
        }
        guard there.kind == .regular else { throw notAFile(path, there.kind) }
        return StoreLocation(path: try fileSystem.resolve(path))
    }

    private static func notAFile(_ path: String, _ kind: FileStatus.Kind) -> NQLError {
        .runtime(
            .database, "NotAFile", "'\(path)' is a \(kind.rawValue), not a database file",
            hint: "give the name of a database file; nothing was changed")
    }

    /// Refuses a file that has names besides the one it is opened by.
    static func demandOneName(_ status: FileStatus, _ path: String) throws {
        guard status.linkCount > 1 else { return }
        throw NQLError.runtime(
            .database, "HardLinks",
            "'\(path)' has \(status.linkCount) names (hard links); under each of them the database "
                + "would have another log",
            hint: "remove the other names, or copy the file instead of linking it")
    }

    private func checkName(in fileSystem: any FileSystem) throws {
        let name = RealFileSystem.split(path).name
        let longest = StoreLocation.nameBytesMax - StoreDisk.sharedSuffix.utf8.count
        guard name.utf8.count <= longest else {
            throw NQLError.runtime(
                .database, "NameTooLong",
                "the name '\(name.prefix(40))…' has \(name.utf8.count) bytes; with the names of "
                    + "the log and the shared file beside it, a database's may have \(longest)",
                hint: "choose a shorter name; nothing was changed")
        }
        for suffix in [StoreDisk.logSuffix, StoreDisk.sharedSuffix] where name.hasSuffix(suffix) {
            let owner = String(path.dropLast(suffix.count))
            if name.utf8.count > suffix.utf8.count, try fileSystem.status(of: owner) != nil {
                throw NQLError.runtime(
                    .database, "NotADatabase",
                    "'\(path)' belongs to the database '\(owner)'", hint: "open that one")
            }
        }
    }

    /// Removes the database's files as far as they are there, the data file last.
    func removeFiles(in fileSystem: any FileSystem) {
        for name in [sharedPath, logPath, path] { try? fileSystem.remove(name) }
    }

    static func notFound(_ path: String) -> NQLError {
        .runtime(
            .database, "NotFound", "there is no database at '\(path)'",
            hint: "check the path, or open it for writing to create it")
    }
}
