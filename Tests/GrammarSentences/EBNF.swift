// EBNF: reads the grammar file's notation (ISO 14977) into rules.

import Foundation

/// A piece of a rule's definition.
package indirect enum EBNF: Equatable, Sendable {
    /// Alternatives with a number that is unique in the grammar.
    case choice([EBNF], number: Int)
    case sequence([EBNF])
    case optional(EBNF)
    case repeated(EBNF)
    /// The first, but not if its text is the second's.
    case except(EBNF, EBNF)
    case terminal(String)
    case reference(String)
    case special(String)

    /// Whether the alternative says of itself that tests leave it out.
    package var isNotGenerated: Bool {
        switch self {
        case .special(let text): text.hasPrefix("not generated")
        case .sequence(let parts): parts.first?.isNotGenerated ?? false
        default: false
        }
    }
}

/// The rules of a grammar by name.
package struct Grammar {
    package var rules: [String: EBNF] = [:]
    package var choiceCount = 0

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    /// Reads a grammar's text; a rule that is used and not defined is an error.
    package init(text: String) throws {
        var reader = EBNFReader(text)
        rules = try reader.readRules()
        choiceCount = reader.choiceCount
        for (name, rule) in rules {
            for used in Grammar.references(rule) where rules[used] == nil {
                throw Malformed(description: "rule \(name) uses \(used), which is not defined")
            }
        }
    }

    /// The grammar of the language, from the file beside the sources.
    package static func nql() throws -> Grammar {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("Grammar/nql.ebnf")
        return try Grammar(text: String(contentsOf: file, encoding: .utf8))
    }

    /// Rules in upper case are tokens.
    package static func isToken(_ name: String) -> Bool { name == name.uppercased() }

    package static func references(_ part: EBNF) -> [String] {
        switch part {
        case .choice(let parts, _), .sequence(let parts): parts.flatMap(references)
        case .optional(let inner), .repeated(let inner): references(inner)
        case .except(let left, let right): references(left) + references(right)
        case .reference(let name): [name]
        case .terminal, .special: []
        }
    }
}

private struct EBNFReader {
    private let characters: [Character]
    private var index = 0
    var choiceCount = 0

    init(_ text: String) { characters = Array(text) }

    mutating func readRules() throws -> [String: EBNF] {
        var rules: [String: EBNF] = [:]
        while true {
            skipSpace()
            if index == characters.count { return rules }
            let name = try readName()
            try expect("=")
            if rules[name] != nil { throw malformed("a second rule \(name)") }
            rules[name] = try readChoice()
            try expect(";")
        }
    }

    private mutating func readChoice() throws -> EBNF {
        var alternatives = [try readSequence()]
        while skip("|") { alternatives.append(try readSequence()) }
        if alternatives.count == 1 { return alternatives[0] }
        choiceCount += 1
        return .choice(alternatives, number: choiceCount - 1)
    }

    private mutating func readSequence() throws -> EBNF {
        var parts = [try readException()]
        while skip(",") { parts.append(try readException()) }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func readException() throws -> EBNF {
        let part = try readPart()
        return skip("-") ? .except(part, try readPart()) : part
    }

    private mutating func readPart() throws -> EBNF {
        skipSpace()
        guard index < characters.count else { throw malformed("the grammar ends in a rule") }
        let character = characters[index]
        switch character {
        case "\"", "'", "?":
            index += 1
            let start = index
            while index < characters.count, characters[index] != character { index += 1 }
            let text = String(characters[start..<index])
            index += 1
            if character != "?" { return .terminal(text) }
            return .special(text.trimmingCharacters(in: .whitespacesAndNewlines))
        case "(": return try readGroup(")") { $0 }
        case "[": return try readGroup("]") { .optional($0) }
        case "{": return try readGroup("}") { .repeated($0) }
        default: return .reference(try readName())
        }
    }

    private mutating func readGroup(
        _ close: Character, _ make: (EBNF) -> EBNF
    ) throws -> EBNF {
        index += 1
        let inner = try readChoice()
        try expect(close)
        return make(inner)
    }

    private mutating func readName() throws -> String {
        skipSpace()
        let start = index
        while index < characters.count, characters[index].isLetter || characters[index] == "_" {
            index += 1
        }
        if index == start { throw malformed("expected a name") }
        return String(characters[start..<index])
    }

    private mutating func skip(_ character: Character) -> Bool {
        skipSpace()
        guard index < characters.count, characters[index] == character else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ character: Character) throws {
        if !skip(character) { throw malformed("expected \(character)") }
    }

    private mutating func skipSpace() {
        while index < characters.count {
            if characters[index].isWhitespace {
                index += 1
            } else if characters[index] == "(", index + 1 < characters.count,
                characters[index + 1] == "*"
            {
                while index < characters.count,
                    !(characters[index] == "*" && characters[index + 1] == ")")
                        || characters[index - 1] == "("
                {
                    index += 1
                }
                index += 2
            } else {
                return
            }
        }
    }

    private func malformed(_ what: String) -> Grammar.Malformed {
        let line = characters[..<min(index, characters.count)].count { $0.isNewline } + 1
        return Grammar.Malformed(description: "line \(line) of the grammar: \(what)")
    }
}
