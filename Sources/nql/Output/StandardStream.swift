// StandardStream: buffered writing to standard output and standard error. A reader that went away
// (`nql … | head`) is no failure: it ends the command quietly, by `OutputClosed`. A reader that
// takes nothing is waited for, but no longer than the statement may take: pipes get pieces that
// they can hold, when they can.

import Glibc
import NenCore

/// The reader of standard output has gone.
struct OutputClosed: Error {}

/// A file descriptor with a buffer. Not thread-safe.
final class StandardStream {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private let bufferByteCountMax: Int
    /// Whether writing may wait for a reader.
    private let mayBlock: Bool
    /// What a pipe takes without waiting when it takes anything (POSIX's PIPE_BUF on Linux).
    private static let pieceByteCount = 4_096

    /// A stream that writes at once when its buffer holds `bufferByteCountMax` bytes.
    init(descriptor: Int32, bufferByteCountMax: Int = 65_536) {
        self.descriptor = descriptor
        self.bufferByteCountMax = bufferByteCountMax
        var status = stat()
        mayBlock = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    /// Whether the stream ends at a terminal.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Appends text.
    func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= bufferByteCountMax { try flush() }
    }

    /// Appends text and a line feed.
    func line(_ text: String = "") throws {
        try write(text)
        try write("\n")
    }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= bufferByteCountMax { try flush() }
    }

    /// Hands all bytes to the system.
    ///
    /// - Throws: `OutputClosed` when the reader has gone or the file cannot be written,
    ///   `Interrupted` when the statement that prints is.
    func flush() throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        var start = 0
        while start < buffer.count {
            var end = buffer.count
            if mayBlock {
                try waitForReader()
                end = min(end, start + StandardStream.pieceByteCount)
            }
            let written = buffer.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start ..< end])
                return Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if written > 0 {
                start += written
            } else if errno != EINTR {
                throw OutputClosed()
            }
        }
    }

    /// Returns when something can be written.
    private func waitForReader() throws(NQLError) {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while poll(&request, 1, Int32(Interruption.waitSliceMilliseconds)) == 0 {
            try Interruption.check()
        }
    }
}
