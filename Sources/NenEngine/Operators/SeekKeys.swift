// SeekKeys: what an index seek asks for, evaluated for all outer rows of a batch at once.

import NQLPlan
import NenCore

/// The keys of an index seek for a batch of outer rows.
final class SeekKeys {
    private let seek: IndexSeek
    private let equals: [Evaluator]
    private let lower: Evaluator?
    private let upper: Evaluator?
    private let prefix: Evaluator?
    /// The values of the batch: those of each property in `equals`, then the range's.
    private var columns: [UnsafePointer<Cell>] = []
    private var lows: UnsafePointer<Cell>?
    private var highs: UnsafePointer<Cell>?
    private var prefixes: UnsafePointer<Cell>?

    init(_ seek: IndexSeek, _ expressions: ExpressionCompiler) throws(NQLError) {
        func compile(_ value: PlanExpression?) throws(NQLError) -> Evaluator? {
            guard let value else { return nil }
            return try expressions.compile(value)
        }
        self.seek = seek
        equals = try expressions.compile(seek.equals)
        lower = try compile(seek.lower?.value)
        upper = try compile(seek.upper?.value)
        prefix = try compile(seek.prefix)
    }

    /// Evaluates the keys of all rows. The values stay in the context's arena.
    func evaluate(_ rows: RowSet, _ context: ExecutionContext) throws(NQLError) {
        columns.removeAll(keepingCapacity: true)
        for evaluator in equals { columns.append(try evaluator.cells(rows, context)) }
        lows = try lower?.cells(rows, context)
        highs = try upper?.cells(rows, context)
        prefixes = try prefix?.cells(rows, context)
    }

    /// Asks for the entities of a row: with a list, for those of each element that is not null.
    ///
    /// - Throws: `TypeError` where a list is none; `MemoryLimitExceeded`.
    func ask(_ lookup: IndexLookup, row: Int, _ base: HeapBase) throws(NQLError) {
        let range = range(row)
        guard seek.isList, let lists = columns.last else {
            return try lookup.append(row: row, range: range) { columns[$0][row] }
        }
        let list = lists[row]
        if list.isNull { return }
        guard list.tag == .list else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "IN expects a List, found a value of type \(list.tag.typeName).")
        }
        let items = base.cells(list)
        let place = columns.count - 1
        for index in 0 ..< list.count where !items[index].isNull {
            try Interruption.spend(IndexLookup.keyWorkUnits)
            try lookup.append(row: row, range: range) {
                $0 == place ? items[index] : columns[$0][row]
            }
        }
    }

    private func range(_ row: Int) -> IndexRange? {
        if lows == nil, highs == nil, prefixes == nil { return nil }
        return IndexRange(
            lower: SeekKeys.bound(lows, seek.lower, row),
            upper: SeekKeys.bound(highs, seek.upper, row), prefix: prefixes?[row])
    }

    private static func bound(
        _ values: UnsafePointer<Cell>?, _ bound: IndexBound?, _ row: Int
    ) -> IndexRange.Bound? {
        guard let values, let bound else { return nil }
        return IndexRange.Bound(value: values[row], isInclusive: bound.isInclusive)
    }
}
