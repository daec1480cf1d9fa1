// Goal: the laws of equality, equivalence, comparability, order and hash. Method: random cells of
// all types (seed printed), and tables for what openCypher fixes.

import NenCore
import Testing

@testable import NenEngine

@Suite struct CellOrderTests {
    private let base = ExpressionTester.base

    private func sample(_ count: Int, seed: UInt64) throws -> (cells: [Cell], arena: Arena) {
        let arena = Arena(pool: PagePool(limitBytes: 1 << 26))
        var sampler = CellSampler(seed: seed, CellBuilder(arena: arena, base: base))
        var cells: [Cell] = []
        for _ in 0 ..< count { cells.append(try sampler.cell()) }
        return (cells, arena)
    }

    @Test func orderIsTotalAndAgreesWithTheOtherRelations() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let (cells, arena) = try sample(260, seed: seed)
        let note: Comment = "seed \(seed)"
        for a in cells {
            #expect(CellOrder.compare(a, a, base) == 0, note)
            #expect(CellOrder.areEquivalent(a, a, base), note)
            for b in cells {
                let order = CellOrder.compare(a, b, base)
                #expect(order.signum() == -CellOrder.compare(b, a, base).signum(), note)
                let equivalent = CellOrder.areEquivalent(a, b, base)
                #expect(equivalent == (order == 0), note)
                if equivalent {
                    #expect(CellOrder.hash(a, base) == CellOrder.hash(b, base), note)
                }
                if CellOrder.equals(a, b, base) == true { #expect(equivalent, note) }
                if CellOrder.isLess(a, b, base) == true { #expect(order < 0, note) }
                if CellOrder.isLess(a, b, base) == true {
                    #expect(CellOrder.isLessOrEqual(a, b, base) == true, note)
                }
                #expect(
                    CellOrder.equals(a, b, base) == CellOrder.equals(b, a, base), note)
            }
        }
        _ = arena
    }

    @Test func orderIsTransitive() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let (cells, arena) = try sample(400, seed: seed)
        let sorted = cells.sorted { CellOrder.compare($0, $1, base) < 0 }
        for i in sorted.indices {
            for j in i ..< sorted.count where CellOrder.compare(sorted[i], sorted[j], base) > 0 {
                Issue.record("not transitive, seed \(seed)")
                return
            }
        }
        _ = arena
    }

    @Test func typesOrderAsOpenCypherSays() throws {
        let tester = ExpressionTester()
        var cells = [
            try tester.evaluate("{a: 'map'}"), Cell(node: 0), Cell(relationship: 0),
            try tester.evaluate("['list']"),
            try tester.context.builder.path([0, 0, 0], relationshipCount: 1),
        ]
        for text in [
            "datetime('2020-01-01T00:00Z')", "localdatetime('2020-01-01T00:00')",
            "date('2020-01-01')", "time('12:00Z')", "localtime('12:00')", "duration('PT0S')",
            "'text'", "false", "1.5", "0.0 / 0.0", "null",
        ] {
            cells.append(try tester.evaluate(text))
        }
        for (left, right) in zip(cells, cells.dropFirst()) {
            #expect(CellOrder.compare(left, right, base) < 0)
        }
    }

    @Test(arguments: [
        (Int64(1) << 53 + 1, 9_007_199_254_740_992.0, 1),
        (Int64(1) << 53 - 1, 9_007_199_254_740_992.0, -1),
        (Int64.max, 9_223_372_036_854_775_808.0, -1),
        (Int64.min, -9_223_372_036_854_775_808.0, 0), (3, 3.5, -1), (-3, -3.5, 1), (4, 4.0, 0),
        (0, -0.0, 0), (5, Double.infinity, -1), (5, -Double.infinity, 1),
    ] as [(Int64, Double, Int)])
    func integersAndFloatsCompareExactly(_ integer: Int64, _ float: Double, _ order: Int) {
        let a = Cell(integer: integer)
        let b = Cell(float: float)
        #expect(CellOrder.compare(a, b, base).signum() == order)
        #expect(CellOrder.equals(a, b, base) == (order == 0))
        #expect(CellOrder.isLess(a, b, base) == (order < 0))
        #expect((CellOrder.hash(a, base) == CellOrder.hash(b, base)) == (order == 0))
    }

    @Test(arguments: [
        ("[1, 2] = [1]", "false"), ("[1, null] = [1, null]", "null"),
        ("[[1], [2]] = [[1], [null]]", "null"), ("[[1], [2, 3]] = [[1], [null]]", "false"),
        ("[1, 2] = [null, 'foo']", "false"), ("{k: null, l: 1} = {l: 1}", "false"),
        ("{k: 1, l: null} = {k: null, l: 1}", "null"), ("{k: 1} = {k: 1.0}", "true"),
        ("0.0 / 0.0 = 0.0 / 0.0", "false"), ("0.0 / 0.0 <> 0.0 / 0.0", "true"),
        ("0.0 / 0.0 < 1", "false"), ("0.0 / 0.0 > 'a'", "null"), ("1 = '1'", "false"),
        ("[1, 0] >= [1]", "true"), ("[1, null] >= [1]", "true"),
        ("[1, 'a'] >= [1, null]", "null"), ("[1, 2] >= [3, null]", "false"),
        ("1 < 'a'", "null"), ("true > false", "true"), ("{a: 1} < {a: 2}", "null"),
        ("duration('P1D') < duration('P2D')", "null"),
        ("duration('PT24H') = duration('P1D')", "false"),
        ("time('12:00+01:00') = time('11:00Z')", "false"),
        ("time('12:00+01:00') < time('11:30Z')", "true"), ("null <> null", "null"),
        ("date('2020-01-01') < localdatetime('2021-01-01T00:00')", "null"),
        ("9007199254740993 = 9007199254740992.0", "false"),
    ])
    func ternaryComparisons(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test func stringsOrderByCodePointAtEveryLength() throws {
        let tester = ExpressionTester()
        let texts = [
            "", "\u{0}", "a", "a\u{0}", "aa", "aaaa", "aaaab", "aaab", "é", "\u{FFFF}", "😀",
        ]
        let long = texts.map { "0123456789ab" + $0 }
        let mixed = texts.map { "01234567890" + $0 } + ["0123456789", "01234567890123", ""]
        for list in [texts, long, mixed] {
            for a in list {
                for b in list {
                    let order = CellOrder.compareStrings(
                        try tester.context.builder.string(a),
                        try tester.context.builder.string(b), base)
                    let model = a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
                    #expect((order < 0) == model, "\(a.debugDescription) \(b.debugDescription)")
                    let same = Array(a.unicodeScalars) == Array(b.unicodeScalars)
                    #expect((order == 0) == same)
                }
            }
        }
    }
}
