// Goal: a draft takes the place of what was there at once, leaves nothing when it is given up, and
// where it must have a name, removes the drafts of the dead and no others.
// Method: drafts with and without names beside files that look like them.

import Foundation
import NenCore
import Testing

@testable import NenEngine

@Suite struct FileDraftTests {
    private func draft(
        _ name: String, in folder: ScratchFolder, isNamed: Bool
    ) throws -> FileDraft {
        let directory = try #require(DirectoryHandle.open(folder.path))
        return try FileDraft(
            directory, Array(name.utf8), path: folder.path + "/" + name, mode: nil,
            isNamed: isNamed)
    }

    private func names(_ folder: ScratchFolder) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }

    private func text(_ name: String, _ folder: ScratchFolder) -> String? {
        FileManager.default.contents(atPath: folder.path + "/" + name).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(arguments: [true, false])
    func draftsTakeTheirPlaces(isNamed: Bool) throws {
        let folder = try ScratchFolder()
        for content in ["first", "second"] {
            let draft = try draft("x", in: folder, isNamed: isNamed)
            try draft.write(content)
            #expect(text("x", folder) == (content == "first" ? nil : "first"))
            try draft.finish()
            #expect(text("x", folder) == content)
            #expect(try names(folder) == ["x"])
        }
        try draft("x", in: folder, isNamed: isNamed).discard()
        do { _ = try draft("y", in: folder, isNamed: isNamed) }
        #expect(try names(folder) == ["x"])
    }

    @Test func onlyDraftsOfTheDeadAreRemoved() throws {
        let folder = try ScratchFolder()
        let others: Set = [
            ".nen-.partial", ".nen-12x.partial", "nen-12.partial", ".nen-12.partial~", ".nen-12",
        ]
        for name in others.union([".nen-12ab.partial"]) {
            try Data("text".utf8).write(to: URL(fileURLWithPath: folder.path + "/" + name))
        }
        let first = try draft("x", in: folder, isNamed: true)
        let alive = try names(folder).subtracting(others)
        #expect(alive.count == 1 && !alive.contains(".nen-12ab.partial"))
        let second = try draft("y", in: folder, isNamed: true)
        #expect(try names(folder).isSuperset(of: others.union(alive)))
        for draft in [first, second] { try draft.finish() }
        #expect(try names(folder) == others.union(["x", "y"]))
    }
}
