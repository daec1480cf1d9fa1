// AppendingReduce: `reduce(a = initial, x IN list | a + b + …)` where `a` is a text or a list, and
// the operands beside it do not read it. Step by step each would copy all that has come together
// so far; here the operands are evaluated over many elements at once, and what they give is
// appended to one growing buffer, in time linear in the result.
//
// Whatever does not fit (numbers, short lists over many rows, errors, whose order the steps decide)
// goes through the steps of `ReduceEvaluation`.

import NQLPlan
import NQLSyntax
import NenCore

/// A reduction whose accumulator only grows at its end.
final class AppendingReduce: Evaluator {
    /// An operand that is appended, and by which operator.
    typealias Part = (symbol: BinaryOperator, operand: Evaluator)

    private let steps: ReduceEvaluation
    private let parts: [Part]
    private let element: Int
    private let flattened: FlattenedLists
    /// What the operands of one block of elements need.
    private let scratch: Arena
    private let text: PooledArray<UInt8>
    private let cells: PooledArray<Cell>

    init(
        _ steps: ReduceEvaluation, parts: [Part], element: Int, flattened: FlattenedLists,
        pool: PagePool, span: SourceSpan
    ) {
        self.steps = steps
        self.parts = parts
        self.element = element
        self.flattened = flattened
        scratch = Arena(pool: pool)
        text = PooledArray(pool: pool)
        cells = PooledArray(pool: pool)
        super.init(span: span)
    }

    /// Elements for each row below which the steps of all rows side by side cost less.
    private static let elementsPerRowMin = 64
    /// Nanoseconds of a block besides those for its elements, by and large.
    private static let workUnits = 1_000

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let lists = try steps.list.cells(rows, context)
        let starts = try steps.initial.cells(rows, context)
        guard isWorthwhile(lists, starts, rows.count) else {
            return try steps.reduce(lists, starts, rows, context)
        }
        defer {
            scratch.reset()
            text.release()
            cells.release()
        }
        do {
            let out = try context.arena.allocate(Cell.self, count: rows.count)
            for row in 0 ..< rows.count {
                out[row] = lists[row].isNull
                    ? .null : try reduced(starts[row], lists[row], rows, row, context)
            }
            return Vector(.cell, out)
        } catch {
            if error.code == .interrupted || error.code == .memory { throw error }
            return try steps.reduce(lists, starts, rows, context)
        }
    }

    private func isWorthwhile(
        _ lists: UnsafePointer<Cell>, _ starts: UnsafePointer<Cell>, _ count: Int
    ) -> Bool {
        var total = 0
        for row in 0 ..< count where !lists[row].isNull {
            guard lists[row].tag == .list else { return false }
            guard starts[row].tag == .string || starts[row].tag == .list else { return false }
            total += lists[row].count
        }
        return total >= AppendingReduce.elementsPerRowMin * count
    }

    // MARK: One row

    /// What one row has come to.
    private enum Form {
        /// In `text`.
        case text
        /// In `cells`.
        case list
        /// Neither a text nor a list any more.
        case plain(Cell)
    }

    private func reduced(
        _ start: Cell, _ list: Cell, _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Cell {
        let arena = context.arena
        defer { context.arena = arena }
        var form = try load(start, context, arena)
        var done = 0
        while done < list.count {
            let count = min(Batch.rowCapacity, list.count &- done)
            try Interruption.spend(AppendingReduce.workUnits &+ 10 &* count)
            scratch.reset()
            context.arena = scratch
            let owners = try scratch.allocate(UInt16.self, count: count)
            owners.update(repeating: UInt16(truncatingIfNeeded: row), count: count)
            let elements = Vector(.cell, context.base.cells(list) + done)
            let inner = try flattened.rows(
                owners, count, of: rows, [(element, elements)], context)
            var columns: [UnsafePointer<Cell>] = []
            for part in parts { columns.append(try part.operand.cells(inner, context)) }
            for index in 0 ..< count {
                for (column, part) in zip(columns, parts) {
                    try append(column[index], part.symbol, to: &form, context, arena)
                }
            }
            done &+= count
        }
        return try value(of: form, context, arena)
    }

    private func append(
        _ cell: Cell, _ symbol: BinaryOperator, to form: inout Form,
        _ context: ExecutionContext, _ arena: Arena
    ) throws(NQLError) {
        switch form {
        case .text where cell.tag == .string: return try append(bytesOf: cell, context)
        case .text where symbol == .add && cell.tag != .list && !cell.isNull:
            if let piece = try CellText.string(cell, &context.function) {
                return try append(bytesOf: piece, context)
            }
        case .list where cell.tag == .list:
            let source = context.base.cells(cell)
            try cells.reserve(cells.count &+ cell.count)
            for index in 0 ..< cell.count { try append(element: source[index], context, arena) }
            return
        case .list where symbol == .add && !cell.isNull:
            return try append(element: cell, context, arena)
        default: break
        }
        let before = try value(of: form, context, arena)
        var function = context.function
        let after = try CellOperators.binary(symbol, before, cell, &function)
        form = try load(try context.keeper(arena).keep(after), context, arena)
    }

    private func append(bytesOf cell: Cell, _ context: ExecutionContext) throws(NQLError) {
        let count = cell.byteCount
        let before = text.count
        guard before &+ count <= Cell.stringByteCountMax else {
            _ = try context.builder.reserveString(byteCount: before &+ count)
            return
        }
        try text.resizeUninitialized(before &+ count)
        if count > 0 { context.base.copyBytes(of: cell, to: text.pointer + before) }
    }

    private func append(
        element: Cell, _ context: ExecutionContext, _ arena: Arena
    ) throws(NQLError) {
        _ = try context.builder.checkedCount(cells.count &+ 1)
        try cells.append(try context.keeper(arena).keep(element))
    }

    /// Brings a value into the buffers.
    private func load(
        _ cell: Cell, _ context: ExecutionContext, _ arena: Arena
    ) throws(NQLError) -> Form {
        text.removeAll()
        cells.removeAll()
        switch cell.tag {
        case .string:
            try append(bytesOf: cell, context)
            return .text
        case .list:
            try cells.resizeUninitialized(cell.count)
            if cell.count > 0 {
                try CellBuilder.copy(context.base.cells(cell), cell.count, to: cells.pointer)
            }
            return .list
        default: return .plain(cell)
        }
    }

    /// Brings it out of them.
    private func value(
        of form: Form, _ context: ExecutionContext, _ arena: Arena
    ) throws(NQLError) -> Cell {
        let builder = CellBuilder(arena: arena, base: context.base)
        switch form {
        case .plain(let cell): return cell
        case .text:
            if text.count == 0 { return .emptyString }
            return try builder.string(
                UnsafeRawBufferPointer(start: text.pointer, count: text.count))
        case .list:
            if cells.count == 0 { return .emptyList }
            return try builder.list(UnsafeBufferPointer(start: cells.pointer, count: cells.count))
        }
    }
}

extension PlanExpression {
    /// The operands behind `slot` in `slot + b + c …`, none of which reads it; nil of any other
    /// expression.
    func appendedParts(
        to slot: Slot
    ) -> [(symbol: BinaryOperator, operand: PlanExpression)]? {
        var parts: [(symbol: BinaryOperator, operand: PlanExpression)] = []
        var first = self
        if case .chain(let base, let links) = kind {
            first = base
            for link in links {
                guard case .operation(let symbol, let operand) = link.kind else { return nil }
                parts.append((symbol, operand))
            }
        }
        while case .binary(let symbol, let left, let right) = first.kind {
            parts.insert((symbol, right), at: 0)
            first = left
        }
        guard case .slot(slot) = first.kind, !parts.isEmpty else { return nil }
        for part in parts {
            guard part.symbol == .add || part.symbol == .concatenate,
                !part.operand.freeSlots.contains(slot)
            else { return nil }
        }
        return parts
    }
}
