// IndexEstimate: what an index knows of its values.

/// Numbers that an index gives about its entries.
public struct IndexEstimate: Sendable, Hashable {
    /// Entities in the index: those that have all of its properties.
    public var entryCount: Double
    /// Distinct values of the first property, of the first two together, and so on; at least 1.
    /// Exact for small indexes and unique ones, else estimated from some of the index's leaves.
    /// nil where values of that kind are not told apart.
    public var distinctCounts: [Double?]

    public init(entryCount: Double, distinctCounts: [Double?]) {
        self.entryCount = entryCount
        self.distinctCounts = distinctCounts
    }
}
