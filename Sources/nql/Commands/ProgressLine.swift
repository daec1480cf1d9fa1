// ProgressLine: how far a dump or a load is: on a terminal only, a few times a second.

import NenDB
import Synchronization

/// One line that is written again and again.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let start = ContinuousClock().now
    private let next: Mutex<ContinuousClock.Instant>

    init(_ stream: StandardStream) {
        isShown = stream.isTerminal
        next = Mutex(start)
    }

    func show(_ progress: DumpProgress) {
        guard isShown else { return }
        next.withLock { next in
            let now = ContinuousClock().now
            if now < next { return }
            next = now.advanced(by: .milliseconds(200))
            let seconds = max(Elapsed.seconds(start.duration(to: now)), 0.001)
            let rate = Int(Double(progress.doneCount) / seconds)
            var text = "\(progress.doneCount) nodes and relationships"
            if let total = progress.totalCount, total > 0 {
                text = "\(min(100, progress.doneCount * 100 / total)) %"
            }
            Self.write("\r\(text), \(rate)/s\u{1B}[K")
        }
    }

    func clear() {
        if isShown { Self.write("\r\u{1B}[K") }
    }

    private static func write(_ text: String) {
        let stream = StandardStream(descriptor: 2)
        // A progress line that cannot be shown is no reason to stop.
        try? stream.write(text)
        try? stream.flush()
    }
}
