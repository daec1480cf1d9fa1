// Goal: the demonstration's graph, imported from its files, gives the answers that an independent
// program over the same files gave (breadth-first search, set intersection and enumeration of
// trails in Python). Method: import into a file, open it, ask with one thread, reopen, ask with
// two.

import Foundation
import NenDB
import Testing

@Suite struct DebianTests {
    private static let questions: [(String, Int)] = [
        ("MATCH (n) RETURN count(*)", 36_462),
        ("MATCH ()-[r]->() RETURN count(r)", 168_917),
        ("MATCH (p:Package)-[:DEPENDS]->(:Package) RETURN count(*)", 113_705),
        (
            "MATCH (a:Package)-[:DEPENDS]->(b)-[:DEPENDS]->(a) WHERE a.name < b.name "
                + "RETURN count(*)", 26
        ),
        (
            "MATCH (a:Package)-[:DEPENDS]->(b)-[:DEPENDS]->(c), (a)-[:DEPENDS]->(c) "
                + "RETURN count(*)", 220_046
        ),
        (
            "MATCH (:Package {name: 'gnome-shell'})-[:DEPENDS*1..20]->(p) "
                + "RETURN count(DISTINCT p)", 297
        ),
        ("MATCH (:Package {name: 'gnome-shell'})-[:DEPENDS*1..20]->() RETURN count(*)", 55_618),
        ("MATCH (:Package {name: 'git'})-[:DEPENDS*1..20]->(p) RETURN count(DISTINCT p)", 33),
        (
            "MATCH p = shortestPath((:Package {name: 'gnome-shell'})-[:DEPENDS*..12]->"
                + "(:Package {name: 'libpciaccess0'})) RETURN length(p)", 7
        ),
        ("MATCH (v:Virtual) RETURN count(v)", 339),
    ]

    /// Without optimisation one pass takes minutes; `swift test -c release` does both.
    #if DEBUG
        private static let threadCounts = [2]
    #else
        private static let threadCounts = [1, 2]
    #endif

    /// The import's inputs as `import.args` states them.
    private func inputs() throws -> GraphImportOptions {
        let folder = CorpusFile.folder + "/debian/"
        var options = GraphImportOptions()
        options.threadCount = 2
        options.reportPath = FileManager.default.temporaryDirectory.path + "/import.report"
        let text = try String(contentsOfFile: folder + "import.args", encoding: .utf8)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let argument = words[1].replacingOccurrences(of: "QueryCorpus/debian/", with: "")
            let parts = argument.split(separator: "=")
            let input = ImportInput(
                names: parts[0].split(separator: ":").map(String.init),
                paths: [folder + String(parts[1])])
            if words[0] == "--nodes" {
                options.nodes.append(input)
            } else {
                options.relationships.append(input)
            }
        }
        return options
    }

    @Test func answersOfAnotherProgram() throws {
        let file = TemporaryDatabase()
        let report = try Database.importGraph(into: file.path, try inputs())
        #expect(report.nodeCount == 36_462 && report.relationshipCount == 168_917)
        #expect(report.badEntryCount == 0)
        for threads in Self.threadCounts {
            var options = DatabaseOptions()
            options.limits.threadCount = threads
            let db = try Database(at: file.path, options: options)
            for (question, answer) in Self.questions {
                let found = try db.query(question).scalar(as: Int.self)
                #expect(found == answer, "\(question), \(threads) threads")
            }
            #expect(try db.check() == [])
            try db.close()
        }
    }
}
