// Goal: the command keeps what a new user expects of it: no stray files, no silent failures, output
// that programs can read. Method: the built `nql` in a process of its own.

import Foundation
import NenCore
import Testing

@testable import nql

@Suite struct FrontTests {
    @Test func aFullDiskIsTold() throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "'\(NQLProcess.executable)' -c 'UNWIND range(1, 9) AS x RETURN x' >/dev/full",
        ]
        process.standardError = errors
        try process.run()
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text.contains("Cannot write standard output: No space left on device"), "\(text)")
    }

    @Test func memoryIsNoFile() throws {
        let csv = try TemporaryFile("id:ID\n1\n", ending: ".csv")
        let folder = FileManager.default.temporaryDirectory.path
        let commands = [
            ["import", "--nodes", "A=\(csv.path)", ":memory:"], ["check", ":memory:"],
            ["dump", ":memory:"], ["load", csv.path, ":memory:"], ["vacuum", ":memory:"],
        ]
        for command in commands {
            let run = try CommandRun(command, in: folder)
            #expect(run.status != 0 && run.errors.contains("needs a database file"), "\(command)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/:memory:"))
    }

    @Test func timesGoToStandardError() throws {
        let run = try CommandRun(["-c", "RETURN 1 AS x", "--timer", "--format", "csv"])
        #expect(run.output == "x\n1\n" && run.errors.hasSuffix(" ms\n"))
    }

    @Test func aMistypedNameLeavesNoFile() throws {
        let file = TemporaryDatabase()
        let run = try CommandRun([file.path, "-c", "MATCH (n) RETURN n; SHOW LABELS; ANALYZ"])
        #expect(run.status == 1)
        let read = try CommandRun([file.path, "-c", "MATCH (n) RETURN count(n) AS n"])
        #expect(read.status == 0 && read.output.contains("│ 0 │"))
        #expect(read.errors.contains("there is no database `\(file.path)`"))
        for ending in ["", "-log", "-shared"] {
            #expect(!FileManager.default.fileExists(atPath: file.path + ending))
        }
        let script = "SET query_timeout = '5 s'; MATCH (n) RETURN n; BEGIN; CREATE (:A); COMMIT;"
        #expect(try CommandRun([file.path], input: script).status == 0)
        let written = try CommandRun([file.path, "-c", "MATCH (n) RETURN count(n) AS n"])
        #expect(written.output.contains("│ 1 │") && written.errors == "")
    }

    @Test func commandsInScripts() throws {
        let csv = try TemporaryFile("name,age\nAda,36\nKurt,41\n", ending: ".csv")
        let result = try TemporaryFile("", ending: ".txt")
        let folder = (csv.path as NSString).deletingLastPathComponent
        let script = """
            // What works at the keyboard works here.
            .mode csv
            .import \(csv.path) Person
            RETURN 1 AS one; .nullvalue -
            MATCH (p:Person)
            RETURN p.name AS name,
            .5 AS half, null AS nothing ORDER BY name;
            .output \(result.path)
            RETURN 'in the file' AS x;
            .output
            .print done
            .bail off
            RETURN q;
            .nonsense
            .print still here
            .exit
            RETURN 'not run';
            """
        let run = try CommandRun([":memory:"], input: script, in: folder)
        #expect(
            run.output == """
                one
                1
                name,half,nothing
                Ada,0.5,-
                Kurt,0.5,-
                done
                still here

                """, "\(run.errors)")
        #expect(run.status == 1)
        #expect(run.errors.contains("standard input:13:8") && run.errors.contains("`.nonsense`"))
        #expect(try String(contentsOfFile: result.path, encoding: .utf8) == "x\nin the file\n")
        let stops = try CommandRun([":memory:"], input: ".mode nonsense\nRETURN 1 AS x;")
        #expect(stops.status == 1 && stops.output == "")
    }

    /// Commands of cypher-shell in a script that was written for it.
    @Test func colonCommandsInScripts() throws {
        let other = try TemporaryFile("RETURN $x AS x;\n", ending: ".nql")
        let script = try TemporaryFile(
            """
            :begin
            CREATE (:N {x: 1});
            :rollback
            :begin
            CREATE (:N {x: 2});
            :commit;
            :param x => 40 + 2
            :param {y: [1, 'two'], z: $x}
            MATCH (n:N) RETURN n.x AS n, $y AS y, $z AS z;
            :auto MATCH (n:N)
            CALL (n) { SET n.x = 3 } IN TRANSACTIONS;
            MATCH (n:N) RETURN n.x AS later;
            :source \(other.path)
            :use neo4j
            :param clear
            :params
            :nonsense
            """, ending: ".cypher")
        let run = try CommandRun(["--format", "csv", ":memory:", script.path])
        #expect(run.output.contains("n,y,z\n2,\"[1, 'two']\",42\n"), "\(run.output)")
        #expect(run.output.contains("later\n3\n") && run.output.contains("x\n42\n"))
        #expect(run.status != 0 && run.errors.contains("there is no command `:nonsense`"))
        #expect(!run.errors.contains("Error("), "\(run.errors)")
    }

    @Test func aDumpIsAScript() throws {
        let script = "CREATE (:A {v: 1}); .dump\n"
        let run = try CommandRun([":memory:"], input: script)
        let lines = run.output.split(separator: "\n").dropFirst()
        let again = try CommandRun(
            [":memory:"],
            input: lines.joined(separator: "\n") + "\n.mode csv\nMATCH (n) RETURN n.v AS v;")
        #expect(again.status == 0 && again.output.hasSuffix("v\n1\n"), "\(again.errors)")
    }

    @Test func oneIsSingular() throws {
        let csv = try TemporaryFile("id:ID,name\n1,Ada\n", ending: ".csv")
        let file = TemporaryDatabase()
        let run = try CommandRun(["import", "--nodes", "A=\(csv.path)", file.path])
        #expect(run.output.hasPrefix("1 node, 0 relationships and "), "\(run.output)")
        #expect(Plural.text(2, "property", "properties") == "2 properties")
        #expect(Rate.text(4_000_000, "row", seconds: 0.001) == nil)
        #expect(Rate.text(1, "row", seconds: 1) == "1 row/s")
    }

    @Test func plansAsJSON() throws {
        for (format, prefix) in [("json", "[\n{\"plan\":{"), ("jsonl", "{\"plan\":{")] {
            let run = try CommandRun(
                ["-c", "EXPLAIN MATCH (n) RETURN n", "--format", format, "--no-notifications"])
            #expect(run.status == 0 && run.output.hasPrefix(prefix), "\(run.output)")
            let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
            let row = (json as? [[String: Any]])?.first ?? json as? [String: Any]
            #expect(row?["plan"] is [String: Any])
        }
        let table = try CommandRun(["-c", "EXPLAIN FORMAT TREE MATCH (n) RETURN n"])
        #expect(table.output.hasPrefix("ProduceResults n\n") && !table.output.contains("│"))
    }

    @Test func scriptsThatNameTheirInterpreter() throws {
        let script = try TemporaryFile(
            "#!/usr/bin/env -S nql --format csv\nRETURN 1 AS x;\nRETURN q;\n", ending: "-report")
        let run = try CommandRun([script.path, "--format", "csv"])
        #expect(run.output == "x\n1\n" && run.errors.contains("\(script.path):3:8"))
        let named = try CommandRun([":memory:", script.path, "--format", "csv"])
        #expect(named.output == "x\n1\n")
    }

    @Test func theProtocolHasAPage() throws {
        let page = try CommandRun(["help", "json-lines"])
        #expect(page.status == 0 && page.output.contains("\"fetch\":1000"))
        #expect(try CommandRun(["help", "shell"]).output.contains(".import FILE TARGET"))
        #expect(try CommandRun(["help", "import"]).output.contains("--bad-tolerance"))
        #expect(try CommandRun(["help"]).output.contains("--json-lines"))
        #expect(try CommandRun(["help", "nonsense"]).status != 0)
    }

    @Test func resultsInPieces() throws {
        let requests = [
            #"{"query":"UNWIND range(1, $n) AS x RETURN x","params":{"n":5},"fetch":2}"#,
            #"{"fetch":2}"#, #"{"fetch":2}"#, #"{"fetch":2}"#, #"{"fetch":0}"#,
            #"{"query":"RETURN date($d) AS d","params":{"d":"2024-02-29"}}"#,
            #"{"query":"MATCH (n:Nope) RETURN n"}"#,
        ]
        let run = try CommandRun(["--json-lines"], input: requests.joined(separator: "\n") + "\n")
        let lines = run.output.split(separator: "\n").map(String.init)
        try #require(lines.count == requests.count)
        func integers(_ line: String) throws -> [String] {
            let rows = try JSONReader.read(line)["rows"]
            guard case .array(let list)? = rows else { return [] }
            return list.compactMap { row in
                guard case .array(let cells) = row else { return nil }
                return cells.first?["_value"]?.text
            }
        }
        #expect(try integers(lines[0]) == ["1", "2"] && lines[0].hasSuffix(#""more":true}"#))
        #expect(try integers(lines[1]) == ["3", "4"] && lines[1].hasSuffix(#""more":true}"#))
        #expect(lines[2] == #"{"rows":[[{"$type":"Integer","_value":"5"}]],"more":false}"#)
        #expect(lines[3].contains("ProtocolError") && lines[4].contains("ProtocolError"))
        #expect(lines[5].contains(#"{"$type":"Date","_value":"2024-02-29"}"#))
        #expect(lines[6].contains(#""notifications":[{"severity":"warning","code":"UnknownLabel""#))
    }
}
