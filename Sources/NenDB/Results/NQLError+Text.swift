// NQLError+Text: an error as people read it, with its line and a caret.

import NQLSyntax
import NenCore

extension NQLError {
    /// The error with its place in the statement's text:
    ///
    ///     SyntaxError(UndefinedVariable): Variable `x` not defined
    ///      --> 1:8
    ///       |
    ///     1 | RETURN x
    ///       |        ^
    ///
    /// - Parameters:
    ///   - source: the text that was run.
    ///   - fileName: where the text comes from; nil for what was typed.
    ///   - firstLine: the number of the source's first line in its file.
    public func rendered(
        source: String, fileName: String? = nil, firstLine: Int = 1
    ) -> String {
        renderDiagnostic(self, source: source, fileName: fileName, firstLine: firstLine)
    }
}
