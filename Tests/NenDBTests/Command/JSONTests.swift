// Goal: the command's JSON is RFC 8259, whatever comes in. Method: cases by hand; random values
// written and read back; random and mutated bytes, which must give a value or a JSONError.

import NenCore
import Testing

@testable import nql

/// A small generator with a printed seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct JSONTests {
    @Test func valuesOfEveryKind() throws {
        #expect(try JSONReader.read(" null ") == .null)
        #expect(try JSONReader.read("[true,false]") == .array([.boolean(true), .boolean(false)]))
        #expect(try JSONReader.read("-0.5e+3") == .number("-0.5e+3"))
        #expect(try JSONReader.read("{}") == .object([]))
        let object = try JSONReader.read("{\"a\" : [1, {\"b\":\"c\"}]}")
        let inner = JSONValue.object([JSONMember(name: "b", value: .string("c"))])
        #expect(object["a"] == .array([.number("1"), inner]))
    }

    @Test func escapesAndSurrogates() throws {
        #expect(try JSONReader.read(#""\"\\\/\b\f\n\r\t""#) == .string("\"\\/\u{8}\u{C}\n\r\t"))
        #expect(try JSONReader.read(#""\u00e9\uD83D\uDE00""#) == .string("é😀"))
        for text in [#""\uD83D""#, #""\uD83Dx""#, #""\uDE00""#, #""\uD83D\u0041""#, #""\u12G4""#] {
            #expect(throws: JSONError.self) { try JSONReader.read(text) }
        }
    }

    @Test func whatIsNoJSON() {
        let texts = [
            "", " ", "nul", "01", "-", "1.", "1e", ".5", "+1", "[1,]", "[1 2]", "{\"a\"}",
            "{\"a\":1,}", "{a:1}", "\"\n\"", "\"abc", "'a'", "1 2", "[", "{", "\"\\x\"", "NaN",
        ]
        for text in texts {
            #expect(throws: JSONError.self, "\(text)") { try JSONReader.read(text) }
        }
        #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    @Test func nestingIsBounded() throws {
        let allowed = JSONReader.depthMax
        let deep = String(repeating: "[", count: allowed) + String(repeating: "]", count: allowed)
        _ = try JSONReader.read(deep)
        #expect(throws: JSONError.self) { try JSONReader.read("[" + deep + "]") }
        #expect(throws: JSONError.self) {
            try JSONReader.read(String(repeating: "[", count: 1_000_000))
        }
    }

    private func write(_ value: JSONValue, _ writer: inout JSONWriter) {
        switch value {
        case .null: writer.raw("null")
        case .boolean(let flag): writer.raw(flag ? "true" : "false")
        case .number(let text): writer.raw(text)
        case .string(let text): writer.string(text)
        case .array(let elements): writer.array(elements) { write($1, &$0) }
        case .object(let members):
            writer.object(members.map { (key: $0.name, value: $0.value) }) { write($1, &$0) }
        }
    }

    private func random(_ depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 4 : 6), using: &generator) {
        case 0: return .null
        case 1: return .boolean(Bool.random(using: &generator))
        case 2: return .number(String(Int64.random(in: .min ... .max, using: &generator)))
        case 3: return .string(text(&generator))
        case 4:
            let count = Int.random(in: 0..<5, using: &generator)
            return .array((0..<count).map { _ in random(depth + 1, &generator) })
        default:
            let count = Int.random(in: 0..<5, using: &generator)
            return .object(
                (0..<count).map { _ in
                    JSONMember(name: text(&generator), value: random(depth + 1, &generator))
                })
        }
    }

    private func text(_ generator: inout SeededGenerator) -> String {
        let ranges: [ClosedRange<UInt32>] = [0...0x7F, 0x80...0xD7FF, 0xE000...0x10FFFF]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<8, using: &generator) {
            let range = ranges[Int.random(in: 0..<3, using: &generator)]
            let code = UInt32.random(in: range, using: &generator)
            text.append(UnicodeScalar(code) ?? "?")
        }
        return String(text)
    }

    @Test func randomValuesComeBack() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let value = random(0, &generator)
            var writer = JSONWriter()
            write(value, &writer)
            let back = try JSONReader.read(writer.bytes)
            #expect(back == value, "seed \(seed)")
        }
    }

    @Test func randomBytesNeverTrap() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let pieces = Array("{}[]\",:\\u0123456789abcdefnulltrue .-+eE\u{7F}é".utf8)
        var valid = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<count).map { _ in
                Int.random(in: 0..<8, using: &generator) == 0
                    ? UInt8.random(in: 0...255, using: &generator)
                    : pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }
            do { if try JSONReader.read(bytes) == .null { valid += 1 } } catch {
                #expect(error is JSONError, "seed \(seed)")
            }
        }
        #expect(valid < 5_000)
    }
}
