// CompletionText: an unfinished statement as words and signs. Unlike the lexer it takes any text:
// what is open at the end (a string, a comment, a quoted name) is a state and no error.

/// The pieces of a text up to the cursor.
struct CompletionText {
    /// A word, a quoted name, or one character that is neither.
    struct Piece: Equatable {
        var text: String
        /// Places in the characters of the text.
        var range: Range<Int>
        var isWord: Bool
    }

    /// What is open at the end of the text.
    enum State: Equatable {
        case code
        /// In a string or comment.
        case text
        /// In a name between backticks that begins at this character.
        case quotedName(Int)
    }

    private(set) var pieces: [Piece] = []
    private(set) var state = State.code

    private let characters: ArraySlice<Character>
    private var place: Int

    /// Takes `characters` apart.
    init(_ characters: ArraySlice<Character>) {
        self.characters = characters
        place = characters.startIndex
        while place < characters.endIndex { next() }
    }

    static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private func character(at index: Int) -> Character? {
        index < characters.endIndex ? characters[index] : nil
    }

    private mutating func next() {
        let first = characters[place]
        let second = character(at: place + 1)
        if first.isWhitespace {
            place += 1
        } else if Self.isWordCharacter(first) {
            let start = place
            while let character = character(at: place), Self.isWordCharacter(character) {
                place += 1
            }
            append(start..<place, isWord: true)
        } else if first == "'" || first == "\"" {
            skipString(first)
        } else if first == "`" {
            quotedName()
        } else if first == "/", second == "/" {
            while let character = character(at: place), !character.isNewline { place += 1 }
            if place == characters.endIndex { state = .text }
        } else if first == "/", second == "*" {
            skipComment()
        } else {
            append(place..<place + 1, isWord: false)
            place += 1
        }
    }

    /// The characters from `start` on.
    func suffix(from start: Int) -> ArraySlice<Character> { characters[start...] }

    private mutating func append(_ range: Range<Int>, isWord: Bool) {
        pieces.append(
            Piece(text: String(characters[range]), range: range, isWord: isWord))
    }

    private mutating func skipString(_ quote: Character) {
        let start = place
        place += 1
        while let character = character(at: place) {
            place += character == "\\" ? 2 : 1
            if character == quote {
                // A value: nothing that could be a name.
                pieces.append(Piece(text: "'", range: start..<place, isWord: false))
                return
            }
        }
        place = characters.endIndex
        state = .text
    }

    private mutating func skipComment() {
        place += 2
        while let character = character(at: place) {
            if character == "*", self.character(at: place + 1) == "/" {
                place += 2
                return
            }
            place += 1
        }
        state = .text
    }

    private mutating func quotedName() {
        let start = place
        place += 1
        while let character = character(at: place), character != "`" { place += 1 }
        if place == characters.endIndex {
            state = .quotedName(start + 1)
            return
        }
        place += 1
        pieces.append(
            Piece(
                text: String(characters[start + 1..<place - 1]), range: start..<place,
                isWord: true))
    }
}
