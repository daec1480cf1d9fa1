// ProgressLine: how far a dump or a load is: on a terminal only, a few times a second.

import NenDB
import Synchronization

/// One line that is written again and again.
final class ProgressLine: Sendable {
    private let line: TerminalLine
    private let start = ContinuousClock().now
    private let next: Mutex<ContinuousClock.Instant>

    init(_ stream: StandardStream) {
        line = TerminalLine(stream)
        next = Mutex(start)
    }

    func show(_ progress: DumpProgress) {
        guard line.isShown else { return }
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
            line.show("\(text), \(rate)/s")
        }
    }

    func clear() { line.clear() }
}
