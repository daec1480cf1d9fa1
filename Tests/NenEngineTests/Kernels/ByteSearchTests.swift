// Goal: the search finds what a naive one finds, and takes linear time on the worst input. Method:
// random texts over small alphabets, where much repeats itself; periodic needles in long texts.

import NenCore
import Testing

@testable import NenEngine

@Suite struct ByteSearchTests {
    /// The first occurrence, tried place by place.
    private func naive(_ needle: [UInt8], _ text: [UInt8], from: Int) -> Int? {
        guard !needle.isEmpty, text.count >= needle.count, from <= text.count - needle.count else {
            return nil
        }
        for place in from ... text.count - needle.count
        where text[place ..< place + needle.count].elementsEqual(needle) {
            return place
        }
        return nil
    }

    private func first(_ needle: [UInt8], _ text: [UInt8], from: Int) -> Int? {
        needle.withUnsafeBytes { needle in
            text.withUnsafeBytes { ByteSearch.first(needle, in: $0, from: from) }
        }
    }

    /// The two-way algorithm without the usual search before it.
    private func byFactors(_ needle: [UInt8], _ text: [UInt8], from: Int) -> Int? {
        guard !needle.isEmpty else { return nil }
        return needle.withUnsafeBytes { needle in
            let factors = TwoWayFactors(needle)
            return text.withUnsafeBytes { factors.first(needle, in: $0, from: from) }
        }
    }

    private func bytes(
        _ counts: ClosedRange<Int>, _ last: UInt8, _ random: inout SeededGenerator
    ) -> [UInt8] {
        (0 ..< Int.random(in: counts, using: &random)).map { _ in
            UInt8.random(in: 97 ... last, using: &random)
        }
    }

    @Test func findsWhatANaiveSearchFinds() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0 ..< 4_000 {
            let letters = UInt8.random(in: 97 ... 99, using: &random)
            let text = bytes(0 ... 60, letters, &random)
            var needle = bytes(1 ... 12, letters, &random)
            if Bool.random(using: &random), let start = text.indices.randomElement(using: &random) {
                let end = Int.random(in: start ..< text.count, using: &random)
                needle = Array(text[start ... end])
            }
            let times = Int.random(in: 1 ... 4, using: &random)
            if times > 2 { needle = Array(repeatElement(needle, count: times).joined()) }
            let from = Int.random(in: 0 ... text.count + 1, using: &random)
            let expected = naive(needle, text, from: from)
            let comment = "seed \(seed): \(needle) in \(text) from \(from)"
            #expect(first(needle, text, from: from) == expected, "\(comment)")
            #expect(byFactors(needle, text, from: from) == expected, "\(comment)")
        }
    }

    @Test func aSearchMayGoOn() {
        let text = [UInt8](repeating: 97, count: 50_000) + [98]
        let needle = [UInt8](repeating: 97, count: 1_000) + [98]
        needle.withUnsafeBytes { needle in
            text.withUnsafeBytes { text in
                var search = ByteSearch(needle)
                #expect(search.first(in: text) == 49_000)
                #expect(search.first(in: text, from: 49_001) == nil)
                #expect(search.first(in: text, from: 60_000) == nil)
                #expect(search.first(in: text, from: -1) == nil)
            }
        }
        #expect(first([], [1, 2], from: 0) == nil)
        #expect(first([1], [], from: 0) == nil)
    }

    /// Length times length would be 10^12 comparisons here.
    @Test func theWorstInputTakesLinearTime() {
        let half = 1_000_000
        let text = [UInt8](repeating: 97, count: 2 * half)
        let late = [UInt8](repeating: 97, count: half) + [98]
        let early = [98] + [UInt8](repeating: 97, count: half)
        let middle = [UInt8](repeating: 97, count: half / 2) + [98]
            + [UInt8](repeating: 97, count: half / 2)
        for needle in [late, early, middle] {
            #expect(first(needle, text, from: 0) == nil)
            #expect(first(needle, text + needle, from: 0) != nil)
        }
    }
}
