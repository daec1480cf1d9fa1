// FileDraft: a file that is written under another name in the directory of its destination and
// takes its name when it is complete and synced, so that nobody sees half of it and a failure
// leaves what was there before. The name of the draft is new each time (O_EXCL): nothing planted is
// opened.

import Glibc
import NenCore

/// A file being written; removed unless it is finished. Used by one thread at a time.
public final class FileDraft {
    /// Its destination as messages name it.
    public let path: String
    private let directory: DirectoryHandle
    private let name: [UInt8]
    private let draft: [UInt8]
    private var descriptor: Int32
    private var pending: [UInt8] = []
    /// Bytes taken so far.
    public private(set) var byteCount = 0
    private static let blockByteCount = 1 << 18

    /// - Parameter mode: permissions; nil for those of new files.
    /// - Throws: `IOError`.
    init(
        _ directory: DirectoryHandle, _ name: [UInt8], path: String, mode: mode_t?
    ) throws(NQLError) {
        self.directory = directory
        self.name = name
        self.path = path
        let number = String(UInt64.random(in: 0 ... .max), radix: 16)
        draft = Array(".nen-\(number).partial".utf8)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        descriptor = withPath(draft) { openat(directory.descriptor, $0, flags, 0o644) }
        if descriptor < 0 { throw FileDoor.failure("create", path, errno) }
        // A file keeps its permissions when it is replaced; where that is refused, the new ones
        // are no wider than those of any new file.
        if let mode { fchmod(descriptor, mode) }
    }

    deinit { discard() }

    /// Gives the file up.
    public func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        _ = withPath(draft) { unlinkat(directory.descriptor, $0, 0) }
    }

    /// Adds text.
    public func write(_ text: String) throws(NQLError) {
        pending.append(contentsOf: text.utf8)
        if pending.count >= FileDraft.blockByteCount { try flush() }
    }

    /// Adds bytes.
    public func write(_ bytes: [UInt8]) throws(NQLError) {
        pending.append(contentsOf: bytes)
        if pending.count >= FileDraft.blockByteCount { try flush() }
    }

    private func flush() throws(NQLError) {
        var done = 0
        while done < pending.count {
            try Interruption.check()
            let count = pending.withUnsafeBytes { bytes in
                Glibc.write(
                    descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileDoor.failure("write", path, errno)
            }
            done += count
        }
        byteCount += done
        pending.removeAll(keepingCapacity: true)
    }

    /// Puts the file in its place, durably.
    ///
    /// - Throws: `IOError`; what stood in the place is then still there.
    public func finish() throws(NQLError) {
        do throws(NQLError) {
            try flush()
            guard fsync(descriptor) == 0 else { throw FileDoor.failure("sync", path, errno) }
            let renamed = withPath(draft) { from in
                withPath(name) { to in
                    renameat(directory.descriptor, from, directory.descriptor, to)
                }
            }
            guard renamed == 0 else { throw FileDoor.failure("create", path, errno) }
        } catch {
            discard()
            throw error
        }
        close(descriptor)
        descriptor = -1
        directory.sync()
    }
}
