// MarkdownWriter: results as a table of GitHub-flavoured Markdown.

import NenDB

/// Prints a result as a Markdown table.
final class MarkdownWriter: ResultWriter {
    private let output: StandardStream
    private let nullText: String?
    private var columns: [String] = []
    private var hasHeader = false

    /// - Parameter nullText: what stands for null, `null` unless given.
    init(_ output: StandardStream, nullText: String? = nil) {
        self.output = output
        self.nullText = nullText
    }

    func begin(columns: [String]) throws { self.columns = columns }

    func row(_ values: [Value]) throws {
        if !hasHeader { try header(values) }
        try output.write("| ")
        for (index, value) in values.enumerated() {
            if index > 0 { try output.write(" | ") }
            var cell = CellStream(output, form: MarkdownWriter.escaped)
            if let nullText, value == .null {
                cell.write(nullText)
            } else {
                value.writeDisplayText(to: &cell)
            }
            try cell.finish()
        }
        try output.line(" |")
    }

    func end(leftOut: Int) throws {
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
        try output.line("| " + cells.map(MarkdownWriter.escaped).joined(separator: " | ") + " |")
    }

    /// Text as it stands within a cell.
    private static func escaped(_ text: String) -> String {
        let line = TableWriter.oneLine(text)
        if line.utf8.allSatisfy({ $0 != UInt8(ascii: "|") && $0 != UInt8(ascii: "\\") }) {
            return line
        }
        var result = ""
        for scalar in line.unicodeScalars {
            if scalar == "|" || scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
