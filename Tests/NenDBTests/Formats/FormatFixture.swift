// FormatFixture: a database as an earlier version left it, kept without its runs of zeros in
// Tests/Fixtures (whose README says how and how to add one).

import FileDamage
import Foundation
import Testing

/// One database of one format version.
struct FormatFixture: CustomTestStringConvertible, Sendable {
    /// Path of its files without ending, such as `…/format-1/killed`.
    let path: String
    var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

    static let folder: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/") + "/Fixtures"
    }()

    /// All fixtures, sorted by name.
    static let all: [FormatFixture] = {
        var found: [String] = []
        let paths = FileManager.default.enumerator(atPath: folder)
        while let path = paths?.nextObject() as? String {
            if path.hasSuffix(".txt") { found.append(folder + "/" + path.dropLast(4)) }
        }
        return found.sorted().map { FormatFixture(path: $0) }
    }()

    /// What the version that wrote the fixture printed for `dump.nql`.
    func expectedDump() throws -> String {
        try String(contentsOfFile: path + ".txt", encoding: .utf8)
    }

    /// Writes the files of the database to `target`, `target-log`.
    func expand(to target: String) throws {
        for ending in ["", "-log"] {
            guard let stored = FileManager.default.contents(atPath: path + ending + ".runs") else {
                continue
            }
            try Data(ZeroRuns.expand(Array(stored))).write(
                to: URL(fileURLWithPath: target + ending))
        }
    }
}
