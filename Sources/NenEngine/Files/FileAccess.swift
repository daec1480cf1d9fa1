// FileAccess: which files the statements of a database may read and write. LOAD CSV, COPY and all
// that name files in a statement's text go through one door (FileDoor), which this policy opens.

/// Which files statements may name.
///
/// ```swift
/// var options = DatabaseOptions()
/// options.fileAccess = .directories(reading: ["/srv/data"], writing: ["/srv/reports"])
/// ```
///
/// What lies outside of the directories is refused with `IOError(FileAccessDenied)`, however it is
/// named: by an absolute path, `..`, a symbolic link that leads out, or a `file:` URL. Never
/// accessible are what is no regular file (directories, FIFOs, devices, sockets) and the files of
/// the database itself. Directories are opened when the database is: one that is replaced by
/// another of its name is not the one that was allowed.
public struct FileAccess: Sendable, Hashable {
    enum Reach: Sendable, Hashable {
        case nothing
        case directories
        case everything
    }

    var reach: Reach
    var reading: [String] = []
    var writing: [String] = []
    var base: String?

    /// No file at all: the default.
    public static let none = FileAccess(reach: .nothing)

    /// All that the process may: for programs whose statements are all their own.
    public static let unrestricted = FileAccess(reach: .everything)

    /// Files in and below directories.
    ///
    /// - Parameters:
    ///   - reading: directories whose files may be read.
    ///   - writing: directories in which files may be made and replaced.
    ///   - base: where relative paths begin, and `file:` URLs that name no path below one of the
    ///     directories; nil for the first of them.
    public static func directories(
        reading: [String], writing: [String] = [], base: String? = nil
    ) -> FileAccess {
        FileAccess(reach: .directories, reading: reading, writing: writing, base: base)
    }
}
