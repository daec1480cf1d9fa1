// Goal: the house style holds everywhere. Method: the project's files are read as text; each test
// collects the places that break one rule and expects none.

import Testing

@Suite struct TidyTests {
    /// `path:line` of every line of `files` for which `breaks` holds.
    private func places(
        _ files: [SourceFile], _ breaks: (SourceFile, Substring) -> Bool
    ) -> [String] {
        var found: [String] = []
        for file in files {
            for (index, line) in file.lines.enumerated() where breaks(file, line) {
                found.append("\(file.path):\(index + 1)")
            }
        }
        return found
    }

    /// The code of a line: without its comment and without what stands in string literals.
    private func code(_ line: Substring) -> String {
        var result = ""
        var isInString = false
        var previous: Character = " "
        for character in line {
            if character == "\"" && previous != "\\" { isInString.toggle() }
            if !isInString {
                if character == "/" && previous == "/" { break }
                result.append(character)
            }
            previous = character
        }
        return result
    }

    @Test func theTreeIsFound() {
        #expect(SourceTree.library.count > 20)
        #expect(SourceTree.swift.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
    }

    @Test func linesHaveAtMost100Columns() {
        let files = SourceTree.all.filter { !$0.isIn("QueryCorpus/") && !$0.isIn("Benchmarks/") }
        let broken = places(files) { file, line in
            // Tables of Markdown cannot be wrapped.
            let isTable = file.path.hasSuffix(".md") && line.hasPrefix("|")
            return line.count > 100 && !line.contains("http") && !isTable
        }
        #expect(broken == [])
    }

    @Test func noTrailingWhiteSpace() {
        #expect(places(SourceTree.all) { $1.last == " " || $1.last == "\t" } == [])
    }

    @Test func filesEndInOneLineFeed() {
        let broken = SourceTree.all.filter {
            !$0.text.isEmpty && (!$0.text.hasSuffix("\n") || $0.text.hasSuffix("\n\n"))
        }
        #expect(broken.map(\.path) == [])
    }

    @Test func indentationIsSpaces() {
        #expect(places(SourceTree.swift) { $1.first == "\t" } == [])
    }

    @Test func fileNamesSayWhatIsInside() {
        let banned = ["Utils", "Helpers", "Helper", "Common", "Misc", "Manager", "New", "Stuff"]
        let broken = SourceTree.swift.filter { file in
            let parts = file.path.split { $0 == "/" || $0 == "." || $0 == "+" }
            return parts.contains { banned.contains(String($0)) }
        }
        #expect(broken.map(\.path) == [])
    }

    @Test func everySwiftFileHasAHeadComment() {
        let broken = SourceTree.swift.filter { !($0.lines.first?.hasPrefix("// ") ?? false) }
        #expect(broken.map(\.path) == [])
    }

    @Test func sourcesDoNotImportFoundation() {
        // But the module that is there for its types.
        let files = SourceTree.library.filter { !$0.isIn("Sources/NenDBFoundation/") }
        let broken = places(files) { _, line in
            line.hasPrefix("import Foundation") || line.hasPrefix("@preconcurrency import Found")
        }
        #expect(broken == [])
    }

    @Test func testsAreSwiftTesting() {
        #expect(places(SourceTree.swift) { $1.hasPrefix("import XC" + "Test") } == [])
    }

    @Test func librariesPrintNothing() {
        let files = SourceTree.library.filter { !$0.isIn("Sources/nql/") }
        let broken = places(files) { _, line in
            let text = code(line)
            return text.contains(" print(") || text.hasPrefix("print(")
                || text.contains("debugPrint(")
        }
        #expect(broken == [])
    }

    @Test func nothingTrapsOnInput() {
        let broken = places(SourceTree.library) { _, line in
            let text = code(line)
            return text.contains("try!") || text.contains("fatalError(") || text.contains("as! ")
        }
        #expect(broken == [])
    }

    @Test func noUnfinishedWork() {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        let broken = places(SourceTree.all) { _, line in marks.contains { line.contains($0) } }
        #expect(broken == [])
    }

    @Test func storageKnowsNoOperator() {
        let operators = [
            "NodeScan", "HashJoin", "ExpandInto", "VariableLength", "WeightAggregate",
            "PhysicalOperator", "PhysicalPlan", "OperatorKind", "NQLPlan", "NQLPlanner",
            "NQLSyntax", "Batch(", "Morsel",
        ]
        let files = SourceTree.library.filter { $0.isIn("Sources/NenEngine/Storage/") }
        #expect(!files.isEmpty)
        let broken = places(files) { _, line in
            let text = code(line)
            return operators.contains { text.contains($0) }
        }
        #expect(broken == [])
    }

    @Test func modulesImportOnlyEarlierStages() {
        let stages = [
            "NenCore", "NQLSyntax", "NQLPlan", "NQLPlanner", "NenEngine", "NenDB",
            "NenDBFoundation", "nql",
        ]
        let broken = places(SourceTree.library) { file, line in
            let parts = file.path.split(separator: "/")
            guard let own = stages.firstIndex(of: String(parts[1])) else { return false }
            guard let range = line.range(of: "import ") else { return false }
            let isImport = line.hasPrefix("import ") || line.hasPrefix("@_exported import ")
            guard isImport, let other = stages.firstIndex(of: String(line[range.upperBound...]))
            else { return false }
            return other >= own
        }
        #expect(broken == [])
    }

    @Test func topLevelIsFixed() throws {
        let allowed: Set<String> = [
            "Package.swift", "Package.resolved", "Sources", "Tests", "Grammar", "QueryCorpus",
            "Benchmarks", "Python", "Examples", "README.md", "Makefile", "LICENSE", ".gitignore",
            ".ci", ".git", "build", ".swiftpm", ".swift-format",
        ]
        let found = try topLevel().filter { !allowed.contains($0) && !$0.hasPrefix(".build") }
        #expect(found == [])
    }
}
