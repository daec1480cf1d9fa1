// RealFileSystem: Linux. Descriptors close on exec; locks belong to the open file description, so
// two opens of one file exclude each other even within a process.
import CNenKernels
import Glibc

/// The operating system's files.
final class RealFileSystem: FileSystem {
    static let shared = RealFileSystem()

    func open(_ path: String, _ access: OpenMode) throws -> any File {
        let flags: Int32 =
            switch access {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT
            }
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
            if descriptor >= 0 { return RealFile(path: path, descriptor: descriptor) }
            if errno != EINTR { throw IOFailure(operation: "open", path: path, code: errno) }
        }
    }

    func remove(_ path: String) throws {
        if unlink(path) != 0, errno != ENOENT {
            throw IOFailure(operation: "remove", path: path, code: errno)
        }
    }

    func syncDirectory(of path: String) throws {
        let directory = RealFileSystem.directory(of: path)
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

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
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

    private func status() throws -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("status") }
        return status
    }

    func byteCount() throws -> Int { Int(try status().st_size) }

    func identity() throws -> FileIdentity {
        let status = try status()
        return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
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
