// TerminalScreen: what a terminal shows after some bytes: the few sequences that the command uses,
// wide characters, and rows that are broken at the right edge. What scrolls off is kept.

@testable import nql

/// The screen of a terminal.
struct TerminalScreen {
    private let columns: Int
    private let rowCount: Int
    /// Cells by rows; the right half of a wide character is empty.
    private var cells: [[String]] = []
    private var top = 0
    private var row = 0
    private var column = 0
    /// The last cell of a row is taken: the next character goes to the next row.
    private var isPending = false
    private var pendingBytes: [UInt8] = []

    init(columns: Int, rows: Int) {
        self.columns = columns
        rowCount = rows
    }

    /// The rows from the first that was ever written, without blanks at their ends.
    var lines: [String] {
        var lines = cells.map { row in
            var line = row.joined()
            while line.last == " " { line.removeLast() }
            return line
        }
        while lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines
    }

    /// The same as one text.
    var text: String { lines.joined(separator: "\n") }

    /// Takes what a program wrote, cut anywhere.
    mutating func feed(_ bytes: [UInt8]) {
        pendingBytes += bytes
        // A character or a sequence at the end may not be complete.
        var text = Substring(String(decoding: pendingBytes, as: UTF8.self))
        var rest: [UInt8] = []
        if let last = pendingBytes.lastIndex(of: 0x1B), pendingBytes.count - last < 12,
            !pendingBytes[(last + 2)...].contains(where: { $0 >= 0x40 && $0 < 0x7F })
        {
            rest = Array(pendingBytes[last...])
        } else if let start = pendingBytes.suffix(4).lastIndex(where: { $0 & 0xC0 == 0xC0 }) {
            let length = pendingBytes[start] >= 0xF0 ? 4 : pendingBytes[start] >= 0xE0 ? 3 : 2
            if pendingBytes.count - start < length { rest = Array(pendingBytes[start...]) }
        }
        if !rest.isEmpty {
            text = Substring(String(decoding: pendingBytes.dropLast(rest.count), as: UTF8.self))
        }
        pendingBytes = rest
        while let character = text.popFirst() {
            if character == "\u{1B}" { sequence(&text) } else { put(character) }
        }
    }

    private mutating func sequence(_ text: inout Substring) {
        guard text.popFirst() == "[" else { return }
        var parameters = ""
        while let next = text.popFirst() {
            if next.isLetter || next == "~" { return apply(next, parameters) }
            parameters.append(next)
        }
    }

    private mutating func apply(_ final: Character, _ parameters: String) {
        let number = Int(parameters) ?? 1
        isPending = false
        switch final {
        case "A": row = max(top, row - number)
        case "C": column = min(columns - 1, column + number)
        case "H": (row, column) = (top, 0)
        case "J":
            if parameters == "2" {
                for index in top..<max(top, cells.count) { cells[index] = [] }
            } else if row < cells.count {
                cells[row] = Array(cells[row].prefix(column))
                cells.removeLast(cells.count - row - 1)
            }
        case "K": if row < cells.count { cells[row] = Array(cells[row].prefix(column)) }
        default: break
        }
    }

    private mutating func put(_ character: Character) {
        switch character {
        case "\r": (column, isPending) = (0, false)
        case "\n": lineFeed()
        case "\r\n":
            column = 0
            lineFeed()
        case "\u{7}": break
        default:
            let width = max(1, DisplayWidth.of(character))
            if isPending || column + width > columns {
                column = 0
                lineFeed()
            }
            while cells.count <= row { cells.append([]) }
            while cells[row].count < column + width { cells[row].append(" ") }
            cells[row][column] = String(character)
            if width == 2 { cells[row][column + 1] = "" }
            column += width
            if column >= columns { (column, isPending) = (columns - 1, true) }
        }
    }

    private mutating func lineFeed() {
        isPending = false
        row += 1
        top = max(top, row - rowCount + 1)
        while cells.count <= row { cells.append([]) }
    }
}
