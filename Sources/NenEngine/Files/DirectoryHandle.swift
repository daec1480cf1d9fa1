// DirectoryHandle: a directory held open, so that what its path names later does not matter.

import Glibc
import NenCore

/// An open directory, for looking up and making what is in it.
public final class DirectoryHandle: Sendable {
    /// Opened with O_PATH: good for the `…at` calls only.
    let descriptor: Int32
    let identity: FileIdentity
    /// Its path as messages name it.
    public let path: String

    /// Does no more than to refer to a place: neither reads nor writes.
    static let pathOnly: Int32 = 0o10_000_000

    /// Takes the descriptor over; nil with `errno` set when it cannot be examined.
    private init?(descriptor: Int32, path: String) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = errno
            _ = Glibc.close(descriptor)
            errno = error
            return nil
        }
        self.descriptor = descriptor
        self.path = path
        identity = FileIdentity(status)
    }

    /// Opens a directory by its path, links followed; nil with `errno` set.
    ///
    /// - Parameter named: its absolute path, when `path` is not.
    static func open(_ path: String, named: String? = nil) -> DirectoryHandle? {
        let flags = pathOnly | O_DIRECTORY | O_CLOEXEC
        let descriptor = Glibc.open(path, flags)
        if descriptor < 0 { return nil }
        return DirectoryHandle(descriptor: descriptor, path: named ?? path)
    }

    /// Opens a directory in this one, no link followed; nil with `errno` set.
    func open(_ name: [UInt8]) -> DirectoryHandle? {
        let flags = DirectoryHandle.pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let opened = withPath(name) { openat(descriptor, $0, flags) }
        if opened < 0 { return nil }
        return DirectoryHandle(descriptor: opened, path: self.path(of: name))
    }

    deinit { _ = Glibc.close(descriptor) }

    /// The path of something in the directory.
    func path(of name: [UInt8]) -> String {
        (path.hasSuffix("/") ? path : path + "/") + String(decoding: name, as: UTF8.self)
    }

    /// What a name in the directory stands for, links not followed; nil with `errno` set.
    func status(of name: [UInt8]) -> stat? {
        var status = stat()
        let result = withPath(name) { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
        return result == 0 ? status : nil
    }

    /// Where a link in the directory points; nil with `errno` set.
    func target(of name: [UInt8]) -> [UInt8]? {
        let capacity = FileLocation.byteCountMax + 1
        var buffer = [CChar](repeating: 0, count: capacity)
        let count = withPath(name) { readlinkat(descriptor, $0, &buffer, capacity) }
        if count < 0 { return nil }
        guard count < capacity else {
            errno = ENAMETOOLONG
            return nil
        }
        return buffer[..<count].map(UInt8.init(bitPattern:))
    }

    /// Makes the directory's entries durable, as far as the system allows it.
    func sync() {
        let opened = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Who may write to a directory but not read it cannot sync it.
        guard opened >= 0 else { return }
        fsync(opened)
        _ = Glibc.close(opened)
    }
}

extension FileIdentity {
    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}

/// Hands a name, which holds no NUL, to a call of the system.
func withPath<Output>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Output) -> Output {
    (name + [0]).withUnsafeBytes { bytes in
        let characters = bytes.bindMemory(to: CChar.self)
        guard let start = characters.baseAddress else {
            preconditionFailure("a name with its NUL has at least one byte")
        }
        return body(start)
    }
}
