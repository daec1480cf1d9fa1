// OwnFiles: the files of the open database, which statements may neither read nor write, under
// whatever name: known by device and inode, and by the names under which they may be made.

import Glibc
import NenCore

/// The files of one database.
struct OwnFiles: Sendable {
    /// Path of the data file; nil for a database in memory.
    private let path: String?
    /// The files as they were when the database was opened.
    private let opened: Set<FileIdentity>

    /// Behind the database's name: what belongs to it.
    private static let endings = ["", StoreReplacement.suffix].flatMap { place in
        ["", StoreDisk.logSuffix, StoreDisk.sharedSuffix].map { place + $0 }
    }

    /// Of no database.
    static let none = OwnFiles(path: nil, opened: [])

    private init(path: String?, opened: Set<FileIdentity>) {
        self.path = path
        self.opened = opened
    }

    /// Of an open store.
    init(_ store: PageStore) {
        guard let disk = store.disk else {
            self = .none
            return
        }
        let files = [disk.data, disk.logFile, disk.sharedFile].compactMap { $0 }
        self.init(
            path: disk.data.path, opened: Set(files.compactMap { try? $0.identity() }))
    }

    /// Whether a file is one of the database.
    func contains(_ file: FileIdentity) -> Bool {
        if opened.contains(file) { return true }
        guard let path else { return false }
        // A file may have been made anew since.
        return OwnFiles.endings.contains { ending in
            var status = stat()
            return stat(path + ending, &status) == 0 && FileIdentity(status) == file
        }
    }

    /// Whether a name in a directory is one that a file of the database has or may get.
    func contains(name: [UInt8], in directory: FileIdentity) -> Bool {
        guard let path else { return false }
        var folder = "."
        var base = path
        if let slash = path.lastIndex(of: "/") {
            folder = slash == path.startIndex ? "/" : String(path[..<slash])
            base = String(path[path.index(after: slash)...])
        }
        guard OwnFiles.endings.contains(where: { name.elementsEqual((base + $0).utf8) }) else {
            return false
        }
        var status = stat()
        return stat(folder, &status) == 0 && FileIdentity(status) == directory
    }

    /// Whether a file in a directory is one of any database; unreadable ones are taken for none.
    static func isDatabaseFile(_ name: [UInt8], in directory: DirectoryHandle) -> Bool {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let descriptor = withPath(name) { openat(directory.descriptor, $0, flags) }
        if descriptor < 0 { return false }
        defer { close(descriptor) }
        return isDatabaseFile(descriptor)
    }

    /// Whether an open file is one of any database: those of others are not written over either.
    static func isDatabaseFile(_ descriptor: Int32) -> Bool {
        var head = [UInt8](repeating: 0, count: 8)
        guard pread(descriptor, &head, head.count, 0) == head.count else { return false }
        return LeftoverFile.beginnings.contains { head.starts(with: $0) }
    }
}
