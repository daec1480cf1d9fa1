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
        let out = try arena.allocate(Cell.self, count: max(1, count))
        out.update(repeating: .null, count: count)
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
            try fill(out, branch.result, taken, takenCount, rows, context)
            open = left
            openCount -= takenCount
        }
        if let otherwise { try fill(out, otherwise, open, openCount, rows, context) }
        return Vector(.cell, out)
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
        let subset = try rows.subset(open, openCount, context.arena)
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
        _ out: UnsafeMutablePointer<Cell>, _ result: Evaluator,
        _ chosen: UnsafePointer<UInt16>, _ chosenCount: Int, _ rows: RowSet,
        _ context: ExecutionContext
    ) throws(NQLError) {
        if chosenCount == 0 { return }
        let subset = try rows.subset(chosen, chosenCount, context.arena)
        let values = try result.cells(subset, context)
        var row = 0
        while row < chosenCount {
            out[Int(chosen[row])] = values[row]
            row &+= 1
        }
    }
}
