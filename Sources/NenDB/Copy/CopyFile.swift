// CopyFile: a file that is written beside its destination and takes its name when it is complete,
// so that nobody sees half of it and a failure leaves the old one.

import Glibc
import NenCore

/// A file being written.
final class CopyFile {
    private let path: String
    private let draft: String
    private var descriptor: Int32
    private var pending: [UInt8] = []
    private static let blockByteCount = 1 << 18

    /// - Throws: `IOError`.
    init(path: String) throws {
        self.path = path
        draft = path + ".partial"
        // Opening a pipe would wait for its reader; without waiting it is an error.
        descriptor = open(
            draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o644)
        if descriptor < 0 { throw CopyFile.failure("create", draft) }
    }

    deinit {
        if descriptor >= 0 {
            _ = Glibc.close(descriptor)
            unlink(draft)
        }
    }

    func write(_ text: String) throws {
        pending.append(contentsOf: text.utf8)
        if pending.count >= CopyFile.blockByteCount { try flush() }
    }

    private func flush() throws {
        var done = 0
        while done < pending.count {
            let count = pending.withUnsafeBytes { bytes in
                Glibc.write(
                    descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            }
            try Interruption.check()
            if count < 0 {
                if errno == EINTR { continue }
                throw CopyFile.failure("write", draft)
            }
            done += count
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Puts the file in its place.
    func finish() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw CopyFile.failure("sync", draft) }
        let open = descriptor
        descriptor = -1
        guard Glibc.close(open) == 0, rename(draft, path) == 0 else {
            let error = CopyFile.failure("rename", draft)
            unlink(draft)
            throw error
        }
    }

    private static func failure(_ what: String, _ path: String) -> NQLError {
        .runtime(
            .io, nil, "Cannot \(what) '\(path)': \(String(cString: strerror(errno))).")
    }
}
