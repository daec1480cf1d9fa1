// MarkRun: a long run of combining marks in canonical order. The standard library takes in a whole
// run before it gives out the first of it, which no deadline ends: of millions it makes seconds. So
// long runs are ordered here, mark by mark, and the library gets no more than a few of each class.
//
// In order, marks of one combining class stand together as they came. A mark is composed with the
// character before the run only when none of its own class is left before it, and no character has
// more than `headMax` marks of one class; so those behind the first `headMax` stay as they are.

@_spi(_Unicode) import Swift
import NenCore

/// The marks of a run, by their class.
struct MarkRun {
    /// Shortest run that is taken apart here.
    static let longMin = 1_024
    /// Marks of each class that the library gets.
    private static let headMax = 8
    /// Nanoseconds for a mark, by and large.
    private static let workUnits = 60

    /// A part of a text.
    enum Piece {
        case text(Substring.UnicodeScalarView)
        /// A long run, and what stands before it back to the end of the run before.
        case run(Substring.UnicodeScalarView, marks: Substring.UnicodeScalarView)
    }

    private typealias Class = Unicode.CanonicalCombiningClass
    private var classes: [Class: [Unicode.Scalar]] = [:]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
    }

    /// Characters that are no marks but stand for two, which the library does not put in order with
    /// the marks around them: as those two.
    private static let pairs: [UInt32: [Unicode.Scalar]] = [
        0xF73: ["\u{F71}", "\u{F72}"], 0xF75: ["\u{F71}", "\u{F74}"],
        0xF81: ["\u{F71}", "\u{F80}"],
    ]

    /// A text without characters that only stand for marks.
    ///
    /// - Throws: `Interrupted`.
    static func spellingOutPairs(_ text: String) throws(NQLError) -> String {
        let isPair = { (scalar: Unicode.Scalar) in
            scalar.value & ~0xFF == 0xF00 && pairs[scalar.value] != nil
        }
        if !text.unicodeScalars.contains(where: isPair) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            try Interruption.spend(workUnits)
            result.append(contentsOf: pairs[scalar.value] ?? [scalar])
        }
        return String(result)
    }

    /// A text taken apart at its long runs.
    ///
    /// - Throws: `Interrupted`.
    static func pieces(of text: String.UnicodeScalarView) throws(NQLError) -> [Piece] {
        var pieces: [Piece] = []
        var start = text.startIndex
        var at = start
        var run: (start: String.Index, count: Int)?
        func end() {
            guard let known = run else { return }
            run = nil
            if known.count < longMin { return }
            pieces.append(.run(text[start ..< known.start], marks: text[known.start ..< at]))
            start = at
        }
        while at < text.endIndex {
            try Interruption.spend(workUnits)
            if isMark(text[at]) {
                run = (run?.start ?? at, (run?.count ?? 0) + 1)
            } else {
                end()
            }
            at = text.index(after: at)
        }
        end()
        pieces.append(.text(text[start...]))
        return pieces
    }

    /// Takes the marks of a run.
    ///
    /// - Throws: `Interrupted`.
    init(_ marks: Substring.UnicodeScalarView) throws(NQLError) {
        var decomposed: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for mark in marks {
            try Interruption.spend(MarkRun.workUnits)
            let parts = decomposed[mark] ?? Array(String(mark)._nfd)
            decomposed[mark] = parts
            for part in parts {
                classes[part.properties.canonicalCombiningClass, default: []].append(part)
            }
        }
    }

    private var order: [Class] { classes.keys.sorted { $0.rawValue < $1.rawValue } }

    /// The first marks of each class, in order.
    var heads: [Unicode.Scalar] {
        order.flatMap { classes[$0]?.prefix(MarkRun.headMax) ?? [] }
    }

    /// Appends `normal`, which is what stands before the run and its `heads` in a normal form, with
    /// all other marks of the run in their places.
    ///
    /// - Throws: `Interrupted`.
    func append(
        behind normal: String.UnicodeScalarView, to result: inout String.UnicodeScalarView
    ) throws(NQLError) {
        var rest = normal.endIndex
        while rest > normal.startIndex, MarkRun.isMark(normal[normal.index(before: rest)]) {
            rest = normal.index(before: rest)
        }
        result.append(contentsOf: normal[..<rest])
        var left = normal[rest...]
        for one in order {
            // Of this class and, where the character before the run has them, of lower ones.
            while let next = left.first,
                next.properties.canonicalCombiningClass.rawValue <= one.rawValue
            {
                result.append(next)
                left.removeFirst()
            }
            for mark in (classes[one] ?? []).dropFirst(MarkRun.headMax) {
                try Interruption.spend(MarkRun.workUnits)
                result.append(mark)
            }
        }
        result.append(contentsOf: left)
    }
}
