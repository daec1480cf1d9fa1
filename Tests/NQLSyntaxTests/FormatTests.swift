// FormatTests: `nql fmt`'s text. Method: snapshots of every construct; every statement of the
// corpus, the samples, and random sentences with random comments, which must keep their tree and
// their comments and be the same when formatted again.

import Foundation
import GrammarSentences
import NQLSyntax
import NenCore
import Testing

struct FormatTests {
    private func formatted(_ text: String) -> String {
        do throws(FormatFailure) {
            return try formatScript(text)
        } catch {
            return error.errors.map { renderDiagnostic($0, source: text, fileName: nil) }.joined()
        }
    }

    /// What is wrong with the formatted text of a script of one statement; nil if nothing.
    private func complaint(_ text: String) -> String? {
        do throws(FormatFailure) {
            let once = try formatScript(text)
            let twice = try formatScript(once)
            if twice != once { return "formatted again:\n\(twice)\nbefore:\n\(once)" }
            let before = try? parseStatement(text).withoutSpans
            let after = try? parseStatement(once).withoutSpans
            return before == after ? nil : "another tree:\n\(once)"
        } catch {
            return "\(error.errors)"
        }
    }

    @Test func canonicalText() throws {
        let cases = try FormatCase.all()
        #expect(cases.count > 10)
        for formatCase in cases {
            #expect(formatted(formatCase.before) == formatCase.after, "\(formatCase.title)")
            #expect(formatted(formatCase.after) == formatCase.after, "\(formatCase.title)")
        }
    }

    @Test(arguments: QuerySamples.all)
    func samplesKeepTheirTree(text: String) {
        #expect(complaint(text) == nil)
    }

    @Test func corpusKeepsItsTrees() throws {
        var count = 0
        for text in try CorpusStatements.all() where (try? parseStatement(text)) != nil {
            count += 1
            if let complaint = complaint(text) { Issue.record("\(text)\n\(complaint)") }
        }
        #expect(count > 200)
    }

    @Test(arguments: GrammarRun.seeds)
    func randomSentencesWithCommentsKeepTheirTree(seed: UInt64) throws {
        var generator = SentenceGenerator(try Grammar.nql(), seed: seed)
        var random = SplitMix64(seed: seed ^ 0x77)
        for _ in 0..<GrammarRun.sentenceCount / 8 {
            let depth = Int.random(in: 10...60, using: &random)
            let text = generator.sentence(of: "statement", depth: depth)
            if let complaint = complaint(text) {
                Issue.record("seed \(seed):\n\(text)\n\(complaint)")
                return
            }
        }
    }

    /// Every statement keeps its tree in a script too, and every comment is there.
    @Test(arguments: GrammarRun.seeds)
    func randomScriptsKeepTheirComments(seed: UInt64) throws {
        var generator = SentenceGenerator(try Grammar.nql(), seed: seed)
        for _ in 0..<40 {
            var script = ""
            for number in 0..<5 {
                script += number % 2 == 0 ? "// line \(number)\n" : "/* block\n \(number) */ "
                script += generator.sentence(of: "statement", depth: 25) + " ; // end \(number)\n"
            }
            let text = formatted(script)
            #expect(formatted(text) == text, "seed \(seed)")
            for number in 0..<5 {
                let comment = number % 2 == 0 ? "// line \(number)\n" : "/* block\n \(number) */\n"
                #expect(text.contains(comment), "seed \(seed): \(comment) in\n\(text)")
                #expect(text.contains("// end \(number)\n"), "seed \(seed)")
            }
        }
    }

    @Test func errorsHaveTheirPlaceInTheScript() {
        let script = "RETURN 1;\n\nMATCH (n RETURN n;\nRETURN 2;\nRETRUN 3;\n"
        #expect(
            formatted(script) == """
                SyntaxError(UnexpectedSyntax): unexpected `RETURN`, expected `:`, `{`, `WHERE` \
                or `)`
                 --> 3:10
                  |
                3 | MATCH (n RETURN n;
                  |          ^^^^^^
                SyntaxError(UnexpectedSyntax): unexpected `RETRUN`, expected a statement
                 --> 5:1
                  |
                5 | RETRUN 3;
                  | ^^^^^^
                hint: did you mean `RETURN`?

                """)
        #expect(formatted("RETURN 'a;\nRETURN 2").contains("not closed\n --> 1:8"))
        #expect(formatted("RETURN 1 /* a\n;").contains("not closed\n --> 1:10"))
    }

    /// No line is longer than the width if it could be broken.
    @Test func linesAreBrokenAtTheWidth() throws {
        let words = (0..<200).map { "n.property\($0) = \($0)" }
        for (joint, head) in [(" AND ", "MATCH (n) WHERE "), (" OR ", "MATCH (n) WHERE ")] {
            let text = head + words.joined(separator: joint) + " RETURN n"
            for width in [20, 40, 80] {
                let lines = try formatScript(text, width: width).split(separator: "\n")
                #expect(lines.allSatisfy { $0.count <= max(width, 28) })
                #expect(lines.count > 150)
            }
        }
        let list = "RETURN [" + (0..<2_000).map(String.init).joined(separator: ",") + "] AS l"
        let lines = try formatScript(list).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 100 })
        #expect(lines.count < 150)
    }

    @Test func emptyScripts() {
        #expect(formatted("") == "")
        #expect(formatted(" \n ; ;\n") == "")
        #expect(formatted("\u{FEFF}return 1") == "\u{FEFF}RETURN 1\n")
        #expect(formatted("// only\n\n\n/* comments */") == "// only\n\n/* comments */\n")
        #expect(formatted(".mode csv\n:param x\nreturn 1;") == ".mode csv\n:param x\nRETURN 1;\n")
    }
}

/// A script and its canonical text, from QueryCorpus/format.
struct FormatCase {
    var title: String
    var before: String
    var after: String

    static func all() throws -> [FormatCase] {
        let file = CorpusStatements.folder.appendingPathComponent("format/canonical.fmttest")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.components(separatedBy: "\n== ").dropFirst().map { part in
            let halves = part.components(separatedBy: "\n-- after\n")
            let head = halves[0].components(separatedBy: "\n-- before\n")
            let after = halves[1].trimmingCharacters(in: .newlines) + "\n"
            return FormatCase(title: head[0], before: head[1], after: after)
        }
    }
}

/// The statements of QueryCorpus.
enum CorpusStatements {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("QueryCorpus").resolvingSymlinksInPath()

    static func all() throws -> [String] {
        var statements: [String] = []
        let paths = FileManager.default.enumerator(atPath: folder.path)
        while let path = paths?.nextObject() as? String {
            guard path.hasSuffix(".nqltest") || path.hasSuffix(".nql") else { continue }
            let file = folder.appendingPathComponent(path)
            let text = try String(contentsOf: file, encoding: .utf8)
            statements += pieces(path.hasSuffix(".nql") ? text : scripts(text))
        }
        return statements
    }

    private static func pieces(_ script: String) -> [String] {
        var splitter = StatementSplitter()
        var pieces = splitter.feed(script)
        if let last = splitter.finish() { pieces.append(last) }
        return pieces.map(\.text)
    }

    /// The lines of the sections that hold statements.
    private static func scripts(_ text: String) -> String {
        var isStatement = false
        var script = ""
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix("-- ") {
                isStatement = ["-- query", "-- setup", "-- graph"].contains(line)
                script += ";\n"
            } else if line.hasPrefix("== ") {
                isStatement = false
            } else if isStatement, !line.hasPrefix("# ") {
                script += line + "\n"
            }
        }
        return script
    }
}
