// Goal: long runs of combining marks come out in the same normal forms as from the standard
// library, and end at the deadline. Method: random texts with long runs of marks of few and of many
// classes, composable and not, compared with the library's forms, which know no deadline.

@_spi(_Unicode) import Swift
import NenCore
import Testing

@testable import NenEngine

@Suite struct MarkRunTests {
    /// Marks that compose, of the same class and others, and that have decompositions of their own.
    private static let marks: [Unicode.Scalar] = [
        "\u{300}", "\u{301}", "\u{302}", "\u{304}", "\u{307}", "\u{308}", "\u{323}", "\u{327}",
        "\u{328}", "\u{338}", "\u{342}", "\u{313}", "\u{345}", "\u{344}", "\u{340}", "\u{343}",
        "\u{F71}", "\u{F72}", "\u{F74}", "\u{F80}", "\u{3099}", "\u{1DFA}", "\u{94D}", "\u{5B0}",
    ]
    private static let starters: [Unicode.Scalar] = [
        "a", "e", "o", "A", "ä", "ữ", "α", "ᾳ", "Ω", "か", "각", "ᄀ", "ᅡ", "ᆨ", "\u{9C7}",
        "\u{9BE}", "x", " ", "\u{212B}", "\u{958}", "ﬀ", "中", "\u{34F}", "\u{DD9}", "\u{DCF}",
    ]

    private static func text(_ dice: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0 ..< Int.random(in: 1 ... 4, using: &dice) {
            for _ in 0 ..< Int.random(in: 0 ... 3, using: &dice) {
                text.append(starters.randomElement(using: &dice) ?? "a")
            }
            let kinds = marks.shuffled(using: &dice).prefix(Int.random(in: 1 ... 24, using: &dice))
            let count = [0, 1, 9, 1_023, 1_024, 1_025, 2_600].randomElement(using: &dice) ?? 0
            for _ in 0 ..< count { text.append(kinds.randomElement(using: &dice) ?? "\u{301}") }
        }
        return String(text)
    }

    @Test func normalFormsAreThoseOfTheLibrary() throws {
        let seed = UInt64.random(in: 0 ... UInt64.max)
        var dice = SeededGenerator(seed: seed)
        for _ in 0 ..< 40 {
            let text = Self.text(&dice)
            let compatible = String(try CompatibilityDecomposition.apply(to: text))
            let forms: [(Normalize.Form, [Unicode.Scalar])] = [
                (.nfc, Array(text._nfc)), (.nfd, Array(text._nfd)),
                (.nfkc, Array(compatible._nfc)), (.nfkd, Array(compatible._nfd)),
            ]
            for (form, scalars) in forms {
                let found = try Normalize.text(text, in: form).unicodeScalars
                let isSame = found.elementsEqual(scalars)
                try #require(isSame, "\(form), seed \(seed)")
            }
        }
    }

    /// Canonical order does not stop at characters that are spelled out as marks.
    @Test func pairsOfMarksAreInOrder() throws {
        let ordered: [Unicode.Scalar] = ["x", "\u{F71}", "\u{F72}", "\u{301}"]
        for form in Normalize.Form.allCases {
            let found = try Normalize.text("x\u{301}\u{F73}", in: form)
            #expect(Array(found.unicodeScalars) == ordered)
        }
        let composed = try Normalize.text("a\u{F81}\u{301}", in: .nfc)
        #expect(Array(composed.unicodeScalars) == ["á", "\u{F71}", "\u{F80}"])
    }

    @Test func aRunEndsAtTheDeadline() {
        let text = String(repeating: "\u{301}\u{323}", count: 200_000)
        for form in Normalize.Form.allCases {
            let late = Interruption(timeoutMilliseconds: 0)
            let error = late.run {
                do throws(NQLError) {
                    _ = try Normalize.text(text, in: form)
                    return nil as NQLError?
                } catch {
                    return error
                }
            }
            #expect(error?.code == .interrupted)
        }
    }
}
