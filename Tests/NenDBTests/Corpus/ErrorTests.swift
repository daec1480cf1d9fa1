// Goal: every error that the corpus expects shows where it is, and the reference page names every
// kind of error. Method: the place and the carets of each expectation are computed anew from the
// query's text; the page QueryCorpus/errors/README.md is made anew, and the details that occur in
// the sources of parser and planner are looked up in it. NQLTEST_UPDATE=1 writes the page.

import Foundation
import NenCore
import Testing

@Suite struct ErrorTests {
    /// Errors about the data or the database rather than about a text.
    private static let codesWithoutPlace: Set<String> = [
        "ConstraintValidationFailed", "ConstraintVerificationFailed", "DatabaseError", "IOError",
        "CorruptionError", "DatabaseBusy", "CapacityExceeded", "MemoryLimitExceeded",
        "Interrupted",
    ]

    /// What is wrong with an expected error's place; nil if nothing.
    private func complaint(_ lines: [String], _ query: String) -> String? {
        let code = lines.first.map { $0.prefix { $0.isLetter } }.map(String.init) ?? ""
        guard let arrow = lines.firstIndex(where: { $0.contains("--> ") }) else {
            return Self.codesWithoutPlace.contains(code) ? nil : "no place"
        }
        let place = lines[arrow].components(separatedBy: "--> ")[1].split(separator: ":")
        guard place.count == 2, let line = Int(place[0]), let column = Int(place[1]) else {
            return "no line and column in \(lines[arrow])"
        }
        let texts = query.components(separatedBy: "\n")
        guard line >= 1, line <= texts.count else { return "there is no line \(line)" }
        let text = texts[line - 1]
        guard arrow + 3 < lines.count else { return "no carets" }
        let margin = "\(line) | "
        let isCut = lines[arrow + 2].contains("…")
        if !isCut && lines[arrow + 2] != margin + text { return "another line is shown" }
        let shown = Array(lines[arrow + 3].unicodeScalars.dropFirst(margin.count))
        guard let first = shown.firstIndex(of: "^") else { return "no carets" }
        if !isCut && first != column - 1 { return "the caret is not in column \(column)" }
        let last = shown.lastIndex(of: "^") ?? first
        let count = text.unicodeScalars.count
        // The end of the text is a place too.
        let isInside = last < max(count, column) && column <= count + 1
        return isInside || isCut ? nil : "the carets leave the text"
    }

    @Test(arguments: CorpusFile.all)
    func errorsShowTheirPlace(_ file: CorpusFile) throws {
        for corpusCase in try file.parse().cases {
            var query = ""
            for section in corpusCase.sections {
                if section.name == "query" { query = section.text }
                guard section.name == "error" else { continue }
                if let complaint = complaint(section.lines, query) {
                    Issue.record("\(file.testDescription), \(corpusCase.title): \(complaint)")
                }
            }
        }
    }

    @Test func thereAreCasesOfErrors() throws {
        var count = 0
        for file in CorpusFile.all where file.path.contains("/errors/") {
            for corpusCase in try file.parse().cases {
                count += corpusCase.sections.count { $0.name == "error" }
            }
        }
        #expect(count >= 200)
    }

    // MARK: The reference page

    private static func page() -> String {
        var text = """
            # Errors

            What a statement can be refused for: code and detail as they are printed, GQLSTATUS of
            ISO/IEC 39075, cause and remedy. A row without detail is about all other details of its
            code. The files in this folder show the errors as they are printed. This page is made
            from `Sources/NenCore/Errors` (`NQLTEST_UPDATE=1 swift test --filter ErrorTests`).

            | code | detail | GQLSTATUS | cause | what helps |
            |---|---|---|---|---|

            """
        for kind in ErrorKind.all {
            text += "| \(kind.code.rawValue) | \(kind.detail ?? "") | \(kind.gqlStatus) "
            text += "| \(kind.cause) | \(kind.remedy.replacing("|", with: "\\|")) |\n"
        }
        return text
    }

    @Test func theReferencePageIsUpToDate() throws {
        let path = CorpusFile.folder + "/errors/README.md"
        if ProcessInfo.processInfo.environment["NQLTEST_UPDATE"] == "1" {
            try Self.page().write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == Self.page())
    }

    @Test func kindsAreKnownOnceAndHaveAStatus() {
        var seen: Set<String> = []
        for kind in ErrorKind.all {
            #expect(seen.insert("\(kind.code) \(kind.detail ?? "")").inserted)
            #expect(kind.gqlStatus.utf8.count == 5)
            let error = NQLError(kind.code, kind.detail, phase: .compile, "")
            #expect(error.gqlStatus == kind.gqlStatus && error.kind == kind)
        }
        let other = NQLError(.type, "SomethingElse", phase: .runtime, "")
        #expect(other.gqlStatus == "22G03")
    }

    /// Every detail that the parser and the planner raise is on the page.
    @Test func detailsOfParserAndPlannerAreKnown() throws {
        let known = Set(ErrorKind.all.compactMap(\.detail))
        let sources = URL(fileURLWithPath: CorpusFile.folder).deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let raising = /(?:\.syntax|failure|fail|NQLError|\.runtime)\(\s*(?:\.\w+,\s*)?"([A-Z]\w+)"/
        for module in ["NQLSyntax", "NQLPlanner"] {
            let folder = sources.appendingPathComponent(module)
            let paths = FileManager.default.enumerator(atPath: folder.path)
            while let path = paths?.nextObject() as? String {
                guard path.hasSuffix(".swift") else { continue }
                let file = folder.appendingPathComponent(path)
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: raising) {
                    #expect(known.contains(String(match.1)), "\(match.1) in \(path)")
                }
            }
        }
    }
}
