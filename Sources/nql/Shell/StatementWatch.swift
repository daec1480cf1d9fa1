// StatementWatch: how far a long statement is, in a line of the terminal: the processor's time it
// has taken beside what its plan expects. A thread of its own looks a few times a second and is
// woken by the end of the statement.

import Glibc
import NenDB

/// Tells of one statement from its second second on.
final class StatementWatch {
    private let database: Database
    private let line: TerminalLine
    private var thread: (id: pthread_t, wake: Int32)?

    init(_ database: Database, _ errors: StandardStream) {
        self.database = database
        line = TerminalLine(errors)
        start()
    }

    deinit { stop() }

    /// Begins to watch.
    func start() {
        guard line.isShown, thread == nil, let ends = PipeEnds() else { return }
        let watch = Watch(database: database, line: line, sleep: ends.reading)
        var id = pthread_t()
        let opaque = Unmanaged.passRetained(watch)
        let status = pthread_create(
            &id, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Watch>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, opaque.toOpaque())
        guard status == 0 else {
            // A statement runs as well without being watched.
            opaque.release()
            close(ends.reading)
            close(ends.writing)
            return
        }
        thread = (id, ends.writing)
    }

    /// Ends watching and removes the line.
    func stop() {
        guard let running = thread else { return }
        thread = nil
        close(running.wake)
        pthread_join(running.id, nil)
    }
}

/// What the thread does.
private final class Watch: Sendable {
    private let database: Database
    private let line: TerminalLine
    private let sleep: Int32
    private let start = ContinuousClock().now
    private let startTime = Watch.processorSeconds

    private static let (firstMilliseconds, furtherMilliseconds): (Int32, Int32) = (1_500, 300)

    init(database: Database, line: TerminalLine, sleep: Int32) {
        self.database = database
        self.line = line
        self.sleep = sleep
    }

    /// Shows the line until the other end of the pipe is closed.
    func run() {
        defer { close(sleep) }
        var isShown = false
        var request = pollfd(fd: sleep, events: Int16(POLLIN), revents: 0)
        while true {
            let pause = isShown ? Watch.furtherMilliseconds : Watch.firstMilliseconds
            let count = poll(&request, 1, pause)
            if count < 0 && errno == EINTR { continue }
            if count != 0 { break }
            line.show(text)
            isShown = true
        }
        if isShown { line.clear() }
    }

    private var text: String {
        let seconds = Int(Elapsed.seconds(start.duration(to: ContinuousClock().now)))
        let taken = Watch.processorSeconds - startTime
        let expected = database.expectedSeconds
        return "\(seconds) s" + Watch.share(taken, of: expected) + ", Ctrl-C ends it"
    }

    /// How much of the expected work is done; nothing when none was expected.
    private static func share(_ taken: Double, of expected: Double) -> String {
        if expected < 0.5 { return "" }
        if taken > expected { return ", more than the \(Int(expected.rounded(.up))) s expected" }
        return ", \(Int(taken * 100 / expected)) % of the expected work"
    }

    /// Time that all threads of the process have taken.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
