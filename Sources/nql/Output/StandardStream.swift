// StandardStream: buffered writing to standard output, standard error and files. A reader that went
// away (`nql … | head`) is no failure: it ends the command quietly, by `OutputClosed`; a full disk
// is one. A reader that takes nothing is waited for, but no longer than the statement may take:
// pipes get pieces that they can hold, when they can.

import Glibc
import NenCore

/// The reader of standard output has gone.
struct OutputClosed: Error {}

/// A file descriptor with a buffer. Not thread-safe.
final class StandardStream {
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    private let bufferByteCountMax: Int
    /// Whether writing may wait for a reader.
    private let mayBlock: Bool
    /// What a pipe takes without waiting when it takes anything (POSIX's PIPE_BUF on Linux).
    private static let pieceByteCount = 4_096

    /// A stream that writes at once when its buffer holds `bufferByteCountMax` bytes.
    ///
    /// - Parameter name: what messages call it.
    init(descriptor: Int32, name: String? = nil, bufferByteCountMax: Int = 65_536) {
        self.descriptor = descriptor
        self.name = name ?? (descriptor == 2 ? "standard error" : "standard output")
        self.bufferByteCountMax = bufferByteCountMax
        var status = stat()
        mayBlock = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    /// Whether the stream ends at a terminal.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Appends text.
    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write($0) }
    }

    /// Appends bytes; those that exceed the buffer go to the system without being copied.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        if bytes.count < bufferByteCountMax {
            buffer.append(contentsOf: bytes)
            if buffer.count >= bufferByteCountMax { try flush() }
        } else {
            try flush()
            try hand(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Appends text and a line feed.
    func line(_ text: String = "") throws {
        try write(text)
        try write("\n")
    }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBufferPointer { try write($0) }
    }

    /// Hands all bytes to the system.
    ///
    /// - Throws: `OutputClosed` when the reader has gone, `IOError` when the file cannot be
    ///   written, `Interrupted` when the statement that prints is.
    func flush() throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        try buffer.withUnsafeBytes { try hand($0) }
    }

    private func hand(_ bytes: UnsafeRawBufferPointer) throws {
        var start = 0
        while start < bytes.count {
            var end = bytes.count
            if mayBlock {
                try waitForReader()
                end = min(end, start + StandardStream.pieceByteCount)
            }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start ..< end])
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written > 0 {
                start += written
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR {
                throw NQLError.runtime(
                    .io, "OutputFailed", "Cannot write \(name): \(SystemError.message).")
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
