// CASE: each condition is evaluated only for the rows that no earlier branch took, each result only
// for the rows of its branch.

import NenCore

/// `CASE [operand] WHEN … THEN … ELSE … END`
final class CaseEvaluation: Evaluator {
    struct Branch {
        var conditions: [Evaluator]
        var result: Evaluator
    }

    private let operand: Evaluator?
    private let branches: [Branch]
    private let otherwise: Evaluator?

    init(
        operand: Evaluator?, branches: [Branch], otherwise: Evaluator?, span: SourceSpan
    ) {
        self.operand = operand
        self.branches = branches
        self.otherwise = otherwise
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let arena = context.arena
        var out = CaseOutput(count, arena)
        let subject = try operand?.cells(rows, context)
        var open = try arena.allocate(UInt16.self, count: count + 1)
        for row in 0 ..< count { open[row] = UInt16(truncatingIfNeeded: row) }
        var openCount = count
        for branch in branches {
            if openCount == 0 { break }
            let left = try arena.allocate(UInt16.self, count: openCount + 1)
            let taken = try arena.allocate(UInt16.self, count: openCount + 1)
            let takenCount = try split(
                open, openCount, branch, subject, rows, taken: taken, left: left, context)
            try fill(&out, branch.result, taken, takenCount, rows, context)
            open = left
            openCount -= takenCount
        }
        if let otherwise { try fill(&out, otherwise, open, openCount, rows, context) }
        return try out.vector()
    }

    /// Parts the open rows into those that the branch takes and those left; returns how many it
    /// takes.
    private func split(
        _ open: UnsafePointer<UInt16>, _ openCount: Int, _ branch: Branch,
        _ subject: UnsafePointer<Cell>?, _ rows: RowSet,
        taken: UnsafeMutablePointer<UInt16>, left: UnsafeMutablePointer<UInt16>,
        _ context: ExecutionContext
    ) throws(NQLError) -> Int {
        let hit = try context.arena.allocate(UInt8.self, count: openCount)
        hit.update(repeating: 0, count: openCount)
        let subset = openCount == rows.count
            ? rows : try rows.subset(open, openCount, context.arena)
        for condition in branch.conditions {
            if let subject {
                let values = try condition.cells(subset, context)
                for row in 0 ..< openCount {
                    let equal = Comparison.equals(
                        subject[Int(open[row])], values[row], context.base)
                    if equal == 1 { hit[row] = 1 }
                }
            } else {
                let truth = try Logic.ternary(
                    try condition.booleans(subset, context), openCount, context.arena)
                for row in 0 ..< openCount where truth[row] == 1 { hit[row] = 1 }
            }
        }
        var takenCount = 0
        var leftCount = 0
        for row in 0 ..< openCount {
            if hit[row] == 1 {
                taken[takenCount] = open[row]
                takenCount += 1
            } else {
                left[leftCount] = open[row]
                leftCount += 1
            }
        }
        return takenCount
    }

    private func fill(
        _ out: inout CaseOutput, _ result: Evaluator,
        _ chosen: UnsafePointer<UInt16>, _ chosenCount: Int, _ rows: RowSet,
        _ context: ExecutionContext
    ) throws(NQLError) {
        if chosenCount == 0 { return }
        let subset = try rows.subset(chosen, chosenCount, context.arena)
        let values = try result.evaluate(subset, context)
        try out.put(values, at: chosen, chosenCount)
    }
}

/// The results of the branches: words as long as all are of one type of eight bytes, else cells.
private struct CaseOutput {
    private let count: Int
    private let arena: Arena
    /// That of `words`, once there are any.
    private var kind: VectorKind?
    private var words: UnsafeMutablePointer<UInt64>?
    /// Rows that hold a word.
    private var present: UnsafeMutablePointer<UInt64>?
    private var cells: UnsafeMutablePointer<Cell>?
    private var wordCount = 0

    init(_ count: Int, _ arena: Arena) {
        self.count = count
        self.arena = arena
    }

    /// Sets rows `rows` to the values of a dense vector.
    mutating func put(
        _ values: Vector, at rows: UnsafePointer<UInt16>, _ rowCount: Int
    ) throws(NQLError) {
        if values.isConstantNull { return }
        let isWord = values.kind.stride == 8 && (kind == nil || kind == values.kind)
        if cells == nil, isWord { return try putWords(values, at: rows, rowCount) }
        let cells = try cellsOfAll()
        let source = try Gather.cells(values, rowCount, arena)
        var row = 0
        while row < rowCount {
            cells[Int(rows[row])] = source[row]
            row &+= 1
        }
    }

    private mutating func putWords(
        _ values: Vector, at rows: UnsafePointer<UInt16>, _ rowCount: Int
    ) throws(NQLError) {
        if kind == nil {
            words = try arena.allocate(UInt64.self, count: max(1, count))
            present = try Bitmap.make(max(1, count), value: false, arena)
            kind = values.kind
        }
        guard let words, let present else { return }
        let source = values.data.assumingMemoryBound(to: UInt64.self)
        var row = 0
        while row < rowCount {
            let element = values.isConstant ? 0 : row
            if values.isPresent(element: element) {
                words[Int(rows[row])] = source[element]
                Bitmap.set(present, Int(rows[row]))
                wordCount &+= 1
            }
            row &+= 1
        }
    }

    /// What was put so far as cells, in which further values go.
    private mutating func cellsOfAll() throws(NQLError) -> UnsafeMutablePointer<Cell> {
        if let cells { return cells }
        let made = try arena.allocate(Cell.self, count: max(1, count))
        if let kind, let words, let present {
            Gather.convert(
                Vector(kind, words, validity: UnsafePointer(present)), count, into: made)
        } else {
            made.update(repeating: .null, count: count)
        }
        cells = made
        return made
    }

    /// All rows; those that no branch set are null.
    mutating func vector() throws(NQLError) -> Vector {
        if cells == nil, let kind, let words, let present {
            let validity = wordCount == count ? nil : UnsafePointer(present)
            return Vector(kind, words, validity: validity)
        }
        return Vector(.cell, try cellsOfAll())
    }
}
