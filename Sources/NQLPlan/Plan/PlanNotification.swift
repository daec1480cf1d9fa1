// PlanNotification: a remark about a statement that is legal, but probably not meant so, slow, or
// written in a form that will go.

import NenCore

/// Something legal but dubious (cartesian product, unknown label, unbounded path, …).
public struct PlanNotification: Sendable, Hashable {
    /// How much it matters.
    public enum Severity: String, Sendable, Hashable {
        /// The result may not be what was meant.
        case warning
        /// The result is right; there may be a better way.
        case information
    }

    /// What it is about, such as `UnknownLabel`.
    public var code: String
    /// The status code of the GQL standard, as Neo4j uses it for the same.
    public var gqlStatus: String
    public var severity: Severity
    /// One sentence.
    public var message: String
    /// What to do about it; nil when there is nothing better to say.
    public var hint: String?
    /// The text it is about.
    public var span: SourceSpan

    public init(
        code: String, gqlStatus: String, severity: Severity, message: String,
        hint: String? = nil, span: SourceSpan
    ) {
        self.code = code
        self.gqlStatus = gqlStatus
        self.severity = severity
        self.message = message
        self.hint = hint
        self.span = span
    }
}
