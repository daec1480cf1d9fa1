// Goal: keys do what they say; entries come back from the history file; arguments are read right.
// Method: byte sequences as terminals send them, into the pure parts of the shell.

import Foundation
import NenDB
import Testing

@testable import nql

@Suite struct LineEditingTests {
    /// The keys that `bytes` stand for.
    private func keys(_ bytes: [UInt8]) -> [Key] {
        var rest = bytes[...]
        var keys: [Key] = []
        while let key = Key.next(from: { rest.popFirst() }) { keys.append(key) }
        return keys
    }

    private func typed(_ text: String) -> String {
        var buffer = LineBuffer()
        for key in keys(Array(text.utf8)) { _ = buffer.apply(key) }
        return buffer.text
    }

    @Test func keysOfTerminals() {
        #expect(keys([0x1B, 0x5B, 0x41, 0x1B, 0x5B, 0x42]) == [.up, .down])
        #expect(keys(Array("\u{1B}[1;5C\u{1B}[3~\u{1B}OH".utf8)) == [.wordRight, .delete, .home])
        #expect(keys(Array("é😀".utf8)) == [.text("é"), .text("😀")])
        #expect(keys([0x03, 0x04, 0x0D]) == [.interrupt, .endOfInput, .enter])
        #expect(keys([0x1B]) == [])
        #expect(keys([0xC3]) == [])
    }

    @Test func editing() {
        #expect(typed("abc\u{7F}d") == "abd")
        #expect(typed("abc\u{01}x") == "xabc")
        #expect(typed("abc\u{1B}[D\u{1B}[D\u{1B}[3~") == "ac")
        #expect(typed("one two\u{17}three") == "one three")
        #expect(typed("abc\u{02}\u{0B}") == "ab")
        #expect(typed("abc\u{02}\u{15}") == "c")
        #expect(typed("\u{7F}\u{1B}[3~\u{1B}[Dx") == "x")
        #expect(typed("e\u{301}x\u{7F}\u{7F}") == "")
    }

    @Test func pastedTextIsOneKey() {
        let bytes = Array("\u{1B}[200~a\tb\r\nc\rd\u{1B}x\u{1B}[201~e".utf8)
        #expect(keys(bytes) == [.paste("a\tb\nc\ndx"), .text("e")])
        #expect(keys(Array("\u{1B}[200~ab\u{3}c".utf8)) == [.interrupt, .text("c")])
        #expect(keys(Array("\u{1B}[200~ab".utf8)) == [])
    }

    @Test func editingOfSeveralLines() {
        var buffer = LineBuffer("one\ntwo three")
        buffer.moveLine(down: false)
        for key in [Key.text("X"), .home, .killToEnd, .delete] { _ = buffer.apply(key) }
        #expect(buffer.text == "two three")
        for key in [Key.undo, .undo] { _ = buffer.apply(key) }
        #expect(buffer.text == "oneX\ntwo three")
        for key in [Key.undo, .undo, .redo] { _ = buffer.apply(key) }
        #expect(buffer.text == "oneX\ntwo three")
        for key in [Key.last, .killWordLeft, .yank, .yank, .transpose] { _ = buffer.apply(key) }
        #expect(buffer.text == "oneX\ntwo threethree")
        for key in [Key.first, .upperCase, .last, .wordLeft, .capitalize] { _ = buffer.apply(key) }
        #expect(buffer.text == "ONEX\ntwo Threethree")
    }

    @Test func randomKeysKeepTheCursorInTheText() {
        let all: [Key] = [
            .text("a"), .text("\u{301}"), .text("你"), .text(" "), .paste("x\n\ty"), .newLine, .tab,
            .backspace, .delete, .left, .right, .home, .end, .first, .last, .wordLeft, .wordRight,
            .killToEnd, .killToStart, .killWord, .killWordLeft, .killWordRight, .yank, .transpose,
            .upperCase, .lowerCase, .capitalize,
        ]
        var wild = LineBuffer()
        for _ in 0 ..< 3_000 {
            _ = wild.apply((all + [.undo, .redo]).randomElement() ?? .tab)
            #expect((0 ... wild.characters.count).contains(wild.cursor))
        }
        for _ in 0 ..< 300 {
            var buffer = LineBuffer()
            for _ in 0 ..< 100 {
                _ = buffer.apply(all.randomElement() ?? .tab)
                if Int.random(in: 0 ..< 5) == 0 { buffer.moveLine(down: Bool.random()) }
                #expect((0 ... buffer.characters.count).contains(buffer.cursor))
            }
            let last = buffer.text
            for _ in 0 ..< 300 { _ = buffer.apply(.undo) }
            #expect(buffer.isEmpty)
            for _ in 0 ..< 300 { _ = buffer.apply(.redo) }
            #expect(buffer.text == last)
        }
    }

    @Test func historyComesBack() {
        let path = FileManager.default.temporaryDirectory.path + "/history-\(UUID().uuidString)"
        defer { unlink(path) }
        var history = History(path: path)
        #expect(history.entries == [])
        for entry in ["RETURN 1;", "MATCH (n)\nRETURN '\\n';", "MATCH (n)\nRETURN '\\n';", ""] {
            history.add(entry)
        }
        #expect(history.entries.count == 2)
        #expect(History(path: path).entries == history.entries)
        #expect(History(path: "/nonexistent/x").entries == [])
    }

    @Test func quantities() {
        #expect(ByteQuantity(argument: "512MiB")?.bytes == 536_870_912)
        #expect(ByteQuantity(argument: "1.5 kb")?.bytes == 1_500)
        #expect(ByteQuantity(argument: "12")?.bytes == 12)
        for text in ["", "x", "-1", "1 parsec", "1e400", "9999999999999999999999"] {
            #expect(ByteQuantity(argument: text) == nil, "\(text)")
        }
        #expect(TimeQuantity(argument: "1.5s")?.milliseconds == 1_500)
        #expect(TimeQuantity(argument: "2min")?.milliseconds == 120_000)
        #expect(TimeQuantity(argument: "soon") == nil)
    }

    @Test func parameters() {
        #expect(NamedParameter(argument: "a=1")?.value == 1)
        #expect(NamedParameter(argument: "$a=1.0")?.value == 1.0)
        #expect(NamedParameter(argument: "a=Ada")?.value == "Ada")
        #expect(NamedParameter(argument: "a=2024-01-01")?.value == "2024-01-01")
        #expect(NamedParameter(argument: "a=\"7\"")?.value == "7")
        #expect(NamedParameter(argument: "a=[1,null]")?.value == [1, nil])
        #expect(NamedParameter(argument: "a=[1e999]")?.value == "[1e999]")
        #expect(NamedParameter(argument: "a=b=c")?.value == "b=c")
        #expect(NamedParameter(argument: "a=")?.value == "")
        #expect(NamedParameter(argument: "=1") == nil)
        #expect(NamedParameter(argument: "a") == nil)
    }
}
