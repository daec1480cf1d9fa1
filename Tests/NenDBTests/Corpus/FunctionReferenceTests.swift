// Goal: the reference page of functions says what the registry says, and its examples are true.
// Method: the page is written from the registry and compared with the file; NQLTEST_UPDATE=1 writes
// the file instead. Every example runs on a fresh database.

import Foundation
import NenCore
import Testing

@testable import NenDB

/// The text of QueryCorpus/functions/README.md.
struct FunctionReference {
    let functions: [FunctionSignature]
    let procedures: [ProcedureSignature]

    static let path = CorpusFile.folder + "/functions/README.md"

    private static let head = """
        # Functions of NQL

        Every function that comes with NenDB, with its signatures and examples, by category. The
        page is written from the function registry (`NQLTEST_UPDATE=1 swift test --filter
        FunctionReference`), and its examples run as tests. `SHOW FUNCTIONS` lists the same, and
        what a program has registered beside it. Names ignore case. Unless a description says
        otherwise, a call with a null argument is null.

        A parameter of type Float takes integers too; square brackets mark what may be left out.

        """

    func text() -> String {
        var text = FunctionReference.head
        for category in FunctionCategory.allCases {
            let members = functions.filter { $0.category == category }
            if members.isEmpty { continue }
            text += "\n- **\(category.rawValue)**: "
            text += members.map { "[`\($0.name)`](#\(anchor($0.name)))" }.joined(separator: ",\n  ")
        }
        text += "\n"
        for category in FunctionCategory.allCases {
            let members = functions.filter { $0.category == category }
            if members.isEmpty { continue }
            text += "\n## \(category.rawValue)\n"
            for member in members { text += section(member) }
        }
        text += "\n## Procedures\n\n"
        for procedure in procedures {
            text += "### `\(procedure.name)`\n\n"
            text += "    \(SignatureText.of(procedure))\n\n\(wrapped(procedure.summary))\n\n"
        }
        return String(text.dropLast())
    }

    private func anchor(_ name: String) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    }

    private func section(_ function: FunctionSignature) -> String {
        var text = "\n### `\(function.name)`\n\n"
        for overload in function.overloads {
            text += "    \(SignatureText.of(function.name, overload))\n"
        }
        text += "\n\(wrapped(function.summary))\n"
        if !function.aliases.isEmpty {
            let names = function.aliases.map { "`\($0)`" }.joined(separator: ", ")
            text += "\nAlso called \(names).\n"
        }
        text += "\n"
        for example in function.examples {
            text += folded(example.query) + "\n    -- \(example.result)\n"
        }
        return text
    }

    /// A query, broken before words where it is too wide.
    private func folded(_ query: String) -> String {
        var lines: [String] = [""]
        for word in query.split(separator: " ", omittingEmptySubsequences: false) {
            let last = lines[lines.count - 1]
            if !last.isEmpty, last.count + word.count > 88 {
                lines.append("  " + word)
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : last + " " + word
            }
        }
        return lines.map { "    " + $0 }.joined(separator: "\n")
    }

    private func wrapped(_ text: String) -> String {
        var lines: [String] = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.count + word.count + 1 > 96 {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : last + " " + word
            }
        }
        return lines.joined(separator: "\n")
    }
}

@Suite struct FunctionReferenceTests {
    @Test func thePageIsCurrent() throws {
        let database = try Database.inMemory()
        let page = FunctionReference(
            functions: database.functions, procedures: database.procedures
        ).text()
        if ProcessInfo.processInfo.environment["NQLTEST_UPDATE"] == "1" {
            try page.write(toFile: FunctionReference.path, atomically: true, encoding: .utf8)
            return
        }
        let written = try String(contentsOfFile: FunctionReference.path, encoding: .utf8)
        let (found, wanted) = (lines(written), lines(page))
        let place = zip(found, wanted).enumerated().first { $1.0 != $1.1 }?.offset
        #expect(
            written == page,
            "line \((place ?? min(found.count, wanted.count)) + 1); run with NQLTEST_UPDATE=1")
    }

    private func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test func examplesGiveTheirResults() throws {
        let functions = try Database.inMemory().functions
        #expect(functions.count > 130)
        for function in functions {
            for example in function.examples {
                do {
                    let found = try value(of: example.query)
                    let wanted = try value(of: "RETURN " + example.result)
                    #expect(
                        found.literalText == wanted.literalText,
                        "\(function.name): \(example.query)")
                } catch {
                    Issue.record("\(function.name): \(example.query): \(error)")
                }
            }
        }
    }

    private func value(of query: String) throws -> Value {
        let rows = try Database.inMemory().query(query).rows()
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row.values.count == 1, "\(query)")
        return row.values[0]
    }
}
