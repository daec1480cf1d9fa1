// GraphStatistics: the counts the planner works with.
//
// The first group is exact and transactional: rules may rely on it. The estimates serve only cost.

/// Number of relationships between two label sets.
public struct RelationshipGroup: Sendable, Hashable {
    public var sourceSet: UInt32
    public var type: NameID
    public var targetSet: UInt32
    public init(sourceSet: UInt32, type: NameID, targetSet: UInt32) {
        self.sourceSet = sourceSet
        self.type = type
        self.targetSet = targetSet
    }
}

/// A label or type together with a key.
public struct PropertyOwner: Sendable, Hashable {
    public var entity: EntityKind
    public var labelOrType: NameID
    public var key: NameID
    /// In place of a label or type: all nodes, or all relationships.
    public static let anyName: NameID = .max

    public init(entity: EntityKind, labelOrType: NameID, key: NameID) {
        self.entity = entity
        self.labelOrType = labelOrType
        self.key = key
    }
}

/// Statistics of one snapshot.
public struct GraphStatistics: Sendable {
    /// Exact: nodes per label set, indexed by label-set number.
    public var nodesPerLabelSet: [UInt64]
    /// Exact: relationships per type, indexed by type number.
    public var relationshipsPerType: [UInt64]
    /// Exact: self-loops per type, indexed by type number.
    public var selfLoopsPerType: [UInt64]
    /// Exact: relationships per (source set, type, target set); patterns whose sets are folded
    /// use set number `foldedSet`.
    public var relationshipsPerGroup: [RelationshipGroup: UInt64]
    /// Estimates that are stored with the graph: by imports and `ANALYZE`.
    public var properties: [PropertyOwner: PropertyEstimate]
    /// Degrees that are stored with the graph; nil when there are none.
    public var degrees: DegreeStatistics?

    /// Stands for all label sets that are too rare to be counted one by one.
    public static let foldedSet: UInt32 = .max

    public init(
        nodesPerLabelSet: [UInt64] = [], relationshipsPerType: [UInt64] = [],
        selfLoopsPerType: [UInt64] = [],
        relationshipsPerGroup: [RelationshipGroup: UInt64] = [:],
        properties: [PropertyOwner: PropertyEstimate] = [:], degrees: DegreeStatistics? = nil
    ) {
        self.nodesPerLabelSet = nodesPerLabelSet
        self.relationshipsPerType = relationshipsPerType
        self.selfLoopsPerType = selfLoopsPerType
        self.relationshipsPerGroup = relationshipsPerGroup
        self.properties = properties
        self.degrees = degrees
    }

    /// Whether the label sets at the ends of every relationship are all accepted: those of targets,
    /// of sources, or of both. Sets that are counted together are not. O(groups).
    ///
    /// - Parameter types: of which relationships; nil: of all.
    public func endsAreAccepted(
        types: Set<NameID>?, targets: Bool, sources: Bool, _ accepts: (UInt32) -> Bool
    ) -> Bool {
        func mayMiss(_ set: UInt32) -> Bool { set == GraphStatistics.foldedSet || !accepts(set) }
        for (group, count) in relationshipsPerGroup where count > 0 {
            if let types, !types.contains(group.type) { continue }
            if targets && mayMiss(group.targetSet) || sources && mayMiss(group.sourceSet) {
                return false
            }
        }
        return true
    }

    /// All nodes. O(label sets).
    public var nodeCount: UInt64 { nodesPerLabelSet.reduce(0, &+) }
    /// All relationships. O(types).
    public var relationshipCount: UInt64 { relationshipsPerType.reduce(0, &+) }
}
