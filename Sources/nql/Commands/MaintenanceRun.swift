// MaintenanceRun: what the commands that work on whole databases share: streams, signals, messages
// and statuses, and the progress line.

import ArgumentParser
import NenDB

/// One run of such a command.
struct MaintenanceRun {
    let name: String
    let output = StandardStream(descriptor: 1)
    let errors = StandardStream(descriptor: 2)

    /// Runs `body` and turns what it throws into a message and a status.
    func run(_ body: () throws -> Void) throws {
        Interrupts.ignoreWriteSignals()
        Interrupts.install()
        do {
            try body()
            try output.flush()
        } catch let error as NQLError {
            try errors.line("nql \(name): \(error.message) [\(error.code.rawValue)]")
            if let hint = error.hint { try errors.line("     \(hint)") }
            try errors.flush()
            throw error.code == .interrupted ? ExitCode(130) : ExitCode.failure
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }
}

/// A progress line in percent: on a terminal only, a few times a second.
final class PercentLine {
    private let title: String
    private let stream = StandardStream(descriptor: 2)
    private var next = ContinuousClock().now

    init(_ title: String) { self.title = title }

    deinit { clear() }

    func show(_ progress: BackupProgress) {
        guard stream.isTerminal, progress.totalByteCount > 0 else { return }
        let now = ContinuousClock().now
        if now < next { return }
        next = now.advanced(by: .milliseconds(200))
        write("\r\(title): \(progress.doneByteCount * 100 / progress.totalByteCount) %\u{1B}[K")
    }

    func clear() {
        if stream.isTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        // A progress line that cannot be shown is no reason to stop.
        try? stream.write(text)
        try? stream.flush()
    }
}
