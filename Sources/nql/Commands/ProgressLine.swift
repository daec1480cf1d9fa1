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
            let seconds = Elapsed.seconds(start.duration(to: now))
            let rate = Rate.text(progress.doneCount, "", seconds: seconds)
            var text = "\(progress.doneCount) nodes and relationships"
            if let total = progress.totalCount, total > 0 {
                text = "\(min(100, progress.doneCount * 100 / total)) %"
            }
            line.show(text + (rate.map { ", \($0)" } ?? ""))
        }
    }

    func clear() { line.clear() }
}

/// Counts per second.
enum Rate {
    /// Such as `1200 rows/s`; nil before there was time to measure one.
    static func text(_ count: Int, _ noun: String, seconds: Double) -> String? {
        if seconds < secondsMin { return nil }
        let rate = Int(Double(count) / seconds)
        return noun.isEmpty ? "\(rate)/s" : "\(Plural.text(rate, noun))/s"
    }

    private static let secondsMin = 0.1
}
