// RenderDiagnostic: an error as people read it: what, where, the line with carets, what to do.

import NenCore

/// An error with its place in `source`:
///
///     SyntaxError(UnexpectedSyntax): unexpected `RETRUN`, expected a clause or the end
///      --> people.nql:1:11
///       |
///     1 | MATCH (n) RETRUN n
///       |           ^^^^^^
///     hint: did you mean `RETURN`?
///
/// - Parameters:
///   - source: the text that the error's span is about.
///   - fileName: where the text comes from; nil for what was typed.
///   - firstLine: the number of the source's first line in its file.
public func renderDiagnostic(
    _ error: NQLError, source: String, fileName: String?, firstLine: Int = 1
) -> String {
    renderRemark(
        error.description, hint: error.hint, at: error.span, source: source, fileName: fileName,
        firstLine: firstLine)
}

/// A sentence with its place in `source`, in the form of `renderDiagnostic`.
public func renderRemark(
    _ sentence: String, hint: String?, at span: SourceSpan, source: String, fileName: String?,
    firstLine: Int = 1
) -> String {
    var text = sentence + "\n"
    if span != .none { text += place(span, SourceText(source), fileName, firstLine) }
    if let hint { text += "hint: \(hint)\n" }
    return text
}

/// Scalars of a line that are shown at most.
private let shownScalarCountMax = 100

/// The place, the line and the carets.
private func place(
    _ span: SourceSpan, _ source: SourceText, _ fileName: String?, _ firstLine: Int
) -> String {
    let position = source.position(ofByte: Int(span.start))
    let number = String(position.line + firstLine - 1)
    let margin = String(repeating: " ", count: number.utf8.count)
    let name = fileName.map { "\($0):" } ?? ""
    var text = "\(margin)--> \(name)\(number):\(position.column)\n"
    let line = source.lineRange(position.line)
    let start = min(max(Int(span.start), line.lowerBound), line.upperBound)
    let end = min(max(Int(span.end), start), line.upperBound)
    var before = Array(source.text(line.lowerBound..<start).unicodeScalars)
    var marked = Array(source.text(start..<end).unicodeScalars)
    var behind = Array(source.text(end..<line.upperBound).unicodeScalars)
    let ellipsis: Unicode.Scalar = "…"
    if marked.count > shownScalarCountMax / 2 {
        marked = marked.prefix(shownScalarCountMax / 2) + [ellipsis]
        behind = []
    }
    let sideCount = (shownScalarCountMax - marked.count) / 2
    if before.count + behind.count + marked.count > shownScalarCountMax {
        if before.count > sideCount { before = [ellipsis] + before.suffix(sideCount) }
        if behind.count > sideCount { behind = behind.prefix(sideCount) + [ellipsis] }
    }
    let shown = (before + marked + behind).map(printable)
    text += "\(margin) |\n"
    text += "\(number) | \(String(String.UnicodeScalarView(shown)))\n"
    // Tabs stay tabs so that the carets stand under their text whatever a tab's width is.
    let indent = before.filter { width($0) > 0 }.map { $0 == "\t" ? $0 : " " }
    let caretCount = max(1, marked.reduce(0) { $0 + width($1) })
    text += "\(margin) | \(String(String.UnicodeScalarView(indent)))"
    text += String(repeating: "^", count: caretCount) + "\n"
    return text
}

/// Control characters would spoil the terminal.
private func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar == "\t" { return scalar }
    return scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "\u{FFFD}" : scalar
}

/// Columns a scalar takes: none for marks that combine with the one before.
private func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: 0
    default: 1
    }
}
