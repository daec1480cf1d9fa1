// FileDoor: the one way by which statements come to files. What a statement names is walked to
// (PathWalk), judged by the database's FileAccess, and opened in the directory where the walk has
// arrived; what was opened is examined again, so that nothing swapped in between gets through.

import Glibc
import NenCore

/// A file opened for reading.
struct InputFile {
    /// The caller's to close.
    var descriptor: Int32
    /// As messages and `file()` name it.
    var path: String
    var byteCount: Int
}

/// Opens the files that statements name; thread-safe.
public final class FileDoor: Sendable {
    private let directories: AllowedDirectories
    private let own: OwnFiles
    /// The database is open for reading only: nothing is written anywhere.
    private let isReadOnly: Bool

    init(_ directories: AllowedDirectories, own: OwnFiles, isReadOnly: Bool) {
        self.directories = directories
        self.own = own
        self.isReadOnly = isReadOnly
    }

    /// For files that the user of a command or a program has named, not a statement: anything that
    /// the process may, but regular files only.
    static func trusted(own: OwnFiles = .none) throws(NQLError) -> FileDoor {
        FileDoor(
            try AllowedDirectories(.unrestricted), own: own, isReadOnly: false)
    }

    /// Opens a file that the user of a command or a program has named; the descriptor is the
    /// caller's to close.
    public static func openTrusted(path: String) throws(NQLError) -> Int32 {
        try trusted().open(path: path).descriptor
    }

    // MARK: Reading

    /// Opens what a statement names for reading.
    ///
    /// - Throws: `IOError(FileAccessDenied)`, `IOError(NotARegularFile)`, `IOError`,
    ///   `ArgumentError` for what names no file.
    func open(_ location: String) throws(NQLError) -> InputFile {
        try open(try FileLocation(location))
    }

    /// Opens a path that is no URL for reading.
    func open(path: String) throws(NQLError) -> InputFile {
        try open(try FileLocation(path: Array(path.utf8)))
    }

    private func open(_ location: FileLocation) throws(NQLError) -> InputFile {
        var retries = 0
        while true {
            let (end, path) = try walk(location, .read, followsLast: true)
            guard let name = end.name, !location.namesDirectory else {
                throw notRegular(path)
            }
            guard let status = end.status else { throw FileDoor.failure("open", path, ENOENT) }
            try checkRegular(status, path)
            // No FIFO swapped in meanwhile makes this wait.
            let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            let descriptor = withPath(name) { openat(end.directory.descriptor, $0, flags) }
            if descriptor >= 0 { return try examined(descriptor, path) }
            let code = errno
            retries += 1
            // A link now: the walk judges where it leads.
            guard code == ELOOP || code == EINTR, retries < FileDoor.retryCountMax else {
                throw FileDoor.failure("open", path, code)
            }
        }
    }

    /// Files that were swapped for links between look and open.
    private static let retryCountMax = 64

    private func examined(_ descriptor: Int32, _ path: String) throws(NQLError) -> InputFile {
        do throws(NQLError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                throw FileDoor.failure("examine", path, errno)
            }
            try checkRegular(status, path)
            if own.contains(FileIdentity(status)) { throw FileDoor.databaseFile(path) }
            return InputFile(
                descriptor: descriptor, path: path, byteCount: Int(status.st_size))
        } catch {
            close(descriptor)
            throw error
        }
    }

    // MARK: Writing

    /// Begins a file in the place that a statement names. What stands there already is replaced
    /// when the new file is complete (other names of the old one keep the old content).
    ///
    /// - Throws: as `open`; `TransactionError(ReadOnlyTransaction)` when the database is open for
    ///   reading only. Links and files of databases are refused.
    public func create(_ location: String) throws(NQLError) -> FileDraft {
        try create(try FileLocation(location))
    }

    /// Begins a file at a path that is no URL.
    public func create(path: String) throws(NQLError) -> FileDraft {
        try create(try FileLocation(path: Array(path.utf8)))
    }

    private func create(_ location: FileLocation) throws(NQLError) -> FileDraft {
        try checkWritable()
        let (end, path) = try walk(location, .write, followsLast: false)
        guard let name = end.name, !location.namesDirectory else { throw notRegular(path) }
        return try draft(name, in: end.directory, end.status, path)
    }

    private func draft(
        _ name: [UInt8], in directory: DirectoryHandle, _ status: stat?, _ path: String
    ) throws(NQLError) -> FileDraft {
        if let status {
            if status.st_mode & S_IFMT == S_IFLNK {
                throw .runtime(
                    .io, "FileAccessDenied",
                    "'\(path)' is a symbolic link; writing through links is not allowed.",
                    hint: "Name the file itself, or remove the link.")
            }
            try checkRegular(status, path)
            if own.contains(FileIdentity(status)) { throw FileDoor.databaseFile(path) }
            if OwnFiles.isDatabaseFile(name, in: directory) {
                throw .runtime(
                    .io, "FileAccessDenied",
                    "'\(path)' is a file of a NenDB database and is not written over.",
                    hint: "Choose another name, or remove the database first.")
            }
        }
        if own.contains(name: name, in: directory.identity) {
            throw FileDoor.databaseFile(path)
        }
        return try FileDraft(
            directory, name, path: path, mode: status.map { $0.st_mode & 0o777 })
    }

    /// The directory that a statement names for files to be made in.
    ///
    /// - Parameter creates: makes it where there is nothing; the directory above must be there.
    public func directory(
        _ location: String, creates: Bool
    ) throws(NQLError) -> DirectoryHandle {
        try checkWritable()
        let location = try FileLocation(location)
        var retries = 0
        while true {
            let (end, path) = try walk(location, .write, followsLast: true)
            guard let name = end.name else { return end.directory }
            guard end.status == nil else { throw FileDoor.failure("open", path, ENOTDIR) }
            guard creates else { throw FileDoor.failure("open", path, ENOENT) }
            let made = withPath(name) { mkdirat(end.directory.descriptor, $0, 0o755) }
            let code = errno
            retries += 1
            guard made == 0 || (code == EEXIST && retries < FileDoor.retryCountMax) else {
                throw FileDoor.failure("create", path, code)
            }
            end.directory.sync()
            if retries >= FileDoor.retryCountMax {
                throw FileDoor.failure("create", path, EEXIST)
            }
        }
    }

    /// Begins a file of a plain name in a directory.
    public func create(
        _ name: String, in directory: DirectoryHandle
    ) throws(NQLError) -> FileDraft {
        try checkWritable()
        let bytes = Array(name.utf8)
        let location = try FileLocation(path: bytes)
        let path = directory.path(of: bytes)
        guard !bytes.contains(UInt8(ascii: "/")), !location.namesDirectory, bytes != [0x2E] else {
            throw FileLocation.invalid("'\(name)' is not the name of a file in a directory.")
        }
        let status = directory.status(of: bytes)
        if status == nil, errno != ENOENT { throw FileDoor.failure("create", path, errno) }
        return try draft(bytes, in: directory, status, path)
    }

    private func checkWritable() throws(NQLError) {
        guard isReadOnly else { return }
        throw .runtime(
            .transaction, "ReadOnlyTransaction",
            "The database is open for reading only, so no file is written either.",
            hint: "Open it without the read-only option.")
    }

    // MARK: Walking

    /// Walks to what is named.
    ///
    /// - Returns: where it is, and its path for messages.
    private func walk(
        _ location: FileLocation, _ right: FileRights, followsLast: Bool
    ) throws(NQLError) -> (PathWalk.End, String) {
        if directories.allowsNothing {
            throw .runtime(
                .io, "FileAccessDenied",
                "'\(location.text)' cannot be \(FileDoor.verb(right)): this database is open "
                    + "without access to files.", hint: FileDoor.remedy)
        }
        if let end = try walked(location.bytes, right, followsLast, location.text) {
            return (end, location.text)
        }
        var alternative = ""
        // The path of a URL may begin in the base directory.
        if location.isURL, location.isAbsolute {
            let relative = Array(location.bytes.drop { $0 == UInt8(ascii: "/") })
            let path = directories.path(belowBase: String(decoding: relative, as: UTF8.self))
            let end = try? walked(relative, right, followsLast, path)
            if let end, end.status != nil || right == .write { return (end, path) }
            alternative = " There is no '\(path)' either."
        }
        throw .runtime(
            .io, "FileAccessDenied",
            "'\(location.text)' cannot be \(FileDoor.verb(right)): it is outside of the "
                + "directories in which that is allowed.\(alternative)", hint: FileDoor.remedy)
    }

    /// nil when the walk has led to where nothing is allowed.
    private func walked(
        _ path: [UInt8], _ right: FileRights, _ followsLast: Bool, _ text: String
    ) throws(NQLError) -> PathWalk.End? {
        do throws(PathWalk.Failure) {
            var walk = try PathWalk(path, directories)
            let end = try walk.run(followsLast: followsLast)
            return end.rights.contains(right) ? end : nil
        } catch {
            if !error.rights.contains(right) { return nil }
            throw FileDoor.failure(right == .read ? "open" : "create", text, error.code)
        }
    }

    private static let remedy =
        "Allow its directory: `nql --allow-files DIR`, or `DatabaseOptions.fileAccess` in programs."

    private static func verb(_ right: FileRights) -> String {
        right == .read ? "read" : "written"
    }

    // MARK: Refusals

    private func checkRegular(_ status: stat, _ path: String) throws(NQLError) {
        if status.st_mode & S_IFMT != S_IFREG { throw notRegular(path) }
    }

    private func notRegular(_ path: String) -> NQLError {
        .runtime(
            .io, "NotARegularFile", "'\(path)' is no regular file.",
            hint: "Pipes, devices and directories are neither read nor written: use a file.")
    }

    private static func databaseFile(_ path: String) -> NQLError {
        .runtime(
            .io, "FileAccessDenied", "'\(path)' is one of the files of the open database.",
            hint: "Choose another name.")
    }

    static func failure(_ verb: String, _ path: String, _ code: Int32) -> NQLError {
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(code)
        let remedy = IOFailure.remedy(for: code).map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return .runtime(
            .io, isFull ? "DiskFull" : nil,
            "Cannot \(verb) '\(path)': \(String(cString: strerror(code))).",
            hint: isFull
                ? "Free space there, or raise the limit of file sizes." : remedy.map { $0 + "." })
    }
}
