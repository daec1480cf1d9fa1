// RealFileSystem: Linux. Descriptors close on exec; locks belong to the open file description, so
// two opens of one file exclude each other even within a process.
import CNenKernels
import Glibc
import NenCore

/// The operating system's files.
final class RealFileSystem: FileSystem {
    static let shared = RealFileSystem()

    func open(_ path: String, _ access: OpenMode) throws -> any File {
        let flags: Int32 =
            switch access {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        // What is not a file is found out before it is opened (a device may act on that) and,
        // should it have come in between, after it, without waiting for a pipe's other end.
        if let there = try linkStatus(of: path) { try RealFileSystem.demandFile(there, path) }
        while true {
            let descriptor = Glibc.open(
                path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o644)
            if descriptor < 0 {
                if errno == EINTR { continue }
                throw IOFailure(operation: "open", path: path, code: errno)
            }
            let file = RealFile(path: path, descriptor: descriptor)
            try RealFileSystem.demandFile(try file.status(), path)
            return file
        }
    }

    /// Linux's O_TMPFILE, a macro that is not imported.
    private static let unnamedFile: Int32 = 0o20_000_000 | O_DIRECTORY

    func openTemporary(in directory: String) throws -> any File {
        while true {
            let descriptor = Glibc.open(
                directory, RealFileSystem.unnamedFile | O_RDWR | O_CLOEXEC, 0o600)
            if descriptor >= 0 { return RealFile(path: directory, descriptor: descriptor) }
            switch errno {
            case EINTR: continue
            case EOPNOTSUPP, EISDIR, EINVAL:
                // A file system that knows no files without names: the name goes at once.
                return try openUnlinked(in: directory)
            default: throw IOFailure(operation: "open", path: directory, code: errno)
            }
        }
    }

    private func openUnlinked(in directory: String) throws -> any File {
        var template = Array((directory + "/.nen-temporary-XXXXXX").utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw IOFailure(operation: "open", path: directory, code: errno)
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let file = RealFile(path: directory, descriptor: descriptor)
        if unlink(&template) != 0 {
            throw IOFailure(operation: "remove", path: directory, code: errno)
        }
        return file
    }

    /// Throws unless the thing at `path` is a regular file.
    private static func demandFile(_ status: FileStatus, _ path: String) throws {
        if status.kind == .link { throw IOFailure(operation: "open", path: path, code: ELOOP) }
        guard status.kind == .regular else {
            throw NQLError.runtime(
                .database, "NotAFile", "'\(path)' is a \(status.kind.rawValue), not a file",
                hint: "give the name of a database file; nothing was changed")
        }
    }

    func status(of path: String) throws -> FileStatus? {
        var found = Glibc.stat()
        guard stat(path, &found) == 0 else { return try nothing(at: path) }
        return FileStatus(found)
    }

    private func linkStatus(of path: String) throws -> FileStatus? {
        var found = Glibc.stat()
        guard lstat(path, &found) == 0 else { return try nothing(at: path) }
        return FileStatus(found)
    }

    private func nothing(at path: String) throws -> FileStatus? {
        if errno == ENOENT { return nil }
        throw IOFailure(operation: "status", path: path, code: errno)
    }

    func resolve(_ path: String) throws -> String {
        var path = path
        // As many links in a row as Linux follows.
        for _ in 0..<40 {
            if let whole = realpath(path, nil) {
                defer { free(whole) }
                return String(cString: whole)
            }
            guard errno == ENOENT else {
                throw IOFailure(operation: "open", path: path, code: errno)
            }
            let (directory, name) = RealFileSystem.split(path)
            guard !name.isEmpty, name != ".", name != "..", let folder = realpath(directory, nil)
            else { throw IOFailure(operation: "open", path: path, code: ENOENT) }
            defer { free(folder) }
            let parent = String(cString: folder)
            let place = (parent == "/" ? "" : parent) + "/" + name
            // A link to nothing yet: the database is made where it points to.
            guard let target = RealFileSystem.target(ofLink: place) else { return place }
            path = target.hasPrefix("/") ? target : parent + "/" + target
        }
        throw IOFailure(operation: "open", path: path, code: ELOOP)
    }

    private static func target(ofLink path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { bytes -> Int in
            guard let start = bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return readlink(path, start, bytes.count)
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    func canCreate(beside path: String) -> Bool {
        access(RealFileSystem.split(path).directory, W_OK | X_OK) == 0
    }

    func rename(_ path: String, to target: String) throws {
        if Glibc.rename(path, target) != 0 {
            throw IOFailure(operation: "rename", path: path, code: errno)
        }
    }

    func remove(_ path: String) throws {
        if unlink(path) != 0, errno != ENOENT {
            throw IOFailure(operation: "remove", path: path, code: errno)
        }
    }

    func syncDirectory(of path: String) throws {
        let directory = RealFileSystem.split(path).directory
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw IOFailure(operation: "open", path: directory, code: errno)
        }
        defer { Glibc.close(descriptor) }
        // Some network file systems cannot sync directories and say EINVAL.
        if fsync(descriptor) != 0, errno != EINVAL {
            throw IOFailure(operation: "sync", path: directory, code: errno)
        }
    }

    /// A path's directory and the name in it.
    static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let name = String(path[path.index(after: slash)...])
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }

    func bootIdentity() throws -> [UInt8] {
        let file = try open("/proc/sys/kernel/random/boot_id", .readOnly)
        defer { file.close() }
        var text = [UInt8](repeating: 0, count: 64)
        let count = try text.withUnsafeMutableBytes { try file.readAll(into: $0, at: 0) }
        let digits = text[..<count].compactMap { byte -> UInt8? in
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x66: byte - 0x61 + 10
            default: nil
            }
        }
        guard digits.count == 32 else {
            throw IOFailure(operation: "read", path: file.path, code: EIO)
        }
        return (0..<16).map { digits[$0 * 2] << 4 | digits[$0 * 2 + 1] }
    }
}

/// An open descriptor. Also serves memory-backed files of the simulated disk.
final class RealFile: File, @unchecked Sendable {
    let path: String
    private(set) var descriptor: Int32

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close() }

    private func failure(_ operation: String, _ code: Int32 = errno) -> IOFailure {
        IOFailure(operation: operation, path: path, code: code)
    }

    func status() throws -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("status") }
        return FileStatus(status)
    }

    func byteCount() throws -> Int { try status().byteCount }

    func nextData(from offset: Int) throws -> Int? {
        let found = nen_next_data(descriptor, Int64(offset))
        if found >= 0 { return Int(found) }
        if found == -Int64(ENXIO) { return nil }
        // A file system that knows no holes.
        if found == -Int64(EINVAL) { return try byteCount() > offset ? offset : nil }
        throw failure("seek", Int32(truncatingIfNeeded: -found))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
            if count >= 0 { return count }
            if errno != EINTR { throw failure("read") }
        }
    }

    func write(_ pieces: UnsafeBufferPointer<iovec>, at offset: Int) throws -> Int {
        while true {
            let count = pwritev(descriptor, pieces.baseAddress, Int32(pieces.count), offset)
            if count >= 0 { return count }
            if errno != EINTR { throw failure("write") }
        }
    }

    func sync() throws {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw failure("sync") }
        }
    }

    func truncate(to byteCount: Int) throws {
        while ftruncate(descriptor, byteCount) != 0 {
            if errno != EINTR { throw failure("truncate") }
        }
    }

    func allocate(from start: Int, to end: Int) throws {
        let result = nen_allocate(descriptor, Int64(start), Int64(end - start))
        if result == 0 { return }
        // Where the file system cannot preallocate, the length alone has to do.
        guard result == -EOPNOTSUPP || result == -ENOSYS else {
            throw failure("allocate", -result)
        }
        if try byteCount() < end { try truncate(to: end) }
    }

    func map(byteCount: Int, isWritable: Bool) throws -> UnsafeMutableRawPointer? {
        nen_map(descriptor, byteCount, isWritable)
    }

    func lock(_ kind: LockKind, at offset: Int) throws -> Bool {
        let result = nen_ofd_lock(descriptor, Int64(offset), kind.rawValue)
        if result == 0 { return true }
        if result == -EAGAIN { return false }
        throw failure("lock", -result)
    }

    func isLockedByOthers(at offset: Int) throws -> Bool {
        let result = nen_ofd_is_held(descriptor, Int64(offset))
        if result < 0 { throw failure("lock test", -result) }
        return result == 1
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

extension FileStatus {
    /// What the system says of a file.
    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFCHR, S_IFBLK: .device
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            case S_IFLNK: .link
            default: .other
            }
        identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        linkCount = Int(status.st_nlink)
        byteCount = Int(status.st_size)
    }
}
