// SyntaxRemark: what the parser notes beside the tree: words of other databases and older versions
// that it takes, for those who run the statement to pass on. The tree has the modern form only, so
// a printed statement has nothing left to remark.

import NenCore

/// Something that is taken, but old, or without effect here.
public struct SyntaxRemark: Sendable, Hashable {
    /// Why it is remarked.
    public enum Kind: Sendable, Hashable {
        /// An older form of what the tree says.
        case deprecated
        /// It has no meaning here and is passed over.
        case ignored
    }

    public var kind: Kind
    /// One sentence.
    public var message: String
    /// What to write instead; nil when there is nothing to write.
    public var hint: String?
    public var span: SourceSpan

    public init(_ kind: Kind, _ message: String, hint: String? = nil, at span: SourceSpan) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.span = span
    }
}

extension Parser {
    /// Notes that an older form was taken.
    mutating func deprecated(_ message: String, hint: String? = nil, at span: SourceSpan) {
        remarks.append(SyntaxRemark(.deprecated, message, hint: hint, at: span))
    }

    /// Notes that something without a meaning here was passed over.
    mutating func ignored(_ message: String, hint: String? = nil, at span: SourceSpan) {
        remarks.append(SyntaxRemark(.ignored, message, hint: hint, at: span))
    }
}
