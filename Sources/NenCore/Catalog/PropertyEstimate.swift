// PropertyEstimate: what is known of the values of one property key over one label or type. They
// serve costs only: every number may be off, from a sample or by later changes.
//
// Ranges are answered from *quantiles*: some of the values in ascending order, each with the shares
// of values below it and up to it. They stand closer at both ends, where ranges are rare and small,
// and a value that many entities have is told apart from its neighbours by the two shares.

/// A value that many entities have.
public struct FrequentValue: Sendable, Hashable {
    public var value: Value
    /// The share of the entities that have it, those without a value counted.
    public var share: Double

    public init(value: Value, share: Double) {
        self.value = value
        self.share = share
    }
}

/// A place in the order of a property's values.
public struct Quantile: Sendable, Hashable {
    public var value: Value
    /// The share of values less than `value`, among those that are not null.
    public var below: Double
    /// The share of values that are not greater.
    public var upTo: Double

    public init(value: Value, below: Double, upTo: Double) {
        self.value = value
        self.below = below
        self.upTo = upTo
    }
}

/// Estimates for one property key over one label (or relationship type).
public struct PropertyEstimate: Sendable, Hashable {
    /// Nodes with the label, or relationships of the type, when it was made.
    public var entityCount: Double
    /// Distinct values, estimated.
    public var distinctCount: Double
    /// Share of entities where the property is null, 0 ... 1.
    public var nullFraction: Double
    /// Smallest and largest value; nil when unknown or of mixed type.
    public var minimum: Value?
    public var maximum: Value?
    /// Values that are more frequent than others, the most frequent first.
    public var frequent: [FrequentValue]
    /// Ascending; empty for values of several types or of types without a line.
    public var quantiles: [Quantile]
    /// Mean bytes of strings; nil when there are none.
    public var meanBytes: Double?
    /// Mean number of elements of lists; nil when there are none.
    public var meanElements: Double?

    /// Most frequent values kept.
    public static let frequentMax = 32
    /// Parts that the quantiles cut the values into, beside the closer ones at both ends.
    public static let partCount = 64
    /// Longer strings are cut in quantiles and left out of the frequent values.
    public static let stringBytesMax = 64

    public init(
        distinctCount: Double, nullFraction: Double, minimum: Value? = nil, maximum: Value? = nil,
        entityCount: Double = 0, frequent: [FrequentValue] = [], quantiles: [Quantile] = [],
        meanBytes: Double? = nil, meanElements: Double? = nil
    ) {
        self.entityCount = entityCount
        self.distinctCount = distinctCount
        self.nullFraction = nullFraction
        self.minimum = minimum
        self.maximum = maximum
        self.frequent = frequent
        self.quantiles = quantiles
        self.meanBytes = meanBytes
        self.meanElements = meanElements
    }
}
