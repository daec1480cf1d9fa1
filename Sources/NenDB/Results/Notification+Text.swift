// Notification+Text: a remark about a statement as people read it.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore

extension PlanNotification {
    /// The remark with its place in the statement's text:
    ///
    ///     warning UnknownLabel (01N50): No node ever had the label `Persn`.
    ///      --> 1:10
    ///       |
    ///     1 | MATCH (p:Persn) RETURN p
    ///       |          ^^^^^
    ///     hint: Did you mean `Person`?
    ///
    /// - Parameters:
    ///   - source: the text that the span is about.
    ///   - fileName: where the text comes from; nil for what was typed.
    ///   - firstLine: the number of the source's first line in its file.
    public func rendered(
        source: String, fileName: String? = nil, firstLine: Int = 1
    ) -> String {
        renderRemark(
            "\(severity.rawValue) \(code) (\(gqlStatus)): \(message)", hint: hint, at: span,
            source: source, fileName: fileName, firstLine: firstLine)
    }
}

extension PlanNotification {
    /// What the parser remarked.
    init(_ remark: SyntaxRemark) {
        switch remark.kind {
        case .deprecated:
            self.init(
                code: "DeprecatedSyntax", gqlStatus: "01N01", severity: .information,
                message: remark.message, hint: remark.hint, span: remark.span)
        case .ignored:
            self.init(
                code: "IgnoredSyntax", gqlStatus: "01N00", severity: .information,
                message: remark.message, hint: remark.hint, span: remark.span)
        }
    }
}
