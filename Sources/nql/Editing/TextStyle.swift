// TextStyle: colours of statements on a terminal, by what the characters are. It looks at the
// nearest signs only, so that it works in the middle of an unfinished statement.

import Glibc
import NQLSyntax

/// What a stretch of text is, and how a terminal shows it.
enum TextStyle: Equatable {
    case plain, keyword, function, string, number, parameter, comment, name

    /// The escape sequence that switches from this style to `next`.
    func transition(to next: TextStyle) -> String {
        if self == next { return "" }
        let reset = self == .plain ? "" : "\u{1B}[0m"
        return reset + next.begin
    }

    private var begin: String {
        switch self {
        case .plain: ""
        case .keyword: "\u{1B}[1;34m"
        case .function: "\u{1B}[36m"
        case .string: "\u{1B}[32m"
        case .number: "\u{1B}[35m"
        case .parameter: "\u{1B}[33m"
        case .comment: "\u{1B}[2m"
        case .name: "\u{1B}[1m"
        }
    }

    /// Whether the terminal shows colours: unless NO_COLOR is set or the terminal is a dumb one.
    static var isShown: Bool {
        if let choice = getenv("NO_COLOR"), choice.pointee != 0 { return false }
        return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }

    private static let keywords = Set(KeywordList.words)

    /// The style of each character of a statement.
    static func of(_ characters: [Character]) -> [TextStyle] {
        var styles = Array(repeating: TextStyle.plain, count: characters.count)
        var place = 0
        var previous: Character = " "
        while place < characters.count {
            let start = place
            let first = characters[place]
            let style = token(characters, &place, behind: previous)
            for index in start..<place { styles[index] = style }
            if !first.isWhitespace, style != .comment { previous = characters[place - 1] }
        }
        return styles
    }

    /// Moves `place` behind the token there and returns its style.
    private static func token(
        _ characters: [Character], _ place: inout Int, behind previous: Character
    ) -> TextStyle {
        func at(_ index: Int) -> Character? { index < characters.count ? characters[index] : nil }
        let first = characters[place]
        let start = place
        place += 1
        switch first {
        case "'", "\"", "`":
            while let next = at(place), next != first {
                place += next == "\\" && first != "`" ? 2 : 1
            }
            place = min(place + 1, characters.count)
            return first == "`" ? .name : .string
        case "/" where at(place) == "/":
            while place < characters.count, characters[place] != "\n" { place += 1 }
            return .comment
        case "/" where at(place) == "*":
            place += 1
            while place < characters.count, characters[place] != "*" || at(place + 1) != "/" {
                place += 1
            }
            place = min(place + 2, characters.count)
            return .comment
        default: break
        }
        guard isWord(first) || first == "$" else { return .plain }
        while let next = at(place), isWord(next) { place += 1 }
        if first == "$" { return .parameter }
        if first.isNumber { return .number }
        if previous == ":" || previous == "." { return previous == ":" ? .name : .plain }
        let word = String(characters[start..<place]).uppercased()
        if keywords.contains(word) { return .keyword }
        return at(place) == "(" ? .function : .plain
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
