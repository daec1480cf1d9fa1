// TableWriter: results as a box with aligned columns. Widths are those of the first rows (all rows
// of an ordinary result), as far as these are short; later rows and long texts stream, so that a
// large result needs no memory.

import NenDB

/// Prints a result as an aligned table; numbers stand to the right.
final class TableWriter: ResultWriter {
    /// Rows that are kept to find the widths.
    static let measuredRowCount = 1_000
    /// Bytes of values that are kept for that.
    static let measuredByteCount = 1 << 20

    private let output: StandardStream
    private var columns: [String] = []
    private var widths: [Int] = []
    private var isNumeric: [Bool] = []
    private var pending: [[String]] = []
    private var pendingByteCount = 0
    private var isStreaming = false
    private var rowCount = 0

    init(_ output: StandardStream) { self.output = output }

    func begin(columns: [String]) throws {
        self.columns = columns.map(TableWriter.oneLine)
        widths = self.columns.map { DisplayWidth.of($0) }
        isNumeric = Array(repeating: true, count: columns.count)
    }

    func row(_ values: [Value]) throws {
        rowCount += 1
        if !isStreaming {
            pendingByteCount += values.reduce(0) { $0 + $1.memoryByteCount }
            if pendingByteCount > TableWriter.measuredByteCount { try startStreaming() }
        }
        if isStreaming { return try stream(values) }
        let cells = values.map { TableWriter.oneLine($0.displayText) }
        for (index, value) in values.enumerated() {
            widths[index] = max(widths[index], DisplayWidth.of(cells[index]))
            switch value {
            case .integer, .float, .null: break
            default: isNumeric[index] = false
            }
        }
        pending.append(cells)
        if pending.count == TableWriter.measuredRowCount { try startStreaming() }
    }

    func end() throws {
        if columns.isEmpty { return }
        if !isStreaming { try startStreaming() }
        try rule("└", "┴", "┘")
        try output.line(rowCount == 1 ? "1 row" : "\(rowCount) rows")
    }

    private func startStreaming() throws {
        isStreaming = true
        try rule("┌", "┬", "┐")
        let numeric = isNumeric
        isNumeric = Array(repeating: false, count: columns.count)
        try write(columns)
        isNumeric = numeric
        try rule("├", "┼", "┤")
        for cells in pending { try write(cells) }
        pending.removeAll()
    }

    private func rule(_ left: String, _ middle: String, _ right: String) throws {
        let lines = widths.map { String(repeating: "─", count: $0 + 2) }
        try output.line(left + lines.joined(separator: middle) + right)
    }

    private func write(_ cells: [String]) throws {
        var line = "│"
        for (index, cell) in cells.enumerated() { line += padded(cell, index) }
        try output.line(line)
    }

    /// A row whose width is not known beforehand, numbers excepted.
    private func stream(_ values: [Value]) throws {
        try output.write("│")
        for (index, value) in values.enumerated() {
            switch value {
            case .integer, .float, .null, .boolean:
                try output.write(padded(value.displayText, index))
            default:
                try output.write(" ")
                var cell = CellStream(output, form: TableWriter.oneLine)
                value.writeDisplayText(to: &cell)
                try cell.finish()
                let space = max(0, widths[index] - cell.width)
                try output.write(String(repeating: " ", count: space) + " │")
            }
        }
        try output.line()
    }

    private func padded(_ cell: String, _ index: Int) -> String {
        let space = max(0, widths[index] - DisplayWidth.of(cell))
        let padding = String(repeating: " ", count: space)
        return isNumeric[index] ? " \(padding)\(cell) │" : " \(cell)\(padding) │"
    }

    /// Control characters made visible, so that a cell stays on its line.
    static func oneLine(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
