// MembershipEvaluation: `value IN list`. Where many rows have the same long list it is made a table
// once (`MemberTable`), whether it is a constant, the value of a subquery, or a variable that a
// product has put beside each row.

import NQLSyntax
import NenCore

/// `a IN b`
final class MembershipEvaluation: Evaluator {
    private let value: Evaluator
    private let list: Evaluator
    /// Tables of the long lists that were met last.
    private var tables: [MemberTable] = []

    /// Rows with one list from which on a table of it pays.
    private static let rowCountMin = 16
    /// Lists of one batch that are made tables, and tables kept.
    private static let tablesMax = 32

    init(_ value: Evaluator, _ list: Evaluator, span: SourceSpan) {
        self.value = value
        self.list = list
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let values = try value.evaluate(rows, context)
        let lists = try list.evaluate(rows, context)
        if let result = try TextPredicate.apply(
            .inList, values, lists, rows.count, context.arena, context.base)
        {
            return result
        }
        do {
            if values.isConstant && lists.isConstant {
                if rows.count == 0 { return Batch.nullVector }
                let cell = try askOne(values.cell(element: 0), lists.cell(element: 0), context)
                return try context.arena.constant(cell)
            }
            return try ask(values, lists, rows.count, context)
        } catch {
            throw error.located(span)
        }
    }

    /// Asks a list alone, or the one of each row.
    private func ask(
        _ values: Vector, _ lists: Vector, _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let x = try Gather.cells(values, count, context.arena)
        let out = try context.arena.allocate(UInt8.self, count: max(1, count))
        if lists.isConstant {
            let list = lists.cell(element: 0)
            let table = try table(list, rowCount: count, context)
            for row in 0 ..< count { out[row] = try truth(x[row], list, table, context) }
        } else {
            let y = try Gather.cells(lists, count, context.arena)
            let groups = MembershipEvaluation.groups(y, count, numbers: out)
            var chosen: [MemberTable?] = []
            for group in groups {
                chosen.append(try table(group.list, rowCount: group.rowCount, context))
            }
            for row in 0 ..< count {
                let number = Int(out[row])
                let table = number < chosen.count ? chosen[number] : nil
                out[row] = try truth(x[row], y[row], table, context)
            }
        }
        return try Logic.boolean(ternary: out, count, context.arena)
    }

    /// The long lists of some rows, each once, as many as may be made tables; `numbers` says which
    /// is whose.
    private static func groups(
        _ lists: UnsafePointer<Cell>, _ count: Int, numbers: UnsafeMutablePointer<UInt8>
    ) -> [(list: Cell, rowCount: Int)] {
        var groups: [(list: Cell, rowCount: Int)] = []
        var last = 0
        for row in 0 ..< count {
            let list = lists[row]
            numbers[row] = .max
            if list.tag != .list || list.count <= MemberTable.shortListCount { continue }
            func isHere(_ place: Int) -> Bool {
                groups[place].list.head == list.head && groups[place].list.payload == list.payload
            }
            if last >= groups.count || !isHere(last) {
                last = groups.indices.first(where: isHere) ?? groups.count
                if last == tablesMax { continue }
                if last == groups.count { groups.append((list, 0)) }
            }
            groups[last].rowCount += 1
            numbers[row] = UInt8(truncatingIfNeeded: last)
        }
        return groups
    }

    /// 1 when the value is in the list, else 2 when it may be, else 0.
    private func truth(
        _ value: Cell, _ list: Cell, _ table: MemberTable?, _ context: ExecutionContext
    ) throws(NQLError) -> UInt8 {
        if let table { return try table.contains(value) }
        let cell = try askOne(value, list, context)
        return cell.isNull ? 2 : cell.boolean ? 1 : 0
    }

    private func askOne(
        _ value: Cell, _ list: Cell, _ context: ExecutionContext
    ) throws(NQLError) -> Cell {
        try Interruption.spend(value.workUnits &+ list.workUnits)
        return try CellOperators.binary(.inList, value, list, &context.function)
    }

    /// The table of a long list; nil where asking its elements one by one costs less.
    private func table(
        _ list: Cell, rowCount: Int, _ context: ExecutionContext
    ) throws(NQLError) -> MemberTable? {
        guard list.tag == .list, list.count > MemberTable.shortListCount else { return nil }
        // The value of a constant stays where it is as long as the statement runs.
        let isConstant = self.list is ConstantEvaluation
        if let known = isConstant ? tables.first : tables.first(where: { $0.isOf(list) }) {
            return known
        }
        if rowCount < (isConstant ? 2 : MembershipEvaluation.rowCountMin) { return nil }
        if tables.count == MembershipEvaluation.tablesMax { tables.removeAll() }
        let made = try MemberTable(list, context)
        if isConstant || made.isLasting { tables.append(made) }
        return made
    }
}
