// EstimateCache: the estimates of an open store, so that nobody has to say ANALYZE. What a plan
// asks for and nobody has computed yet is sampled then, which takes a few milliseconds at most, and
// kept until the graph has drifted: until an owner has a fifth more or fewer entities, or until so
// many changes were committed that all estimates are of an earlier *era*. Estimates stored in the
// file count as long as they are of the present era. What plans asked for in an era is sampled in
// the background when the next one begins (`EstimateRefresh`), so that no statement waits for it.

import NenCore
import Synchronization

/// Thread-safe; one per open store.
final class EstimateCache: Sendable {
    private struct Known<Estimate: Sendable>: Sendable {
        var estimate: Estimate
        var entityCount: UInt64
    }

    private struct State {
        var properties: [PropertyOwner: Known<PropertyEstimate?>] = [:]
        var degrees: Known<DegreeStatistics>?
        var era: UInt64 = 0
        /// The era that the stored estimates are of.
        var storedEra: UInt64 = 0
        /// Bytes of changes since the era began.
        var changedBytes = 0
        /// What plans ask for in this era, and what they asked for in the one before.
        var asked = Demand()
        var askedBefore = Demand()
        /// Called when an era begins.
        var announce: (@Sendable () -> Void)?
    }

    private struct Demand {
        var properties: Set<PropertyOwner> = []
        var degrees = false
    }

    private let state = Mutex(State())

    /// Chunks of nodes that are read for a plan: a million nodes.
    static let plannedChunksMax = 512
    /// Bytes that a change takes in the log, by and large.
    private static let bytesPerChange = 16
    /// Fewer changes begin no era.
    private static let changesMin = 1_000

    /// The number of the present era; plans of an earlier one are made again.
    var era: UInt64 { state.withLock { $0.era } }

    /// Notes a commit.
    ///
    /// - Parameters:
    ///   - byteCount: bytes of its log; nil for one that was stored without.
    ///   - entityCount: nodes and relationships of the graph.
    func noteCommit(byteCount: Int?, entityCount: UInt64) {
        let limit = EstimateCache.changesMax(entityCount) * EstimateCache.bytesPerChange
        let announce = state.withLock { state -> (@Sendable () -> Void)? in
            state.changedBytes += byteCount ?? limit
            guard state.changedBytes >= limit else { return nil }
            EstimateCache.beginEra(&state)
            return state.announce
        }
        announce?()
    }

    /// Changes of a graph after which its estimates are made anew.
    private static func changesMax(_ entityCount: UInt64) -> Int {
        max(changesMin, Int(clamping: entityCount) / 5)
    }

    /// Calls `body` whenever an era begins because of changes; at once it may only note that.
    func onEra(_ body: (@Sendable () -> Void)?) { state.withLock { $0.announce = body } }

    /// Changes since the present era began, by and large, and how many end it.
    func changes(entityCount: UInt64) -> (count: Int, most: Int) {
        let bytes = state.withLock { $0.changedBytes }
        return (bytes / EstimateCache.bytesPerChange, EstimateCache.changesMax(entityCount))
    }

    /// Notes that estimates of the graph as it is were stored.
    func noteStored() {
        state.withLock { state in
            EstimateCache.beginEra(&state)
            state.storedEra = state.era
        }
    }

    private static func beginEra(_ state: inout State) {
        state.era += 1
        state.changedBytes = 0
        state.properties.removeAll()
        state.degrees = nil
        state.askedBefore = state.asked
        state.asked = Demand()
    }

    /// Whether a count has moved so far that estimates no longer hold.
    private static func hasDrifted(from old: UInt64, to new: UInt64) -> Bool {
        (old > new ? old - new : new - old) > old / 5
    }

    // MARK: Answers

    /// The estimate of a property as of `view`; nil when there is no entity.
    /// - Throws: errors of reading; interruptions.
    func estimate(_ owner: PropertyOwner, in view: GraphView) throws -> PropertyEstimate? {
        state.withLock { _ = $0.asked.properties.insert(owner) }
        return try known(owner, in: view)
    }

    private func known(
        _ owner: PropertyOwner, in view: GraphView
    ) throws -> PropertyEstimate? {
        let count = view.entityCount(of: owner)
        let (known, era, isStoredValid) = state.withLock {
            ($0.properties[owner], $0.era, $0.era == $0.storedEra)
        }
        if let known, !EstimateCache.hasDrifted(from: known.entityCount, to: count) {
            return known.estimate
        }
        if isStoredValid, let stored = view.statistics.properties[owner],
            !EstimateCache.hasDrifted(from: UInt64(stored.entityCount), to: count)
        {
            return stored
        }
        let fresh = try PropertySample.estimate(
            owner, in: view, rowsMax: PropertySample.plannedRowsMax)
        state.withLock { state in
            guard state.era == era else { return }
            state.properties[owner] = Known(estimate: fresh, entityCount: count)
        }
        return fresh
    }

    /// The degrees as of `view`, unless they would have to be read.
    func knownDegrees(in view: GraphView) -> DegreeStatistics? {
        state.withLock { $0.asked.degrees = true }
        return degreesAtHand(in: view)
    }

    private func degreesAtHand(in view: GraphView) -> DegreeStatistics? {
        let count = view.statistics.relationshipCount
        let (known, isStoredValid) = state.withLock { ($0.degrees, $0.era == $0.storedEra) }
        if let known, !EstimateCache.hasDrifted(from: known.entityCount, to: count) {
            return known.estimate
        }
        if isStoredValid, let stored = view.statistics.degrees,
            !EstimateCache.hasDrifted(from: UInt64(stored.relationshipCount), to: count)
        {
            return stored
        }
        return nil
    }

    /// The degrees as of `view`.
    /// - Throws: errors of reading; interruptions.
    func degrees(in view: GraphView) throws -> DegreeStatistics {
        state.withLock { $0.asked.degrees = true }
        return try freshDegrees(in: view)
    }

    private func freshDegrees(in view: GraphView) throws -> DegreeStatistics {
        if let known = degreesAtHand(in: view) { return known }
        let count = view.statistics.relationshipCount
        let era = era
        let fresh = try DegreeAnalysis.run(view, chunksMax: EstimateCache.plannedChunksMax)
        state.withLock { state in
            guard state.era == era else { return }
            state.degrees = Known(estimate: fresh, entityCount: count)
        }
        return fresh
    }

    // MARK: Refreshing

    /// Samples what plans asked for in the era before, unless it is known by now.
    /// - Throws: errors of reading; interruptions.
    func refresh(in view: GraphView) throws {
        let asked = state.withLock { $0.askedBefore }
        for owner in asked.properties {
            try Interruption.check()
            _ = try known(owner, in: view)
        }
        try Interruption.check()
        if asked.degrees { _ = try freshDegrees(in: view) }
    }
}
