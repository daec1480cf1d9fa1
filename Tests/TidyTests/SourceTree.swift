// The project's own files, as the tidy tests read them.

import Foundation

/// One file of the project with its lines.
struct SourceFile: Sendable {
    /// Path from the project's root.
    let path: String
    let text: String
    let lines: [Substring]

    var name: String { String(path.split(separator: "/").last ?? "") }

    /// Whether the file is in a folder given from the root, such as `Sources/nql/`.
    func isIn(_ folder: String) -> Bool { path.hasPrefix(folder) }
}

/// Reads the project's text files.
enum SourceTree {
    static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }()

    /// Files below `folders` whose names end in one of `endings`, sorted by path; what stands in
    /// hidden folders is no source.
    static func files(in folders: [String], endingIn endings: [String]) -> [SourceFile] {
        var files: [SourceFile] = []
        for folder in folders {
            let paths = FileManager.default.enumerator(atPath: root + "/" + folder)
            while let path = paths?.nextObject() as? String {
                if path.split(separator: "/").last?.hasPrefix(".") ?? false {
                    paths?.skipDescendants()
                    continue
                }
                guard endings.contains(where: { path.hasSuffix($0) }),
                    let data = FileManager.default.contents(atPath: "\(root)/\(folder)/\(path)")
                else { continue }
                let text = String(decoding: data, as: UTF8.self)
                files.append(
                    SourceFile(
                        path: "\(folder)/\(path)", text: text,
                        lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    static let swift = files(in: ["Sources", "Tests"], endingIn: [".swift"])
    static let library = swift.filter { $0.isIn("Sources/") }
    static let all = files(
        in: ["Sources", "Tests", "Grammar", "QueryCorpus", "Benchmarks", "Python"],
        endingIn: [
            ".swift", ".c", ".h", ".md", ".ebnf", ".nql", ".nqltest", ".py", ".pyi", ".sh", ".js",
        ])
}
