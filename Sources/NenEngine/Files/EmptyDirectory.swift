// EmptyDirectory: a directory for files that belong together: new or empty at first, and emptied
// again when not all of them can be made.

import Glibc
import NenCore

extension FileDoor {
    /// A directory in which there is nothing, made if need be.
    ///
    /// - Throws: `IOError(DirectoryNotEmpty)`, and as `directory`.
    public func emptyDirectory(_ path: String) throws(NQLError) -> EmptyDirectory {
        let isNew = access(path, F_OK) != 0
        let directory = try directory(path, creates: true)
        guard try directory.names().isEmpty else {
            throw .runtime(
                .io, "DirectoryNotEmpty", "The directory '\(path)' is not empty.",
                hint: "Name one that does not exist yet.")
        }
        return EmptyDirectory(directory: directory, path: path, isNew: isNew)
    }
}

/// A directory that was empty.
public struct EmptyDirectory {
    public let directory: DirectoryHandle
    private let path: String
    private let isNew: Bool

    fileprivate init(directory: DirectoryHandle, path: String, isNew: Bool) {
        self.directory = directory
        self.path = path
        self.isNew = isNew
    }

    /// Removes all files in the directory, and itself if it was made.
    public func remove() {
        for name in (try? directory.names()) ?? [] {
            _ = withPath(name) { unlinkat(directory.descriptor, $0, 0) }
        }
        if isNew { rmdir(path) }
    }
}

extension DirectoryHandle {
    /// Names in the directory, without `.` and `..`.
    func names() throws(NQLError) -> [[UInt8]] {
        let opened = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw FileDoor.failure("read", path, errno) }
        guard let stream = fdopendir(opened) else {
            let code = errno
            close(opened)
            throw FileDoor.failure("read", path, code)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                Array(bytes.prefix { $0 != 0 })
            }
            if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
        }
        return names
    }
}
