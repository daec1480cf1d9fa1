// RunningStatements: what is being run in a database, so that SHOW MEMORY can tell who holds it,
// and SHOW TRANSACTIONS what may be ended.

import NenCore
import Synchronization

/// What is told of a statement while it runs, and remembered when it has run.
public struct StatementNote: Sendable {
    /// Its text.
    public var text: String
    /// The peak that was expected of it.
    public var predictedBytes: Double
    /// The processor's time that its plan expects.
    public var predictedNanoseconds: Double
    /// Names it in what is remembered of earlier runs; nil: nothing is.
    public var fingerprint: UInt64?

    public init(
        text: String, predictedBytes: Double, predictedNanoseconds: Double, fingerprint: UInt64?
    ) {
        self.text = text
        self.predictedBytes = predictedBytes
        self.predictedNanoseconds = predictedNanoseconds
        self.fingerprint = fingerprint
    }
}

/// A statement at work, or one that is kept for its next run.
public struct RunningStatement: Sendable {
    /// Counts the statements of the database.
    public var number: UInt64
    /// When it began, and how long ago that is.
    public var start: DateTimeValue
    public var elapsedMilliseconds: Int64
    public var note: StatementNote
    /// Bytes held now, the most ever held, and what may be held.
    public var heldBytes: Int
    public var peakBytes: Int
    public var limitBytes: Int
}

/// The statements of one database; thread-safe.
final class RunningStatements: Sendable {
    private struct Entry {
        var note: StatementNote
        var account: MemoryAccount
        var interruption: Interruption
        var start: DateTimeValue
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Takes a statement in; it ends with the number that is returned.
    func begin(
        _ note: StatementNote, _ account: MemoryAccount, _ interruption: Interruption
    ) -> UInt64 {
        let entry = Entry(
            note: note, account: account, interruption: interruption,
            start: EngineTransaction.now())
        return state.withLock { state in
            state.next += 1
            state.entries[state.next] = entry
            return state.next
        }
    }

    func end(_ number: UInt64) {
        // The account may be the last of its statement: it ends outside of the lock.
        _ = state.withLock { $0.entries.removeValue(forKey: number) }
    }

    /// All, in the order in which they began.
    var all: [RunningStatement] {
        let entries = state.withLock { state in state.entries.sorted { $0.key < $1.key } }
        let now = EngineTransaction.now()
        return entries.map { number, entry in
            let seconds = now.epochSeconds - entry.start.epochSeconds
            let nanoseconds = Int64(now.nanosecond) - Int64(entry.start.nanosecond)
            return RunningStatement(
                number: number, start: entry.start,
                elapsedMilliseconds: max(0, seconds * 1_000 + nanoseconds / 1_000_000),
                note: entry.note,
                heldBytes: entry.account.heldBytes, peakBytes: entry.account.peakBytes,
                limitBytes: entry.account.limitBytes)
        }
    }

    /// Makes a statement fail with `Interrupted` the next time that it looks; its text, nil when
    /// none has the number.
    func stop(_ number: UInt64) -> String? {
        guard let entry = state.withLock({ $0.entries[number] }) else { return nil }
        entry.interruption.stop()
        return entry.note.text
    }
}
