// SpillFile: a temporary file beside the database for what exceeds the import's memory budget. It
// has no name (unlinked at once), so that nothing is left behind whatever happens to the process.
// What is written is mapped back read-only: the system may drop those pages whenever it needs the
// memory.

import Glibc
import NenCore

/// A mapped part of a spill file; keeps the mapping alive.
final class MappedRun: @unchecked Sendable {
    // Sendable: the bytes are never written after the mapping is made.
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    fileprivate init(start: UnsafeMutableRawPointer, byteCount: Int) {
        self.start = start
        self.byteCount = byteCount
    }

    deinit { munmap(start, byteCount) }

    /// Lets the system take the pages back; they are read again when touched.
    func drop() { madvise(start, byteCount, MADV_DONTNEED) }
}

/// An unnamed temporary file that only grows. Not thread-safe: callers hold a lock.
final class SpillFile: @unchecked Sendable {
    // Sendable: appended to under the owner's lock.
    private let descriptor: Int32
    private let directory: String
    private(set) var byteCount = 0
    private static let pageByteCount = 4096

    /// Creates the file in `directory`.
    init(directory: String) throws(NQLError) {
        self.directory = directory
        var template = Array((directory + "/.nen-import-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            let number = errno
            throw .runtime(
                .io, "SpillFailed",
                "Cannot create a temporary file in '\(directory)': "
                    + "\(String(cString: strerror(number))).")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(&template)
    }

    deinit { close(descriptor) }

    private func failure(_ verb: String) -> NQLError {
        let number = errno
        return .runtime(
            .io, "SpillFailed",
            "Cannot \(verb) the temporary file in '\(directory)': "
                + "\(String(cString: strerror(number))).",
            hint: "Free space there, or raise --memory-budget.")
    }

    /// Writes the parts one after the other from the next page boundary on, without mapping them.
    ///
    /// - Returns: The offset of the first byte.
    func write(_ parts: [(UnsafeRawPointer, Int)]) throws(NQLError) -> Int {
        let offset = byteCount
        var end = offset
        for (start, count) in parts {
            var done = 0
            while done < count {
                let wrote = pwrite(descriptor, start + done, count - done, off_t(end + done))
                if wrote < 0 {
                    if errno == EINTR { continue }
                    throw failure("write")
                }
                done += wrote
            }
            end += count
        }
        let mask = SpillFile.pageByteCount - 1
        byteCount = (end + mask) & ~mask
        return offset
    }

    /// Writes the parts and maps them.
    func append(_ parts: [(UnsafeRawPointer, Int)]) throws(NQLError) -> MappedRun {
        let offset = try write(parts)
        let length = max(byteCount - offset, SpillFile.pageByteCount)
        if length > byteCount - offset {
            byteCount = offset + length
        }
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw failure("extend") }
        let mapped = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, off_t(offset))
        guard let mapped, mapped != MAP_FAILED else { throw failure("map") }
        return MappedRun(start: mapped, byteCount: length)
    }

    /// Reads bytes back.
    func read(
        at offset: Int, into destination: UnsafeMutableRawPointer, count: Int
    ) throws(NQLError) {
        var done = 0
        while done < count {
            let got = pread(descriptor, destination + done, count - done, off_t(offset + done))
            if got < 0 {
                if errno == EINTR { continue }
                throw failure("read")
            }
            guard got > 0 else {
                throw .runtime(.io, "SpillFailed", "The temporary file ended too early.")
            }
            done += got
        }
    }
}
