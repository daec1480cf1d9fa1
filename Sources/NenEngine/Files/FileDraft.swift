// FileDraft: a file that is written in the directory of its destination and takes its name when
// it is complete and synced, so that nobody sees half of it and a failure leaves what was there.
//
// It has no name at all while it is written (O_TMPFILE), so that nothing of it is left when the
// process is killed. Where the file system knows no such files it has a name that is new each time
// (O_EXCL: nothing planted is opened) and is locked; drafts of killed processes, which nobody
// locks, are removed by the next one that needs a name.

import Glibc
import NenCore

/// A file being written; removed unless it is finished. Used by one thread at a time.
public final class FileDraft {
    /// Its destination as messages name it.
    public let path: String
    private let directory: DirectoryHandle
    private let name: [UInt8]
    /// Its name until it is complete; nil while it has none.
    private var draft: [UInt8]?
    private var descriptor: Int32
    private var pending: [UInt8] = []
    /// Bytes taken so far.
    public private(set) var byteCount = 0
    private static let blockByteCount = 1 << 18

    /// - Parameters:
    ///   - mode: permissions; nil for those of new files.
    ///   - isNamed: has a name from the beginning, as where there are no files without one.
    /// - Throws: `IOError`.
    init(
        _ directory: DirectoryHandle, _ name: [UInt8], path: String, mode: mode_t?,
        isNamed: Bool = false
    ) throws(NQLError) {
        self.directory = directory
        self.name = name
        self.path = path
        descriptor = isNamed ? -1 : FileDraft.openNameless(in: directory)
        if descriptor < 0 {
            FileDraft.removeAbandoned(in: directory)
            let name = FileDraft.freshName
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            descriptor = withPath(name) { openat(directory.descriptor, $0, flags, 0o644) }
            if descriptor < 0 { throw FileDoor.failure("create", path, errno) }
            draft = name
            // Without it the draft could be taken for an abandoned one.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                discard()
                throw FileDoor.failure("lock", path, code)
            }
        }
        // A file keeps its permissions when it is replaced; where that is refused, the new ones
        // are no wider than those of any new file.
        if let mode { fchmod(descriptor, mode) }
    }

    deinit { discard() }

    // MARK: Drafts

    private static let beginning = ".nen-"
    private static let ending = ".partial"

    private static var freshName: [UInt8] {
        let number = String(UInt64.random(in: 0 ... .max), radix: 16)
        return Array((beginning + number + ending).utf8)
    }

    /// A new file without a name; negative where there are none, or where it could not get one
    /// later.
    private static func openNameless(in directory: DirectoryHandle) -> Int32 {
        // O_TMPFILE of Linux.
        let nameless: Int32 = 0o20_000_000 | O_DIRECTORY
        let opened = openat(directory.descriptor, ".", O_WRONLY | nameless | O_CLOEXEC, 0o644)
        if opened < 0 || access(place(of: opened), F_OK) == 0 { return opened }
        close(opened)
        return -1
    }

    /// The path by which an open file without a name can be given one.
    private static func place(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

    /// Gives the file its first name; false with `errno` set.
    private func link(as name: [UInt8]) -> Bool {
        withPath(name) {
            linkat(
                AT_FDCWD, FileDraft.place(of: descriptor), directory.descriptor, $0,
                AT_SYMLINK_FOLLOW)
        } == 0
    }

    /// Removes drafts that killed processes have left in a directory. What cannot be read or
    /// removed stays: the draft to come does not need its place.
    private static func removeAbandoned(in directory: DirectoryHandle) {
        for name in (try? directory.names()) ?? [] where isDraft(name) {
            let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            let found = withPath(name) { openat(directory.descriptor, $0, flags) }
            if found < 0 { continue }
            defer { close(found) }
            if flock(found, LOCK_EX | LOCK_NB) == 0 {
                _ = withPath(name) { unlinkat(directory.descriptor, $0, 0) }
            }
        }
    }

    private static func isDraft(_ name: [UInt8]) -> Bool {
        let number = name.dropFirst(beginning.utf8.count).dropLast(ending.utf8.count)
        return name.elementsEqual(Array(beginning.utf8) + number + Array(ending.utf8))
            && !number.isEmpty && number.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }

    /// Gives the file up.
    public func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        guard let draft else { return }
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
            try takeName()
        } catch {
            discard()
            throw error
        }
        close(descriptor)
        descriptor = -1
        directory.sync()
    }

    private func takeName() throws(NQLError) {
        if draft == nil {
            // Where nothing stands yet there is nothing to replace.
            if link(as: name) { return }
            guard errno == EEXIST else { throw FileDoor.failure("create", path, errno) }
            let between = FileDraft.freshName
            guard link(as: between) else { throw FileDoor.failure("create", path, errno) }
            draft = between
        }
        guard let draft else { return }
        let renamed = withPath(draft) { from in
            withPath(name) { to in
                renameat(directory.descriptor, from, directory.descriptor, to)
            }
        }
        guard renamed == 0 else { throw FileDoor.failure("create", path, errno) }
    }
}
