// PlainCopy: text files as the tokenizer reads them, from files that are compressed by gzip or
// whose lines end in CR alone. The whole file is written anew, to a file without a name in the
// directory for temporary files (`TMPDIR`), since ranges of it are read by several threads. zlib
// does the decompression: it is part of every system, and its format is what `.gz` means.

import CZlib
import Glibc
import NenCore

/// Makes plain copies.
enum PlainCopy {
    /// An open file without a name.
    struct Copied {
        var descriptor: Int32
        var byteCount = 0
    }

    private static let blockByteCount = 1 << 18

    /// What a gzip file holds. Takes nothing over.
    static func decompressed(_ descriptor: Int32, _ path: String) throws(NQLError) -> Copied {
        let own = dup(descriptor)
        lseek(own, 0, SEEK_SET)
        guard own >= 0, let archive = gzdopen(own, "rb") else {
            if own >= 0 { close(own) }
            throw failure("read", path, errno)
        }
        defer { gzclose(archive) }
        gzbuffer(archive, UInt32(blockByteCount))
        return try copied(path) { (buffer) throws(NQLError) in
            let count = gzread(archive, buffer.baseAddress, UInt32(buffer.count))
            var code: Int32 = Z_OK
            let text = gzerror(archive, &code)
            guard count >= 0, code == Z_OK || code == Z_STREAM_END else {
                let reason = text.map { String(cString: $0) } ?? "error \(code)"
                throw .runtime(
                    .io, "UnsupportedFormat", "'\(path)' is no complete gzip file: \(reason).")
            }
            return Int(count)
        }
    }

    /// Whether lines end in CR alone, as the beginning of the file tells.
    static func endsLinesInReturns(_ descriptor: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return false }
        let head = bytes[..<count]
        return head.contains(0x0D) && !head.contains(0x0A)
    }

    /// The file with LF for every CR, in quotes, too; of CR LF the LF stays. Takes nothing over.
    static func withLineFeeds(_ descriptor: Int32, _ path: String) throws(NQLError) -> Copied {
        var offset: off_t = 0
        var isBehindReturn = false
        return try copied(path) { (buffer) throws(NQLError) in
            var kept = 0
            while kept == 0 {
                let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw failure("read", path, errno)
                }
                if count == 0 { return 0 }
                offset += off_t(count)
                for index in 0 ..< count {
                    let byte = buffer[index]
                    let isSecond = byte == 0x0A && isBehindReturn
                    isBehindReturn = byte == 0x0D
                    if isSecond { continue }
                    buffer[kept] = isBehindReturn ? 0x0A : byte
                    kept += 1
                }
            }
            return kept
        }
    }

    /// Writes what `read` gives, until it gives nothing.
    private static func copied(
        _ path: String, _ read: (UnsafeMutableBufferPointer<UInt8>) throws(NQLError) -> Int
    ) throws(NQLError) -> Copied {
        let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // `O_TMPFILE`, which the importer of C does not know.
        let unnamed = 0x400000 | O_DIRECTORY
        var copy = Copied(descriptor: open(directory, unnamed | O_RDWR | O_CLOEXEC, 0o600))
        if copy.descriptor < 0 { throw failure("make a temporary file for", path, errno) }
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: blockByteCount)
        defer { buffer.deallocate() }
        do throws(NQLError) {
            while true {
                try Interruption.spend(blockByteCount)
                let count = try read(buffer)
                if count == 0 { return copy }
                var done = 0
                while done < count {
                    let written = write(
                        copy.descriptor, buffer.baseAddress.unsafelyUnwrapped + done, count - done)
                    if written < 0 {
                        if errno == EINTR { continue }
                        throw failure("write a plain copy of", path, errno)
                    }
                    done += written
                }
                copy.byteCount += count
                try checkRoom(copy, path)
            }
        } catch {
            close(copy.descriptor)
            throw error
        }
    }

    /// Bytes between two looks at the disk, and those that are left to others on it.
    private static let checkedByteCount = 1 << 26
    private static let reserveByteCount = 1 << 28

    /// A small file can hold a very large one: it does not fill the disk.
    private static func checkRoom(_ copy: Copied, _ path: String) throws(NQLError) {
        if copy.byteCount % checkedByteCount >= blockByteCount { return }
        var disk = statvfs()
        guard fstatvfs(copy.descriptor, &disk) == 0 else { return }
        let free = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        if free.overflow || free.partialValue > UInt64(reserveByteCount) { return }
        throw .runtime(
            .io, "DiskFull",
            "A plain copy of '\(path)' takes more than the directory for temporary files has left: "
                + "\(copy.byteCount) bytes so far.",
            hint: "TMPDIR names the directory for temporary files.")
    }

    private static func failure(_ verb: String, _ path: String, _ number: Int32) -> NQLError {
        .runtime(
            .io, nil, "Cannot \(verb) '\(path)': \(String(cString: strerror(number))).",
            hint: "TMPDIR names the directory for temporary files.")
    }
}
