// LineBuffer: the text being edited, as characters with a cursor. It may have several lines. Pure
// state: keys in, no output, so that tests can type into it. Changes can be undone and done again;
// characters typed in a row are one change up to the next blank.

/// Text, a cursor in it, what was cut last, and the states before.
struct LineBuffer {
    private struct State {
        var characters: [Character]
        var cursor: Int
    }

    private(set) var characters: [Character] = []
    /// 0 ... characters.count
    private(set) var cursor = 0
    private var undoable: [State] = []
    private var redoable: [State] = []
    private var isTyping = false
    /// What was cut last.
    private var cut: [Character] = []

    /// States kept for undoing.
    private static let stateCountMax = 200

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }

    /// Replaces all of the text, as one change.
    mutating func replace(with text: String) {
        remember()
        characters = Array(text)
        cursor = characters.count
    }

    /// Applies an editing key; false when the key is none.
    mutating func apply(_ key: Key) -> Bool {
        if case .text(let text) = key {
            let continues = isTyping && !(text.first?.isWhitespace ?? true)
            if !continues { remember() }
            isTyping = true
            insert(text)
            return true
        }
        isTyping = false
        return move(key) || change(key)
    }

    /// Keys that move the cursor only.
    private mutating func move(_ key: Key) -> Bool {
        switch key {
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home: cursor = lineStart
        case .end: cursor = lineEnd
        case .first: cursor = 0
        case .last: cursor = characters.count
        case .wordLeft: cursor = wordStart()
        case .wordRight: cursor = wordEnd()
        default: return false
        }
        return true
    }

    private mutating func change(_ key: Key) -> Bool {
        let before = State(characters: characters, cursor: cursor)
        switch key {
        case .undo:
            if let state = undoable.popLast() {
                redoable.append(before)
                restore(state)
            }
            return true
        case .redo:
            if let state = redoable.popLast() {
                undoable.append(before)
                restore(state)
            }
            return true
        case .paste(let text): insert(text)
        case .newLine: insert("\n")
        case .tab: insert("    ")
        case .backspace: if cursor > 0 { remove(cursor - 1..<cursor) }
        case .delete: if cursor < characters.count { remove(cursor..<cursor + 1) }
        case .killToEnd: kill(cursor..<max(lineEnd, min(cursor + 1, characters.count)))
        case .killToStart: kill(min(lineStart, max(0, cursor - 1))..<cursor)
        case .killWord: kill(blankStart()..<cursor)
        case .killWordLeft: kill(wordStart()..<cursor)
        case .killWordRight: kill(cursor..<wordEnd())
        case .yank: insert(String(cut))
        case .transpose: transpose()
        case .upperCase: changeWord { $0.uppercased() }
        case .lowerCase: changeWord { $0.lowercased() }
        case .capitalize: changeWord { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
        default: return false
        }
        if before.characters != characters { remember(before) }
        return true
    }

    // MARK: Undo

    /// Ends a change: what follows is another one.
    private mutating func remember(_ state: State? = nil) {
        undoable.append(state ?? State(characters: characters, cursor: cursor))
        if undoable.count > LineBuffer.stateCountMax { undoable.removeFirst() }
        redoable.removeAll()
    }

    private mutating func restore(_ state: State) {
        characters = state.characters
        cursor = state.cursor
    }

    // MARK: Lines

    /// The first character of the cursor's line.
    private var lineStart: Int {
        characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0
    }

    /// Behind the last character of the cursor's line.
    private var lineEnd: Int {
        characters[cursor...].firstIndex(of: "\n") ?? characters.count
    }

    /// Whether a line stands above, and below, the cursor's.
    var hasLineAbove: Bool { lineStart > 0 }
    var hasLineBelow: Bool { lineEnd < characters.count }

    /// Moves the cursor to the same column of the line above or below.
    mutating func moveLine(down: Bool) {
        isTyping = false
        let column = cursor - lineStart
        if down, hasLineBelow {
            cursor = lineEnd + 1
        } else if !down, hasLineAbove {
            cursor = lineStart - 1
            cursor = lineStart
        } else {
            return
        }
        cursor = min(cursor + column, lineEnd)
    }

    /// Nothing but white space stands before the cursor in its line.
    var isBlankBeforeCursor: Bool {
        characters[lineStart..<cursor].allSatisfy { $0.isWhitespace }
    }

    // MARK: Completion

    /// Puts in what all candidates begin with; false when that adds nothing to what is there.
    mutating func complete(with found: Completion) -> Bool {
        guard let first = found.candidates.first, found.replacedCount <= cursor else {
            return false
        }
        let start = cursor - found.replacedCount
        let isOnly = found.candidates.count == 1
        let common = isOnly ? first : found.commonPrefix
        guard isOnly || common.count > found.replacedCount else { return false }
        isTyping = false
        remember()
        remove(start..<cursor)
        insert(common)
        return true
    }

    // MARK: Changes

    private mutating func insert(_ text: String) {
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 && $0 != 0x0D }
        let after = characters.count - cursor
        if isPlain, cursor == characters.count || characters[cursor].isASCII {
            characters.insert(contentsOf: text, at: cursor)
        } else {
            // Inserted text may join the character before it (a combining mark), so count anew.
            let joined = String(characters[..<cursor]) + text + String(characters[cursor...])
            characters = Array(joined)
        }
        cursor = max(0, characters.count - after)
    }

    private mutating func remove(_ range: Range<Int>) {
        let clamped = range.clamped(to: 0..<characters.count)
        characters.removeSubrange(clamped)
        cursor = clamped.lowerBound
    }

    private mutating func kill(_ range: Range<Int>) {
        if range.isEmpty { return }
        cut = Array(characters[range])
        remove(range)
    }

    /// Exchanges the two characters before the cursor, or around it within a line.
    private mutating func transpose() {
        let right = cursor == lineEnd ? cursor - 1 : cursor
        guard right > lineStart else { return }
        characters.swapAt(right - 1, right)
        cursor = right + 1
    }

    private mutating func changeWord(_ change: (String) -> String) {
        let end = wordEnd()
        var start = cursor
        while start < end, !isWord(characters[start]) { start += 1 }
        let changed = Array(change(String(characters[start..<end])))
        characters.replaceSubrange(start..<end, with: changed)
        cursor = start + changed.count
    }

    // MARK: Words

    private func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private func wordStart() -> Int {
        var position = cursor
        while position > 0, !isWord(characters[position - 1]) { position -= 1 }
        while position > 0, isWord(characters[position - 1]) { position -= 1 }
        return position
    }

    private func wordEnd() -> Int {
        var position = cursor
        while position < characters.count, !isWord(characters[position]) { position += 1 }
        while position < characters.count, isWord(characters[position]) { position += 1 }
        return position
    }

    /// The start of the word before the cursor, where words are what stands between blanks.
    private func blankStart() -> Int {
        var position = cursor
        while position > 0, characters[position - 1].isWhitespace { position -= 1 }
        while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
        return position
    }
}
