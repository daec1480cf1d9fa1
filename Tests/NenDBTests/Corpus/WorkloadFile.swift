// WorkloadFile: a file of QueryCorpus/workloads: a graph made by statements, and cases of what
// applications ask of it, with what an expert expects of the plan. The README beside the files says
// what the sections mean. `Benchmarks/workload_files.py` reads the same files.

import Foundation
import Testing

/// One statement with its sections.
struct WorkloadCase {
    var title: String
    /// Lines of each section by its name.
    var sections: [String: [String]] = [:]

    func text(_ section: String) -> String? {
        sections[section].map { $0.joined(separator: "\n") }
    }

    /// What is known not to hold today: the kind of fault and why.
    func knownFaults() throws -> [WorkloadFault.Kind: String] {
        var known: [WorkloadFault.Kind: String] = [:]
        for line in sections["fails today"] ?? [] {
            let parts = line.split(separator: ":", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2, let kind = WorkloadFault.Kind(rawValue: parts[0]),
                !parts[1].isEmpty
            else { throw CorpusProblem("\(title): `kind: reason` expected, not `\(line)`") }
            known[kind] = parts[1]
        }
        return known
    }

    /// What the plan must have and what it must not have.
    func planConditions() throws -> [PlanCondition] {
        try (sections["plan"] ?? []).map(PlanCondition.init)
    }
}

/// A line of `plan`: `has IndexSeek person_id`, `no NodeScan (p:Person)`.
struct PlanCondition {
    let line: String
    private let isWanted: Bool
    private let title: String
    private let details: String

    init(_ line: String) throws {
        self.line = line
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2, words[0] == "has" || words[0] == "no" else {
            throw CorpusProblem("`has OPERATOR [details]` or `no …` expected, not `\(line)`")
        }
        isWanted = words[0] == "has"
        title = words[1]
        details = words.count > 2 ? words[2] : ""
    }

    func holds(_ plan: [PlanLine]) -> Bool {
        let isFound = plan.contains {
            (title == "*" || title == $0.title)
                && (details.isEmpty || $0.details.contains(details))
        }
        return isFound == isWanted
    }
}

/// A file with its graph and cases.
struct WorkloadFile: CustomTestStringConvertible, Sendable {
    let path: String
    var testDescription: String { path.split(separator: "/").last.map(String.init) ?? path }

    private static let fileSections: Set<String> = ["small", "full", "import", "graph"]
    private static let caseSections: Set<String> = [
        "parameters", "setup", "query", "then", "plan", "touches at most", "answer", "in order",
        "only with rules", "fails today", "fails at full size",
    ]

    static let all: [WorkloadFile] = {
        let folder = CorpusFile.folder + "/workloads"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".workload") }.sorted().map {
            WorkloadFile(path: folder + "/" + $0)
        }
    }()

    /// Sections before the first case, and the cases.
    func parse() throws -> (head: [String: [String]], cases: [WorkloadCase]) {
        var head: [String: [String]] = [:]
        var cases: [WorkloadCase] = []
        var section: String?
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("== ") {
                cases.append(WorkloadCase(title: String(line.dropFirst(3))))
                section = nil
            } else if line.hasPrefix("-- ") {
                let name = String(line.dropFirst(3))
                let known = cases.isEmpty ? Self.fileSections : Self.caseSections
                guard known.contains(name) else {
                    throw CorpusProblem("\(path):\(index + 1): unknown section `\(line)`")
                }
                section = name
                if cases.isEmpty {
                    head[name] = []
                } else {
                    cases[cases.count - 1].sections[name] = []
                }
            } else if !line.hasPrefix("#"), !line.allSatisfy(\.isWhitespace) {
                guard let section else {
                    throw CorpusProblem("\(path):\(index + 1): a section is missing")
                }
                if cases.isEmpty {
                    head[section]?.append(line)
                } else {
                    cases[cases.count - 1].sections[section]?.append(line)
                }
            }
        }
        return (head, cases)
    }
}
