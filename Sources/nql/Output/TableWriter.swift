// TableWriter: results as a box with aligned columns. Widths are those of the first rows (all rows
// of an ordinary result), as far as these are short; later rows and long texts stream, so that a
// large result needs no memory. Where the table may only be so wide (`TableStyle.width`), texts are
// cut and marked, and columns in the middle left out when nothing of them would be left
// (`TableFit`).

import NenDB

/// How a table looks.
struct TableStyle {
    /// What stands for null. A text that reads the same stands in quotes.
    var nullText = "null"
    /// Columns of the terminal that the table has; nil for as many as it takes.
    var width: Int?
    /// Whether the types of the columns stand below their names.
    var showsTypes = false
    /// Whether null and types are dimmed.
    var isColoured = false

    /// The text of a value in one line.
    func text(_ value: Value) -> String {
        switch value {
        case .null: return nullText
        case .string(let text) where text == nullText: return value.literalText
        default: return TableWriter.oneLine(value.displayText)
        }
    }

    /// The same, up to `width` cells: what is longer is cut, and ends with a mark.
    func text(_ value: Value, upTo width: Int) -> String {
        switch value {
        case .list, .map, .string, .node, .relationship, .path:
            if case .string(let text) = value, text == nullText { return self.text(value) }
            var cell = CellText(width: width, form: TableWriter.oneLine)
            CellText.beginning(of: value, width).writeDisplayText(to: &cell)
            return cell.text
        default: return CellText.cut(text(value), to: width)
        }
    }

    /// `text` as something by the way.
    func dimmed(_ text: String) -> String {
        isColoured ? "\u{1B}[2m\(text)\u{1B}[0m" : text
    }
}

/// Prints a result as an aligned table; numbers stand to the right.
final class TableWriter: ResultWriter {
    /// Rows that are kept to find the widths.
    static let measuredRowCount = 1_000
    /// Bytes of values that are kept for that.
    static let measuredByteCount = 1 << 20

    private let output: StandardStream
    private let style: TableStyle
    private var columns: [String] = []
    private var widths: [Int] = []
    private var kinds: [ColumnKind] = []
    /// Which columns are shown, in order; nil for the mark of those left out.
    private var shown: [Int?] = []
    private var pending: [(cells: [String], nulls: [Bool])] = []
    private var pendingByteCount = 0
    private var isStreaming = false
    private var rowCount = 0

    init(_ output: StandardStream, _ style: TableStyle = TableStyle()) {
        self.output = output
        self.style = style
    }

    func begin(columns: [String]) throws {
        self.columns = columns.map(TableWriter.oneLine)
        widths = self.columns.map { DisplayWidth.of($0) }
        kinds = Array(repeating: ColumnKind(), count: columns.count)
    }

    func row(_ values: [Value]) throws {
        rowCount += 1
        if !isStreaming {
            pendingByteCount += values.reduce(0) { $0 + min($1.memoryByteCount, cellByteCount) }
            if pendingByteCount > TableWriter.measuredByteCount { try startStreaming() }
        }
        if isStreaming { return try stream(values) }
        var cells: [String] = []
        for (index, value) in values.enumerated() {
            let cell = style.width.map { style.text(value, upTo: $0) } ?? style.text(value)
            widths[index] = max(widths[index], DisplayWidth.of(cell))
            kinds[index].note(value)
            cells.append(cell)
        }
        pending.append((cells, values.map { $0 == .null }))
        if pending.count == TableWriter.measuredRowCount { try startStreaming() }
    }

    /// Bytes that a cell keeps at most.
    private var cellByteCount: Int { style.width.map { 8 * $0 } ?? .max }

    func end(leftOut: Int) throws {
        if columns.isEmpty { return }
        if !isStreaming { try startStreaming() }
        try rule("└", "┴", "┘")
        var notes: [String] = []
        let total = rowCount + leftOut
        if leftOut > 0 {
            notes.append("\(total) rows, the first \(rowCount) shown (`.rows all` shows all)")
        } else {
            notes.append(total == 1 ? "1 row" : "\(total) rows")
        }
        if shown.contains(nil) {
            let count = shown.count(where: { $0 != nil })
            notes.append("\(columns.count) columns, \(count) shown (`.mode line` shows all)")
        }
        try output.line(notes.joined(separator: "; "))
    }

    // MARK: The head

    private func startStreaming() throws {
        isStreaming = true
        // Of no rows nothing is known.
        let showsTypes = style.showsTypes && !pending.isEmpty
        if showsTypes {
            for (index, kind) in kinds.enumerated() {
                widths[index] = max(widths[index], DisplayWidth.of(kind.name))
            }
        }
        shown = columns.indices.map { $0 }
        if let width = style.width {
            let fit = TableFit(widths, isFixed: kinds.map(\.isNumeric), width: width)
            (widths, shown) = (fit.widths, fit.shown)
        }
        try rule("┌", "┬", "┐")
        try line { column in
            self.padded(CellText.cut(self.columns[column], to: self.widths[column]), column)
        }
        if showsTypes {
            try line { column in
                let name = CellText.cut(self.kinds[column].name, to: self.widths[column])
                return self.padded(name, column, dimmed: true)
            }
        }
        try rule("├", "┼", "┤")
        for row in pending { try write(row.cells, row.nulls) }
        pending.removeAll()
    }

    private func rule(_ left: String, _ middle: String, _ right: String) throws {
        let lines = shown.map { String(repeating: "─", count: ($0.map { widths[$0] } ?? 1) + 2) }
        try output.line(left + lines.joined(separator: middle) + right)
    }

    // MARK: Rows

    /// A line of the table.
    private func line(_ cell: (Int) -> String) throws {
        var line = "│"
        for column in shown {
            line += (column.map(cell) ?? " … ") + "│"
        }
        try output.line(line)
    }

    private func write(_ cells: [String], _ nulls: [Bool]) throws {
        try line { column in
            let isRight = kinds[column].isNumeric
            let cell = style.width == nil
                ? cells[column] : CellText.cut(cells[column], to: widths[column])
            return padded(cell, column, isRight: isRight, dimmed: nulls[column])
        }
    }

    /// A row whose width is not known beforehand, numbers excepted.
    private func stream(_ values: [Value]) throws {
        if style.width != nil {
            let cells = values.enumerated().map { style.text($1, upTo: widths[$0]) }
            return try write(cells, values.map { $0 == .null })
        }
        try output.write("│")
        for (index, value) in values.enumerated() {
            switch value {
            case .integer, .float, .null, .boolean:
                let isRight = kinds[index].isNumeric
                let cell = style.text(value)
                try output.write(
                    padded(cell, index, isRight: isRight, dimmed: value == .null) + "│")
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

    private func padded(
        _ cell: String, _ column: Int, isRight: Bool = false, dimmed: Bool = false
    ) -> String {
        let space = max(0, widths[column] - DisplayWidth.of(cell))
        let padding = String(repeating: " ", count: space)
        let text = dimmed ? style.dimmed(cell) : cell
        return isRight ? " \(padding)\(text) " : " \(text)\(padding) "
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

/// What the measured values of a column are.
private struct ColumnKind {
    private(set) var name = ""
    private(set) var isNumeric = true

    mutating func note(_ value: Value) {
        switch value {
        case .null: return
        case .integer, .float: break
        default: isNumeric = false
        }
        if name.isEmpty { name = value.typeName }
        if name != value.typeName { name = isNumeric ? "Number" : "Any" }
    }
}
