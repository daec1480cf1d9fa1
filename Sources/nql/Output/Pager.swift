// Pager: another program that shows a long result page by page (`.pager`). It reads what the
// command writes from a pipe; when its user leaves it early, the rest is not written.

import Glibc
import NenDB

/// A running pager.
final class Pager {
    let stream: StandardStream
    private let descriptor: Int32
    private let process: pid_t
    private var isOver = false

    /// The user's choice, or less with long lines cut and colours shown.
    static var defaultCommand: String {
        getenv("PAGER").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
            ?? "less -SRFX"
    }

    /// Starts `command` by the shell.
    ///
    /// - Throws: `IOError` when the system cannot start it.
    init(_ command: String) throws {
        guard let ends = PipeEnds() else { throw Pager.failure }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends.reading, 0)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let texts: [String] = ["sh", "-c", command]
        var words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var process = pid_t()
        let status = posix_spawn(&process, "/bin/sh", &actions, nil, words, environ)
        close(ends.reading)
        guard status == 0 else {
            close(ends.writing)
            errno = status
            throw Pager.failure
        }
        self.process = process
        descriptor = ends.writing
        stream = StandardStream(descriptor: descriptor, name: "the pager's input")
    }

    private static var failure: NQLError {
        .runtime(.io, "NoPager", "The pager cannot be started: \(SystemError.message).")
    }

    /// Writes what is left and waits for the pager's end.
    func finish() throws {
        defer { abandon() }
        try stream.flush()
    }

    /// Waits for the pager's end without writing more.
    func abandon() {
        if isOver { return }
        isOver = true
        close(descriptor)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
}
