// RecogniserTests: what the grammar does not produce is refused, what it produces is accepted.
// Method: random sentences with tokens deleted, doubled, swapped, replaced and inserted, and
// characters changed; parser and recogniser must agree on each. Failures print the seed.
//
// Alternatives marked `? not generated … ?` are read both ways: what the parser accepts must be in
// the grammar with them, what is in the grammar without them must be accepted. In between lie only
// the texts that the grammar's notes decide. Limits on values and sizes are not the grammar's.

import Foundation
import GrammarSentences
import NQLSyntax
import NenCore
import Testing

/// Wrong sentences, made of right ones.
struct Mutator {
    var random: SplitMix64
    /// Words and signs to put in.
    let pool: [String]

    init(seed: UInt64, words: [String]) {
        random = SplitMix64(seed: seed)
        pool = words + ["a", "b", "x1", "`q`", "1", "2.5", "'s'", "0x1F", "$", ".5", "order"]
    }

    /// The tokens with one to three of them changed.
    mutating func mutate(_ tokens: [String]) -> [String] {
        var tokens = tokens
        let weight = Int.random(in: 0..<10, using: &random)
        for _ in 0..<(weight < 7 ? 1 : weight < 9 ? 2 : 3) { change(&tokens) }
        return tokens
    }

    private mutating func change(_ tokens: inout [String]) {
        guard !tokens.isEmpty else { return }
        let place = Int.random(in: 0..<tokens.count, using: &random)
        let other = Int.random(in: 0..<tokens.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: tokens.remove(at: place)
        case 1: tokens.insert(tokens[place], at: place)
        case 2: tokens.swapAt(place, other)
        case 3: tokens.swapAt(place, min(place + 1, tokens.count - 1))
        case 4: tokens[place] = tokens[other]
        case 5: tokens[place] = pool.randomElement(using: &random) ?? ""
        case 6: tokens.insert(pool.randomElement(using: &random) ?? "", at: place)
        default: tokens.removeSubrange(place..<min(tokens.count, place + 3))
        }
    }

    /// The text with a character removed, doubled or replaced.
    mutating func scratch(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        guard !scalars.isEmpty else { return text }
        let place = Int.random(in: 0..<scalars.count, using: &random)
        let signs = Array("aE_09 .,:;|&!<>=+-*/%^$()[]{}'\"`~\\\u{E9}\n".unicodeScalars)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: scalars.remove(at: place)
        case 1: scalars.insert(scalars[place], at: place)
        default: scalars[place] = signs.randomElement(using: &random) ?? " "
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

struct RecogniserTests {
    private static let seeds: [UInt64] = GrammarRun.seeds

    /// What is wrong with the verdicts on a text; nil if nothing.
    private func complaint(
        _ text: String, isInWhole: Bool, isInCore: Bool
    ) -> String? {
        do throws(NQLError) {
            _ = try parseStatement(text)
            return isInWhole ? nil : "accepted, but not in the grammar:\n\(text)"
        } catch {
            if !isInCore || GrammarRun.isAboutValues(error) { return nil }
            let shown = renderDiagnostic(error, source: text, fileName: nil)
            return "in the grammar, but refused:\n\(shown)"
        }
    }

    /// The shortest list of these tokens found by leaving some out that is still complained of.
    private func shrunk(_ tokens: [String], _ judge: ([String]) -> String?) -> String? {
        var tokens = tokens
        var complaint = judge(tokens)
        var count = max(1, tokens.count / 2)
        while count > 0 {
            var place = 0
            while place + count <= tokens.count {
                var fewer = tokens
                fewer.removeSubrange(place..<place + count)
                if let shorter = judge(fewer) {
                    (tokens, complaint) = (fewer, shorter)
                } else {
                    place += 1
                }
            }
            count /= 2
        }
        return complaint
    }

    @Test(arguments: seeds)
    func parserAndGrammarAgreeOnMutatedSentences(seed: UInt64) throws {
        let grammar = try Grammar.nql()
        let whole = Recogniser(grammar, isWhole: true)
        let core = Recogniser(grammar, isWhole: false)
        func judge(_ tokens: [String]) -> String? {
            // One `;` may end what `parseStatement` takes.
            let text = tokens.joined(separator: " ")
            let tokens = tokens.count > 1 && tokens.last == ";" ? tokens.dropLast() : tokens
            guard let isInWhole = whole.recognises(tokens) else { return nil }
            // What is not in the whole is not in its part.
            let isInCore = isInWhole && core.recognises(tokens) == true
            return complaint(text, isInWhole: isInWhole, isInCore: isInCore)
        }
        var generator = SentenceGenerator(grammar, seed: seed)
        var mutator = Mutator(seed: seed ^ 0xABCD, words: whole.words)
        var complaints: [String] = []
        for number in 0..<GrammarRun.mutationCount {
            let depth = Int.random(in: 8...40, using: &mutator.random)
            _ = generator.sentence(of: "statement", depth: depth)
            var tokens = generator.tokens
            if number % 8 == 0 {
                let text = mutator.scratch(tokens.joined(separator: " "))
                guard let cut = whole.tokens(of: text) else {
                    if (try? parseStatement(text)) != nil {
                        complaints.append("accepted, but not tokens of the grammar:\n\(text)")
                    }
                    continue
                }
                tokens = cut
            } else {
                tokens = mutator.mutate(tokens)
            }
            if judge(tokens) != nil, let complaint = shrunk(tokens, judge) {
                complaints.append(complaint)
                if complaints.count >= GrammarRun.complaintCountMax { break }
            }
        }
        for complaint in complaints { Issue.record("seed \(seed): \(complaint)") }
    }

    /// The recogniser itself: what it must say of sentences known to be right and wrong.
    @Test(arguments: [
        ("MATCH (n) RETURN n", true), ("MATCH (n) RETURN", false), ("match (n) Return n", true),
        ("RETURN 1 + 2 * (3 - 4)", true), ("RETURN 1 + * 2", false), ("RETURN [1, 2][0]", true),
        ("RETURN 'a\\n' AS `b c`", true), ("RETURN 'a\\q'", false), ("RETURN 1a", false),
        ("RETURN 0x1F, .5, 1e9", true), ("RETURN 01", false), ("RETURN 1__0", false),
        ("RETURN 0_1", false), ("RETURN 0x_1F, 1_0.5_0e1_0", true), ("RETURN 0x__1", false),
        ("RETURN [()-->() OR $where, 1]", true), ("RETURN allReduce(a XOR ()--())", true),
        ("RETURN NOT a IS NULL + 1", false), ("RETURN normalize('a', )", false),
        ("RETURN a-1 // c", true), ("/* c */ BEGIN", true), ("/* c BEGIN", false),
        ("CALL a YIELD * WHERE (exists((()-[]-{,}())) {}:(((%))))", true),
        ("RETURN (exists((()--()))) {}", true), ("MATCH ()<--*() RETURN 1", true),
        ("WITH 1 AS match RETURN 1", false), ("WITH 1 AS `match` RETURN 1", true),
    ])
    func recogniserKnows(text: String, isRight: Bool) throws {
        let recogniser = Recogniser(try Grammar.nql(), isWhole: true)
        #expect(recogniser.recognises(text: text) == isRight, "\(text)")
    }

    /// Texts that need a look ahead: parser and grammar agree on them.
    @Test(arguments: [
        ("WITH 1 AS all RETURN all * CASE 1 WHEN 2 THEN 3 END", true),
        ("WITH 1 AS all RETURN all * +1", true), ("MATCH (n) RETURN ALL * ORDER BY n", true),
        ("MATCH (n) RETURN ALL *", true), ("WITH ALL * MATCH (n) RETURN n", true),
        ("WITH 1 AS all RETURN all * [1][0]", true), ("RETURN ALL * *", false),
        ("WITH 1 AS offset FOR x IN [1] WITH offset OFFSET 5 RETURN x", true),
        ("WITH 1 AS offset FOR x IN [1] WITH offset ORDER BY offset RETURN 1", true),
        ("WITH 1 AS offset FOR x IN [1] WITH offset CALL () { RETURN 2 AS y } RETURN y", true),
        ("WITH 1 AS offset FOR x IN [1] WITH offset FINISH", true),
        ("FOR x IN [1] WITH OFFSET i RETURN x, i", true),
        ("MATCH ()-[*0x1..0o7]-() RETURN 1", true), ("MATCH ()--{0x1,}() RETURN 1", true),
        ("MATCH ()--{0o2}() RETURN 1", true), ("MATCH ANY 0x2 ()--+() RETURN 1", true),
        ("FOR x IN [1] WITH OFFSET limit RETURN x, limit", true),
        ("RETURN EXISTS { FOR x IN [1] WITH OFFSET contains }", true),
        ("FOR x IN [1] WITH OFFSET skip SKIP 1 RETURN x, skip", true),
        ("WITH 1 AS contains RETURN CASE 1 WHEN contains CONTAINS '' THEN 2 END", true),
        ("WITH 1 AS contains RETURN CASE '' WHEN CONTAINS contains THEN 2 END", true),
    ])
    func parserAndGrammarAgreeWhereTheyLookAhead(text: String, isRight: Bool) throws {
        let recogniser = Recogniser(try Grammar.nql(), isWhole: true)
        #expect(recogniser.recognises(text: text) == isRight, "\(text)")
        #expect(((try? parseStatement(text)) != nil) == isRight, "\(text)")
    }

    /// Every sample that other tests use is in the grammar.
    @Test func samplesAreInTheGrammar() throws {
        let recogniser = Recogniser(try Grammar.nql(), isWhole: true)
        for text in QuerySamples.all {
            let statement = text.hasSuffix(";") ? String(text.dropLast()) : text
            #expect(recogniser.recognises(text: statement) == true, "\(text)")
        }
    }
}
