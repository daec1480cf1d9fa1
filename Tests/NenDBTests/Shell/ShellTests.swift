// Goal: the shell is pleasant at a keyboard: what is pasted, typed, searched for and undone, what
// results look like at several widths, and Ctrl-C wherever it comes. Method: the built command on a
// pseudo-terminal; keys go in, and the screen is compared.

import Foundation
import Testing

@testable import nql

@Suite struct ShellTests {
    @Test func pastedTextIsTakenAsItStands() throws {
        let shell = try TerminalSession([])
        shell.waitForPrompt()
        shell.paste("UNWIND range(1, 9) AS x\nRETURN\tx AS value\r\nLIMIT\t2;\n")
        #expect(shell.wait { $0.text.contains("LIMIT    2;") })
        #expect(!shell.screen.text.contains("│"), "a paste runs nothing by itself")
        shell.type("\r")
        #expect(shell.wait { $0.text.contains("2 rows") })
        let lines = shell.screen.lines
        #expect(lines.contains("nql> UNWIND range(1, 9) AS x"))
        #expect(lines.contains("  -> RETURN    x AS value"))
    }

    @Test func ctrlCGivesUpAPaste() throws {
        let shell = try TerminalSession([])
        shell.waitForPrompt()
        shell.paste("MATCH (n)\nRETURN n")
        shell.wait { $0.text.contains("RETURN n") }
        shell.type("\u{3}")
        #expect(shell.waitForPrompt())
        // The end of a paste got lost.
        shell.type("\u{1B}[200~RETURN 1;")
        shell.type("\u{3}")
        #expect(shell.wait { $0.lines.suffix(2) == ["nql> ^C", "nql>"] })
        #expect(shell.run("RETURN 7 AS seven;").contains("│       7 │"))
    }

    @Test func statementsOfSeveralLinesComeBackWhole() throws {
        let shell = try TerminalSession([])
        shell.waitForPrompt()
        shell.type("UNWIND [1, 2] AS x\rRETURN x\r;\r")
        #expect(shell.wait { $0.text.contains("2 rows") })
        shell.waitForPrompt()
        // Up recalls it, up twice more goes to its first line, where the number is changed.
        shell.type("\u{1B}[A\u{1B}[A\u{1B}[A\u{5}")
        shell.type("\u{1B}[D\u{1B}[D\u{1B}[D\u{1B}[D\u{1B}[D\u{1B}[D, 3")
        #expect(shell.wait { $0.lines.suffix(3).first == "nql> UNWIND [1, 2, 3] AS x" })
        #expect(shell.screen.lines.suffix(2) == ["  -> RETURN x", "  -> ;"])
        shell.type("\r")
        #expect(shell.wait { $0.text.contains("3 rows") }, "\(shell.screen.text)")
    }

    @Test func searchInTheHistory() throws {
        let history = try TemporaryFile("RETURN 'first' AS x;\nRETURN 'second' AS x;\n", ending: "")
        let shell = try TerminalSession([], history: history.path)
        shell.waitForPrompt()
        shell.type("\u{12}ret")
        #expect(shell.wait { $0.lines.last == "(search) `ret`: RETURN 'second' AS x;" })
        shell.type("\u{12}")
        #expect(shell.wait { $0.lines.last == "(search) `ret`: RETURN 'first' AS x;" })
        shell.type("zzz")
        #expect(shell.wait { $0.lines.last?.hasPrefix("(failed search) `retzzz`") ?? false })
        shell.type("\u{7}")
        #expect(shell.waitForPrompt())
        shell.type("\u{12}first\r")
        #expect(shell.wait { $0.text.contains("│ first  │") }, "\(shell.screen.text)")
    }

    @Test func undoAndWords() throws {
        let shell = try TerminalSession([])
        shell.waitForPrompt()
        shell.type("RETURN 1 AS one AS two\u{1B}b\u{1B}b\u{1B}d\u{1B}d")
        #expect(shell.wait { $0.lines.last == "nql> RETURN 1 AS one" })
        shell.type("\u{1F}")
        #expect(shell.wait { $0.lines.last == "nql> RETURN 1 AS one  two" })
        shell.type("\u{1F}\u{1B}/\u{1B}/\u{5}\u{17}uno\u{19}")
        #expect(shell.wait { $0.lines.last == "nql> RETURN 1 AS unoone" }, "\(shell.screen.text)")
    }

    @Test(arguments: [60, 80, 200])
    func wideCharactersWhileEditing(columns: Int) throws {
        let shell = try TerminalSession([], columns: columns)
        shell.waitForPrompt()
        // Long enough to be broken, with characters of two cells, of none and of several scalars.
        let text = String(repeating: "你好e\u{301}👩‍👩‍👧", count: 12)
        shell.type("RETURN '\(text)' AS x;")
        shell.type("\u{1}\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}\u{6}\u{7F}")
        let expected = "nql> RETURN '你" + String((text + "' AS x;").dropFirst(2))
        #expect(
            shell.wait { $0.lines.suffix(4).joined().hasSuffix(expected) },
            "\(shell.screen.text)")
        for line in shell.screen.lines { #expect(DisplayWidth.of(line) <= columns) }
    }

    @Test func theTextFollowsTheTerminalsSize() throws {
        let shell = try TerminalSession([], columns: 80)
        shell.waitForPrompt()
        shell.type("RETURN 'a text that takes some sixty columns of the terminal', 1, 2")
        shell.wait { $0.text.hasSuffix("1, 2") }
        shell.resize(columns: 40, rows: 20)
        #expect(
            shell.wait { screen in
                screen.lines.suffix(2) == [
                    "nql> RETURN 'a text that takes some sixt", "y columns of the terminal', 1, 2",
                ]
            }, "\(shell.screen.text)")
    }

    @Test(arguments: [60, 80, 200])
    func resultsFitTheTerminal(columns: Int) throws {
        let shell = try TerminalSession([], columns: columns, rows: 200)
        let long = String(repeating: "long text ", count: 12)
        let wide = shell.run("RETURN 12345678 AS n, '\(long)' AS a, '你好\(long)' AS b, [1, 2] AS c;")
        #expect(wide.contains { $0.contains("…") && $0.contains("12345678") }, "\(wide)")
        #expect(wide.contains { $0.contains("│ Integer") && $0.contains("│ String") })
        let many = shell.run("UNWIND range(1, 9) AS x RETURN " + (1...12).map { "x AS column\($0)" }
            .joined(separator: ", ") + ";")
        #expect(many.contains { $0.contains("12 columns, ") } == (columns < 200), "\(many)")
        let rows = shell.run("UNWIND range(1, 5000) AS x RETURN x;")
        #expect(rows.last == "5000 rows, the first 100 shown (`.rows all` shows all)")
        #expect(rows.count { $0.hasPrefix("│") } == 102)
        for line in shell.screen.lines { #expect(DisplayWidth.of(line) <= columns, "\(line)") }
        // Of no rows the types are not known.
        let none = shell.run("UNWIND [] AS x RETURN x;")
        #expect(none.count { $0.hasPrefix("│") } == 1 && none.last == "0 rows", "\(none)")
    }

    @Test func linesForWhatIsWiderThanTables() throws {
        let shell = try TerminalSession([], columns: 60)
        _ = shell.run(".mode line")
        let lines = shell.run("RETURN 1 AS one, null AS nothing, 'null' AS text;")
        #expect(
            lines.dropFirst() == ["    one = 1", "nothing = null", "   text = 'null'", "", "1 row"])
        _ = shell.run(".nullvalue -")
        #expect(shell.run("RETURN null AS nothing;").contains("nothing = -"))
    }

    @Test func whatStatementsDidIsTold() throws {
        let shell = try TerminalSession([])
        #expect(shell.run("CREATE INDEX i FOR (n:A) ON (n.x);").last == "index i created")
        #expect(
            shell.run("CREATE INDEX i IF NOT EXISTS FOR (n:A) ON (n.x);").last
                == "index i exists already, nothing was created")
        #expect(shell.run("DROP INDEX i;").last == "index i dropped")
        #expect(shell.run("ANALYZE;").last == "statistics made")
        shell.type("BEGIN;\r")
        #expect(shell.waitForPrompt("nql*> "))
        shell.type("CREATE (:A);\rCOMMIT;\r")
        #expect(shell.wait { $0.text.contains("transaction committed") })
    }

    @Test func ctrlCEndsAQueryAndNotTheShell() throws {
        let shell = try TerminalSession([])
        shell.waitForPrompt()
        shell.type("UNWIND range(1, 1000000000) AS x RETURN sum(sin(x));\r")
        #expect(shell.wait { $0.text.contains("Ctrl-C ends it") }, "its progress is shown")
        shell.type("\u{3}")
        #expect(shell.wait { $0.text.contains("Interrupted(Cancelled)") })
        #expect(shell.run("RETURN 7 AS seven;").contains("│       7 │"))
        #expect(!shell.screen.text.contains("Ctrl-C ends it"), "the progress is removed")
        shell.type("\u{4}")
        #expect(shell.end() == 0)
    }

    @Test func ctrlCEndsAnImport() throws {
        let rows = (0..<400_000).map { "\($0),name of \($0)" }.joined(separator: "\n")
        let csv = try TemporaryFile("id:ID,name\n" + rows, ending: ".csv")
        let file = TemporaryDatabase()
        let run = try TerminalSession(["import", "--nodes", "A=\(csv.path)", file.path])
        run.wait(seconds: 5) { $0.text.contains("%") }
        run.type("\u{3}")
        #expect(run.end() == 130)
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test func completionOfFilesAndOfWhatIsShown() throws {
        let script = try TemporaryFile("RETURN 'from a script' AS x;", ending: ".nql")
        let shell = try TerminalSession([])
        shell.waitForPrompt()
        shell.type(".read \(script.path.dropLast(8))\t\r")
        #expect(shell.wait { $0.text.contains("│ from a script │") }, "\(shell.screen.text)")
        shell.waitForPrompt()
        shell.type("SHOW IN\t")
        #expect(shell.wait { $0.lines.last?.hasPrefix("nql> SHOW INDEX") ?? false })
    }

    @Test func theBannerNamesTheDatabase() throws {
        let file = TemporaryDatabase()
        let first = try TerminalSession([file.path], columns: 200)
        first.waitForPrompt()
        #expect(first.screen.lines[0].contains("new database `\(file.path)`"))
        #expect(first.run("MATCH (n) RETURN n;").last == "0 rows")
        #expect(!FileManager.default.fileExists(atPath: file.path))
        _ = first.run("CREATE (:A)-[:T]->(:B);")
        first.type(".exit\r")
        #expect(first.end() == 0)
        let second = try TerminalSession([file.path], columns: 200)
        second.waitForPrompt()
        #expect(second.screen.lines[0].hasSuffix("`\(file.path)`: 2 nodes, 1 relationship"))
    }

    @Test func aPagerShowsLongResults() throws {
        let shell = try TerminalSession([])
        _ = shell.run(".pager tail -n 1")
        #expect(shell.run("UNWIND range(1, 500) AS x RETURN x;").last == "500 rows")
        _ = shell.run(".pager true")
        #expect(shell.run("UNWIND range(1, 200000) AS x RETURN x;").count == 1)
    }
}
