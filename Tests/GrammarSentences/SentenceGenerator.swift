// SentenceGenerator: random sentences of a grammar.
//
// A budget of nested rules bounds the depth, a budget of tokens the length; beyond either only the
// shallowest alternatives are taken. Most choices go to the alternative taken least so
// far, so that all of them are reached soon.

/// A small generator of random numbers whose seed can be printed.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

package struct SentenceGenerator {
    private let grammar: Grammar
    private let vocabulary: [String: [String]]
    private var random: SplitMix64
    /// Nested rules that each rule needs at least.
    private var depths: [String: Int] = [:]
    /// The tokens of the sentence made last.
    package private(set) var tokens: [String] = []
    private let tokenCountMax: Int
    /// Chance in percent that something repeated comes once more; drawn for each sentence.
    private var lushness = 20
    /// How often each rule was used.
    private(set) var ruleUses: [String: Int] = [:]
    /// How often each alternative was taken: by the choice's number and its own.
    private(set) var alternativeUses: [[Int]]

    /// - Parameters:
    ///   vocabulary: Texts for rules, instead of what the grammar says of these.
    ///   tokenCountMax: Tokens beyond which only what must come is added.
    package init(
        _ grammar: Grammar, seed: UInt64, vocabulary: [String: [String]] = [:],
        tokenCountMax: Int = 150
    ) {
        self.grammar = grammar
        self.tokenCountMax = tokenCountMax
        self.vocabulary = vocabulary
        random = SplitMix64(seed: seed)
        alternativeUses = Array(repeating: [], count: grammar.choiceCount)
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for (name, rule) in grammar.rules {
                guard let depth = vocabulary[name] == nil ? depth(rule) : 0 else { continue }
                if depths[name].map({ $0 > depth + 1 }) ?? true {
                    depths[name] = depth + 1
                    hasChanged = true
                }
            }
        }
    }

    /// A sentence of the rule, its tokens separated by white space of the grammar.
    package mutating func sentence(of rule: String, depth: Int) -> String {
        tokens = []
        lushness = Int.random(in: 10...60, using: &random)
        generate(.reference(rule), depth)
        let sentence = tokens
        var text = ""
        for (index, token) in sentence.enumerated() {
            if index > 0 { text += separator() }
            text += token
        }
        return text
    }

    private mutating func separator() -> String {
        if Int.random(in: 0..<8, using: &random) > 0 { return " " }
        var text = ""
        append(.reference("SPACE"), to: &text)
        // A comment directly behind the operator `/` would begin one character earlier.
        return text.hasPrefix("/") ? " " + text : text
    }

    /// Rules and alternatives that are part of some generated sentence and were never used.
    package func unreached(from roots: [String]) -> [String] {
        var reachable: Set<String> = []
        var waiting = roots
        var missing: [String] = []
        while let name = waiting.popLast() {
            guard reachable.insert(name).inserted, let rule = grammar.rules[name] else { continue }
            if ruleUses[name] == nil { missing.append(name) }
            collect(rule, name, &waiting, &missing)
        }
        return missing.sorted()
    }

    private func collect(
        _ part: EBNF, _ rule: String, _ waiting: inout [String], _ missing: inout [String]
    ) {
        switch part {
        case .choice(let alternatives, let number):
            for (index, alternative) in alternatives.enumerated()
            where !alternative.isNotGenerated {
                let uses = alternativeUses[number]
                if index >= uses.count || uses[index] == 0 {
                    missing.append("\(rule): \(alternative)")
                }
                collect(alternative, rule, &waiting, &missing)
            }
        case .sequence(let parts):
            for part in parts { collect(part, rule, &waiting, &missing) }
        case .optional(let inner), .repeated(let inner), .except(let inner, _):
            collect(inner, rule, &waiting, &missing)
        case .reference(let name): waiting.append(name)
        case .terminal, .special: break
        }
    }

    // MARK: Depth

    /// Nested rules a part needs at least; nil while unknown.
    private func depth(_ part: EBNF) -> Int? {
        switch part {
        case .choice(let alternatives, _):
            return alternatives.filter { !$0.isNotGenerated }.compactMap(depth).min()
        case .sequence(let parts):
            var deepest = 0
            for part in parts {
                guard let depth = depth(part) else { return nil }
                deepest = max(deepest, depth)
            }
            return deepest
        case .except(let inner, _): return depth(inner)
        case .reference(let name): return depths[name]
        case .optional, .repeated, .terminal, .special: return 0
        }
    }

    private func fits(_ part: EBNF, _ budget: Int) -> Bool {
        (depth(part) ?? .max) <= budget && tokens.count < tokenCountMax
    }

    // MARK: Generation

    private mutating func generate(_ part: EBNF, _ budget: Int) {
        switch part {
        case .choice(let alternatives, let number):
            let index = choose(alternatives, number, budget)
            generate(alternatives[index], budget)
        case .sequence(let parts):
            for part in parts { generate(part, budget) }
        case .optional(let inner):
            if fits(inner, budget), chance(40) { generate(inner, budget) }
        case .repeated(let inner):
            var count = 0
            while count < 4, fits(inner, budget), chance(lushness) {
                generate(inner, budget)
                count += 1
            }
        case .except, .special:
            var text = ""
            append(part, to: &text)
            tokens.append(text)
        case .terminal(let text): tokens.append(cased(text))
        case .reference(let name):
            ruleUses[name, default: 0] += 1
            if let text = vocabulary[name]?.randomElement(using: &random) {
                tokens.append(text)
            } else if Grammar.isToken(name) {
                var text = ""
                append(grammar.rules[name] ?? .terminal(""), to: &text)
                tokens.append(text)
            } else {
                generate(grammar.rules[name] ?? .terminal(""), budget - 1)
            }
        }
    }

    private mutating func choose(
        _ alternatives: [EBNF], _ number: Int, _ budget: Int
    ) -> Int {
        if alternativeUses[number].isEmpty {
            alternativeUses[number] = Array(repeating: 0, count: alternatives.count)
        }
        let generated = alternatives.indices.filter { !alternatives[$0].isNotGenerated }
        var eligible = generated.filter { fits(alternatives[$0], budget) }
        if eligible.isEmpty {
            let least = generated.compactMap { depth(alternatives[$0]) }.min() ?? 0
            eligible = generated.filter { depth(alternatives[$0]) == least }
        }
        let uses = alternativeUses[number]
        var index = eligible.randomElement(using: &random) ?? 0
        if chance(70) { index = eligible.min { uses[$0] < uses[$1] } ?? index }
        alternativeUses[number][index] += 1
        return index
    }

    /// Appends a token's text.
    private mutating func append(_ part: EBNF, to text: inout String) {
        switch part {
        case .choice(let alternatives, let number):
            append(alternatives[choose(alternatives, number, 50)], to: &text)
        case .sequence(let parts):
            for part in parts { append(part, to: &text) }
        case .optional(let inner):
            if chance(40) { append(inner, to: &text) }
        case .repeated(let inner):
            var count = 0
            while count < 4, chance(40) {
                append(inner, to: &text)
                count += 1
            }
        case .except(let inner, let excluded):
            let refused = words(excluded)
            var candidate = ""
            repeat {
                candidate = ""
                append(inner, to: &candidate)
            } while refused.contains(candidate.uppercased())
            text += candidate
        case .terminal(let terminal): text += terminal
        case .reference(let name):
            ruleUses[name, default: 0] += 1
            append(grammar.rules[name] ?? .terminal(""), to: &text)
        case .special(let description): text += sample(description)
        }
    }

    /// The words that a list of words holds.
    private func words(_ part: EBNF) -> Set<String> {
        switch part {
        case .choice(let parts, _): parts.reduce(into: []) { $0.formUnion(words($1)) }
        case .terminal(let text): [text]
        case .reference(let name): words(grammar.rules[name] ?? .terminal(""))
        default: []
        }
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    /// A keyword in some case; other terminals as they are.
    private mutating func cased(_ text: String) -> String {
        let isKeyword = text.count > 1 && text.allSatisfy { $0.isLetter && $0.isUppercase }
        guard isKeyword else { return text }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return text.lowercased()
        case 1: return text.prefix(1) + text.dropFirst().lowercased()
        default: return text
        }
    }

    private static let samples: [String: [String]] = [
        "a letter: Unicode's ID_Start, or _": ["a", "b", "x", "Y", "_", "é", "名"],
        "a letter, digit or mark: Unicode's ID_Continue": ["a", "z", "7", "_", "ñ", "\u{301}"],
        "any character but a backtick": ["a", " ", "'", "\"", "é", "\\", "\n", "/*", ";", "."],
        "any character but a single quote and a backslash": [
            "a", " ", "\"", "`", "\n", "\t", "é", "\u{1F600}", "//", ";", "\u{1}",
        ],
        "any character but a double quote and a backslash": ["a", " ", "'", "`", "é", "/*"],
        "four hexadecimal digits, no surrogate": ["0041", "00e9", "FFFF", "0000", "2028"],
        "eight hexadecimal digits, 10FFFF at most, no surrogate": ["0001F600", "00000041"],
        "a space, tab, line end or other white space of Unicode": [
            " ", "\t", "\n", "\r\n", "\u{A0}", "\u{2003}",
        ],
        "any character but a line end": ["c", " ", "'", "*/", ";", "é"],
        "the end of the line": ["\n", "\r"],
        "any character that does not end the comment": ["c", " ", "\n", "'", ";", "//"],
    ]

    private mutating func sample(_ description: String) -> String {
        guard let samples = Self.samples[description] else {
            preconditionFailure("no samples of: \(description)")
        }
        return samples.randomElement(using: &random) ?? ""
    }
}
