// TerminalLine: one line of standard error that is written again and again while something runs.

/// Shows nothing where `stream` is no terminal.
struct TerminalLine: Sendable {
    let isShown: Bool

    init(_ stream: StandardStream) { isShown = stream.isTerminal }

    /// Puts `text` in the place of what the line showed.
    func show(_ text: String) {
        if isShown { write("\r\(text)\u{1B}[K") }
    }

    /// Empties the line.
    func clear() { show("") }

    private func write(_ text: String) {
        let stream = StandardStream(descriptor: 2)
        // A progress line that cannot be shown is no reason to stop.
        try? stream.write(text)
        try? stream.flush()
    }
}
