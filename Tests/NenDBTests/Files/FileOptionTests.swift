// Goal: the command lets statements reach the files that its options allow, and leaves nothing
// behind where a file cannot be written. Method: the built `nql` in a folder beside another one.

import Foundation
import Testing

@Suite struct FileOptionTests {
    private static let load = "LOAD CSV FROM '%' AS row RETURN row[0]"

    private func load(
        _ name: String, _ options: [String], in folder: String
    ) throws -> CommandRun {
        let statement = Self.load.replacingOccurrences(of: "%", with: name)
        return try CommandRun(["-c", statement, "--format", "csv"] + options, in: folder)
    }

    @Test func theWorkingDirectoryUnlessOptionsSayOtherwise() throws {
        let folders = try TwoFolders()
        let here = folders.allowed
        for name in ["x.csv", "file:///x.csv", here + "/x.csv", "sub/../x.csv"] {
            #expect(try load(name, [], in: here).output == "row[0]\nopen\n", "\(name)")
            let refused = try load(name, ["--no-files"], in: here)
            #expect(refused.status == 1 && refused.errors.contains("--allow-files"), "\(name)")
        }
        for name in ["../secret/x.csv", folders.secret + "/x.csv"] {
            let refused = try load(name, [], in: here)
            #expect(refused.status == 1 && refused.errors.contains("FileAccessDenied"))
            #expect(refused.output == "")
            let allowed = try load(name, ["--allow-files", "../secret"], in: here)
            #expect(allowed.output == "row[0]\nhidden\n", "\(allowed.errors)")
            let only = try load(
                name, ["--no-files", "--allow-files", folders.secret], in: here)
            #expect(only.output == "row[0]\nhidden\n", "\(only.errors)")
        }
        #expect(try load("x.csv", ["--allow-files", "nowhere"], in: here).status == 1)
    }

    @Test func programsGetWhatTheOptionsName() throws {
        let folders = try TwoFolders()
        let request = "{\"query\":\"LOAD CSV FROM 'x.csv' AS row RETURN row[0] AS x\"}\n"
        let none = try CommandRun(["--json-lines"], input: request, in: folders.allowed)
        #expect(none.output.contains("FileAccessDenied"))
        #expect(none.output.contains("\"hint\":\"Allow its directory"))
        let some = try CommandRun(
            ["--json-lines", "--allow-files", folders.allowed], input: request,
            in: folders.secret)
        #expect(some.output.contains("open"))
    }

    @Test func readOnlyWritesNothing() throws {
        let folders = try TwoFolders()
        #expect(try CommandRun(["g.nen", "-c", "CREATE (:A)"], in: folders.allowed).status == 0)
        let before = try folders.names()
        let run = try CommandRun(
            ["g.nen", "--read-only", "-c", "COPY (MATCH (n) RETURN n) TO 'n.csv'"],
            in: folders.allowed)
        #expect(run.status == 1 && run.errors.contains("ReadOnlyTransaction"))
        #expect(try folders.names() == before)
    }

    /// A limit of file sizes stands for a full disk.
    @Test func aFileThatCannotBeWrittenLeavesNothing() throws {
        let folders = try TwoFolders()
        let before = try folders.names()
        let statement = "COPY (UNWIND range(1, 1000000) AS x RETURN x) TO 'big.csv'"
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -f 64; exec \"$0\" -c \"$1\"", NQLProcess.executable, statement,
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: folders.allowed)
        process.standardError = errors
        try process.run()
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1 && text.contains("DiskFull"), "\(text)")
        #expect(try folders.names() == before)
    }

    /// A COPY that is killed leaves nothing, neither beside nor in the place of what it replaces.
    @Test func aKilledCopyLeavesNothing() throws {
        let folders = try TwoFolders()
        let before = try folders.names()
        let endless = "COPY (UNWIND range(1, 100000000) AS x RETURN x) TO 'x.csv'"
        for round in 0..<5 {
            let copy = try NQLProcess(
                ["--json-lines", "--allow-files", folders.allowed])
            copy.send(endless)
            usleep(UInt32(100_000 * (round + 1)))
            copy.kill()
            #expect(try folders.names() == before)
            #expect(try folders.text("allowed/x.csv") == "open\n")
        }
    }

    @Test func importWaitsForNoPipe() throws {
        let folders = try TwoFolders()
        #expect(mkfifo(folders.allowed + "/fifo.csv", 0o644) == 0)
        for arguments in [["i.nen"], ["--predict"]] {
            let run = try CommandRun(
                ["import", "--nodes", "A=fifo.csv"] + arguments, in: folders.allowed)
            #expect(run.status == 1 && run.errors.contains("NotARegularFile"))
        }
        #expect(access(folders.allowed + "/i.nen", F_OK) != 0)
    }

    @Test func directoriesWithoutPermission() throws {
        // Root may do everything.
        guard geteuid() != 0 else { return }
        let folders = try TwoFolders()
        chmod(folders.allowed + "/sub", 0)
        defer { chmod(folders.allowed + "/sub", 0o755) }
        let run = try load("sub/y.csv", [], in: folders.allowed)
        #expect(run.status == 1 && run.errors.contains("Permission denied"))
    }
}
