// LineEditing: what keys do to the text, the history and a search in it: a state machine. A key
// goes in, what the terminal has to do comes out; nothing is read or written here.

/// The state of one input.
struct LineEditing {
    /// What the editor does next.
    enum Action: Equatable {
        /// Draw the text again.
        case redraw
        case nothing
        case bell
        case clearScreen
        case complete
        case suspend
        /// The input is given up.
        case interrupt
        /// The end of input on an empty line.
        case end
        case submit
    }

    /// A search in the history.
    struct Search: Equatable {
        var text = ""
        /// The entry that was found; nil before one is.
        var place: Int?
        var hasFailed = false
    }

    private(set) var buffer = LineBuffer()
    private(set) var search: Search?
    private let history: [String]
    private let isComplete: (String) -> Bool
    /// The entry that is shown; `history.count` for what is typed anew.
    private var entry: Int
    private var draft = ""

    /// - Parameters:
    ///   - history: oldest first.
    ///   - isComplete: whether Enter ends the input, rather than going on with another line.
    init(history: [String], isComplete: @escaping (String) -> Bool) {
        self.history = history
        self.isComplete = isComplete
        entry = history.count
    }

    /// Takes a key.
    mutating func handle(_ key: Key) -> Action {
        if search != nil, let action = searching(key) { return action }
        switch key {
        case .enter:
            if isComplete(buffer.text) { return .submit }
            _ = buffer.apply(.newLine)
        case .interrupt: return .interrupt
        case .endOfInput:
            if buffer.isEmpty { return .end }
            _ = buffer.apply(.delete)
        case .clearScreen: return .clearScreen
        case .suspend: return .suspend
        case .tab where !buffer.isBlankBeforeCursor: return .complete
        case .up: return vertical(down: false)
        case .down: return vertical(down: true)
        case .first: return show(0)
        case .last: return show(history.count)
        case .searchBack, .searchForward:
            search = Search()
        case .abort, .escape: return .nothing
        default: return buffer.apply(key) ? .redraw : .nothing
        }
        return .redraw
    }

    /// Puts the cursor behind the text, as it is when the input ends.
    mutating func moveToEnd() { _ = buffer.apply(.last) }

    /// Completes the word before the cursor; false when nothing can be added to it.
    mutating func complete(with found: Completion) -> Bool { buffer.complete(with: found) }

    // MARK: History

    private mutating func vertical(down: Bool) -> Action {
        if down ? buffer.hasLineBelow : buffer.hasLineAbove {
            buffer.moveLine(down: down)
            return .redraw
        }
        return show(entry + (down ? 1 : -1))
    }

    private mutating func show(_ next: Int) -> Action {
        guard next >= 0, next <= history.count, next != entry else { return .bell }
        if entry == history.count { draft = buffer.text }
        entry = next
        buffer.replace(with: next == history.count ? draft : history[next])
        return .redraw
    }

    // MARK: Search

    /// Takes a key during a search; nil when the search ends and the key means what it always does.
    private mutating func searching(_ key: Key) -> Action? {
        guard var current = search else { return nil }
        switch key {
        case .text(let text), .paste(let text):
            current.text += text
            find(&current, from: current.place ?? history.count - 1, step: -1)
        case .backspace:
            current.text = String(current.text.dropLast())
            current.place = nil
            current.hasFailed = false
            find(&current, from: history.count - 1, step: -1)
        case .searchBack:
            find(&current, from: (current.place ?? history.count) - 1, step: -1)
        case .searchForward:
            find(&current, from: (current.place ?? -1) + 1, step: 1)
        case .abort, .interrupt:
            search = nil
            return .redraw
        default:
            if let place = current.place { _ = show(place) }
            search = nil
            return key == .escape ? .redraw : nil
        }
        search = current
        return current.hasFailed ? .bell : .redraw
    }

    /// Looks for an entry that contains the text, whatever the case of its letters.
    private func find(_ search: inout Search, from start: Int, step: Int) {
        if search.text.isEmpty {
            search.hasFailed = false
            return
        }
        let wanted = search.text.lowercased()
        var place = start
        while history.indices.contains(place) {
            if history[place].lowercased().contains(wanted) {
                search.place = place
                search.hasFailed = false
                return
            }
            place += step
        }
        search.hasFailed = true
    }

    /// What the search shows in place of prompt and text; nil outside a search.
    var searchLine: (prompt: String, text: String)? {
        search.map { search in
            let failed = search.hasFailed ? "failed " : ""
            let found = search.place.map { history[$0] } ?? buffer.text
            return ("(\(failed)search) `\(search.text)`: ", found)
        }
    }
}
