// Goal: public symbols are documented and functions fit a screen. Method: a scan of the lines,
// which the project's formatting makes reliable: a declaration starts a line, its closing brace
// stands in the declaration's own column.

import Foundation
import Testing

/// Names at the project's root.
func topLevel() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: SourceTree.root)
}

@Suite struct DeclarationTests {
    private static let attributes = [
        "public ", "@inlinable ", "@inline(__always) ", "@inline(never) ", "static ", "final ",
        "@discardableResult ", "mutating ", "private ", "fileprivate ", "internal ", "override ",
        "@usableFromInline ", "convenience ", "nonisolated ", "consuming ", "borrowing ",
        "package ", "indirect ", "@Test ", "class ", "required ",
    ]

    /// The declaration's first words behind attributes and modifiers.
    private func bare(_ line: Substring) -> Substring {
        var text = line.drop { $0 == " " }
        var changed = true
        while changed {
            changed = false
            for attribute in Self.attributes where text.hasPrefix(attribute) {
                if attribute == "class ", !text.dropFirst(6).hasPrefix("func") { continue }
                text = text.dropFirst(attribute.count)
                changed = true
            }
        }
        return text
    }

    private func indentation(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }

    @Test func functionsHaveAtMost70Lines() {
        var broken: [String] = []
        for file in SourceTree.swift {
            for (start, line) in file.lines.enumerated() {
                let declaration = bare(line)
                guard declaration.hasPrefix("func ") || declaration.hasPrefix("init(") else {
                    continue
                }
                let column = indentation(line)
                var end = start
                while end < file.lines.count {
                    let candidate = file.lines[end]
                    let closes = indentation(candidate) == column && candidate.hasSuffix("}")
                    if closes { break }
                    if end > start, candidate.isEmpty, file.lines[start...end].allSatisfy({
                        !$0.contains("{")
                    }) { break }
                    end += 1
                }
                if end - start + 1 > 70 {
                    broken.append("\(file.path):\(start + 1) (\(end - start + 1) lines)")
                }
            }
        }
        #expect(broken == [])
    }

    /// Types, functions and properties that are public need a documentation comment, except where
    /// the name says all: members of a public type that are stored values or an initialiser,
    /// and what a protocol documents.
    @Test func publicSymbolsAreDocumented() {
        let kinds = ["struct ", "enum ", "class ", "protocol ", "actor ", "typealias ", "func "]
        var broken: [String] = []
        for file in SourceTree.library {
            for (index, line) in file.lines.enumerated() {
                let text = line.drop { $0 == " " }
                guard text.contains("public "), !text.hasPrefix("//") else { continue }
                let declaration = bare(line)
                guard kinds.contains(where: { declaration.hasPrefix($0) }) else { continue }
                if isDocumented(file, index) || isConformance(file, index, declaration) {
                    continue
                }
                broken.append("\(file.path):\(index + 1)")
            }
        }
        #expect(broken == [])
    }

    private func isDocumented(_ file: SourceFile, _ index: Int) -> Bool {
        var above = index - 1
        while above >= 0 {
            let text = file.lines[above].drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            if !text.hasPrefix("@") { return false }
            above -= 1
        }
        return false
    }

    /// Members that a standard protocol asks for, and types of an AST whose file's head explains
    /// them all.
    private func isConformance(
        _ file: SourceFile, _ index: Int, _ declaration: Substring
    ) -> Bool {
        let required = ["func ==", "func <", "func hash(", "func next(", "func makeIterator("]
        if required.contains(where: { declaration.hasPrefix($0) }) { return true }
        return file.isIn("Sources/NQLSyntax/AST/") || file.isIn("Sources/NQLPlan/")
    }
}
