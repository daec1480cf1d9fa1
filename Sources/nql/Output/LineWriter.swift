// LineWriter: results as one line for each value, `name = value`, and an empty line between rows:
// for rows that are too wide for a table.

import NenDB

/// Prints a result value by value.
final class LineWriter: ResultWriter {
    private let output: StandardStream
    private let style: TableStyle
    private var names: [String] = []
    private var rowCount = 0

    init(_ output: StandardStream, _ style: TableStyle) {
        self.output = output
        self.style = style
    }

    func begin(columns: [String]) throws {
        let names = columns.map(TableWriter.oneLine)
        let width = names.map { DisplayWidth.of($0) }.max() ?? 0
        self.names = names.map {
            String(repeating: " ", count: width - DisplayWidth.of($0)) + $0 + " = "
        }
    }

    func row(_ values: [Value]) throws {
        if rowCount > 0 { try output.line() }
        rowCount += 1
        for (name, value) in zip(names, values) {
            try output.write(name)
            switch value {
            case .null: try output.write(style.dimmed(style.nullText))
            case .list, .map, .path:
                var cell = CellStream(output, form: TableWriter.oneLine)
                value.writeDisplayText(to: &cell)
                try cell.finish()
            default: try output.write(style.text(value))
            }
            try output.line()
        }
    }

    func end(leftOut: Int) throws {
        if names.isEmpty { return }
        if rowCount > 0 { try output.line() }
        let total = rowCount + leftOut
        if leftOut > 0 {
            try output.line("\(total) rows, the first \(rowCount) shown (`.rows all` shows all)")
        } else {
            try output.line(total == 1 ? "1 row" : "\(total) rows")
        }
    }
}
