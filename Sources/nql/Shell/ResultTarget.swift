// ResultTarget: where results go: standard output, or a file (`.output`, `.once`).

import Glibc
import NenDB

/// Where results go.
final class ResultTarget {
    private let standard: StandardStream
    private var file: (stream: StandardStream, descriptor: Int32)?
    /// The file is for one result only.
    private var isOnce = false

    init(_ standard: StandardStream) { self.standard = standard }

    deinit { if let file { close(file.descriptor) } }

    /// Sends results to the file at `path`, which is replaced; nil is standard output again.
    ///
    /// - Returns: false with `errno` set when the file cannot be opened; all is as it was then.
    func redirect(to path: String?, once: Bool = false) throws -> Bool {
        guard let path else {
            try endFile()
            return true
        }
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        let descriptor = Glibc.open(path, flags, 0o666)
        if descriptor < 0 { return false }
        try endFile()
        file = (StandardStream(descriptor: descriptor, name: "`\(path)`"), descriptor)
        isOnce = once
        return true
    }

    private func endFile() throws {
        guard let open = file else { return }
        file = nil
        defer { close(open.descriptor) }
        try open.stream.flush()
    }

    /// Runs `body` with the stream for one result.
    ///
    /// - Parameter pager: shows the result when it would go to a terminal.
    func withStream(
        pager: String?, _ body: (_ stream: StandardStream, _ isPaged: Bool) throws -> Void
    ) throws {
        if let file {
            do {
                try body(file.stream, false)
            } catch {
                // What stands in the file is all there will be of this result.
                if isOnce { try endFile() }
                throw error
            }
            if isOnce { try endFile() } else { try file.stream.flush() }
            return
        }
        guard let pager, standard.isTerminal else { return try body(standard, false) }
        try standard.flush()
        let running = try Pager(pager)
        do {
            try body(running.stream, true)
            try running.finish()
        } catch is OutputClosed {
            // Its user has seen enough.
            running.abandon()
        } catch {
            running.abandon()
            throw error
        }
    }
}
