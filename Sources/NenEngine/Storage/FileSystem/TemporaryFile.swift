// TemporaryFile: where operators put rows that exceed their memory. A file has no name, so that
// nothing is left behind whatever happens to the process; its bytes are gone when nobody uses it
// any more. It only grows. What was written is told by an extent, which holds the checksum: bytes
// that come back changed are an error, never a wrong row.
//
// All files of a database lie in one directory and are counted against one limit (`temp_limit`).

import CNenKernels
import NenCore
import Synchronization

/// The temporary files of one database; thread-safe.
final class TemporarySpace: Sendable {
    private let fileSystem: any FileSystem
    /// Where the files are.
    let directory: String
    /// Bytes that all files together may have.
    let limitBytes: Int
    private let held = Atomic<Int>(0)
    private let written = Atomic<Int>(0)

    init(_ fileSystem: any FileSystem, directory: String, limitBytes: Int = .max) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.limitBytes = max(0, limitBytes)
    }

    /// Bytes of all files now.
    var heldBytes: Int { held.load(ordering: .relaxed) }

    /// Bytes written to files since the database was opened.
    var writtenByteCount: Int { written.load(ordering: .relaxed) }

    /// A new, empty file.
    ///
    /// - Throws: `IOError`.
    func makeFile() throws(NQLError) -> TemporaryFile {
        do {
            return TemporaryFile(try fileSystem.openTemporary(in: directory), self)
        } catch {
            throw failure(error)
        }
    }

    /// Takes room before it is written.
    ///
    /// - Throws: `CapacityExceeded(TemporaryLimitExceeded)`.
    fileprivate func take(_ bytes: Int) throws(NQLError) {
        let sum = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        if sum <= limitBytes {
            written.wrappingAdd(bytes, ordering: .relaxed)
            return
        }
        give(bytes)
        throw .runtime(
            .capacity, "TemporaryLimitExceeded",
            "Temporary files hold \(sum - bytes) bytes and need \(bytes) more, which exceeds "
                + "temp_limit of \(limitBytes) bytes.",
            hint: "Raise temp_limit (--temp-limit), or memory_budget (--memory-budget), so that "
                + "less goes to files.")
    }

    fileprivate func give(_ bytes: Int) { held.wrappingSubtract(bytes, ordering: .relaxed) }

    /// What a refused operation means to the user of a statement.
    fileprivate func failure(_ error: any Error) -> NQLError {
        guard let failure = error as? IOFailure else {
            return error as? NQLError ?? .runtime(.io, nil, "The storage failed: \(error).")
        }
        return .runtime(
            .io, failure.isDiskFull ? "DiskFull" : "TemporaryFileFailed",
            "\(failure.operation) of a temporary file in '\(directory)' failed: "
                + "\(IOFailure.reason(failure.code)).",
            hint: "Free space there, name another directory (--temp-directory), or raise "
                + "memory_budget (--memory-budget).")
    }
}

/// Bytes of a temporary file.
struct TemporaryExtent: BitwiseCopyable {
    var offset: Int
    var byteCount: Int
    var checksum: UInt32
}

/// A file without a name; any number of threads may append and read.
final class TemporaryFile: Sendable {
    private let file: any File
    private let space: TemporarySpace
    private let end = Atomic<Int>(0)

    fileprivate init(_ file: any File, _ space: TemporarySpace) {
        self.file = file
        self.space = space
    }

    deinit {
        file.close()
        space.give(byteCount)
    }

    /// Bytes written so far.
    var byteCount: Int { end.load(ordering: .relaxed) }

    /// Writes bytes behind all others.
    ///
    /// - Throws: `IOError`, `CapacityExceeded` when the limit is reached, `Interrupted`.
    func append(_ bytes: UnsafeRawBufferPointer) throws(NQLError) -> TemporaryExtent {
        try Interruption.check()
        try space.take(bytes.count)
        let offset = end.wrappingAdd(bytes.count, ordering: .relaxed).oldValue
        do {
            try file.writeAll(bytes, at: offset)
        } catch {
            throw space.failure(error)
        }
        return TemporaryExtent(
            offset: offset, byteCount: bytes.count, checksum: TemporaryFile.checksum(bytes))
    }

    /// Reads what was appended.
    ///
    /// - Parameter target: has room for it.
    /// - Throws: `IOError` also when it is not what was written; `Interrupted`.
    func read(
        _ extent: TemporaryExtent, into target: UnsafeMutableRawPointer
    ) throws(NQLError) {
        try Interruption.check()
        let bytes = UnsafeMutableRawBufferPointer(start: target, count: extent.byteCount)
        let count: Int
        do {
            count = try file.readAll(into: bytes, at: extent.offset)
        } catch {
            throw space.failure(error)
        }
        let sum = TemporaryFile.checksum(UnsafeRawBufferPointer(bytes))
        if count < extent.byteCount || sum != extent.checksum {
            throw .runtime(
                .io, "TemporaryFileFailed",
                "A temporary file in '\(space.directory)' does not hold what was written to it.",
                hint: "Check the disk, or name another directory (--temp-directory).")
        }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        bytes.baseAddress.map { nen_crc32c(0, $0, bytes.count) } ?? 0
    }
}
