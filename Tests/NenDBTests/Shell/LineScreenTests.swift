// Goal: text of any kind lies on the rows as a terminal has them, and the cursor with it. Method:
// random texts of narrow, wide and combining characters drawn on the screen of the tests.

import Foundation
import Testing

@testable import nql

@Suite struct LineScreenTests {
    @Test func rowsAndCursor() {
        let text = Array("ab你好\nx")
        let screen = LineScreen(
            prompt: "> ", continuation: "- ", characters: text, cursor: 3, columns: 5)
        #expect(screen.rows == ["> ab", "你好", "- x"])
        #expect(screen.cursorRow == 1 && screen.cursorColumn == 2)
        // Behind a full row the cursor stands on the next.
        let full = LineScreen(
            prompt: "> ", continuation: "", characters: Array("abc"), cursor: 3, columns: 5)
        #expect(full.rows == ["> abc", ""] && full.cursorRow == 1 && full.cursorColumn == 0)
        let window = LineScreen(
            prompt: "", continuation: "", characters: Array("a\nb\nc\nd\ne"), cursor: 6, columns: 5)
            .window(rowCount: 3)
        #expect(window.rows == ["c", "d", "e"] && window.cursorRow == 1)
    }

    @Test func randomTextsAreDrawnAsTheyAre() {
        var random = SystemRandomNumberGenerator()
        let alphabet: [Character] = ["a", "é", "e\u{301}", "你", "👩‍👩‍👧", "ｶ", " ", "\n", "x", "y"]
        for _ in 0 ..< 500 {
            let count = Int.random(in: 0...120, using: &random)
            let text = (0 ..< count).map { _ in alphabet.randomElement(using: &random) ?? "a" }
            let columns = Int.random(in: 8...50, using: &random)
            let cursor = Int.random(in: 0...count, using: &random)
            let layout = LineScreen(
                prompt: "n> ", continuation: "-> ", characters: text, cursor: cursor,
                columns: columns)
            #expect(zip(layout.rows, layout.widths).allSatisfy { DisplayWidth.of($0) == $1 })
            #expect(layout.widths.allSatisfy { $0 <= columns })
            var screen = TerminalScreen(columns: columns, rows: 1_000)
            screen.feed(Array(layout.rows.joined(separator: "\r\n").utf8))
            let drawn = screen.lines.joined().filter { $0 != " " }
            let wanted = ("n> " + String(text)).replacing("\n", with: "->").filter { $0 != " " }
            #expect(drawn == wanted)
        }
    }

    @Test func stylesOfAStatement() {
        let text = Array(
            "MATCH (n:Order {x: 'a'}) // why\nRETURN n.order, count(*), $p, 12 /* c */")
        let styles = TextStyle.of(text)
        func style(of word: String) -> TextStyle? {
            String(text).range(of: word).map { range in
                styles[String(text).distance(from: String(text).startIndex, to: range.lowerBound)]
            }
        }
        #expect(style(of: "MATCH") == .keyword && style(of: "RETURN") == .keyword)
        #expect(style(of: "Order") == .name && style(of: "order") == .plain)
        #expect(style(of: "'a'") == .string && style(of: "// why") == .comment)
        #expect(style(of: "$p") == .parameter && style(of: "12") == .number)
        #expect(style(of: "/* c") == .comment)
        // Whatever is unfinished ends at the end.
        for open in ["'", "\"abc\\", "`x", "/*", "/", "$", "//"] {
            #expect(TextStyle.of(Array(open)).count == open.count)
        }
    }
}
