// StatementFeedback: what statements needed when they ran. The next run of the same statement is
// predicted from it: a model knows what operators do with so many rows, but how many rows there are
// and how wide, it only estimates. The table is bounded, the least recently used entries go first;
// maintenance writes it to the file beside the estimates.

import NenCore
import Synchronization

/// What is remembered of the runs of one statement.
public struct StatementFeedback: Sendable, Hashable {
    /// Names the statement.
    public var fingerprint: UInt64
    /// Runs to the last row.
    public var runCount: UInt64
    /// Most bytes held, of late.
    public var peakBytes: UInt64
    /// Rows of the last run.
    public var rowCount: UInt64
    /// Nodes and relationships of the graph then.
    public var entityCount: UInt64

    /// The peak that is expected of the next run, over a graph of so many nodes and relationships.
    public func predictedBytes(entityCount now: UInt64) -> Double {
        let growth = Double(now) / Double(max(1, entityCount))
        return Double(peakBytes) * min(max(growth, 0.25), 4)
    }
}

/// The remembered runs of an open store; thread-safe.
final class FeedbackTable: Sendable {
    /// Statements that are remembered.
    static let entryCountMax = 1_024
    /// What needs less is not worth remembering, unless much more was expected: it fits in any
    /// case.
    private static let rememberedBytesMin = 1.0 * 1_048_576
    private static let wrongExpectationMin = 8.0 * 1_048_576

    /// Whether a run is to be noted.
    static func remembers(peakBytes: Int, predictedBytes: Double) -> Bool {
        Double(peakBytes) >= rememberedBytesMin || predictedBytes >= wrongExpectationMin
    }

    private struct Entry {
        var feedback: StatementFeedback
        var lastUse: UInt64
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var clock: UInt64 = 0
        var isLoaded = false
        /// Whether there is something that the file does not have.
        var isChanged = false
    }

    private let state = Mutex(State())

    /// Takes in what the file remembers, once.
    private static func load(_ stored: [StatementFeedback], _ state: inout State) {
        if state.isLoaded { return }
        state.isLoaded = true
        for feedback in stored.suffix(entryCountMax) {
            state.clock += 1
            state.entries[feedback.fingerprint] = Entry(feedback: feedback, lastUse: state.clock)
        }
    }

    /// What is remembered of a statement; nil when it never ran to its end.
    ///
    /// - Parameter stored: what the file remembers.
    func find(_ fingerprint: UInt64, stored: [StatementFeedback]) -> StatementFeedback? {
        state.withLock { state in
            FeedbackTable.load(stored, &state)
            state.clock += 1
            state.entries[fingerprint]?.lastUse = state.clock
            return state.entries[fingerprint]?.feedback
        }
    }

    /// Notes a run to the last row. A higher peak counts at once, a lower one by and by.
    func note(
        _ fingerprint: UInt64, peakBytes: UInt64, rowCount: UInt64, entityCount: UInt64,
        stored: [StatementFeedback]
    ) {
        state.withLock { state in
            FeedbackTable.load(stored, &state)
            state.clock += 1
            var fresh = StatementFeedback(
                fingerprint: fingerprint, runCount: 1, peakBytes: peakBytes, rowCount: rowCount,
                entityCount: entityCount)
            if let old = state.entries[fingerprint]?.feedback {
                fresh.runCount = old.runCount + 1
                if old.peakBytes > peakBytes {
                    fresh.peakBytes = old.peakBytes - (old.peakBytes - peakBytes) / 4
                }
            }
            let old = state.entries.updateValue(
                Entry(feedback: fresh, lastUse: state.clock), forKey: fingerprint)
            state.isChanged = state.isChanged || FeedbackTable.isNews(fresh, old?.feedback)
            if state.entries.count > FeedbackTable.entryCountMax {
                FeedbackTable.forgetOldest(&state)
            }
        }
    }

    /// Whether it is worth a write that a run was like that.
    private static func isNews(_ fresh: StatementFeedback, _ old: StatementFeedback?) -> Bool {
        guard let old else { return true }
        let less = min(old.peakBytes, fresh.peakBytes)
        return max(old.peakBytes, fresh.peakBytes) - less > less / 8
    }

    /// Forgets a quarter, so that the sort is paid rarely.
    private static func forgetOldest(_ state: inout State) {
        let byAge = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
        for old in byAge.prefix(entryCountMax / 4) { state.entries[old.key] = nil }
    }

    /// Whether the file lacks something worth a write.
    var isChanged: Bool { state.withLock { $0.isChanged } }

    /// What the file should remember, the least recently used first; it lacks nothing then.
    func takeStored(beside stored: [StatementFeedback]) -> [StatementFeedback] {
        state.withLock { state in
            FeedbackTable.load(stored, &state)
            state.isChanged = false
            return state.entries.values.sorted { $0.lastUse < $1.lastUse }.map(\.feedback)
        }
    }

    /// What was taken did not reach the file.
    func restoreChange() { state.withLock { $0.isChanged = true } }

    /// Statements remembered.
    var count: Int { state.withLock { $0.entries.count } }
}
