// StatementMutator: statements of the corpus and sentences of the grammar, torn and put together
// anew: words exchanged, dropped, doubled, repeated, nested, replaced by extremes, and two
// statements joined.

import GrammarSentences
import NenDB

/// Makes statements that are nearly right.
struct StatementMutator {
    private let corpus: [[String]]
    private var sentences: SentenceGenerator
    private var dice: SeededGenerator

    /// Characters that no tidy statement has where they turn up.
    private static let strange = [
        "\u{0}", "\u{7F}", "\u{301}", "\u{202E}", "😀", "'", "\"", "`", "\\", "$", "{", "[", "(",
        ")", "]", "}", ";", "//", "/*", "*/", "--", "..", "|", "&", "!", "%", ":", "::", ",", ".",
        "->", "<-", "-[", "]-", "=~", "0x", "1e", "1_0", ".5",
    ]
    /// Changes of how the session works, which would make later statements mean something else.
    private static let kept = ["query_timeout", "memory", "threads", "transaction_timeout"]

    init(seed: UInt64) throws {
        dice = SeededGenerator(seed: seed)
        sentences = SentenceGenerator(try Grammar.nql(), seed: seed)
        corpus = try CorpusFile.all.flatMap { file in
            try file.parse().cases.flatMap { one in
                one.sections.filter { $0.name == "query" || $0.name == "setup" }
                    .map { StatementMutator.words($0.text) }
            }
        }
    }

    /// Words, numbers, quoted texts and signs, in order; blanks are lost.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var current = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                current.append(character)
                if character == open {
                    words.append(current)
                    (current, quote) = ("", nil)
                }
                continue
            }
            if character.isLetter || character.isNumber || character == "_" {
                current.append(character)
                continue
            }
            if !current.isEmpty { words.append(current) }
            current = ""
            if character == "'" || character == "\"" || character == "`" {
                (current, quote) = (String(character), character)
            } else if !character.isWhitespace {
                words.append(String(character))
            }
        }
        if !current.isEmpty { words.append(current) }
        return words
    }

    private mutating func source() -> [String] {
        if Int.random(in: 0 ..< 4, using: &dice) == 0 {
            return Self.words(sentences.sentence(of: "statement", depth: 30))
        }
        return corpus.randomElement(using: &dice) ?? []
    }

    private mutating func place(_ words: [String]) -> Int {
        Int.random(in: 0 ... words.count, using: &dice)
    }

    private mutating func range(_ words: [String], _ longest: Int) -> Range<Int> {
        let start = place(words)
        let end = min(words.count, start + Int.random(in: 0 ... longest, using: &dice))
        return start ..< end
    }

    /// The next statement.
    mutating func next() -> String {
        while true {
            var words = source()
            for _ in 0 ..< Int.random(in: 0 ... 4, using: &dice) { mutate(&words) }
            let text = words.prefix(3_000).joined(separator: " ")
            if !Self.kept.contains(where: { text.lowercased().contains($0) }) { return text }
        }
    }

    private mutating func mutate(_ words: inout [String]) {
        switch Int.random(in: 0 ..< 11, using: &dice) {
        case 0: words.removeSubrange(range(words, 3))
        case 1:
            let part = Array(words[range(words, 6)])
            words.insert(contentsOf: part, at: place(words))
        case 2:
            guard words.count > 1 else { return }
            let (one, other) = (words.indices.randomElement(using: &dice) ?? 0,
                words.indices.randomElement(using: &dice) ?? 0)
            words.swapAt(one, other)
        case 3:
            words.insert(Self.strange.randomElement(using: &dice) ?? "(", at: place(words))
        case 4:
            let extreme = ExtremeStatements.all.randomElement(using: &dice) ?? "null"
            if let at = words.indices.randomElement(using: &dice) { words[at] = extreme }
        case 5:
            let other = source()
            words = Array(words[..<place(words)]) + Array(other[place(other)...])
        case 6:
            let part = Array(words[range(words, 8)])
            let times = Int.random(in: 2 ... 60, using: &dice)
            words.insert(contentsOf: (0 ..< times).flatMap { _ in part }, at: place(words))
        case 7:
            let inner = range(words, 12)
            let (open, close) = [("(", ")"), ("[", "]"), ("{", "}"), ("EXISTS {", "}"),
                ("CALL {", "}"), ("COUNT {", "}"), ("CASE WHEN", "THEN 1 END"), ("NOT", "")]
                .randomElement(using: &dice) ?? ("(", ")")
            words.insert(close, at: inner.upperBound)
            words.insert(open, at: inner.lowerBound)
        case 8:
            let other = source()
            let part = Array(other[range(other, 10)])
            words.insert(contentsOf: part, at: place(words))
        case 9:
            let joint = ["UNION", "UNION ALL", "NEXT", "WITH *"].randomElement(using: &dice)
            words += [joint ?? "NEXT"] + source()
        default:
            guard let at = words.indices.randomElement(using: &dice) else { return }
            var characters = Array(words[at])
            characters.shuffle(using: &dice)
            words[at] = String(characters.prefix(40))
        }
    }
}
