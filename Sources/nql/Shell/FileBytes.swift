// FileBytes: a whole file, or all of standard input, as bytes. A pipe is waited for as long as
// nobody interrupts.

import Glibc
import NenCore

/// Reads files.
enum FileBytes {
    /// The bytes of the file at `path`; nil with `errno` set when it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        return read(descriptor: descriptor)
    }

    /// All bytes up to the end of `descriptor`; nil with `errno` set on an error.
    static func read(descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard waitForBytes(descriptor) else {
                errno = EINTR
                return nil
            }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
            } else if count == 0 {
                return bytes
            } else if errno != EINTR && errno != EAGAIN {
                return nil
            }
        }
    }

    /// Returns when there is something to read, or the end; false when interrupted before.
    static func waitForBytes(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&request, 1, Int32(Interruption.waitSliceMilliseconds))
            if count > 0 || (count < 0 && errno != EINTR) { return true }
            if Interruption.current?.isOver ?? false { return false }
        }
    }
}

extension FileBytes {
    /// Replaces the file at `path` with `bytes`: a new file beside it, complete and synced, takes
    /// its name. A link's target is replaced. False with `errno` set when that fails; the file is
    /// then as it was.
    static func replace(_ path: String, with bytes: [UInt8]) -> Bool {
        guard let resolved = realpath(path, nil) else { return false }
        let target = String(cString: resolved)
        free(resolved)
        var status = stat()
        guard stat(target, &status) == 0 else { return false }
        let temporary = "\(target).\(getpid()).tmp"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let descriptor = open(temporary, flags, status.st_mode & 0o777)
        if descriptor < 0 { return false }
        let isWritten = write(bytes, to: descriptor)
            && fchmod(descriptor, status.st_mode & 0o7777) == 0 && fsync(descriptor) == 0
        let error = errno
        close(descriptor)
        if isWritten && rename(temporary, target) == 0 { return true }
        let renameError = errno
        unlink(temporary)
        errno = isWritten ? renameError : error
        return false
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = buffer[done...]
                let count = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    done += count
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
