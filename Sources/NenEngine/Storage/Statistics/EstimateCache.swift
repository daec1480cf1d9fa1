// EstimateCache: the estimates of an open store, so that nobody has to say ANALYZE. What a plan
// asks for and nobody has computed yet is sampled then, which takes a few milliseconds at most, and
// kept until the graph has drifted: until an owner has a fifth more or fewer entities, or until so
// many changes were committed that all estimates are of an earlier *era*. Estimates stored in the
// file count as long as they are of the present era.

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
        let limit = max(
            EstimateCache.changesMin, Int(clamping: entityCount) / 5)
            * EstimateCache.bytesPerChange
        state.withLock { state in
            state.changedBytes += byteCount ?? limit
            if state.changedBytes >= limit { EstimateCache.beginEra(&state) }
        }
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
    }

    /// Whether a count has moved so far that estimates no longer hold.
    private static func hasDrifted(from old: UInt64, to new: UInt64) -> Bool {
        (old > new ? old - new : new - old) > old / 5
    }

    // MARK: Answers

    /// The estimate of a property as of `view`; nil when there is no entity.
    /// - Throws: errors of reading; interruptions.
    func estimate(_ owner: PropertyOwner, in view: GraphView) throws -> PropertyEstimate? {
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
        if let known = knownDegrees(in: view) { return known }
        let count = view.statistics.relationshipCount
        let era = era
        let fresh = try DegreeAnalysis.run(view, chunksMax: EstimateCache.plannedChunksMax)
        state.withLock { state in
            guard state.era == era else { return }
            state.degrees = Known(estimate: fresh, entityCount: count)
        }
        return fresh
    }
}
