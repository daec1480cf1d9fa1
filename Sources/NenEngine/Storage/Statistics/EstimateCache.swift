// EstimateCache: the estimates of an open store, so that nobody has to say ANALYZE. What a plan
// asks for and nobody has computed yet is sampled then, which takes a few milliseconds at most, and
// kept until the graph has drifted: until an owner has a fifth more or fewer entities, or until so
// many changes were committed that all estimates are of an earlier *era*. What plans asked for in
// an era is sampled in the background when the next one begins, so that no statement waits for it.
//
// How old an estimate is the graph's clock of changes tells, which is stored with every commit:
// whatever process made the changes, also before this one opened the store. Estimates in the file
// count as long as they are of the present era; maintenance stores them anew.

import NenCore
import Synchronization

/// Thread-safe; one per open store.
final class EstimateCache: Sendable {
    private struct Known<Estimate: Sendable>: Sendable {
        var estimate: Estimate
        var entityCount: UInt64
        /// What the graph's clock showed.
        var clock: UInt64
    }

    private struct State {
        var properties: [PropertyOwner: Known<PropertyEstimate?>] = [:]
        var degrees: Known<DegreeStatistics>?
        var era: UInt64 = 0
        /// What the graph's clock showed when the era began; nil before a graph was seen.
        var eraClock: UInt64?
        /// The transaction that stored the newest estimates that were seen.
        var estimatesBirth: UInt64 = 0
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

    // MARK: Eras

    /// The number of the present era; plans of an earlier one are made again.
    var era: UInt64 { state.withLock { $0.era } }

    /// Changes of a graph after which its estimates are made anew.
    static func changesMax(_ entityCount: UInt64) -> UInt64 {
        max(UInt64(changesMin), entityCount / 5)
    }

    /// Changes in a commit whose log has so many bytes.
    static func changes(ofLogBytes count: Int) -> UInt64 {
        UInt64(max(0, count) / bytesPerChange)
    }

    /// Looks at the counts of a graph: an era begins when it has drifted, or when somebody has
    /// stored other estimates.
    ///
    /// - Parameter estimatesBirth: the transaction that stored the estimates; nil where that is
    ///   what it was.
    func note(_ counter: StatisticsCounter, estimatesBirth: UInt64?) {
        let now = counter.changeClock
        let most = EstimateCache.changesMax(counter.entityCount)
        let announce = state.withLock { state -> (@Sendable () -> Void)? in
            guard let start = state.eraClock else {
                // Stored estimates are as old as the clock says.
                state.eraClock = counter.estimates.isEmpty ? now : counter.estimatesClock
                state.estimatesBirth = estimatesBirth ?? 0
                return EstimateCache.beginEraIfDrifted(&state, now, most)
            }
            if let estimatesBirth, estimatesBirth > state.estimatesBirth {
                state.estimatesBirth = estimatesBirth
                EstimateCache.beginEra(&state, max(start, counter.estimatesClock))
                return nil
            }
            return EstimateCache.beginEraIfDrifted(&state, now, most)
        }
        announce?()
    }

    /// Notes that maintenance has stored estimates, made when the clock showed `clock`. Plans need
    /// not be made again: they rest on samples of this era.
    func noteRefreshed(_ clock: UInt64, birth: UInt64) {
        state.withLock { state in
            state.estimatesBirth = max(state.estimatesBirth, birth)
            state.eraClock = max(state.eraClock ?? 0, clock)
        }
    }

    private static func beginEraIfDrifted(
        _ state: inout State, _ now: UInt64, _ most: UInt64
    ) -> (@Sendable () -> Void)? {
        guard let start = state.eraClock, now >= start + most else { return nil }
        beginEra(&state, now)
        return state.announce
    }

    private static func beginEra(_ state: inout State, _ clock: UInt64) {
        state.era += 1
        state.eraClock = clock
        state.properties.removeAll()
        state.degrees = nil
        state.askedBefore = state.asked
        state.asked = Demand()
    }

    /// Calls `body` whenever an era begins because of changes; at once it may only note that.
    func onEra(_ body: (@Sendable () -> Void)?) { state.withLock { $0.announce = body } }

    /// Changes since the present era began, by and large, and how many end it.
    func changes(_ counter: StatisticsCounter) -> (count: Int, most: Int) {
        let start = state.withLock { $0.eraClock } ?? counter.estimatesClock
        let count = counter.changeClock > start ? counter.changeClock - start : 0
        return (
            Int(clamping: count), Int(clamping: EstimateCache.changesMax(counter.entityCount))
        )
    }

    /// Whether a count has moved so far that estimates no longer hold.
    private static func hasDrifted(from old: UInt64, to new: UInt64) -> Bool {
        (old > new ? old - new : new - old) > old / 5
    }

    /// Whether the estimates in the file are of the present era.
    private static func countsStored(_ state: State, _ counter: StatisticsCounter) -> Bool {
        counter.estimatesClock >= state.eraClock ?? 0
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
        if let known = propertyAtHand(owner, in: view) { return known.estimate }
        let count = view.entityCount(of: owner)
        let era = era
        let fresh = try PropertySample.estimate(
            owner, in: view, rowsMax: PropertySample.plannedRowsMax)
        state.withLock { state in
            guard state.era == era else { return }
            state.properties[owner] = Known(
                estimate: fresh, entityCount: count, clock: view.counter.changeClock)
        }
        return fresh
    }

    /// What is known of a property, sampled or stored, whichever is younger.
    private func propertyAtHand(
        _ owner: PropertyOwner, in view: GraphView
    ) -> Known<PropertyEstimate?>? {
        let counter = view.counter
        let count = view.entityCount(of: owner)
        let (sampled, countsStored) = state.withLock {
            ($0.properties[owner], EstimateCache.countsStored($0, counter))
        }
        var found: Known<PropertyEstimate?>?
        if let sampled, !EstimateCache.hasDrifted(from: sampled.entityCount, to: count) {
            found = sampled
        }
        if countsStored, counter.estimatesClock > found?.clock ?? 0 || found == nil,
            let stored = counter.statistics.properties[owner],
            !EstimateCache.hasDrifted(from: UInt64(stored.entityCount), to: count)
        {
            found = Known(
                estimate: stored, entityCount: UInt64(stored.entityCount),
                clock: counter.estimatesClock)
        }
        return found
    }

    /// The degrees as of `view`, unless they would have to be read.
    func knownDegrees(in view: GraphView) -> DegreeStatistics? {
        state.withLock { $0.asked.degrees = true }
        return degreesAtHand(in: view)?.estimate
    }

    private func degreesAtHand(in view: GraphView) -> Known<DegreeStatistics>? {
        let counter = view.counter
        let count = counter.statistics.relationshipCount
        let (sampled, countsStored) = state.withLock {
            ($0.degrees, EstimateCache.countsStored($0, counter))
        }
        var found: Known<DegreeStatistics>?
        if let sampled, !EstimateCache.hasDrifted(from: sampled.entityCount, to: count) {
            found = sampled
        }
        if countsStored, counter.estimatesClock > found?.clock ?? 0 || found == nil,
            let stored = counter.statistics.degrees,
            !EstimateCache.hasDrifted(from: UInt64(stored.relationshipCount), to: count)
        {
            found = Known(
                estimate: stored, entityCount: UInt64(stored.relationshipCount),
                clock: counter.estimatesClock)
        }
        return found
    }

    /// The degrees as of `view`.
    /// - Throws: errors of reading; interruptions.
    func degrees(in view: GraphView) throws -> DegreeStatistics {
        state.withLock { $0.asked.degrees = true }
        return try freshDegrees(in: view)
    }

    private func freshDegrees(in view: GraphView) throws -> DegreeStatistics {
        if let known = degreesAtHand(in: view) { return known.estimate }
        let count = view.statistics.relationshipCount
        let era = era
        let fresh = try DegreeAnalysis.run(view, chunksMax: EstimateCache.plannedChunksMax)
        state.withLock { state in
            guard state.era == era else { return }
            state.degrees = Known(
                estimate: fresh, entityCount: count, clock: view.counter.changeClock)
        }
        return fresh
    }

    /// What the graph's clock showed when the estimate at hand was made; nil when there is none.
    func clock(of owner: PropertyOwner, in view: GraphView) -> UInt64? {
        propertyAtHand(owner, in: view)?.clock
    }

    /// The same for the degrees.
    func clockOfDegrees(in view: GraphView) -> UInt64? { degreesAtHand(in: view)?.clock }

    /// Estimates of properties that are kept.
    var propertyCount: Int { state.withLock { $0.properties.count } }

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
