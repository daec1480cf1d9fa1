// StoreReplacement: puts a new database in the place of an old one, at once and for good: whenever
// a crash comes, the name leads to the old database, whole with its log, or to the new one.
//
// The new database is filled under a name of its own in the same directory, `<name>-import`, and
// closed, so that its data file alone is whole and says so (Superblock, log state "unused"). Then
// it is renamed over the old data file and the directory is synced; only after that the old log and
// shared file go. In between the new data file stands beside the old log, which belongs to another
// database and which nothing in the new one needs: an opener empties it.
//
// Throughout, the attach lock of the old file is held exclusively: nobody has it open, and nobody
// opens it. From before the rename that of the new file is held, too, so that nobody opens the new
// database while the old one's log is still about to be removed.
import Glibc
import NenCore

/// One replacement on its way. Ends with `complete` or without any effect.
final class StoreReplacement {
    private let fileSystem: any FileSystem
    private let location: StoreLocation
    private let fresh: StoreLocation
    private let old: any File
    private var new: (any File)?

    /// Where the new database is to be made.
    var freshPath: String { fresh.path }

    static let suffix = "-import"

    /// Takes the database at `path` out of use; nil when there is none.
    /// - Throws: `NQLError` when somebody has it open, or when the file is no database.
    init?(of path: String, in fileSystem: any FileSystem) throws {
        do {
            location = try StoreLocation.find(path, in: fileSystem)
            fresh = try StoreLocation.find(location.path + StoreReplacement.suffix, in: fileSystem)
            do { old = try fileSystem.open(location.path, .readWrite) } catch
                let failure as IOFailure where failure.code == ENOENT
            {
                return nil
            }
            self.fileSystem = fileSystem
            guard try StoreLocks(data: old).tryLock(.attach, .exclusive),
                try fileSystem.status(of: location.path)?.identity == old.identity()
            else {
                throw NQLError.runtime(
                    .busy, "InUse",
                    "the database '\(path)' is open, in this process or another one, and cannot be "
                        + "replaced",
                    hint: "close it everywhere and try again")
            }
            try demandDatabase(path)
            // What an earlier replacement left that was killed.
            try LeftoverFile.removeDraft(fresh.path, in: fileSystem)
        } catch let failure as IOFailure {
            throw failure.error
        }
    }

    /// A file that is something else is not replaced, even where replacing was asked for.
    private func demandDatabase(_ path: String) throws {
        guard try Superblock.mayBeDatabase(old) else {
            throw NQLError.runtime(
                .database, "NotADatabase", "'\(path)' is not a NenDB database",
                hint: "check the path; the file was not changed")
        }
    }

    /// Puts the new database, closed by now, in the old one's place.
    func complete() throws {
        do {
            let file = try fileSystem.open(fresh.path, .readWrite)
            new = file
            guard try StoreLocks(data: file).tryLock(.attach, .exclusive) else {
                throw NQLError.runtime(
                    .busy, "InUse", "somebody has opened '\(fresh.path)' before it was complete",
                    hint: "close it and try again")
            }
            try file.sync()
            try fileSystem.remove(fresh.sharedPath)
            try fileSystem.remove(fresh.logPath)
            try fileSystem.rename(fresh.path, to: location.path)
            try fileSystem.syncDirectory(of: location.path)
            try fileSystem.remove(location.logPath)
            try fileSystem.remove(location.sharedPath)
            try fileSystem.syncDirectory(of: location.path)
        } catch let failure as IOFailure {
            throw failure.error
        }
    }

    /// Lets others in, and takes away what was not completed.
    func end() {
        if new == nil { fresh.removeFiles(in: fileSystem) }
        new?.close()
        old.close()
    }
}
