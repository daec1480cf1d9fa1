// Recogniser: does the grammar produce this text? An interpreter of the grammar's lower_case rules
// over tokens: for each rule and place the set of places where the rule may end, computed once.
//
// What the grammar cannot be read by, left recursion, ends the test. Every token's text is judged
// once by the UPPER_CASE rules; the sets of tokens that a part can begin with keep it quick.

import GrammarSentences

/// Places between tokens, 0...255.
struct Places: Equatable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static let countMax = 255

    static func == (left: Places, right: Places) -> Bool { left.words == right.words }

    init() {}

    init(_ place: Int) { insert(place) }

    var isEmpty: Bool { words.0 | words.1 | words.2 | words.3 == 0 }

    mutating func insert(_ place: Int) {
        let bit: UInt64 = 1 << UInt64(place & 63)
        switch place >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func formUnion(_ other: Places) {
        words.0 |= other.words.0
        words.1 |= other.words.1
        words.2 |= other.words.2
        words.3 |= other.words.3
    }

    func contains(_ place: Int) -> Bool { word(place >> 6) >> UInt64(place & 63) & 1 == 1 }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    /// The lowest place not below `place`; nil if there is none.
    func next(_ place: Int) -> Int? {
        var index = place >> 6
        guard index < 4 else { return nil }
        var rest = word(index) & (UInt64.max << UInt64(place & 63))
        while rest == 0 {
            index += 1
            if index == 4 { return nil }
            rest = word(index)
        }
        return index << 6 + rest.trailingZeroBitCount
    }

    /// These places without those of `other`.
    func subtracting(_ other: Places) -> Places {
        var result = self
        result.words.0 &= ~other.words.0
        result.words.1 &= ~other.words.1
        result.words.2 &= ~other.words.2
        result.words.3 &= ~other.words.3
        return result
    }
}

/// A set of the grammar's terminals, by their numbers.
private struct TerminalSet {
    var words: [UInt64] = []

    mutating func insert(_ number: Int) {
        while words.count <= number >> 6 { words.append(0) }
        words[number >> 6] |= 1 << UInt64(number & 63)
    }

    mutating func formUnion(_ other: TerminalSet) -> Bool {
        while words.count < other.words.count { words.append(0) }
        var hasChanged = false
        for (index, word) in other.words.enumerated() where words[index] | word != words[index] {
            words[index] |= word
            hasChanged = true
        }
        return hasChanged
    }

    func intersects(_ other: TerminalSet) -> Bool {
        let count = min(words.count, other.words.count)
        var index = 0
        while index < count {
            if words[index] & other.words[index] != 0 { return true }
            index += 1
        }
        return false
    }

    func contains(_ number: Int) -> Bool {
        number >> 6 < words.count && words[number >> 6] >> UInt64(number & 63) & 1 == 1
    }
}

/// Judges token lists by a grammar.
final class Recogniser {
    private indirect enum Form {
        case terminal(Int)
        case rule(Int)
        case choice([Int])
        case sequence([Int])
        case optional(Int)
        case repeated(Int)
        case nothing
        /// What cannot be: an alternative that is left out.
        case never
    }

    private struct Part {
        var form: Form
        var first = TerminalSet()
        var isNullable = false
    }

    private let tokenGrammar: TokenGrammar
    /// Whether alternatives marked as not generated count.
    private let isWhole: Bool
    private var parts: [Part] = []
    private var ruleNumbers: [String: Int] = [:]
    private var ruleParts: [Int] = []
    private var terminals: [EBNF] = []
    private var kinds: [String: TerminalSet] = [:]

    private var tokens: [TerminalSet] = []
    /// By rule and place: -1 unknown, -2 being computed, else the number of the result.
    private var known: [Int32] = []
    private var results: [Places] = []

    /// - Parameter isWhole: whether alternatives marked `? not generated … ?` belong to it.
    init(_ grammar: Grammar, isWhole: Bool) {
        tokenGrammar = TokenGrammar(grammar: grammar)
        self.isWhole = isWhole
        let names = grammar.rules.keys.filter { !Grammar.isToken($0) }.sorted()
        for (number, name) in names.enumerated() { ruleNumbers[name] = number }
        ruleParts = Array(repeating: 0, count: names.count)
        for (number, name) in names.enumerated() {
            ruleParts[number] = compile(grammar.rules[name] ?? .terminal(""))
        }
        findFirsts()
    }

    /// Every word and sign of the grammar.
    private(set) lazy var words: [String] = terminals.compactMap { terminal in
        guard case .terminal(let text) = terminal else { return nil }
        return text
    }

    /// The signs among them, of which `!` and `=` make one token.
    private lazy var punctuation: [String] =
        words.filter { $0.first.map { $0.isLetter } != true } + ["!="]

    private func add(_ form: Form) -> Int {
        parts.append(Part(form: form))
        return parts.count - 1
    }

    private func compile(_ part: EBNF) -> Int {
        switch part {
        case .choice(let alternatives, _):
            let kept = alternatives.filter { isWhole || !$0.isNotGenerated }
            return add(kept.isEmpty ? .never : .choice(kept.map(compile)))
        case .sequence(let parts): return add(.sequence(parts.map(compile)))
        case .optional(let inner): return add(.optional(compile(inner)))
        case .repeated(let inner): return add(.repeated(compile(inner)))
        case .terminal, .except: return add(.terminal(number(of: part)))
        case .special: return add(.nothing)
        case .reference(let name):
            if let rule = ruleNumbers[name] { return add(.rule(rule)) }
            return add(.terminal(number(of: part)))
        }
    }

    private func number(of terminal: EBNF) -> Int {
        if let number = terminals.firstIndex(of: terminal) { return number }
        terminals.append(terminal)
        return terminals.count - 1
    }

    /// What each part can begin with, and whether it can be nothing: a least fixed point.
    private func findFirsts() {
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for index in parts.indices {
                var (first, isNullable) = (TerminalSet(), false)
                switch parts[index].form {
                case .terminal(let number): first.insert(number)
                case .rule(let rule): (first, isNullable) = begin([ruleParts[rule]])
                case .choice(let alternatives):
                    for alternative in alternatives {
                        let (more, canBeNothing) = begin([alternative])
                        _ = first.formUnion(more)
                        isNullable = isNullable || canBeNothing
                    }
                case .sequence(let inner): (first, isNullable) = begin(inner)
                case .optional(let inner), .repeated(let inner):
                    (first, isNullable) = (begin([inner]).0, true)
                case .nothing: isNullable = true
                case .never: break
                }
                if parts[index].first.formUnion(first) { hasChanged = true }
                if isNullable && !parts[index].isNullable {
                    parts[index].isNullable = true
                    hasChanged = true
                }
            }
        }
    }

    private func begin(_ sequence: [Int]) -> (TerminalSet, Bool) {
        var first = TerminalSet()
        for part in sequence {
            _ = first.formUnion(parts[part].first)
            if !parts[part].isNullable { return (first, false) }
        }
        return (first, true)
    }

    // MARK: Recognition

    /// Whether the rule produces these tokens; nil for more of them than it can judge.
    func recognises(_ texts: [String], as rule: String = "statement") -> Bool? {
        guard texts.count <= Places.countMax, let number = ruleNumbers[rule] else { return nil }
        tokens = texts.map(kinds(of:))
        known = Array(repeating: -1, count: ruleParts.count * (texts.count + 1))
        results.removeAll(keepingCapacity: true)
        return match(rule: number, 0).contains(texts.count)
    }

    /// Whether the grammar produces the text; nil for more tokens than it can judge.
    func recognises(text: String) -> Bool? {
        guard let tokens = tokens(of: text) else { return false }
        return recognises(tokens)
    }

    /// The text's tokens; nil if it is not made of any.
    func tokens(of text: String) -> [String]? {
        tokenGrammar.tokens(of: text, punctuation: punctuation)
    }

    /// The terminals that a token's text can be.
    private func kinds(of text: String) -> TerminalSet {
        if let known = kinds[text] { return known }
        var set = TerminalSet()
        let upper = text.uppercased()
        for (number, terminal) in terminals.enumerated() {
            if case .terminal(let word) = terminal {
                // Keywords are in capitals and mean any case.
                let isKeyword = word.contains { $0.isUppercase }
                if isKeyword ? word == upper && text.utf8.count == word.utf8.count : word == text {
                    set.insert(number)
                }
            } else if tokenGrammar.matches(terminal, text) {
                set.insert(number)
            }
        }
        // Random names are many and seldom come again.
        if kinds.count > 20_000 { kinds.removeAll(keepingCapacity: true) }
        kinds[text] = set
        return set
    }

    private func match(rule: Int, _ place: Int) -> Places {
        let slot = rule * (tokens.count + 1) + place
        let number = known[slot]
        if number >= 0 { return results[Int(number)] }
        precondition(number == -1, "rule \(rule) is left-recursive")
        known[slot] = -2
        let ends = match(ruleParts[rule], place)
        known[slot] = Int32(results.count)
        results.append(ends)
        return ends
    }

    private func match(_ part: Int, _ place: Int) -> Places {
        if !parts[part].isNullable {
            guard place < tokens.count, parts[part].first.intersects(tokens[place]) else {
                return Places()
            }
        }
        switch parts[part].form {
        case .terminal(let number):
            let isThere = place < tokens.count && tokens[place].contains(number)
            return isThere ? Places(place + 1) : Places()
        case .rule(let rule): return match(rule: rule, place)
        case .choice(let alternatives):
            var ends = Places()
            for alternative in alternatives { ends.formUnion(match(alternative, place)) }
            return ends
        case .sequence(let inner):
            var places = Places(place)
            for part in inner {
                places = match(part, from: places)
                if places.isEmpty { return places }
            }
            return places
        case .optional(let inner):
            var ends = match(inner, place)
            ends.insert(place)
            return ends
        case .repeated(let inner):
            var ends = Places(place)
            var fresh = ends
            while !fresh.isEmpty {
                fresh = match(inner, from: fresh).subtracting(ends)
                ends.formUnion(fresh)
            }
            return ends
        case .nothing: return Places(place)
        case .never: return Places()
        }
    }

    private func match(_ part: Int, from places: Places) -> Places {
        var ends = Places()
        var place = places.next(0)
        while let start = place {
            ends.formUnion(match(part, start))
            place = places.next(start + 1)
        }
        return ends
    }
}
