// TransactionLease: an open write transaction of a session, which keeps all other writers out as
// long as it lasts, even while its owner is away. When it has been idle for longer than its limit
// and another writer waits, it is rolled back and its owner's next statement is told so. Nobody
// loses anything as long as nobody waits.
//
// The owner enters before each use and leaves behind it; the watch takes only what nobody has
// entered. Whoever holds the lease's lock, or has entered, has the transaction to itself.

import CNenKernels
import NenCore
import Synchronization

/// A write transaction that may be taken away while it is idle.
public final class TransactionLease: @unchecked Sendable {
    // Sendable: `transaction` is used only by the owner's thread between `enter` and `leave`, and
    // by others under the lock while nobody has entered.
    private enum State {
        /// In use, so many calls deep.
        case busy(depth: Int)
        /// Monotonic nanoseconds at which the last use ended.
        case idle(since: UInt64)
        /// Rolled back.
        case expired
    }

    private let state: Mutex<State>
    private let transaction: EngineTransaction
    private let limitMilliseconds: Mutex<Int>

    fileprivate init(_ transaction: EngineTransaction, limitMilliseconds: Int) {
        self.transaction = transaction
        self.limitMilliseconds = Mutex(limitMilliseconds)
        state = Mutex(.idle(since: nen_monotonic_nanoseconds()))
    }

    /// Another limit from now on.
    public func setLimit(milliseconds: Int) { limitMilliseconds.withLock { $0 = milliseconds } }

    /// Begins a use of the transaction by its owner; every `enter` has its `leave`.
    ///
    /// - Throws: `TransactionError(TransactionExpired)` when it was taken away.
    public func enter() throws(NQLError) {
        let isGone = state.withLock { state in
            switch state {
            case .busy(let depth): state = .busy(depth: depth + 1)
            case .idle: state = .busy(depth: 1)
            case .expired: return true
            }
            return false
        }
        guard isGone else { return }
        let limit = limitMilliseconds.withLock { $0 }
        throw .runtime(
            .transaction, "TransactionExpired",
            "The transaction was rolled back: it was idle for more than \(limit) ms while another "
                + "writer waited.",
            hint: "Run all of it again; idle_transaction_timeout is the limit.")
    }

    /// Ends a use.
    public func leave() {
        state.withLock { state in
            guard case .busy(let depth) = state else { return }
            state = depth > 1
                ? .busy(depth: depth - 1) : .idle(since: nen_monotonic_nanoseconds())
        }
    }

    /// Rolls the transaction back when it has been idle for too long and `isWanted`.
    fileprivate func expireIfIdle(isWanted: () -> Bool) {
        let limit = UInt64(max(0, limitMilliseconds.withLock { $0 })).multipliedReportingOverflow(
            by: 1_000_000)
        state.withLock { state in
            guard case .idle(let since) = state, !limit.overflow,
                nen_monotonic_nanoseconds() &- since >= limit.partialValue, isWanted()
            else { return }
            state = .expired
            // It ends in any case; what fails here fails again, and is told, when it is opened.
            try? transaction.rollback()
        }
    }
}

/// Looks after the leases of one database.
final class LeaseWatch: @unchecked Sendable {
    // Sendable: `leases` is guarded by its lock; the worker is made before anyone asks for it.
    private struct Entry {
        weak var lease: TransactionLease?
    }

    private static let periodMilliseconds = 50
    private let leases = Mutex<[Entry]>([])
    private let store: GraphStore
    private var worker: BackgroundWorker?

    init(_ store: GraphStore) {
        self.store = store
        worker = BackgroundWorker(delayMilliseconds: LeaseWatch.periodMilliseconds) {
            [weak self] in self?.look()
        }
    }

    deinit { worker?.stop() }

    func add(_ lease: TransactionLease) {
        leases.withLock { $0.append(Entry(lease: lease)) }
        worker?.signal()
    }

    private func look() {
        let living = leases.withLock { list in
            list.removeAll { $0.lease == nil }
            return list.compactMap(\.lease)
        }
        if living.isEmpty { return }
        for lease in living { lease.expireIfIdle { store.pages.hasWaitingWriter } }
        worker?.signal()
    }
}

extension Engine {
    /// The lease of a write transaction whose owner may go away between two uses.
    public func lease(
        _ transaction: EngineTransaction, limitMilliseconds: Int
    ) -> TransactionLease {
        let lease = TransactionLease(transaction, limitMilliseconds: limitMilliseconds)
        leases.add(lease)
        return lease
    }
}
