// DiagnosticTests: what people see. Errors are compared as rendered: message, place, line, carets
// under exactly the offending text, hint.

import NQLSyntax
import NenCore
import Testing

struct DiagnosticTests {
    private func rendered(_ text: String, fileName: String? = nil) -> String {
        do throws(NQLError) {
            _ = try parseStatement(text)
            return "accepted"
        } catch {
            return renderDiagnostic(error, source: text, fileName: fileName)
        }
    }

    @Test func misspeltClause() {
        #expect(
            rendered("MATCH (n) RETRUN n", fileName: "people.nql") == """
                SyntaxError(UnexpectedSyntax): unexpected `RETRUN`, expected a clause
                 --> people.nql:1:11
                  |
                1 | MATCH (n) RETRUN n
                  |           ^^^^^^
                hint: did you mean `RETURN`?

                """)
    }

    @Test func secondLineWithTabAndWideText() {
        #expect(
            rendered("MATCH (n)\n\tWHERE n.é = '名前' ANND n.y\nRETURN n") == """
                SyntaxError(UnexpectedSyntax): unexpected `ANND`, expected a clause
                 --> 2:19
                  |
                2 | \tWHERE n.é = '名前' ANND n.y
                  | \t                 ^^^^
                hint: did you mean `AND`?

                """)
    }

    @Test func theEndOfTheText() {
        #expect(
            rendered("RETURN [1, 2") == """
                SyntaxError(UnexpectedSyntax): the statement ends where `,` or `]` is expected
                 --> 1:13
                  |
                1 | RETURN [1, 2
                  |             ^

                """)
    }

    @Test func anOpenString() {
        #expect(
            rendered("RETURN 'abc") == """
                SyntaxError(UnexpectedSyntax): the string literal is not closed
                 --> 1:8
                  |
                1 | RETURN 'abc
                  |        ^
                hint: close it with `'`; write a quote within it as `\\'`

                """)
    }

    @Test func anIntegerThatIsTooLarge() {
        #expect(
            rendered("RETURN 1,\n  -9223372036854775809") == """
                SyntaxError(IntegerOverflow): `-9223372036854775809` is not between \
                -9223372036854775808 and 9223372036854775807
                 --> 2:3
                  |
                2 |   -9223372036854775809
                  |   ^^^^^^^^^^^^^^^^^^^^
                hint: write it as a float, with a decimal point

                """)
    }

    /// The text under the carets and the hint.
    @Test(arguments: [
        ("MATCH n RETURN n", "n", "write `(n)`"),
        ("RETURN a = NOT b", "NOT", "put the negation in parentheses: `(NOT …)`"),
        ("RETURN 'a\\qb'", "\\q", "a backslash itself is written `\\\\`"),
        ("MATCH (n $p) RETURN n", "$p", "name the keys: `{key: $p.key}`"),
        ("WITH 1 AS match RETURN 1", "match",
         "`match` is a reserved word; as a name it stands in backticks"),
        ("LOAD CSV FORM 'x' AS l RETURN l", "FORM", "did you mean `FROM`?"),
        ("RETURN x IS :: STRNG", "STRNG", "did you mean `STRING`?"),
        ("SHOW INDEXS", "INDEXS", "did you mean `INDEXES`?"),
        ("MATCH (n) WITH n", "WITH", "add a RETURN clause"),
        ("RETURN 1; RETURN 2", "RETURN", "one statement at a time is parsed"),
        ("RETURN 42 \u{2014} 41", "\u{2014}", "write `-`, `<` or `>`"),
    ])
    func caretsAndHints(text: String, marked: String, hint: String) {
        do throws(NQLError) {
            _ = try parseStatement(text)
            Issue.record("accepted: \(text)")
        } catch {
            let bytes = Array(text.utf8)[Int(error.span.start)..<Int(error.span.end)]
            #expect(String(decoding: bytes, as: UTF8.self) == marked)
            #expect(error.hint == hint)
            #expect(error.phase == .compile)
        }
    }

    /// A long line is cut around the place, control characters are replaced.
    @Test func longLinesAndControlCharacters() {
        let text = "RETURN [" + String(repeating: "1234567890, ", count: 50) + "§\u{7}]"
        let lines = rendered(text).split(separator: "\n")
        #expect(lines[3].hasPrefix("1 | …"))
        #expect(lines[3].contains("§"))
        #expect(lines[3].unicodeScalars.count < 120)
        let caret = Array(lines[4].unicodeScalars).firstIndex(of: "^")
        #expect(caret != nil)
        #expect(caret == Array(lines[3].unicodeScalars).firstIndex(of: "§"))
        #expect(!rendered("RETURN \u{7} 1").contains("\u{7}"))
    }

    @Test func errorsWithoutPlaceAndInScripts() {
        let plain = NQLError(.transaction, phase: .runtime, "no transaction is open")
        #expect(
            renderDiagnostic(plain, source: "COMMIT", fileName: nil)
                == "TransactionError: no transaction is open\n")
        let error = NQLError.syntax("UnexpectedSyntax", "no", at: SourceSpan(start: 2, end: 3))
        let shown = renderDiagnostic(error, source: "a\nb", fileName: "x.nql", firstLine: 9)
        #expect(shown.contains("--> x.nql:10:1\n"))
        #expect(shown.contains("\n10 | b\n   | ^\n"))
    }

    @Test func positionsCountScalarsAndAllLineEnds() {
        let text = SourceText("a\r\né\u{301}b\rc\n")
        #expect(text.lineCount == 4)
        #expect(text.position(ofByte: 0) == SourceText.Position(line: 1, column: 1))
        #expect(text.position(ofByte: 7) == SourceText.Position(line: 2, column: 3))
        #expect(text.position(ofByte: 9) == SourceText.Position(line: 3, column: 1))
        #expect(text.position(ofByte: 999) == SourceText.Position(line: 4, column: 1))
        #expect(text.line(2) == "é\u{301}b")
        #expect(SourceText("").position(ofByte: 0) == SourceText.Position(line: 1, column: 1))
    }
}

extension SourceText.Position {
    init(line: Int, column: Int) {
        self = SourceText("").position(ofByte: 0)
        self.line = line
        self.column = column
    }
}
