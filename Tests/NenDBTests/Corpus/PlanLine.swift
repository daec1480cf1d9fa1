// PlanLine: an operator as EXPLAIN and PROFILE print it, read back from the table.

/// One line of a printed plan.
struct PlanLine {
    var title: String
    var details: String
    /// Rows that the operator handed out; nil in EXPLAIN and where it never ran.
    var actualRows: Int?
    /// Rows that it cannot exceed; nil where none is known, and unless the plan is verbose.
    var bound: Int?

    /// The operators of a printed plan, without its head and its total.
    static func read(_ table: String) -> [PlanLine] {
        // A verbose plan goes on behind an empty line.
        let lines = table.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.isEmpty }.map(Array.init)
        guard lines.count > 3 else { return [] }
        // Details may hold the table's own bar; the line under the head says where columns end.
        let bars = lines[1].indices.filter { lines[1][$0] == "┼" }
        return lines[2..<(lines.count - 2)].map { line in
            let cells = zip([-1] + bars, bars + [line.count]).map { start, end in
                start + 1 < min(end, line.count)
                    ? trimmed(line[(start + 1)..<min(end, line.count)]) : ""
            }
            let title = cells[0].drop { "│┊ ".contains($0) }
            let rows = cells.count > 5 ? Int(cells[5].filter { $0 != "," }) : nil
            let bound = cells.count > 9 ? Int(cells[9].filter { $0 != "," }) : nil
            return PlanLine(
                title: String(title), details: cells[1], actualRows: rows, bound: bound)
        }
    }

    private static func trimmed(_ characters: ArraySlice<Character>) -> String {
        var cell = characters.drop { $0 == " " }
        while cell.last == " " { cell.removeLast() }
        return String(cell)
    }
}
