// Goal: what README.md shows is so. Method: its blocks are read from the file: the session is typed
// into a pseudo-terminal and the screens are compared, the tour is run as a script, each command
// line is run by a shell, and the Swift block is the text of a function that is compiled and run.

import Foundation
import NenDB
import Testing

@testable import nql

@Suite struct ReadmeTests {
    private static let root = #filePath.components(separatedBy: "/Tests/")[0]

    private let readme: String

    init() throws {
        readme = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
    }

    /// The lines of a block of the file: the first behind `heading` that begins with `fence`.
    private func block(_ fence: String, behind heading: String = "") throws -> [String] {
        let lines = readme.components(separatedBy: "\n")
        let start = heading.isEmpty ? 0 : try #require(lines.firstIndex(of: heading))
        let first = try #require(lines[start...].firstIndex(of: fence)) + 1
        let end = try #require(lines[first...].firstIndex(of: "```"))
        return Array(lines[first..<end])
    }

    /// A folder with small files, removed with the test.
    private struct Folder: ~Copyable {
        let path = FileManager.default.temporaryDirectory.path + "/readme-\(UUID().uuidString)"

        init(_ files: [String: String]) throws {
            let manager = FileManager.default
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, text) in files {
                let folder = (path + "/" + name as NSString).deletingLastPathComponent
                try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test func theSession() throws {
        let lines = try block("```")
        let folder = try Folder([:])
        let path = folder.path + "/social.nen"
        let shell = try TerminalSession([path], columns: 200)
        for line in lines where line.hasPrefix("nql> ") && line != "nql> .exit" {
            _ = shell.run(String(line.dropFirst(5)))
        }
        let shown = shell.screen.lines.map { $0.replacing(path, with: "social.nen") }
        #expect(shown.dropLast() == lines.dropFirst().dropLast())
        #expect(lines.first == "$ nql social.nen" && lines.last == "nql> .exit")
    }

    @Test func theTour() throws {
        let tour = try block("```nql", behind: "## A tour").joined(separator: "\n")
        let folder = try Folder(["cities.csv": "name,people\nMalmö,365644\nLund,94703\n"])
        let run = try CommandRun(
            ["tour.nen", "-", "--format", "csv"], input: tour, in: folder.path)
        #expect(run.status == 0 && run.errors == "", "\(run.errors)")
        #expect(run.output.contains("p.name,year\nAda,1815\n"))
        #expect(run.output.contains("length(w)\n1\n"))
        #expect(try CommandRun(["check", folder.path + "/backups"]).status == 0)
    }

    /// The commands of "The command" that stand there with names of files.
    @Test func theCommands() throws {
        let folder = try Folder([
            "persons.csv": "id:ID,name\n1,Ada\n2,Kurt\n",
            "knows.csv": ":START_ID,:END_ID\n1,2\n",
            "cities.csv": "name\nLund\n",
            "report.nql": "MATCH (n) WITH count(*) AS n WHERE n < $min RETURN n;\n",
            "reports/one.nql": "RETURN 1;\n",
        ])
        let lines = readme.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: "## The command"))
        let end = try #require(lines[start...].firstIndex(of: "## The library"))
        let commands = lines[start..<end].filter { $0.hasPrefix("    nql ") }
            .map { $0.dropFirst(4).components(separatedBy: "   ")[0] }
            .filter { !$0.contains("[") }
        #expect(commands.count > 9)
        let prepare = "nql import --nodes Person=persons.csv --relationships KNOWS=knows.csv "
        let nql = (NQLProcess.executable as NSString).deletingLastPathComponent
        let script = """
            set -e; export PATH="\(nql):$PATH"; rm -rf *.nen* backups *.report
            \(prepare) people.nen >/dev/null; cp people.nen damaged.nen
            nql dump people.nen people.nql 2>/dev/null; nql backup people.nen backups >/dev/null

            """
        for command in commands {
            // An import makes the file that it names.
            let before = command.hasPrefix("nql import") ? "rm people.nen\n" : ""
            let text = command.replacing(" -i", with: "").replacing(" …", with: "")
            let run = try shell(script + before + text, in: folder.path)
            #expect(run.status == 0, "\(command): \(run.output)")
        }
    }

    private func shell(
        _ text: String, in folder: String
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.arguments = ["-c", text]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test func theSwiftBlocksAreWhatIsCompiled() async throws {
        let source = try String(
            contentsOfFile: Self.root + "/Tests/NenDBTests/Readme/ReadmeSnippet.swift",
            encoding: .utf8
        ).components(separatedBy: "\n")
        let behind = "Code that must not block awaits the same calls:"
        let blocks = [try block("```swift"), try block("```swift", behind: behind)]
        for (number, block) in blocks.enumerated() {
            let compiled = source.drop { !$0.hasSuffix("// README \(number + 1)") }.dropFirst()
                .prefix { !$0.hasSuffix("// end of README") }
                .map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : $0 }
            let text = block.filter { !$0.hasPrefix("import ") }.drop { $0.isEmpty }
            #expect(compiled == Array(text))
        }
        let folder = try Folder([:])
        let printed = try await ReadmeSnippet(at: folder.path + "/social.nen").run()
        #expect(printed.contains { $0.contains(" --> 1:24") }, "\(printed)")
        #expect(printed.suffix(2) == ["[name: 'Kurt']", "[3]"])
    }
}
