// LineBuffer: the line being edited, as characters with a cursor. Pure state: keys in, no output,
// so that tests can type into it.

/// A line of characters and a cursor between them.
struct LineBuffer {
    private(set) var characters: [Character] = []
    /// 0 ... characters.count
    private(set) var cursor = 0

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }

    /// Applies an editing key; false when the key is none.
    mutating func apply(_ key: Key) -> Bool {
        switch key {
        case .text(let text): insert(text)
        case .tab: insert("    ")
        case .backspace: if cursor > 0 { remove(cursor - 1..<cursor) }
        case .delete: if cursor < characters.count { remove(cursor..<cursor + 1) }
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .wordLeft: cursor = wordStart()
        case .wordRight: cursor = wordEnd()
        case .killToEnd: remove(cursor..<characters.count)
        case .killToStart: remove(0..<cursor)
        case .killWord: remove(wordStart()..<cursor)
        default: return false
        }
        return true
    }

    /// Nothing but white space stands before the cursor.
    var isBlankBeforeCursor: Bool { characters[..<cursor].allSatisfy { $0.isWhitespace } }

    /// Puts in what all candidates begin with; false when that adds nothing to what is there.
    mutating func complete(with found: Completion) -> Bool {
        guard let first = found.candidates.first, found.replacedCount <= cursor else {
            return false
        }
        let start = cursor - found.replacedCount
        let isOnly = found.candidates.count == 1
        let common = isOnly ? first : found.commonPrefix
        guard isOnly || common.count > found.replacedCount else { return false }
        remove(start..<cursor)
        insert(common)
        return true
    }

    private mutating func insert(_ text: String) {
        // Inserted text may join the character before it (a combining mark), so count anew.
        let after = characters.count - cursor
        let joined = String(characters[..<cursor]) + text + String(characters[cursor...])
        characters = Array(joined)
        cursor = max(0, characters.count - after)
    }

    private mutating func remove(_ range: Range<Int>) {
        let clamped = range.clamped(to: 0..<characters.count)
        characters.removeSubrange(clamped)
        cursor = clamped.lowerBound
    }

    private func wordStart() -> Int {
        var position = cursor
        while position > 0, characters[position - 1].isWhitespace { position -= 1 }
        while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
        return position
    }

    private func wordEnd() -> Int {
        var position = cursor
        while position < characters.count, characters[position].isWhitespace { position += 1 }
        while position < characters.count, !characters[position].isWhitespace { position += 1 }
        return position
    }
}
