// Goal: `nql fmt` as people and programs use it: to standard output, in place, as a check, and with
// scripts that have errors. Method: the built command in a process of its own.

import Foundation
import Testing

@Suite struct FmtCommandTests {
    private let crooked = "match (n)return n;// all\n\n\ncreate (:A{x:1})"
    private let straight = "MATCH (n)\nRETURN n; // all\n\nCREATE (:A {x: 1})\n"
    private let broken = "RETURN 1;\nMATCH (n RETURN n;\n"

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func standardInputToStandardOutput() throws {
        for arguments in [["fmt"], ["fmt", "-"]] {
            let run = try CommandRun(arguments, input: crooked)
            #expect(run.status == 0 && run.output == straight && run.errors == "")
        }
    }

    @Test func filesArePrintedOrWritten() throws {
        let file = try TemporaryFile(crooked, ending: ".nql")
        let printed = try CommandRun(["fmt", file.path])
        #expect(printed.status == 0 && printed.output == straight)
        #expect(try text(file.path) == crooked)
        chmod(file.path, 0o640)
        let written = try CommandRun(["fmt", "-i", file.path])
        #expect(written.status == 0 && written.output == "" && written.errors == "")
        #expect(try text(file.path) == straight)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        #expect(mode as? Int == 0o640)
        let again = try CommandRun(["fmt", "--in-place", file.path])
        #expect(again.status == 0)
        #expect(try text(file.path) == straight)
    }

    @Test func linksStayLinks() throws {
        let file = try TemporaryFile(crooked, ending: ".nql")
        let link = file.path + ".link.nql"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: file.path)
        defer { unlink(link) }
        #expect(try CommandRun(["fmt", "-i", link]).status == 0)
        #expect(try text(file.path) == straight)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == file.path)
    }

    @Test func checkNamesFiles() throws {
        let file = try TemporaryFile(crooked, ending: ".nql")
        let fine = try TemporaryFile(straight, ending: ".nql")
        let run = try CommandRun(["fmt", "--check", file.path, fine.path])
        #expect(run.status == 1 && run.output == "\(file.path)\n" && run.errors == "")
        #expect(try text(file.path) == crooked)
        let good = try CommandRun(["fmt", "--check", fine.path])
        #expect(good.status == 0 && good.output == "")
    }

    @Test func errorsLeaveTheFile() throws {
        let file = try TemporaryFile(broken, ending: ".nql")
        let other = try TemporaryFile(crooked, ending: ".nql")
        for flag in ["-i", "--check"] {
            let run = try CommandRun(["fmt", flag, file.path])
            #expect(run.status == 1 && run.output == "")
            #expect(
                run.errors == """
                    SyntaxError(UnexpectedSyntax): unexpected `RETURN`, expected `:`, `{`, \
                    `WHERE` or `)`
                     --> \(file.path):2:10
                      |
                    2 | MATCH (n RETURN n;
                      |          ^^^^^^

                    """)
            #expect(try text(file.path) == broken)
        }
        // The other files are still done.
        let run = try CommandRun(["fmt", "-i", file.path, other.path])
        #expect(run.status == 1)
        #expect(try text(other.path) == straight)
    }

    @Test func filesThatCannotBeRead() throws {
        let run = try CommandRun(["fmt", "/nowhere/x.nql"])
        #expect(run.status == 1)
        #expect(run.errors == "nql fmt: /nowhere/x.nql: No such file or directory\n")
        let folder = FileManager.default.temporaryDirectory.path
        #expect(try CommandRun(["fmt", folder]).errors.contains("Is a directory"))
        #expect(try CommandRun(["fmt", "-i"]).status != 0)
        #expect(try CommandRun(["fmt", "-i", "--check", "x.nql"]).status != 0)
    }
}
