// LineEditor: reads one line from the terminal with cursor keys and history. The line is redrawn
// after each key; text wider than the terminal scrolls sideways.

/// What the editor ends with.
enum LineInput: Equatable {
    case line(String)
    /// Ctrl-C: the line is given up.
    case interrupted
    /// Ctrl-D on an empty line, or the end of input.
    case ended
}

/// Reads lines from the terminal.
struct LineEditor {
    private let output: StandardStream

    init(_ output: StandardStream) { self.output = output }

    /// Reads one line behind `prompt`; the up and down keys walk through `history`, Tab completes
    /// the word before the cursor with what `complete` finds for the line and cursor.
    func readLine(
        prompt: String, history: [String],
        complete: (_ line: String, _ cursor: Int) -> Completion = { _, _ in .none }
    ) throws -> LineInput {
        try Terminal.withRawMode {
            var buffer = LineBuffer()
            var draft = ""
            var entry = history.count
            try draw(prompt, buffer)
            while let key = Key.next(from: Terminal.readByte) {
                switch key {
                case .enter:
                    _ = buffer.apply(.end)
                    try draw(prompt, buffer)
                    try output.write("\r\n")
                    try output.flush()
                    return .line(buffer.text)
                case .interrupt:
                    try output.write("^C\r\n")
                    try output.flush()
                    return .interrupted
                case .endOfInput:
                    if buffer.isEmpty {
                        try output.write("\r\n")
                        try output.flush()
                        return .ended
                    }
                    _ = buffer.apply(.delete)
                case .clearScreen:
                    try output.write("\u{1B}[H\u{1B}[2J")
                case .up, .down:
                    let next = entry + (key == .up ? -1 : 1)
                    guard next >= 0, next <= history.count else { continue }
                    if entry == history.count { draft = buffer.text }
                    entry = next
                    buffer = LineBuffer(next == history.count ? draft : history[next])
                case .tab where !buffer.isBlankBeforeCursor:
                    let found = complete(buffer.text, buffer.cursor)
                    if !buffer.complete(with: found) { try list(found) }
                default:
                    if !buffer.apply(key) { continue }
                }
                try draw(prompt, buffer)
            }
            return .ended
        }
    }

    /// Candidates shown at most.
    private static let listedMax = 120

    /// Shows the candidates below the line, in columns from top to bottom; a bell when there is
    /// none.
    private func list(_ found: Completion) throws {
        if found.candidates.isEmpty { return try output.write("\u{7}") }
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
            try output.write("\r\n" + line)
        }
        let more = found.candidates.count - shown.count
        if more > 0 { try output.write("\r\n… and \(more) more") }
        try output.write("\r\n")
    }

    /// Draws prompt and line on one terminal row, the cursor in view.
    private func draw(_ prompt: String, _ buffer: LineBuffer) throws {
        let columns = max(10, Terminal.columnCount - DisplayWidth.of(prompt) - 1)
        let characters = buffer.characters.map { $0 == "\n" ? "⏎" : $0 }
        var first = 0
        while DisplayWidth.of(String(characters[first..<buffer.cursor])) > columns { first += 1 }
        var last = first
        var width = 0
        while last < characters.count {
            let next = width + DisplayWidth.of(characters[last])
            if next > columns { break }
            width = next
            last += 1
        }
        let before = DisplayWidth.of(String(characters[first..<buffer.cursor]))
        try output.write("\r" + prompt + String(characters[first..<last]) + "\u{1B}[K\r")
        try output.write("\u{1B}[\(DisplayWidth.of(prompt) + before)C")
        try output.flush()
    }
}
