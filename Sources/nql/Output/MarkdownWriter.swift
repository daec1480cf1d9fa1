// MarkdownWriter: results as a table of GitHub-flavoured Markdown.

import NenDB

/// Prints a result as a Markdown table.
final class MarkdownWriter: ResultWriter {
    private let output: StandardStream
    private var columns: [String] = []
    private var hasHeader = false

    init(_ output: StandardStream) { self.output = output }

    func begin(columns: [String]) throws { self.columns = columns }

    func row(_ values: [Value]) throws {
        if !hasHeader { try header(values) }
        try write(values.map(\.displayText))
    }

    func end() throws {
        if !hasHeader && !columns.isEmpty { try header([]) }
    }

    /// The header; a column whose first value is a number is aligned to the right.
    private func header(_ values: [Value]) throws {
        hasHeader = true
        try write(columns)
        var rules = Array(repeating: "---", count: columns.count)
        for (index, value) in values.enumerated() {
            switch value {
            case .integer, .float: rules[index] = "---:"
            default: break
            }
        }
        try output.line("| " + rules.joined(separator: " | ") + " |")
    }

    private func write(_ cells: [String]) throws {
        let escaped = cells.map { cell in
            var text = ""
            for character in TableWriter.oneLine(cell) {
                if character == "|" || character == "\\" { text += "\\" }
                text.append(character)
            }
            return text
        }
        try output.line("| " + escaped.joined(separator: " | ") + " |")
    }
}
