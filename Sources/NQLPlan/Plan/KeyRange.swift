// KeyRange: what a planner looks up in an index while it makes a plan.

import NenCore

/// Values of the first properties of an index, and bounds of the next one.
public struct KeyRange: Sendable, Hashable {
    public struct Bound: Sendable, Hashable {
        public var value: Value
        public var isInclusive: Bool
        public init(value: Value, isInclusive: Bool) {
            self.value = value
            self.isInclusive = isInclusive
        }
    }

    public var equals: [Value]
    public var lower: Bound?
    public var upper: Bound?

    public init(equals: [Value] = [], lower: Bound? = nil, upper: Bound? = nil) {
        self.equals = equals
        self.lower = lower
        self.upper = upper
    }
}
