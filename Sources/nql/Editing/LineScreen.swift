// LineScreen: how prompt and text lie on the rows of a terminal of some width: lines are broken
// where they reach its edge, wide characters never across it. Pure; the editor writes what it says.

/// Rows of a terminal with a cursor.
struct LineScreen: Equatable {
    /// The rows with their colours, without line ends.
    private(set) var rows: [String] = []
    /// Cells that each row takes.
    private(set) var widths: [Int] = []
    private(set) var cursorRow = 0
    private(set) var cursorColumn = 0

    /// How a tab is drawn.
    private static let tab = "    "

    /// Lays out `characters` behind `prompt`; further lines begin with `continuation`.
    ///
    /// - Parameters:
    ///   - columns: of the terminal.
    ///   - styles: of each character; none for text without colours.
    init(
        prompt: String, continuation: String, characters: [Character], cursor: Int, columns: Int,
        styles: [TextStyle] = []
    ) {
        var row = prompt
        var width = DisplayWidth.of(prompt)
        var style = TextStyle.plain
        func close() {
            rows.append(row + style.transition(to: .plain))
            widths.append(width)
            row = ""
            width = 0
            style = .plain
        }
        func markCursor() {
            cursorRow = rows.count
            cursorColumn = width
        }
        for (index, character) in characters.enumerated() {
            let isCursor = index == cursor
            if character == "\n" {
                if width >= columns { close() }
                if isCursor { markCursor() }
                close()
                row = continuation
                width = DisplayWidth.of(continuation)
                continue
            }
            let cell = LineScreen.cell(character)
            let cellWidth = DisplayWidth.of(cell)
            if width + cellWidth > columns { close() }
            if isCursor { markCursor() }
            let next = index < styles.count ? styles[index] : .plain
            row += style.transition(to: next) + cell
            style = next
            width += cellWidth
        }
        if cursor >= characters.count {
            if width >= columns { close() }
            markCursor()
        }
        close()
    }

    /// What is drawn for a character.
    private static func cell(_ character: Character) -> String {
        if character == "\t" { return tab }
        if let scalar = character.unicodeScalars.first, scalar.value < 0x20 {
            return "^" + String(UnicodeScalar(UInt8(scalar.value + 0x40)))
        }
        return String(character)
    }

    /// The rows around the cursor that fit into `rowCount` rows.
    func window(rowCount: Int) -> LineScreen {
        if rows.count <= rowCount { return self }
        var window = self
        let first = min(max(0, cursorRow - rowCount / 2), rows.count - rowCount)
        window.rows = Array(rows[first..<first + rowCount])
        window.widths = Array(widths[first..<first + rowCount])
        window.cursorRow -= first
        return window
    }

    /// Rows from the top of the drawing to its cursor after the terminal got `columns` columns and
    /// broke longer rows anew.
    func rowsAboveCursor(columns: Int) -> Int {
        let above = widths[..<cursorRow].reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        return above + cursorColumn / columns
    }
}
