// TableFit: how wide the columns of a table may be so that it fits. The widest texts give way
// first, numbers last; where columns would become too narrow to be read, those in the middle are
// left out.

/// Widths of the columns of a table, and which of them are shown.
struct TableFit {
    private(set) var widths: [Int]
    /// Columns from left to right; nil stands for those left out.
    private(set) var shown: [Int?]

    /// A text that is cut keeps so many cells.
    private static let widthMin = 8

    /// - Parameters:
    ///   - widths: of the columns as they are.
    ///   - isFixed: of columns that are cut only if nothing else helps.
    ///   - width: of the whole table, frames included.
    init(_ widths: [Int], isFixed: [Bool], width: Int) {
        self.widths = widths
        shown = widths.indices.map { $0 }
        // What a column needs at least.
        let least = zip(widths, isFixed).map { $1 ? $0 : min($0, TableFit.widthMin) }
        while taken(least) > width, shown.count(where: { $0 != nil }) > 1 { leaveOut() }
        let room = width - taken(Array(repeating: 0, count: widths.count))
        let columns = shown.compactMap { $0 }
        let isTight = taken(least) > width
        let loose = columns.filter { isTight || !isFixed[$0] }
        let fixed = columns.filter { !isTight && isFixed[$0] }.reduce(0) { $0 + widths[$1] }
        narrow(loose, room: max(loose.count, room - fixed))
    }

    /// Cells that the table takes with these widths.
    private func taken(_ widths: [Int]) -> Int {
        1 + shown.reduce(0) { $0 + ($1.map { widths[$0] } ?? 1) + 3 }
    }

    /// Leaves out one more column, in the middle.
    private mutating func leaveOut() {
        if let mark = shown.firstIndex(of: nil) {
            let left = mark
            let right = shown.count - mark - 1
            shown.remove(at: right >= left ? mark + 1 : mark - 1)
        } else {
            shown[shown.count / 2] = nil
        }
    }

    /// Cuts the widest of `columns` until they have `room` together.
    private mutating func narrow(_ columns: [Int], room: Int) {
        var excess = columns.reduce(0) { $0 + widths[$1] } - room
        while excess > 0 {
            let widest = columns.map { widths[$0] }.max() ?? 0
            let next = columns.map { widths[$0] }.filter { $0 < widest }.max() ?? 1
            let group = columns.filter { widths[$0] == widest }
            let step = min(widest - next, excess / group.count)
            if step == 0 {
                // Less than a cell for each of them.
                for column in group.prefix(excess) { widths[column] -= 1 }
                return
            }
            for column in group { widths[column] -= step }
            excess -= step * group.count
        }
    }
}
