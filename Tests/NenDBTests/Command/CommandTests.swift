// Goal: the command as people and programs use it: arguments, scripts, formats, errors with their
// places and statuses, JSON lines. Method: the built `nql` in a process of its own; what it prints
// is compared in full.

import Foundation
import Testing

@testable import nql

/// What a run of the command gave.
struct CommandRun {
    var status: Int32
    var output: String
    var errors: String

    init(_ arguments: [String], input: String = "", in directory: String? = nil) throws {
        let process = Process()
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
        process.arguments = arguments
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let out = stdout.fileHandleForReading.readDataToEndOfFile()
        let err = stderr.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: out, as: UTF8.self)
        errors = String(decoding: err, as: UTF8.self)
    }
}

/// A file that lives as long as the test needs it.
struct TemporaryFile: ~Copyable {
    let path: String

    init(_ text: String, ending: String) throws {
        path = FileManager.default.temporaryDirectory.path + "/nql-\(UUID().uuidString)" + ending
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    deinit { unlink(path) }
}

@Suite struct CommandTests {
    @Test func versionAndHelp() throws {
        let version = try CommandRun(["--version"])
        #expect(version.status == 0 && version.output.hasPrefix("nql "))
        let help = try CommandRun(["--help"])
        #expect(help.status == 0)
        for word in ["--format", "--json-lines", "--memory-budget", "import", "check", ":memory:"] {
            #expect(help.output.contains(word), "\(word)")
        }
        #expect(try CommandRun(["import", "--help"]).output.contains("--bad-tolerance"))
        #expect(try CommandRun(["check", "--help"]).status == 0)
        #expect(try CommandRun(["--nonsense"]).status != 0)
    }

    @Test func statementsFromTheCommandLine() throws {
        let run = try CommandRun([
            "-c", "CREATE (:A {v: $v})", "-c", "MATCH (a:A) RETURN a.v AS v; RETURN 2 AS two",
            "--param", "v=\"x\"", "--format", "csv",
        ])
        #expect(run.status == 0 && run.errors == "")
        #expect(run.output == "v\nx\ntwo\n2\n")
    }

    @Test func rulesOfTheOptimizerCanBeSwitchedOff() throws {
        let query = ["-c", "CREATE (:A {v: 1})", "-c", "MATCH (a:A) RETURN a.v AS v"]
        for rules in [["all"], ["join-order", "use-indexes"]] {
            let run = try CommandRun(
                query + ["--format", "csv"] + rules.flatMap { ["--without-rule", $0] })
            #expect(run.status == 0 && run.output == "v\n1\n", "\(rules)")
        }
        let wrong = try CommandRun(["--without-rule", "joins"])
        #expect(wrong.status != 0 && wrong.errors.contains("No rule is named `joins`"))
    }

    @Test func tableIsTheDefaultInAPipe() throws {
        let run = try CommandRun([":memory:"], input: "RETURN 1 AS one, 'ä' AS text;")
        #expect(
            run.output == """
                ┌─────┬──────┐
                │ one │ text │
                ├─────┼──────┤
                │   1 │ ä    │
                └─────┴──────┘
                1 row

                """)
    }

    @Test func echoShowsStatementsWithTheirComments() throws {
        let script = try TemporaryFile(
            "// one\nRETURN 1 AS a;\n\n/* two */ RETURN 2\n  AS b", ending: ".nql")
        let run = try CommandRun([script.path, "--echo", "--format", "csv"])
        #expect(
            run.output
                == "\n// one\nRETURN 1 AS a;\na\n1\n\n/* two */ RETURN 2\n  AS b;\nb\n2\n")
    }

    @Test func changesAreCounted() throws {
        let run = try CommandRun(["-c", "CREATE (:A {v: 1})-[:T]->(:B)"])
        #expect(
            run.output
                == "2 nodes created, 1 relationship created, 2 labels added, 1 property set\n")
    }

    @Test func scriptErrorsNameFileLineAndColumn() throws {
        let script = try TemporaryFile(
            "RETURN 1 AS a;\n\n// comment\nMATCH (n)\nRETURN nn;\nRETURN 3 AS c;\n", ending: ".nql")
        let run = try CommandRun([script.path, "--format", "csv"])
        #expect(run.status == 1)
        #expect(run.output == "a\n1\n")
        #expect(run.errors.contains("\(script.path):5:8"), "\(run.errors)")
        #expect(run.errors.contains("5 | RETURN nn\n") || run.errors.contains("5 | RETURN nn;"))
        #expect(run.errors.contains("  |        ^^"))
        #expect(run.errors.hasPrefix("SyntaxError(UndefinedVariable)"))
    }

    @Test(arguments: ["table", "csv", "json", "jsonl", "markdown"])
    func failingAtTheFirstRowPrintsNoResult(format: String) throws {
        let run = try CommandRun(["-c", "UNWIND [0] AS x RETURN 1 / x AS y", "--format", format])
        #expect(run.status == 1 && run.output.isEmpty, "\(run.output)")
        #expect(run.errors.contains("ArithmeticError"), "\(run.errors)")
    }

    @Test func whatCannotBeOpened() throws {
        let missing = try CommandRun(["/nonexistent/folder/x.nen", "-c", "RETURN 1"])
        #expect(missing.status == 1 && missing.errors.contains("/nonexistent/folder/x.nen"))
        let script = try CommandRun(["nowhere.nql"])
        #expect(script.status == 1 && script.errors.contains("nowhere.nql"))
        let text = try TemporaryFile("no database, only text", ending: ".nen")
        let wrong = try CommandRun([text.path, "-c", "RETURN 1"])
        #expect(wrong.status == 1 && !wrong.errors.isEmpty)
    }

    @Test func databaseFileIsKept() throws {
        let file = TemporaryDatabase()
        #expect(try CommandRun([file.path, "-c", "CREATE (:A {v: 7})"]).status == 0)
        let run = try CommandRun([
            file.path, "-c", "MATCH (a:A) RETURN a.v AS v", "--format", "csv",
        ])
        #expect(run.output == "v\n7\n")
        let refused = try CommandRun([file.path, "--read-only", "-c", "CREATE (:B)"])
        #expect(refused.status == 1 && refused.errors.contains("ReadOnlyTransaction"))
        let check = try CommandRun(["check", file.path])
        #expect(check.status == 0, "\(check.output) \(check.errors)")
    }

    @Test func openTransactionIsRolledBackAtTheEnd() throws {
        let file = TemporaryDatabase()
        let run = try CommandRun([file.path, "-c", "BEGIN; CREATE (:A)"])
        #expect(run.status == 0 && run.errors.contains("rolled back"))
        let count = try CommandRun([file.path, "-c", "MATCH (n) RETURN count(*) AS n"])
        #expect(count.output.contains("│ 0 │"))
    }

    @Test func limitsOfTheCommandLine() throws {
        let refused = try CommandRun([
            "--memory-budget", "10KB", "-c", "UNWIND range(1, 9) AS x RETURN x ORDER BY x",
        ])
        #expect(refused.status == 1 && refused.errors.contains("MemoryFloorExceedsBudget"))
        let long = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y RETURN sum(x * y)"
        let ended = try CommandRun(["--timeout", "50ms", "-c", long])
        #expect(ended.status == 130 && ended.errors.contains("Timeout"))
    }

    @Test func closedPipeIsQuiet() throws {
        let command =
            "'\(NQLProcess.executable)' -c 'UNWIND range(1, 200000) AS x RETURN x' --format csv"
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command + " | head -n 1 >/dev/null"]
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(text.isEmpty, "\(String(decoding: text, as: UTF8.self))")
    }

    /// The time of a statement begins with the reading of its request.
    @Test func readingARequestTakesOfItsTime() throws {
        let numbers = String(repeating: #"{"$type":"Integer","_value":"7"},"#, count: 20_000)
        let list = #"{"$type":"List","_value":["# + numbers.dropLast() + "]}"
        let request = #"{"query":"RETURN 1 AS x","params":{"p":"# + list + "}}"
        let run = try CommandRun(
            ["--json-lines", "--timeout", "1ms"],
            input: request + "\n" + #"{"query":"RETURN 1 AS x"}"# + "\n")
        let lines = run.output.split(separator: "\n")
        try #require(lines.count == 2 && run.status == 0)
        #expect(lines[0].contains(#""code":"Interrupted","detail":"Timeout""#), "\(lines[0])")
        // A server that is late once serves on.
        #expect(lines[1].hasPrefix("{"))
    }

    @Test func sessionOfTheProtocol() throws {
        let requests = [
            #"{"reset":true}"#,
            #"{"query":"CREATE (:A {num: 1})-[:T]->(:B)","params":{}}"#,
            #"{"query":"MATCH (a:A)\nRETURN a.num","params":{}}"#,
            #"{"query":"RETURN x","params":{}}"#,
            #"{"query":"RETURN $p AS p","params":{"p":{"$type":"Integer","_value":"7"}}}"#,
            "this is no JSON", #"{"unknown":1}"#, "[]", #"{"query":1}"#, "",
            #"{"query":"RETURN 1 AS x"}"#,
        ]
        let run = try CommandRun(["--json-lines"], input: requests.joined(separator: "\n") + "\n")
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(run.status == 0)
        try #require(lines.count == requests.count)
        let none =
            #"{"nodesCreated":0,"nodesDeleted":0,"relationshipsCreated":0,"#
            + #""relationshipsDeleted":0,"labelsAdded":0,"labelsRemoved":0,"propertiesSet":0}"#
        #expect(lines[0] == #"{"ok":true}"#)
        #expect(
            lines[1] == #"{"columns":[],"rows":[],"counters":{"nodesCreated":2,"nodesDeleted":0,"#
                + #""relationshipsCreated":1,"relationshipsDeleted":0,"labelsAdded":2,"#
                + #""labelsRemoved":0,"propertiesSet":1}}"#)
        #expect(
            lines[2] == #"{"columns":["a.num"],"rows":[[{"$type":"Integer","_value":"1"}]],"#
                + #""counters":"# + none + "}")
        #expect(
            lines[3].hasPrefix(
                #"{"error":{"code":"SyntaxError","detail":"UndefinedVariable","phase":"compile","#))
        #expect(lines[3].contains(#""gqlstatus":"42002""#))
        #expect(lines[3].hasSuffix(#""line":1,"column":8}}"#))
        #expect(lines[4].contains(#"[[{"$type":"Integer","_value":"7"}]]"#))
        for line in lines[5...9] {
            #expect(line.hasPrefix(#"{"error":{"code":"ProtocolError","detail":null,"#), "\(line)")
        }
        #expect(lines[10].contains(#""columns":["x"]"#))
    }

    @Test func proceduresOfTheProtocol() throws {
        let requests = [
            #"{"reset":true}"#,
            #"{"procedure":{"name":"test.my.proc","inputs":[["in","INTEGER?"]],"outputs":"#
                + #"[["a","STRING?"]],"rows":[[{"$type":"Integer","_value":"1"},"#
                + #"{"$type":"String","_value":"one"}],[{"$type":"Null","_value":null},"#
                + #"{"$type":"String","_value":"none"}]]}}"#,
            #"{"query":"CALL test.my.proc(1) YIELD a RETURN a","params":{}}"#,
            #"{"query":"CALL test.my.proc(null)","params":{}}"#,
            #"{"reset":true}"#, #"{"query":"CALL test.my.proc(1)","params":{}}"#,
        ]
        let run = try CommandRun(["--json-lines"], input: requests.joined(separator: "\n") + "\n")
        let lines = run.output.split(separator: "\n").map(String.init)
        try #require(lines.count == requests.count)
        #expect(lines[1] == #"{"ok":true}"#)
        #expect(lines[2].contains(#""rows":[[{"$type":"String","_value":"one"}]]"#), "\(lines[2])")
        #expect(lines[3].contains(#""rows":[[{"$type":"String","_value":"none"}]]"#), "\(lines[3])")
        #expect(lines[5].contains(#""detail":"ProcedureNotFound""#), "\(lines[5])")
    }
}
