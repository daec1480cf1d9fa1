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

/// Estimates for one property key over one label (or relationship type).
public struct PropertyEstimate: Sendable, Hashable {
    /// Distinct values, estimated.
    public var distinctCount: Double
    /// Share of entities where the property is null, 0 ... 1.
    public var nullFraction: Double
    /// Smallest and largest value; nil when unknown or of mixed type.
    public var minimum: Value?
    public var maximum: Value?
    public init(
        distinctCount: Double, nullFraction: Double, minimum: Value? = nil, maximum: Value? = nil
    ) {
        self.distinctCount = distinctCount
        self.nullFraction = nullFraction
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// A label or type together with a key.
public struct PropertyOwner: Sendable, Hashable {
    public var entity: EntityKind
    public var labelOrType: NameID
    public var key: NameID
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
    /// Estimates by `ANALYZE` and maintenance.
    public var properties: [PropertyOwner: PropertyEstimate]

    /// Stands for all label sets that are too rare to be counted one by one.
    public static let foldedSet: UInt32 = .max

    public init(
        nodesPerLabelSet: [UInt64] = [], relationshipsPerType: [UInt64] = [],
        selfLoopsPerType: [UInt64] = [],
        relationshipsPerGroup: [RelationshipGroup: UInt64] = [:],
        properties: [PropertyOwner: PropertyEstimate] = [:]
    ) {
        self.nodesPerLabelSet = nodesPerLabelSet
        self.relationshipsPerType = relationshipsPerType
        self.selfLoopsPerType = selfLoopsPerType
        self.relationshipsPerGroup = relationshipsPerGroup
        self.properties = properties
    }

    /// All nodes. O(label sets).
    public var nodeCount: UInt64 { nodesPerLabelSet.reduce(0, &+) }
    /// All relationships. O(types).
    public var relationshipCount: UInt64 { relationshipsPerType.reduce(0, &+) }
}
