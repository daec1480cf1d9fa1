// StatementSplitterTests: scripts in pieces, and what a terminal must know about unfinished input.

import NQLSyntax
import Testing

struct StatementSplitterTests {
    private func pieces(_ text: String) -> [StatementSplitter.Piece] {
        var splitter = StatementSplitter()
        var pieces = splitter.feed(text)
        if let last = splitter.finish() { pieces.append(last) }
        return pieces
    }

    @Test(arguments: [
        ("RETURN 1; RETURN 2", ["RETURN 1", "RETURN 2"]),
        (" ; ;; RETURN 1 ;\n\n", ["RETURN 1"]),
        ("RETURN ';' AS a; RETURN \";\\\";\"", ["RETURN ';' AS a", "RETURN \";\\\";\""]),
        ("RETURN `;``;`;", ["RETURN `;``;`"]),
        ("RETURN '\\\\'; RETURN 2", ["RETURN '\\\\'", "RETURN 2"]),
        ("// no; statement\nRETURN 1 // ;\n+ 2 /* ; */;", ["RETURN 1 // ;\n+ 2"]),
        ("/* a; */ /* **/ RETURN 4 / 2;", ["RETURN 4 / 2"]),
        ("RETURN 1 /* trailing */", ["RETURN 1"]),
        ("// only a comment", []), ("", []), ("RETURN 'open; RETURN 1", ["RETURN 'open; RETURN 1"]),
        ("/* open; RETURN 1", ["/* open; RETURN 1"]), ("RETURN 1 /", ["RETURN 1 /"]),
    ])
    func scripts(text: String, expected: [String]) {
        #expect(pieces(text).map(\.text) == expected)
    }

    @Test func piecesKnowTheirPlace() {
        let pieces = pieces("\n// c\r\n RETURN 1;\r\rRETURN\n2;RETURN 3")
        #expect(pieces.map(\.line) == [3, 5, 6])
        #expect(pieces.map(\.offset) == [8, 19, 28])
    }

    @Test func anUnfinishedStatementAsksForMore() {
        var splitter = StatementSplitter()
        #expect(!splitter.isInStatement)
        #expect(splitter.feed("  // nothing yet\n").isEmpty)
        #expect(!splitter.isInStatement)
        #expect(splitter.feed("MATCH (n)\n").isEmpty)
        #expect(splitter.isInStatement)
        #expect(splitter.feed("WHERE n.x = 'a\n").isEmpty)
        #expect(splitter.isInQuotes)
        #expect(splitter.feed("b' /* c\n").isEmpty)
        #expect(splitter.isInComment)
        #expect(splitter.feed("*/ RETURN n; RETURN").map(\.line) == [2])
        #expect(splitter.isInStatement)
        splitter.reset()
        #expect(!splitter.isInStatement)
        #expect(splitter.feed("RETURN 2;").map(\.text) == ["RETURN 2"])
        #expect(splitter.finish() == nil)
    }

    @Test func commandsAndInterpretersOfAShell() {
        var splitter = StatementSplitter(readsCommands: true)
        let text = "#!/usr/bin/env nql; x\n.mode csv \n RETURN 1\n.5; // .no\n .read 'a;b'\r\n.exit"
        var pieces = splitter.feed(text)
        if let last = splitter.finish() { pieces.append(last) }
        #expect(pieces.map(\.text) == [".mode csv", "RETURN 1\n.5", ".read 'a;b'", ".exit"])
        #expect(pieces.map(\.isCommand) == [true, false, true, true])
        #expect(pieces.map(\.line) == [2, 3, 5, 6])
        var plain = StatementSplitter()
        #expect(plain.feed("#! x;").map(\.text) == ["#! x"])
        var hash = StatementSplitter(readsCommands: true)
        #expect(hash.feed("# x;").map(\.text) == ["# x"])
    }
}
