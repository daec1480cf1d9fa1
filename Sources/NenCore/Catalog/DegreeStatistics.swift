// DegreeStatistics: how relationships are spread over nodes. The mean degree follows from the exact
// counts; what it hides is the hub. A pattern that meets in a node has Σ d₁·d₂ matches there, which
// a single hub can make a thousand times the product of the means. So for every type, direction and
// label set the moments of the degree are kept, and for the most frequent types Σ d₁·d₂ for each
// pair of ends, from one pass over the adjacency.

/// One side of the relationships of one type, as seen from the node it is at.
public struct DegreeEnd: Sendable, Hashable {
    public var type: NameID
    /// The node is the target.
    public var isIncoming: Bool

    public init(type: NameID, isIncoming: Bool) {
        self.type = type
        self.isIncoming = isIncoming
    }
}

/// Moments of the degrees of some nodes.
public struct DegreeMoments: Sendable, Hashable {
    /// Nodes with at least one relationship.
    public var nodeCount: Double
    /// Sum of the degrees.
    public var total: Double
    public var maximum: Double
    /// Sum of the squares of the degrees.
    public var squares: Double

    public init(
        nodeCount: Double = 0, total: Double = 0, maximum: Double = 0, squares: Double = 0
    ) {
        self.nodeCount = nodeCount
        self.total = total
        self.maximum = maximum
        self.squares = squares
    }

    /// Takes in a node of a degree above 0.
    @inlinable
    public mutating func add(degree: Double) {
        nodeCount += 1
        total += degree
        squares += degree * degree
        if degree > maximum { maximum = degree }
    }

    /// Takes in other nodes.
    public mutating func add(_ other: DegreeMoments) {
        nodeCount += other.nodeCount
        total += other.total
        squares += other.squares
        maximum = max(maximum, other.maximum)
    }

    /// As if there were so many times as many nodes of the same kind.
    public func scaled(by factor: Double) -> DegreeMoments {
        DegreeMoments(
            nodeCount: nodeCount * factor, total: total * factor, maximum: maximum,
            squares: squares * factor)
    }
}

/// Two ends that meet in a node; the order does not matter.
public struct DegreePair: Sendable, Hashable {
    public let first: DegreeEnd
    public let second: DegreeEnd

    public init(_ a: DegreeEnd, _ b: DegreeEnd) {
        let isOrdered = a.type != b.type ? a.type < b.type : !a.isIncoming || b.isIncoming
        first = isOrdered ? a : b
        second = isOrdered ? b : a
    }
}

/// The degrees of a graph. Label sets that are not counted by themselves stand together under
/// `GraphStatistics.foldedSet`.
public struct DegreeStatistics: Sendable, Hashable {
    /// Per end and label set.
    public var moments: [DegreeEnd: [UInt32: DegreeMoments]]
    /// Per pair of ends and label set: the sum of d₁·d₂ over its nodes; for the most frequent types
    /// and for the two ends of one type only.
    public var products: [DegreePair: [UInt32: Double]]
    /// The share of the chunks that were looked at: 1 when the maxima are those of all nodes.
    public var share: Double
    /// Relationships in the graph at that time.
    public var relationshipCount: Double

    public init(
        moments: [DegreeEnd: [UInt32: DegreeMoments]] = [:],
        products: [DegreePair: [UInt32: Double]] = [:], share: Double = 1,
        relationshipCount: Double = 0
    ) {
        self.moments = moments
        self.products = products
        self.share = share
        self.relationshipCount = relationshipCount
    }

    /// Types of which all pairs of ends are kept.
    public static let pairedTypesMax = 16
    /// Types of which the pair of their two ends is kept.
    public static let chainedTypesMax = 64
}
