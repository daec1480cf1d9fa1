// GrammarTests: Grammar/nql.ebnf is executed. Random sentences of it must be accepted, printed and
// read again as the same tree; every rule and alternative must be reached. Failures print the seed.

import Foundation
import GrammarSentences
import NQLSyntax
import NenCore
import Testing

struct GrammarTests {
    private static let seeds: [UInt64] = GrammarRun.seeds

    /// What is wrong with a sentence; nil if nothing.
    private func complaint(_ text: String) -> String? {
        do throws(NQLError) {
            let statement = try parseStatement(text)
            let printed = statement.printed()
            let again: Statement
            do throws(NQLError) {
                again = try parseStatement(printed)
            } catch {
                return "printed as:\n\(printed)\n"
                    + renderDiagnostic(error, source: printed, fileName: nil)
            }
            if again.withoutSpans != statement.withoutSpans { return "changed into:\n\(printed)" }
            if again.printed() != printed { return "printed differently again:\n\(printed)" }
            return nil
        } catch {
            return renderDiagnostic(error, source: text, fileName: nil)
        }
    }

    @Test(arguments: seeds)
    func sentencesParsePrintAndParseAgain(seed: UInt64) throws {
        var generator = SentenceGenerator(try Grammar.nql(), seed: seed)
        var random = SplitMix64(seed: seed ^ 0xFFFF)
        for _ in 0..<GrammarRun.sentenceCount {
            let depth = Int.random(in: 20...70, using: &random)
            let text = generator.sentence(of: "statement", depth: depth)
            if let complaint = complaint(text) {
                Issue.record("seed \(seed):\n\(text)\n\(complaint)")
                return
            }
        }
    }

    @Test(arguments: seeds)
    func scriptsSplitIntoTheirStatements(seed: UInt64) throws {
        var generator = SentenceGenerator(try Grammar.nql(), seed: seed)
        for _ in 0..<300 {
            let text = generator.sentence(of: "script", depth: 30)
            var splitter = StatementSplitter()
            var pieces = splitter.feed(text)
            if let last = splitter.finish() { pieces.append(last) }
            for piece in pieces {
                let at = text.utf8.index(text.utf8.startIndex, offsetBy: piece.offset)
                let isThere = text.utf8[at...].starts(with: piece.text.utf8)
                #expect(isThere, "seed \(seed): piece at \(piece.offset) of\n\(text)")
                if let complaint = complaint(piece.text) {
                    Issue.record("seed \(seed):\n\(piece.text)\nin\n\(text)\n\(complaint)")
                    return
                }
            }
        }
    }

    @Test func everyRuleAndAlternativeIsReached() throws {
        var generator = SentenceGenerator(try Grammar.nql(), seed: 7)
        _ = generator.sentence(of: "script", depth: 60)
        for number in 0..<40_000 {
            let isDue = number >= 5_000 && number % 1_000 == 0
            if isDue, generator.unreached(from: ["script", "SPACE"]).isEmpty { break }
            // Types and CREATE are rare where everything is possible.
            let text =
                switch number % 19 {
                case 0: "RETURN x IS :: " + generator.sentence(of: "value_type", depth: 10)
                case 1: "CREATE " + generator.sentence(of: "create_path", depth: 20)
                case 2: "WHEN true THEN " + generator.sentence(of: "branch", depth: 35)
                case 3:
                    "CALL { CREATE (n) } " + generator.sentence(of: "in_transactions", depth: 20)
                case 4: generator.sentence(of: "query", depth: 60)
                case 5: "MATCH (n) " + generator.sentence(of: "page_clause", depth: 20) + " FINISH"
                case 6: generator.sentence(of: "merge_clause", depth: 30)
                case 7: generator.sentence(of: "match_clause", depth: 30) + " FINISH"
                case 8: generator.sentence(of: "for_clause", depth: 20) + " FINISH"
                case 9: generator.sentence(of: "set_clause", depth: 25)
                case 10: generator.sentence(of: "remove_clause", depth: 25)
                case 11:
                    "CREATE CONSTRAINT FOR (n:L) REQUIRE n.p "
                        + generator.sentence(of: "property_rule", depth: 12)
                case 12: generator.sentence(of: "show", depth: 20)
                case 13: generator.sentence(of: "create_index", depth: 20)
                case 14: generator.sentence(of: "create_lookup_index", depth: 20)
                case 15: generator.sentence(of: "create_constraint", depth: 20)
                case 16: generator.sentence(of: "query_start", depth: 12) + " RETURN 1"
                case 17: generator.sentence(of: "version", depth: 12) + " RETURN 1"
                default: generator.sentence(of: "statement", depth: 50)
                }
            if let complaint = complaint(text) {
                Issue.record("\(text)\n\(complaint)")
                return
            }
        }
        let missing = generator.unreached(from: ["script", "SPACE"])
        #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
    }

    /// The grammar's list of reserved words is the parser's.
    @Test func reservedWordsAreThoseOfTheGrammar() throws {
        let grammar = try Grammar.nql()
        guard case .choice(let words, _) = try #require(grammar.rules["RESERVED_WORD"]) else {
            Issue.record("RESERVED_WORD is no list")
            return
        }
        for case .terminal(let word) in words {
            #expect(throws: NQLError.self, "\(word)") {
                try parseStatement("MATCH (\(word)) RETURN 1")
            }
            let quoted = try parseStatement("MATCH (`\(word)`) RETURN `\(word)` AS x")
            #expect(quoted.printed().contains("(`\(word)`)"))
        }
    }
}
