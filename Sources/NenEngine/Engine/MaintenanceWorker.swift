// MaintenanceWorker: the thread of an open database that keeps it in shape without anybody's
// asking. A round samples what plans asked for before the graph drifted, folds and re-encodes the
// chunks that commits have left and that were let alone since, and stores estimates anew.
//
// It gives way: a slice of some milliseconds begins only where nobody writes or waits to, and after
// each the thread rests three times as long. When nothing is left to do it sleeps until a commit
// leaves something.

import CNenKernels
import Glibc
import NenCore
import Synchronization

/// Maintains a database in the background; one per engine.
final class MaintenanceWorker: Sendable {
    private let worker: BackgroundWorker
    private let interruption: Interruption
    private let store: GraphStore
    private let round: MaintenanceRound?

    /// Time between a commit and the round that answers it, and between two rounds.
    private static let delayMilliseconds = 200

    /// - Parameter maintains: false: estimates are sampled, and nothing is written.
    init(_ store: GraphStore, maintains: Bool) {
        self.store = store
        let interruption = Interruption()
        let round = maintains && !store.pages.options.isReadOnly ? MaintenanceRound() : nil
        let again = Weak<BackgroundWorker>()
        let worker = BackgroundWorker(
            delayMilliseconds: MaintenanceWorker.delayMilliseconds, isOptional: true
        ) { [weak store] in
            guard let store else { return }
            // What cannot be read now stays unknown: the plan that needs it says why, or does
            // without.
            try? interruption.run { try store.context.estimates.refresh(in: store.snapshot()) }
            if round?.run(on: store, interruption) ?? false { again.value?.signal() }
        }
        again.value = worker
        self.worker = worker
        self.interruption = interruption
        self.round = round
        guard AddressSpace.allowsHelperThreads else { return }
        store.context.estimates.onEra { worker.signal() }
        guard round != nil else { return }
        store.context.backlog.onWork { worker.signal() }
        // What earlier processes left is looked for once.
        if store.pages.disk != nil { worker.signal() }
    }

    deinit { stop() }

    /// Whether it may write.
    var maintains: Bool { round != nil }

    /// Why the last maintenance failed; nil when it did not.
    var failure: NQLError? { round?.failure }

    /// Ends it, work that is under way included.
    func stop() {
        store.context.estimates.onEra(nil)
        store.context.backlog.onWork(nil)
        interruption.stop()
        worker.stop()
    }
}

/// What a thread does of maintenance between two sleeps.
final class MaintenanceRound: Sendable {
    private struct State {
        /// When the chunks that earlier processes left are looked for; nil when that was done.
        var surveyTime: UInt64?
        /// Bytes of pages written since the last checkpoint that it asked for.
        var writtenBytes = 0
        var failure: NQLError?
    }

    private let state: Mutex<State>

    /// A database is let alone for so long after it was opened.
    private static let surveyDelayNanoseconds: UInt64 = 2_000_000_000
    /// Rests are within these bounds, in microseconds.
    private static let restMicroseconds = 1_000 ... 40_000

    init() {
        let now = nen_monotonic_nanoseconds()
        state = Mutex(State(surveyTime: now + MaintenanceRound.surveyDelayNanoseconds))
    }

    /// Why the last round failed; nil when it did not.
    var failure: NQLError? { state.withLock { $0.failure } }

    /// One round; true when there will be more to do.
    func run(on store: GraphStore, _ interruption: Interruption) -> Bool {
        var isRefreshed = false
        state.withLock { $0.failure = nil }
        do {
            try interruption.run {
                try survey(store)
                try fold(store)
                isRefreshed = try refresh(store)
                try checkpointIfDue(store)
            }
        } catch {
            if interruption.isOver { return false }
            // Nobody waits for the work; it is told where somebody asks for it.
            note(error)
            return false
        }
        let isSurveyed = state.withLock { $0.surveyTime == nil }
        return !isSurveyed || !isRefreshed || !store.context.backlog.isEmpty
    }

    private func note(_ error: any Error) {
        let told = (error as? IOFailure)?.error ?? error as? NQLError
            ?? .runtime(.io, nil, "The storage failed: \(error).")
        state.withLock { $0.failure = told }
    }

    /// Looks for what earlier processes left, once.
    private func survey(_ store: GraphStore) throws {
        guard let time = state.withLock({ $0.surveyTime }) else { return }
        guard store.pages.disk != nil else { return state.withLock { $0.surveyTime = nil } }
        if nen_monotonic_nanoseconds() < time { return }
        state.withLock { $0.surveyTime = nil }
        let found = try store.chunksWithDeltas { try rest(after: 10_000_000) }
        store.context.backlog.note(nodes: found, relationships: [])
    }

    private func fold(_ store: GraphStore) throws {
        let backlog = store.context.backlog
        var pass = backlog.takeQuiet()
        defer { backlog.putBack(pass) }
        var report = MaintenanceReport()
        defer {
            let bytes = report.bytesWritten
            state.withLock { $0.writtenBytes += bytes }
        }
        while !pass.isDone {
            let start = nen_monotonic_nanoseconds()
            do {
                let isDone = try store.maintain(&pass, waits: false, &report)
                try rest(after: isDone ? nen_monotonic_nanoseconds() - start : 10_000_000)
            } catch let error as NQLError where error.code == .corruption {
                // The chunk is out of the pass; the others are none the worse for it.
                note(error)
            }
        }
    }

    /// False when there was no time to store new estimates.
    private func refresh(_ store: GraphStore) throws -> Bool {
        var report = MaintenanceReport()
        return try store.refreshEstimates(waits: false, &report) && store.storeFeedback()
    }

    private func checkpointIfDue(_ store: GraphStore) throws {
        let isDue = state.withLock { state in
            guard state.writtenBytes >= GraphStore.maintenanceCheckpointBytes else { return false }
            state.writtenBytes = 0
            return true
        }
        if isDue { try store.checkpoint() }
    }

    /// Rests three times as long as the work before took.
    private func rest(after nanoseconds: UInt64) throws {
        try Interruption.check()
        let bounds = MaintenanceRound.restMicroseconds
        let time = Int(clamping: nanoseconds * 3 / 1_000)
        usleep(UInt32(min(max(time, bounds.lowerBound), bounds.upperBound)))
        try Interruption.check()
    }
}

/// A reference that keeps nothing alive.
private final class Weak<Object: AnyObject & Sendable>: @unchecked Sendable {
    // Sendable: written once, before anybody else sees it.
    weak var value: Object?
}
