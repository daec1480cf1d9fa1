// RunningStatements: what is being run in a database, so that SHOW MEMORY can tell who holds it.

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
    public var note: StatementNote
    /// Bytes held now, the most ever held, and what may be held.
    public var heldBytes: Int
    public var peakBytes: Int
    public var limitBytes: Int
}

/// The statements of one database; thread-safe.
final class RunningStatements: Sendable {
    private struct State {
        var entries: [UInt64: (note: StatementNote, account: MemoryAccount)] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Takes a statement in; it ends with the number that is returned.
    func begin(_ note: StatementNote, _ account: MemoryAccount) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.entries[state.next] = (note, account)
            return state.next
        }
    }

    func end(_ number: UInt64) {
        // The account may be the last of its statement: it ends outside of the lock.
        _ = state.withLock { $0.entries.removeValue(forKey: number) }
    }

    /// All, in the order in which they began.
    var all: [RunningStatement] {
        let entries = state.withLock { state in
            state.entries.sorted { $0.key < $1.key }.map(\.value)
        }
        return entries.map {
            RunningStatement(
                note: $0.note, heldBytes: $0.account.heldBytes, peakBytes: $0.account.peakBytes,
                limitBytes: $0.account.limitBytes)
        }
    }
}
