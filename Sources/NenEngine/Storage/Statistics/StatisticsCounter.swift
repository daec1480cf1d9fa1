// StatisticsCounter: keeps the exact statistics while a transaction changes the graph.
//
// Relationships are counted per (source set, type, target set). Label sets can be many, so only
// *tracked* ones are counted by themselves: a set is tracked from its first node on while fewer
// than 64 are; all others count as `GraphStatistics.foldedSet`. When the groups become more than
// 1,024, the tracked set with the fewest nodes is folded for good. A set's groups move as a whole,
// so the counts stay exact: the sum over all groups of a type is the number of its relationships,
// and a group without folded sets counts exactly its relationships.

import NenCore

/// The exact counts, changed in step with the graph.
struct StatisticsCounter: Sendable {
    private(set) var statistics: GraphStatistics
    /// Per label set: counted by itself.
    private(set) var isTracked: [Bool]
    private var trackedCount: Int
    /// Changes that were ever committed to the graph, by and large: its clock, by which estimates
    /// grow old.
    private(set) var changeClock: UInt64
    /// What the clock showed when the stored estimates were made.
    private(set) var estimatesClock: UInt64 = 0
    /// What is stored of earlier runs of statements.
    private(set) var feedback: [StatementFeedback] = []

    static let trackedMax = 64
    static let groupMax = 1_024

    init(
        statistics: GraphStatistics = GraphStatistics(), isTracked: [Bool] = [],
        changeClock: UInt64 = 0
    ) {
        self.statistics = statistics
        self.changeClock = changeClock
        self.isTracked = isTracked
        trackedCount = isTracked.count { $0 }
    }

    /// Makes room for the names of a catalog.
    mutating func cover(labelSets: Int, types: Int) {
        while statistics.nodesPerLabelSet.count < labelSets {
            statistics.nodesPerLabelSet.append(0)
            let tracks = trackedCount < StatisticsCounter.trackedMax
            isTracked.append(tracks)
            if tracks { trackedCount += 1 }
        }
        while statistics.relationshipsPerType.count < types {
            statistics.relationshipsPerType.append(0)
            statistics.selfLoopsPerType.append(0)
        }
    }

    /// The set under which relationships of `set` are counted.
    @inline(__always)
    func counted(_ set: UInt32) -> UInt32 {
        Int(set) < isTracked.count && isTracked[Int(set)] ? set : GraphStatistics.foldedSet
    }

    /// `change` nodes of a label set more.
    /// - Throws: a corruption error when there would be fewer than none: stored counts were wrong.
    @inline(__always)
    mutating func addNodes(_ change: Int64, set: UInt32) throws(NQLError) {
        try StatisticsCounter.add(
            change, to: &statistics.nodesPerLabelSet[Int(set)], "nodes of a label set")
    }

    /// `change` relationships more between nodes of these sets.
    mutating func addRelationships(
        _ change: Int64, type: NameID, from source: UInt32, to target: UInt32, isLoop: Bool
    ) throws(NQLError) {
        try StatisticsCounter.add(
            change, to: &statistics.relationshipsPerType[Int(type)], "relationships of a type")
        if isLoop {
            try StatisticsCounter.add(
                change, to: &statistics.selfLoopsPerType[Int(type)], "self-loops of a type")
        }
        try addToGroup(change, type: type, from: source, to: target)
    }

    /// `change` self-loops of a type more, among relationships counted already (bulk loads).
    mutating func addSelfLoops(_ change: Int64, type: NameID) throws(NQLError) {
        try StatisticsCounter.add(
            change, to: &statistics.selfLoopsPerType[Int(type)], "self-loops of a type")
    }

    /// `change` relationships of a group more, the type's own count staying.
    mutating func addToGroup(
        _ change: Int64, type: NameID, from source: UInt32, to target: UInt32
    ) throws(NQLError) {
        let group = RelationshipGroup(
            sourceSet: counted(source), type: type, targetSet: counted(target))
        var count = statistics.relationshipsPerGroup[group] ?? 0
        try StatisticsCounter.add(change, to: &count, "relationships of a group")
        statistics.relationshipsPerGroup[group] = count == 0 ? nil : count
        if statistics.relationshipsPerGroup.count > StatisticsCounter.groupMax { foldRarest() }
    }

    @inline(__always)
    private static func add(
        _ change: Int64, to count: inout UInt64, _ what: StaticString
    ) throws(NQLError) {
        let sum = Int64(bitPattern: count) &+ change
        guard sum >= 0 else {
            throw .damaged("statistics", "count fewer \(what) than there are")
        }
        count = UInt64(bitPattern: sum)
    }

    /// Folds the tracked set that has the fewest nodes into the others.
    private mutating func foldRarest() {
        var rarest = -1
        for set in isTracked.indices where isTracked[set] {
            if rarest < 0
                || statistics.nodesPerLabelSet[set] < statistics.nodesPerLabelSet[rarest]
            {
                rarest = set
            }
        }
        if rarest < 0 { return }
        isTracked[rarest] = false
        trackedCount -= 1
        var folded: [RelationshipGroup: UInt64] = [:]
        for (group, count) in statistics.relationshipsPerGroup {
            var moved = group
            if group.sourceSet == UInt32(rarest) { moved.sourceSet = GraphStatistics.foldedSet }
            if group.targetSet == UInt32(rarest) { moved.targetSet = GraphStatistics.foldedSet }
            folded[moved, default: 0] += count
        }
        statistics.relationshipsPerGroup = folded
    }

    /// Replaces the stored estimates.
    mutating func setEstimates(_ estimates: StoredEstimates) {
        statistics.properties = estimates.properties
        statistics.degrees = estimates.degrees
        estimatesClock = estimates.clock
        feedback = estimates.feedback
    }

    /// Moves the clock on by the changes of a commit.
    mutating func noteChanges(_ count: UInt64) {
        changeClock = min(changeClock &+ count, StatisticsCounter.clockMax)
    }

    /// The clock stops there, which no graph reaches.
    static let clockMax: UInt64 = 1 << 62

    /// Nodes and relationships.
    var entityCount: UInt64 { statistics.nodeCount + statistics.relationshipCount }

    /// The stored estimates.
    var estimates: StoredEstimates {
        StoredEstimates(
            properties: statistics.properties, degrees: statistics.degrees,
            clock: estimatesClock, feedback: feedback)
    }
}
