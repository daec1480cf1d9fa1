// CorpusRun: one case of a `.nqltest` file on a fresh database: what it gives, section by section.

import Foundation
import NQLSyntax
import NenDB

/// Where actual and expected differ.
struct CorpusDifference: CustomStringConvertible {
    var section: CorpusSection
    var actual: [String]
    var description: String {
        "line \(section.line), `\(section.name)`:\nexpected\n\(indented(section.lines))\n"
            + "found\n\(indented(actual))"
    }

    private func indented(_ lines: [String]) -> String {
        lines.map { "    " + $0 }.joined(separator: "\n")
    }
}

/// Runs a case.
struct CorpusRun {
    private enum Outcome {
        case rows(columns: [String], [[String]], Counters, remarks: [String])
        case error(NQLError, query: String)
    }

    private let session: Session
    private var parameters: [String: Value] = [:]
    private var outcome: Outcome?
    private var query = ""
    private(set) var differences: [CorpusDifference] = []

    /// Files that a case writes; removed behind it.
    private let temporary: TemporaryFolder

    /// `limits`: how the statements of the case run; nil for how users run them.
    init(graph: String, limits: QueryLimits? = nil) throws {
        temporary = try TemporaryFolder()
        var options = DatabaseOptions()
        options.fileAccess = .directories(
            reading: [CorpusFile.folder, temporary.path], writing: [temporary.path])
        session = try Database.inMemory(options: options).session()
        if let limits { session.limits = limits }
        parameters = [
            "folder": .string(CorpusFile.folder), "temporary": .string(temporary.path),
        ]
        try execute(graph)
    }

    private func execute(_ script: String) throws {
        var splitter = StatementSplitter()
        var pieces = splitter.feed(script)
        if let last = splitter.finish() { pieces.append(last) }
        for piece in pieces { _ = try session.run(piece.text, parameters).rows() }
    }

    mutating func run(_ corpusCase: CorpusCase) throws {
        var isJudged = true
        for section in corpusCase.sections {
            switch section.name {
            case "setup": try execute(section.text)
            case "parameters": try readParameters(section)
            case "query":
                if !isJudged { throw CorpusProblem("line \(section.line): nothing is expected") }
                isJudged = false
                query = section.text
                outcome = nil
            default:
                isJudged = true
                let actual = try actual(section)
                if !matches(section, actual) {
                    differences.append(CorpusDifference(section: section, actual: actual))
                }
            }
        }
        if !isJudged { throw CorpusProblem("`\(corpusCase.title)` ends without expectation") }
    }

    private mutating func readParameters(_ section: CorpusSection) throws {
        for line in section.lines {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw CorpusProblem("line \(section.line): `name = literal` expected")
            }
            let name = String(parts[0].filter { $0 != " " })
            let value = try session.run("RETURN \(parts[1]) AS v").rows()
            parameters[name] = value[0].values[0]
        }
    }

    private func perform() -> Outcome {
        do {
            let result = try session.run(query, parameters)
            let rows = try result.rows().map { $0.values.map(\.literalText) }
            let remarks = result.notifications.flatMap {
                $0.rendered(source: query).split(separator: "\n").map(String.init)
            }
            return .rows(columns: result.columns, rows, result.counters, remarks: remarks)
        } catch let error as NQLError {
            return .error(error, query: query)
        } catch {
            return .error(.runtime(.database, nil, "\(error)"), query: query)
        }
    }

    /// What the query gives, in the form of a section.
    private mutating func actual(_ section: CorpusSection) throws -> [String] {
        if section.name == "plan" {
            let plan = try session.run("EXPLAIN " + query, parameters).rows()
            return plan[0].values[0].displayText.split(
                separator: "\n", omittingEmptySubsequences: false
            ).map(String.init)
        }
        let known = outcome ?? perform()
        outcome = known
        switch known {
        case .error(let error, let query):
            let text = renderDiagnostic(error, source: query, fileName: nil)
                .replacingOccurrences(of: CorpusFile.folder, with: "QueryCorpus")
                .replacingOccurrences(of: temporary.path, with: "TEMPORARY")
            return text.split(separator: "\n").map(String.init)
        case .rows(let columns, let rows, let counters, let remarks):
            if section.name == "notifications" { return remarks }
            if section.name == "changes" { return [changes(counters)] }
            if columns.isEmpty { return [] }
            let lines = [columns.joined(separator: " | ")]
            return lines + rows.map { $0.joined(separator: " | ") }
        }
    }

    private func changes(_ counters: Counters) -> String {
        let parts: [(String, Int)] = [
            ("nodesCreated", counters.nodesCreated), ("nodesDeleted", counters.nodesDeleted),
            ("relationshipsCreated", counters.relationshipsCreated),
            ("relationshipsDeleted", counters.relationshipsDeleted),
            ("labelsAdded", counters.labelsAdded), ("labelsRemoved", counters.labelsRemoved),
            ("propertiesSet", counters.propertiesSet),
        ]
        let present = parts.filter { $0.1 != 0 }.map { "\($0.0) \($0.1)" }
        return present.isEmpty ? "none" : present.joined(separator: ", ")
    }

    private func matches(_ section: CorpusSection, _ actual: [String]) -> Bool {
        if section.name == "rows" {
            return section.lines.first == actual.first
                && section.lines.dropFirst().sorted() == actual.dropFirst().sorted()
        }
        return section.lines == actual
    }
}

/// A folder that goes with the object.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/corpus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
