// CorpusFile: a `.nqltest` file: cases of setup, statements and what they shall give, written to be
// read as documentation.
//
//     # Comment of the file.
//     -- graph
//     CREATE (:Person {name: 'Ada'});
//
//     == the title of a case
//     -- parameters
//     min = 30
//     -- query
//     MATCH (p:Person) WHERE p.age > $min RETURN p.name AS name
//     -- rows
//     name
//     'Ada'
//
// `-- graph` stands before the first case and is run at the start of each one. A case runs on a
// fresh database. Sections: `setup` (statements that must succeed), `parameters` (for the queries
// behind it), `query` (one statement), and behind a query what is expected of it: `rows` (any
// order), `rows in order`, `nothing` (no columns), `changes` (counters), `error` (the message as
// printed), `plan` (what EXPLAIN prints), `notifications` (remarks as printed). Lines that start
// with `#` between cases are comments.

import Foundation
import Testing

/// One section: its name, its lines, and where it stands.
struct CorpusSection {
    var name: String
    var lines: [String]
    /// Line of the section's heading in the file, from 1.
    var line: Int

    var text: String { lines.joined(separator: "\n") }
}

/// One case.
struct CorpusCase {
    var title: String
    var sections: [CorpusSection]
}

/// A file of cases.
struct CorpusFile: CustomTestStringConvertible, Sendable {
    let path: String
    var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

    static let folder: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/") + "/QueryCorpus"
    }()

    static let all: [CorpusFile] = {
        var files: [CorpusFile] = []
        let paths = FileManager.default.enumerator(atPath: folder)
        while let path = paths?.nextObject() as? String {
            if path.hasSuffix(".nqltest") { files.append(CorpusFile(path: folder + "/" + path)) }
        }
        return files.sorted { $0.path < $1.path }
    }()

    static let sectionNames: Set<String> = [
        "graph", "setup", "parameters", "query", "rows", "rows in order", "nothing", "changes",
        "error", "plan", "notifications",
    ]

    func lines() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
    }

    /// The file's graph and its cases.
    func parse() throws -> (graph: String, cases: [CorpusCase]) {
        var graph = ""
        var cases: [CorpusCase] = []
        var sections: [CorpusSection] = []
        var title: String?
        func finish() {
            let trimmed = sections.map { section in
                var section = section
                while section.lines.last?.allSatisfy(\.isWhitespace) == true {
                    section.lines.removeLast()
                }
                return section
            }
            if let title {
                cases.append(CorpusCase(title: title, sections: trimmed))
            } else {
                graph = trimmed.filter { $0.name == "graph" }.map(\.text).joined(separator: "\n")
            }
            sections = []
        }
        for (index, line) in try lines().enumerated() {
            if line.hasPrefix("== ") {
                finish()
                title = String(line.dropFirst(3))
            } else if line.hasPrefix("-- "), CorpusFile.sectionNames.contains(name(line)) {
                sections.append(CorpusSection(name: name(line), lines: [], line: index + 1))
            } else if line.hasPrefix("-- ") {
                throw CorpusProblem("\(path):\(index + 1): unknown section `\(line)`")
            } else if !sections.isEmpty, !(line.hasPrefix("# ") || line == "#") {
                sections[sections.count - 1].lines.append(line)
            }
        }
        finish()
        return (graph, cases)
    }

    private func name(_ heading: String) -> String { String(heading.dropFirst(3)) }

    /// Replaces the bodies of sections, given by the line of their heading.
    func rewrite(_ bodies: [Int: [String]]) throws {
        var result: [String] = []
        var isSkipping = false
        for (index, line) in try lines().enumerated() {
            let startsSomething =
                line.hasPrefix("== ") || line.hasPrefix("-- ") || line.hasPrefix("# ")
            if isSkipping && !startsSomething && !line.isEmpty { continue }
            isSkipping = false
            result.append(line)
            if let body = bodies[index + 1] {
                result.append(contentsOf: body)
                isSkipping = true
            }
        }
        try result.joined(separator: "\n").write(
            toFile: path, atomically: true, encoding: .utf8)
    }
}

/// A file that cannot be understood.
struct CorpusProblem: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
