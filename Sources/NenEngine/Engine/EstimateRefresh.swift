// EstimateRefresh: keeps the planner's estimates fresh without anybody's asking. When a graph has
// changed so much that a new era of estimates begins, a thread samples what plans asked for in the
// era before, from a pinned snapshot: no commit and no statement waits for it. A statement that
// comes in between samples what it needs itself.

import NenCore

/// Makes estimates anew in the background; one per engine.
final class EstimateRefresh: Sendable {
    private let worker: BackgroundWorker
    private let interruption: Interruption
    private let estimates: EstimateCache

    /// Changes that follow each other closely are answered by one refresh.
    private static let delayMilliseconds = 200

    init(_ store: GraphStore) {
        let interruption = Interruption()
        let worker = BackgroundWorker(delayMilliseconds: EstimateRefresh.delayMilliseconds) {
            [weak store] in
            guard let store else { return }
            // What cannot be read now stays unknown: the plan that needs it says why, or does
            // without.
            try? interruption.run { try store.context.estimates.refresh(in: store.snapshot()) }
        }
        self.worker = worker
        self.interruption = interruption
        estimates = store.context.estimates
        // Without a thread to spare the caller would do the work.
        if AddressSpace.allowsHelperThreads { estimates.onEra { worker.signal() } }
    }

    deinit { stop() }

    /// Ends it, work that is under way included.
    func stop() {
        estimates.onEra(nil)
        interruption.stop()
        worker.stop()
    }
}
