// LineEditor: reads one input from the terminal: a statement of any number of lines, or a command.
// Keys go into `LineEditing`; what it makes of them is drawn anew after each key, unless more keys
// are there already. The terminal marks pasted text (bracketed paste), so that its tabs and line
// ends are text.

/// What the editor ends with.
enum LineInput: Equatable {
    case line(String)
    /// Ctrl-C: the input is given up.
    case interrupted
    /// Ctrl-D on an empty line, or the end of input.
    case ended
}

/// Reads inputs from the terminal.
final class LineEditor {
    private let output: StandardStream
    private let isColoured = TextStyle.isShown
    /// What stands on the terminal; nil when nothing was drawn yet.
    private var drawn: (screen: LineScreen, columns: Int)?
    private var prompt = ""

    init(_ output: StandardStream) { self.output = output }

    /// Switches marks around pasted text on and off.
    private static let (marksPastes, marksNoPastes) = ("\u{1B}[?2004h", "\u{1B}[?2004l")

    /// Reads one input behind `prompt`.
    ///
    /// - Parameters:
    ///   - history: what the up and down keys walk through, and Ctrl-R searches.
    ///   - isComplete: whether Enter ends the input.
    ///   - complete: what Tab finds for the text and the cursor in it.
    func read(
        prompt: String, history: [String], isComplete: @escaping (String) -> Bool,
        complete: (_ text: String, _ cursor: Int) -> Completion
    ) throws -> LineInput {
        self.prompt = prompt
        drawn = nil
        return try Terminal.withRawMode {
            try output.write(LineEditor.marksPastes)
            defer { try? output.write(LineEditor.marksNoPastes) }
            let input = try edit(
                LineEditing(history: history, isComplete: isComplete), complete)
            try output.write(LineEditor.marksNoPastes)
            try output.flush()
            return input
        }
    }

    private func edit(
        _ start: LineEditing, _ complete: (String, Int) -> Completion
    ) throws -> LineInput {
        var editing = start
        try draw(editing)
        while let key = try nextKey(editing) {
            switch editing.handle(key) {
            case .redraw: if !Terminal.hasInput { try draw(editing) }
            case .nothing: continue
            case .bell:
                try output.write("\u{7}")
                try draw(editing)
            case .clearScreen:
                drawn = nil
                try output.write("\u{1B}[H\u{1B}[2J")
                try draw(editing)
            case .complete:
                let found = complete(editing.buffer.text, editing.buffer.cursor)
                if !editing.complete(with: found) { try list(found, editing) }
                try draw(editing)
            case .suspend:
                try leave(&editing)
                try output.write(LineEditor.marksNoPastes)
                try output.flush()
                Terminal.suspend()
                try output.write(LineEditor.marksPastes)
                try draw(editing)
            case .interrupt:
                try leave(&editing, mark: "^C")
                return .interrupted
            case .end:
                try leave(&editing)
                return .ended
            case .submit:
                try leave(&editing)
                return .line(editing.buffer.text)
            }
        }
        return .ended
    }

    /// The next key; what is drawn follows the terminal's size meanwhile.
    private func nextKey(_ editing: LineEditing) throws -> Key? {
        while !Terminal.waitForInput(milliseconds: 200) {
            if let drawn, drawn.columns != Terminal.columnCount { try draw(editing) }
        }
        return Key.next(from: Terminal.readByte)
    }

    // MARK: Drawing

    /// Draws prompt and text in the place of what was drawn before, the cursor in view.
    private func draw(_ editing: LineEditing) throws {
        let columns = max(8, Terminal.columnCount)
        let screen: LineScreen
        if let search = editing.searchLine {
            let characters = Array(search.text)
            screen = LineScreen(
                prompt: search.prompt, continuation: "", characters: characters,
                cursor: characters.count, columns: columns, styles: styles(characters))
        } else {
            let characters = editing.buffer.characters
            screen = LineScreen(
                prompt: prompt, continuation: continuation, characters: characters,
                cursor: editing.buffer.cursor, columns: columns, styles: styles(characters))
        }
        let shown = screen.window(rowCount: max(1, Terminal.rowCount - 1))
        var text = eraser(columns) + shown.rows.joined(separator: "\r\n")
        let below = shown.rows.count - 1 - shown.cursorRow
        if below > 0 { text += "\u{1B}[\(below)A" }
        text += "\r"
        if shown.cursorColumn > 0 { text += "\u{1B}[\(shown.cursorColumn)C" }
        try output.write(text)
        try output.flush()
        drawn = (shown, columns)
    }

    /// What goes to the top of the drawing and removes it.
    private func eraser(_ columns: Int) -> String {
        guard let drawn else { return "\r\u{1B}[J" }
        let above = drawn.columns == columns
            ? drawn.screen.cursorRow : drawn.screen.rowsAboveCursor(columns: columns)
        return (above > 0 ? "\u{1B}[\(above)A" : "") + "\r\u{1B}[J"
    }

    /// Further lines stand below the first behind the prompt.
    private var continuation: String {
        String(repeating: " ", count: max(0, DisplayWidth.of(prompt) - 3)) + "-> "
    }

    private func styles(_ characters: [Character]) -> [TextStyle] {
        isColoured && characters.first != "." ? TextStyle.of(characters) : []
    }

    /// Ends the drawing: the cursor stands below it.
    private func leave(_ editing: inout LineEditing, mark: String = "") throws {
        editing.moveToEnd()
        try draw(editing)
        try output.write(mark + "\r\n")
        try output.flush()
        drawn = nil
    }

    /// Candidates shown at most.
    private static let listedMax = 120

    /// Shows the candidates below the text, in columns from top to bottom; a bell when there is
    /// none.
    private func list(_ found: Completion, _ editing: LineEditing) throws {
        if found.candidates.isEmpty { return try output.write("\u{7}") }
        var ended = editing
        try leave(&ended)
        let shown = Array(found.candidates.prefix(LineEditor.listedMax))
        let width = (shown.map { DisplayWidth.of($0) }.max() ?? 0) + 2
        let columns = max(1, Terminal.columnCount / width)
        let rows = (shown.count + columns - 1) / columns
        for row in 0..<rows {
            var line = ""
            for index in stride(from: row, to: shown.count, by: rows) {
                let gap = String(repeating: " ", count: width - DisplayWidth.of(shown[index]))
                line += shown[index] + gap
            }
            try output.write(line + "\r\n")
        }
        let more = found.candidates.count - shown.count
        if more > 0 { try output.write("… and \(more) more\r\n") }
    }
}
