// LandmarkCheck: what a plan was made for of the values of its parameters.

import NenCore

/// A look-up by parameters that a plan was chosen by: how many entities it found, and how many
/// relationships these have, each by magnitude. For parameters that find as many the plan is as
/// good; for others it is right, but another one may be better.
public struct LandmarkCheck: Sendable {
    /// A part of the key.
    public enum Key: Sendable {
        case equal(PlanExpression)
        case oneOf(PlanExpression)
        case lower(PlanExpression, isInclusive: Bool)
        case upper(PlanExpression, isInclusive: Bool)
    }

    /// Relationships at a node; nil: of any type.
    public struct End: Sendable, Hashable {
        public var type: NameID?
        public var isIncoming: Bool
        public init(type: NameID?, isIncoming: Bool) {
            self.type = type
            self.isIncoming = isIncoming
        }
    }

    public var index: IndexDescriptor
    /// At most two bounds, or one of the others.
    public var keys: [Key]
    /// Of the entities found; nil where they were too many.
    public var countMagnitude: Int?
    /// Of the mean number of relationships, for each kind that was asked for.
    public var magnitudes: [[End]: Int] = [:]

    public init(index: IndexDescriptor, keys: [Key], countMagnitude: Int?) {
        self.index = index
        self.keys = keys
        self.countMagnitude = countMagnitude
    }

    /// Numbers of one magnitude are within a factor of eight.
    public static func magnitude(_ number: Double) -> Int {
        var (rest, magnitude) = (number + 1, 0)
        while rest >= 8, magnitude < 20 {
            rest /= 8
            magnitude += 1
        }
        return magnitude
    }
}

/// How a search from one node grows.
public struct LandmarkWalk: Sendable, Hashable {
    /// New nodes of each hop; of the last one as many as it would have, if it was left half-way.
    public var levels: [Double]
    /// The search has come to its end.
    public var isWhole: Bool
    public init(levels: [Double] = [], isWhole: Bool = true) {
        self.levels = levels
        self.isWhole = isWhole
    }
}
