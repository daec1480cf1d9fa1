// Goal: tables fit where they have to, and what is cut is marked. Method: widths by the hundreds of
// random ones, and small tables compared in full.

import NenDB
import Testing

@testable import nql

@Suite struct TableFitTests {
    private func table(
        _ columns: [String], _ rows: [[Value]], width: Int?, types: Bool = false
    ) throws -> [String] {
        let text = try written { stream in
            var style = TableStyle()
            style.width = width
            style.showsTypes = types
            let writer = TableWriter(stream, style)
            try writer.begin(columns: columns)
            for row in rows { try writer.row(row) }
            try writer.end()
        }
        return text.split(separator: "\n").map(String.init)
    }

    @Test func noTableIsWiderThanItMayBe() {
        var random = SystemRandomNumberGenerator()
        for _ in 0 ..< 2_000 {
            let count = Int.random(in: 1...30, using: &random)
            let widths = (0 ..< count).map { _ in Int.random(in: 1...150, using: &random) }
            let isFixed = widths.map { $0 < 25 && Bool.random(using: &random) }
            let width = Int.random(in: 12...220, using: &random)
            let fit = TableFit(widths, isFixed: isFixed, width: width)
            let taken = 1 + fit.shown.reduce(0) { $0 + ($1.map { fit.widths[$0] } ?? 1) + 3 }
            #expect(taken <= width, "\(widths) \(isFixed) in \(width): \(taken)")
            #expect(fit.shown.count { $0 == nil } <= 1 && fit.widths.allSatisfy { $0 > 0 })
            let full = 1 + widths.reduce(0) { $0 + $1 + 3 }
            if full <= width { #expect(fit.widths == widths && !fit.shown.contains(nil)) }
        }
    }

    @Test func whatIsCutIsMarked() throws {
        #expect(
            try table(["n", "text"], [[123_456, "a long text with 你好"], [7, nil]], width: 24) == [
                "┌────────┬─────────────┐",
                "│ n      │ text        │",
                "├────────┼─────────────┤",
                "│ 123456 │ a long tex… │",
                "│      7 │ null        │",
                "└────────┴─────────────┘",
                "2 rows",
            ])
        let row = (1...9).map { Value.integer($0) }
        let wide = try table(row.map { "column\($0.literalText)" }, [row], width: 40)
        #expect(wide[1].contains("…") && wide[1].contains("column1") && wide[1].contains("column9"))
        #expect(wide.last?.hasPrefix("1 row; 9 columns, ") ?? false)
        for line in wide.dropLast() { #expect(DisplayWidth.of(line) <= 40) }
    }

    @Test func longValuesAreCutWithoutBeingKept() throws {
        let list = Value.list((0 ..< 100_000).map { .integer($0) })
        let lines = try table(["l"], Array(repeating: [list], count: 1_200), width: 30)
        #expect(lines.count == 1_205)
        #expect(lines[3] == "│ [0, 1, 2, 3, 4, 5, 6, 7, … │" && lines[1_202] == lines[3])
    }

    @Test func typesOfColumns() throws {
        let rows: [[Value]] = [[1, "a", nil, 1], [nil, "b", nil, "x"], [2.5, "c", nil, nil]]
        let lines = try table(["a", "b", "c", "d"], rows, width: nil, types: true)
        #expect(lines[2] == "│ Number │ String │      │ Any  │")
    }

    @Test func nullAndTheTextNull() throws {
        let lines = try table(["a", "b"], [[nil, "null"]], width: nil)
        #expect(lines[3] == "│ null │ 'null' │")
        var style = TableStyle()
        style.nullText = "-"
        #expect(style.text(nil) == "-" && style.text("-") == "'-'" && style.text("null") == "null")
    }
}
