// BackupDirectory: a folder of backup files: what is in it, who may add to it, and how a file gets
// its name only once all of it is on the disk.
import Glibc
import NenCore

/// A backup directory.
final class BackupDirectory {
    /// Where its files are opened.
    let path: String
    /// How messages and reports name it.
    let shownPath: String
    let fileSystem: any FileSystem
    /// Held open where `path` goes through its descriptor.
    private let handle: DirectoryHandle?
    /// Open while this process may add files.
    private var lock: Int32 = -1

    private static let draftEnding = ".partial"

    /// A directory to read.
    /// - Throws: `NQLError`, `IOFailure` when there is none.
    convenience init(
        reading path: String, fileSystem: any FileSystem = RealFileSystem.shared
    ) throws {
        try self.init(path, shown: path, handle: nil, fileSystem)
    }

    private init(
        _ path: String, shown: String, handle: DirectoryHandle?, _ fileSystem: any FileSystem
    ) throws {
        self.path = path
        shownPath = shown
        self.handle = handle
        self.fileSystem = fileSystem
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw failure("open") }
            throw NQLError.runtime(
                .argument, "NotADirectory", "there is no directory '\(shown)'",
                hint: "give the directory that nql backup wrote into")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw BackupDirectory.notADirectory(shown)
        }
    }

    /// Refuses a path where there is no directory and none can be made. Nothing is made: that is
    /// for the first one who has something to write.
    static func demandPlace(_ path: String, in fileSystem: any FileSystem) throws {
        if let there = try fileSystem.status(of: path) {
            guard there.kind == .directory else { throw notADirectory(path) }
            return
        }
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let above = RealFileSystem.split(path).directory
        guard !path.isEmpty, try fileSystem.status(of: above)?.kind == .directory else {
            throw IOFailure(operation: "create", path: path, code: ENOENT)
        }
        guard fileSystem.canCreate(beside: path) else {
            throw IOFailure(operation: "create", path: path, code: EACCES)
        }
    }

    private static func notADirectory(_ path: String) -> NQLError {
        .runtime(
            .argument, "NotADirectory", "'\(path)' is not a directory",
            hint: "backups are kept in a directory of their own")
    }

    /// What is added to a directory.
    enum Purpose {
        /// Backups: by one process at a time.
        case backups
        /// Pieces of the log: the source's checkpoint lock keeps others out.
        case archive
    }

    /// A directory to add to, which is made unless it is there. Drafts of backups that a killed
    /// process left are removed.
    /// - Throws: `DatabaseBusy` when another process makes a backup in it.
    convenience init(
        writing path: String, _ purpose: Purpose,
        fileSystem: any FileSystem = RealFileSystem.shared
    ) throws {
        if mkdir(path, 0o755) == 0 {
            try fileSystem.syncDirectory(of: path)
        } else if errno != EEXIST {
            throw IOFailure(operation: "create", path: path, code: errno)
        }
        try self.init(reading: path, fileSystem: fileSystem)
        try prepare(for: purpose)
    }

    /// A directory to add to that a statement has named and the file door has judged: what its path
    /// leads to by now makes no difference.
    convenience init(writing handle: DirectoryHandle, _ purpose: Purpose) throws {
        let path = "/proc/self/fd/\(handle.descriptor)"
        try self.init(path, shown: handle.path, handle: handle, RealFileSystem.shared)
        try prepare(for: purpose)
    }

    private func prepare(for purpose: Purpose) throws {
        // A draft of the archive is written anew under the same name.
        guard purpose == .backups else { return }
        try lockForWriting()
        for name in try names()
        where name.hasSuffix(BackupDirectory.draftEnding) && !name.hasPrefix("log-") {
            try fileSystem.remove(full(name))
        }
    }

    deinit { if lock >= 0 { close(lock) } }

    private func failure(_ operation: String) -> IOFailure {
        IOFailure(operation: operation, path: path, code: errno)
    }

    private func lockForWriting() throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open") }
        lock = descriptor
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno != EWOULDBLOCK { throw failure("lock") }
            throw NQLError.runtime(
                .busy, "BackupRuns", "another backup is writing into '\(shownPath)'",
                hint: "wait for it, or give another directory")
        }
    }

    /// Path of a file as reports name it.
    func shown(_ name: String) -> String { shownPath + "/" + name }

    /// Runs `body`, whose errors name the directory as its user does.
    func naming<Output>(_ body: () throws -> Output) throws -> Output {
        do {
            return try body()
        } catch var failure as IOFailure {
            if failure.path.hasPrefix(path) {
                failure.path = shownPath + failure.path.dropFirst(path.count)
            }
            throw failure
        }
    }

    /// Path of a file in the directory.
    func full(_ name: String) -> String { path + "/" + name }

    /// Names of the files, sorted.
    func names() throws -> [String] {
        guard let stream = opendir(path) else { throw failure("read") }
        defer { closedir(stream) }
        var found: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { found.append(name) }
            errno = 0
        }
        if errno != 0 { throw failure("read") }
        return found.sorted()
    }

    /// A new file that has no proper name yet.
    func draft(_ name: String) throws -> any File {
        let file = try fileSystem.open(full(name) + BackupDirectory.draftEnding, .create)
        try file.truncate(to: 0)
        return file
    }

    /// Brings a draft to the disk and gives it its name.
    func publish(_ draft: any File, as name: String) throws {
        try draft.sync()
        draft.close()
        let from = full(name) + BackupDirectory.draftEnding
        guard rename(from, full(name)) == 0 else {
            throw IOFailure(operation: "rename", path: from, code: errno)
        }
        try fileSystem.syncDirectory(of: full(name))
    }

    /// Takes a draft away after a failure.
    func discard(_ name: String) {
        try? fileSystem.remove(full(name) + BackupDirectory.draftEnding)
    }
}
