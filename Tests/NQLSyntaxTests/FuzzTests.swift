// FuzzTests: whatever the bytes, the parser answers with a tree or a typed error whose span lies
// within the text. Method: random bytes, random tokens, and mutations of real statements. What
// parses must also print and parse again. A failure prints the seed.

import Foundation
import GrammarSentences
import NQLSyntax
import NenCore
import Testing

struct FuzzTests {
    private static let seeds: [UInt64] = [11, UInt64.random(in: 0...UInt64.max)]

    /// Parses; what is wrong with the answer, nil if nothing.
    private func complaint(_ text: String) -> String? {
        do throws(NQLError) {
            let statement = try parseStatement(text)
            let printed = statement.printed()
            do throws(NQLError) {
                let again = try parseStatement(printed)
                return again.withoutSpans == statement.withoutSpans
                    ? nil : "changed into \(printed)"
            } catch {
                return "printed as \(printed), which fails: \(error)"
            }
        } catch {
            let byteCount = UInt32(text.utf8.count)
            if error.span.start > error.span.end || error.span.end > byteCount {
                return "a span of \(error.span.start)..<\(error.span.end) in \(byteCount) bytes"
            }
            if error.phase != .compile || error.code != .syntax || error.detail == nil {
                return "an error without its kind: \(error)"
            }
            let shown = renderDiagnostic(error, source: text, fileName: nil)
            return shown.contains("SyntaxError") ? nil : "shown as \(shown)"
        }
    }

    private func check(_ text: String, _ seed: UInt64) -> Bool {
        guard let complaint = complaint(text) else { return true }
        Issue.record("seed \(seed): \(complaint)\n\(text)")
        return false
    }

    @Test(arguments: seeds)
    func randomBytes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<120, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if !check(String(decoding: bytes, as: UTF8.self), seed) { return }
        }
    }

    @Test(arguments: seeds)
    func randomTokens(seed: UInt64) {
        let tokens =
            QuerySamples.all.flatMap { $0.split(separator: " ").map(String.init) }
            + ["(", ")", "[", "]", "{", "}", "|", "-", "->", "<-", ":", ",", ".", "..", "*", "'"]
        var random = SplitMix64(seed: seed)
        for _ in 0..<5_000 {
            let count = Int.random(in: 1..<40, using: &random)
            let words = (0..<count).map { _ in tokens.randomElement(using: &random) ?? "" }
            let separator = Bool.random(using: &random) ? " " : ""
            if !check(words.joined(separator: separator), seed) { return }
        }
    }

    @Test(arguments: seeds)
    func mutatedStatements(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<6_000 {
            var bytes = Array((QuerySamples.all.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
            if !check(String(decoding: bytes, as: UTF8.self), seed) { return }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 1: if place < bytes.count { bytes.remove(at: place) }
        case 2: if place < bytes.count { bytes[place] = UInt8.random(in: 32...126, using: &random) }
        case 3: bytes.removeSubrange(place...)
        case 4:
            let other = Array((QuerySamples.all.randomElement(using: &random) ?? "").utf8)
            let from = Int.random(in: 0...other.count, using: &random)
            bytes.insert(contentsOf: other[from...].prefix(20), at: place)
        default:
            let end = Int.random(in: place...bytes.count, using: &random)
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        }
    }

    @Test(arguments: seeds)
    func chunksDoNotMatterToTheSplitter(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes += Array((QuerySamples.all.randomElement(using: &random) ?? "").utf8)
                bytes.append(UInt8(ascii: ";"))
                mutate(&bytes, &random)
            }
            var whole = StatementSplitter()
            var pieces = bytes.withUnsafeBufferPointer { whole.feed(bytes: $0) }
            if let last = whole.finish() { pieces.append(last) }
            var cut = StatementSplitter()
            var parts: [StatementSplitter.Piece] = []
            var index = 0
            while index < bytes.count {
                let end = min(bytes.count, index + Int.random(in: 1...9, using: &random))
                parts += Array(bytes[index..<end]).withUnsafeBufferPointer { cut.feed(bytes: $0) }
                index = end
            }
            if let last = cut.finish() { parts.append(last) }
            #expect(parts == pieces, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    /// Twice the text may take a little more than twice the time, not its square: the work is
    /// counted by the parser's own limit on nothing but length, so a long text must finish.
    @Test func longTextsAreParsed() throws {
        let elements = (0..<50_000).map(String.init).joined(separator: ", ")
        let list = try parseStatement("RETURN [\(elements)] AS x")
        #expect(list.printed().utf8.count > elements.utf8.count)
        let ors = (0..<20_000).map { "n.x = \($0)" }.joined(separator: " OR ")
        let filter = try parseStatement("MATCH (n) WHERE \(ors) RETURN n")
        #expect(try parseStatement(filter.printed()).withoutSpans == filter.withoutSpans)
        let opened = String(repeating: "([{(a)-[", count: 20_000)
        #expect(throws: NQLError.self) { try parseStatement("RETURN " + opened) }
        let clauses = String(repeating: "MATCH (a)-->(b) WITH a ", count: 10_000)
        let query = try parseStatement(clauses + "RETURN a")
        guard case .query(let body) = query.kind else { return }
        #expect(body.parts[0].clauses.count == 20_001)
    }
}
