// SourceSpan: where in a query's UTF-8 text something stands.

/// A half-open range of UTF-8 byte offsets into the query text.
public struct SourceSpan: Sendable, Hashable {
    public var start: UInt32
    public var end: UInt32

    public init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }

    /// The span of something that does not stand in the text.
    public static let none = SourceSpan(start: 0, end: 0)

    /// The smallest span that covers both.
    public func union(_ other: SourceSpan) -> SourceSpan {
        SourceSpan(start: min(start, other.start), end: max(end, other.end))
    }

    /// The same, where either may be `.none`.
    public func joined(_ other: SourceSpan) -> SourceSpan {
        if self == .none { return other }
        return other == .none ? self : union(other)
    }
}
