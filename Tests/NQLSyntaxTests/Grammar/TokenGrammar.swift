// TokenGrammar: the grammar's UPPER_CASE rules as a judge of texts: which tokens a text can be, and
// where the tokens of a text end.
//
// The rules are interpreted over Unicode scalars; what the grammar says in words (`? … ?`) stands
// in `lengths` as code.

import GrammarSentences

/// The tokens of a grammar.
struct TokenGrammar {
    let grammar: Grammar

    /// Where matches of `part` from `start` on end.
    func ends(_ part: EBNF, _ text: [Unicode.Scalar], _ start: Int) -> Set<Int> {
        switch part {
        case .choice(let alternatives, _):
            return alternatives.reduce(into: []) { $0.formUnion(ends($1, text, start)) }
        case .sequence(let parts):
            var places: Set<Int> = [start]
            for part in parts {
                places = places.reduce(into: []) { $0.formUnion(ends(part, text, $1)) }
            }
            return places
        case .optional(let inner): return ends(inner, text, start).union([start])
        case .repeated(let inner): return closure(inner, text, start)
        case .except(let inner, let excluded):
            return ends(inner, text, start).filter { end in
                let word = text[start..<end].map { $0.properties.uppercaseMapping }.joined()
                return !words(excluded).contains(word)
            }
        case .terminal(let terminal):
            let scalars = Array(terminal.unicodeScalars)
            let end = start + scalars.count
            return end <= text.count && Array(text[start..<end]) == scalars ? [end] : []
        case .reference(let name):
            return grammar.rules[name].map { ends($0, text, start) } ?? []
        case .special(let description): return special(description, text, start)
        }
    }

    private func closure(_ inner: EBNF, _ text: [Unicode.Scalar], _ start: Int) -> Set<Int> {
        var found: Set<Int> = [start]
        var waiting = [start]
        while let place = waiting.popLast() {
            for end in ends(inner, text, place) where found.insert(end).inserted {
                waiting.append(end)
            }
        }
        return found
    }

    /// Whether `part` is all of `text`.
    func matches(_ part: EBNF, _ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return ends(part, scalars, 0).contains(scalars.count)
    }

    /// The words of a list of words.
    func words(_ part: EBNF) -> Set<String> {
        switch part {
        case .choice(let parts, _): parts.reduce(into: []) { $0.formUnion(words($1)) }
        case .terminal(let text): [text]
        case .reference(let name): grammar.rules[name].map(words) ?? []
        default: []
        }
    }

    // MARK: What is said in words

    private func special(_ text: String, _ scalars: [Unicode.Scalar], _ start: Int) -> Set<Int> {
        if text.hasPrefix("not generated") { return [start] }
        if let hexadecimal = Self.hexadecimalCounts[text] {
            return hexadecimalEnds(hexadecimal, scalars, start)
        }
        if text == "the end of the line" {
            if start == scalars.count { return [start] }
            return scalars[start] == "\n" || scalars[start] == "\r" ? [start + 1] : []
        }
        guard let isPart = Self.scalars[text] else {
            preconditionFailure("the tests do not know: \(text)")
        }
        if text == "any character that does not end the comment" {
            let ends = start + 1 < scalars.count && scalars[start] == "*"
                && scalars[start + 1] == "/"
            if ends { return [] }
        }
        return start < scalars.count && isPart(scalars[start]) ? [start + 1] : []
    }

    private static let scalars: [String: @Sendable (Unicode.Scalar) -> Bool] = [
        "a letter: Unicode's ID_Start, or _": { $0.properties.isIDStart || $0 == "_" },
        "a letter, digit or mark: Unicode's ID_Continue": { $0.properties.isIDContinue },
        "any character but a backtick": { $0 != "`" },
        "any character but a single quote and a backslash": { $0 != "'" && $0 != "\\" },
        "any character but a double quote and a backslash": { $0 != "\"" && $0 != "\\" },
        "a space, tab, line end or other white space of Unicode": {
            $0.properties.isWhitespace || $0.value == 0x180E || (0x1C...0x1F).contains($0.value)
        },
        "any character but a line end": { $0 != "\n" && $0 != "\r" },
        "any character that does not end the comment": { _ in true },
        "a dash of Unicode": { dashes.contains($0.value) },
        "a left arrow head of Unicode": { [0x27E8, 0x3008, 0xFE64, 0xFF1C].contains($0.value) },
        "a right arrow head of Unicode": { [0x27E9, 0x3009, 0xFE65, 0xFF1E].contains($0.value) },
    ]

    private static let dashes: Set<UInt32> = [
        0x00AD, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D,
    ]

    /// Digits, and the values they may have.
    private static let hexadecimalCounts: [String: (Int, @Sendable (UInt32) -> Bool)] = [
        "four hexadecimal digits, no surrogate": (4, { !(0xD800...0xDFFF).contains($0) }),
        "eight hexadecimal digits, 10FFFF at most, no surrogate": (
            8, { Unicode.Scalar($0) != nil }
        ),
        "four hexadecimal digits, D800 to DBFF": (4, { (0xD800...0xDBFF).contains($0) }),
        "four hexadecimal digits, DC00 to DFFF": (4, { (0xDC00...0xDFFF).contains($0) }),
    ]

    private func hexadecimalEnds(
        _ form: (count: Int, isFine: @Sendable (UInt32) -> Bool), _ scalars: [Unicode.Scalar],
        _ start: Int
    ) -> Set<Int> {
        let end = start + form.count
        guard end <= scalars.count else { return [] }
        let digits = scalars[start..<end]
        guard digits.allSatisfy({ $0.isASCII && $0.properties.isASCIIHexDigit }) else { return [] }
        let text = String(String.UnicodeScalarView(digits))
        return UInt32(text, radix: 16).map(form.isFine) == true ? [end] : []
    }

    // MARK: Cutting

    /// The tokens of a text, the longest possible at each place; nil where none is possible.
    func tokens(of text: String, punctuation: [String]) -> [String]? {
        let scalars = Array(text.unicodeScalars)
        let marks = punctuation.map { Array($0.unicodeScalars) }
        var tokens: [String] = []
        var place = 0
        while true {
            place = ends(.repeated(.reference("SPACE")), scalars, place).max() ?? place
            if place == scalars.count { return tokens }
            var end = place
            for name in ["NAME", "QUOTED_NAME", "STRING"] {
                end = max(end, ends(.reference(name), scalars, place).max() ?? 0)
            }
            for mark in marks where scalars[place...].starts(with: mark) {
                end = max(end, place + mark.count)
            }
            for name in ["INTEGER", "HEXADECIMAL", "OCTAL", "FLOAT", "DIGITS"] {
                let number = ends(.reference(name), scalars, place).max() ?? 0
                if number <= place || number < end { continue }
                // Nothing that continues a word may stand directly behind a number.
                if number < scalars.count, scalars[number].isASCII,
                    scalars[number].properties.isIDContinue
                {
                    if number > end { end = -1 }
                    continue
                }
                end = number
            }
            if end <= place { return nil }
            tokens.append(String(String.UnicodeScalarView(scalars[place..<end])))
            place = end
        }
    }
}
