// List comprehensions, quantifiers and reduce over flattened lists.

import NQLSyntax
import NenCore

/// `[x IN list WHERE predicate | projection]`
final class ComprehensionEvaluation: Evaluator {
    private let list: Evaluator
    private let predicate: Evaluator?
    private let projection: Evaluator?
    private let element: Int
    private let flattened: FlattenedLists

    init(
        list: Evaluator, predicate: Evaluator?, projection: Evaluator?, element: Int,
        flattened: FlattenedLists, span: SourceSpan
    ) {
        self.list = list
        self.predicate = predicate
        self.projection = projection
        self.element = element
        self.flattened = flattened
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let arena = context.arena
        let lists = try list.cells(rows, context)
        var total = 0
        for row in 0 ..< count { total &+= lists[row].tag == .list ? lists[row].count : 1 }
        let results = try arena.allocate(Cell.self, count: max(1, total))
        let lengths = try arena.allocate(Int.self, count: max(1, count))
        lengths.update(repeating: 0, count: count)
        var filled = 0
        do {
            try flattened.forEachBatch(of: lists, rows, context) {
                (inner, owners) throws(NQLError) in
                try append(inner, owners, to: results, &filled, lengths, context)
            }
        } catch {
            throw error.located(span)
        }
        let out = try arena.allocate(Cell.self, count: max(1, count))
        let builder = context.builder
        var start = 0
        for row in 0 ..< count {
            if lists[row].isNull {
                out[row] = .null
            } else {
                out[row] = try builder.list(in: results + start, count: lengths[row])
                start += lengths[row]
            }
        }
        return Vector(.cell, out)
    }

    private func append(
        _ inner: RowSet, _ owners: UnsafePointer<UInt16>,
        to results: UnsafeMutablePointer<Cell>, _ filled: inout Int,
        _ lengths: UnsafeMutablePointer<Int>, _ context: ExecutionContext
    ) throws(NQLError) {
        var chosen = inner
        var chosenOwners = owners
        if let predicate {
            let truth = try predicate.booleans(inner, context)
            let picked = try context.arena.allocate(UInt16.self, count: inner.count + 1)
            let pickedCount = Logic.select(truth, inner.count, into: picked)
            if pickedCount == 0 { return }
            chosen = try inner.subset(picked, pickedCount, context.arena)
            let moved = try context.arena.allocate(UInt16.self, count: pickedCount)
            for row in 0 ..< pickedCount { moved[row] = owners[Int(picked[row])] }
            chosenOwners = UnsafePointer(moved)
        }
        let values: UnsafePointer<Cell>
        if let projection {
            values = try projection.cells(chosen, context)
        } else {
            let vector = try chosen.dense(element, context.arena)
            values = try Gather.cells(vector, chosen.count, context.arena)
        }
        (results + filled).update(from: values, count: chosen.count)
        filled += chosen.count
        var row = 0
        while row < chosen.count {
            lengths[Int(chosenOwners[row])] &+= 1
            row &+= 1
        }
    }
}

/// `all|any|none|single(x IN list WHERE predicate)`
final class QuantifierEvaluation: Evaluator {
    private let quantifier: Quantifier
    private let list: Evaluator
    private let predicate: Evaluator
    private let flattened: FlattenedLists

    init(
        _ quantifier: Quantifier, list: Evaluator, predicate: Evaluator,
        flattened: FlattenedLists, span: SourceSpan
    ) {
        self.quantifier = quantifier
        self.list = list
        self.predicate = predicate
        self.flattened = flattened
        super.init(span: span)
    }

    /// How often the predicate was true, false and null over one row's list.
    private struct Tally {
        var trueCount = 0
        var falseCount = 0
        var nullCount = 0
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let lists = try list.cells(rows, context)
        let tallies = try context.arena.allocate(Tally.self, count: max(1, count))
        tallies.update(repeating: Tally(), count: count)
        do {
            try flattened.forEachBatch(of: lists, rows, context) {
                (inner, owners) throws(NQLError) in
                let truth = try Logic.ternary(
                    try predicate.booleans(inner, context), inner.count, context.arena)
                var row = 0
                while row < inner.count {
                    let tally = tallies + Int(owners[row])
                    switch truth[row] {
                    case 0: tally.pointee.falseCount &+= 1
                    case 1: tally.pointee.trueCount &+= 1
                    default: tally.pointee.nullCount &+= 1
                    }
                    row &+= 1
                }
            }
        } catch {
            throw error.located(span)
        }
        let out = try context.arena.allocate(UInt8.self, count: max(1, count))
        for row in 0 ..< count {
            out[row] = lists[row].isNull ? 2 : Comparison.ternary(verdict(tallies[row]))
        }
        return try Logic.boolean(ternary: out, count, context.arena)
    }

    private func verdict(_ tally: Tally) -> Bool? {
        switch quantifier {
        case .all:
            if tally.falseCount > 0 { return false }
            return tally.nullCount > 0 ? nil : true
        case .any:
            if tally.trueCount > 0 { return true }
            return tally.nullCount > 0 ? nil : false
        case .none:
            if tally.trueCount > 0 { return false }
            return tally.nullCount > 0 ? nil : true
        case .single:
            if tally.trueCount > 1 { return false }
            if tally.nullCount > 0 { return nil }
            return tally.trueCount == 1
        }
    }
}

/// `reduce(accumulator = initial, x IN list | step)`: step t runs for all rows whose list has an
/// element t, side by side.
final class ReduceEvaluation: Evaluator {
    let initial: Evaluator
    let list: Evaluator
    private let step: Evaluator
    private let accumulator: Int
    private let element: Int
    private let flattened: FlattenedLists
    /// States of even and odd steps, and what a step needs meanwhile: so memory does not grow with
    /// the number of steps.
    private var states: [Arena] = []
    /// Nanoseconds of a step besides those for its expression, by and large.
    private static let workUnits = 500
    private let scratch: Arena

    init(
        initial: Evaluator, list: Evaluator, step: Evaluator, accumulator: Int, element: Int,
        flattened: FlattenedLists, pool: PagePool, span: SourceSpan
    ) {
        scratch = Arena(pool: pool)
        states = [Arena(pool: pool), Arena(pool: pool)]
        self.initial = initial
        self.list = list
        self.step = step
        self.accumulator = accumulator
        self.element = element
        self.flattened = flattened
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let lists = try list.cells(rows, context)
        return try reduce(lists, try initial.cells(rows, context), rows, context)
    }

    /// Goes through the lists of all rows from what they start with.
    func reduce(
        _ lists: UnsafePointer<Cell>, _ starts: UnsafePointer<Cell>, _ rows: RowSet,
        _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let arena = context.arena
        let out = try arena.allocate(Cell.self, count: max(1, count))
        out.update(from: starts, count: count)
        var longest = 0
        for row in 0 ..< count {
            if lists[row].isNull {
                out[row] = .null
            } else if lists[row].tag == .list {
                longest = max(longest, lists[row].count)
            } else {
                throw NQLError.runtime(
                    .type, "InvalidArgumentType",
                    "reduce expects a List, found \(lists[row].tag.typeName).", at: span)
            }
        }
        for index in 0 ..< longest {
            try Interruption.spend(ReduceEvaluation.workUnits)
            try advance(index, lists, rows, out, context)
        }
        return Vector(.cell, out)
    }

    private func advance(
        _ index: Int, _ lists: UnsafePointer<Cell>, _ rows: RowSet,
        _ out: UnsafeMutablePointer<Cell>, _ context: ExecutionContext
    ) throws(NQLError) {
        let arena = context.arena
        defer { context.arena = arena }
        scratch.reset()
        context.arena = scratch
        let owners = try scratch.allocate(UInt16.self, count: rows.count)
        let before = try scratch.allocate(Cell.self, count: rows.count)
        let elements = try scratch.allocate(Cell.self, count: rows.count)
        var active = 0
        for row in 0 ..< rows.count {
            let list = lists[row]
            if list.tag != .list || index >= list.count { continue }
            owners[active] = UInt16(truncatingIfNeeded: row)
            before[active] = out[row]
            elements[active] = context.base.cells(list)[index]
            active += 1
        }
        let inner = try flattened.rows(
            owners, active, of: rows,
            [(accumulator, Vector(.cell, before)), (element, Vector(.cell, elements))], context)
        let results = try step.cells(inner, context)
        // What the last step left stays until this one is done.
        let kept = states[index & 1]
        kept.reset()
        let passing = context.keeper(kept)
        let lasting = context.keeper(arena)
        for row in 0 ..< active {
            let owner = Int(owners[row])
            let isLast = index + 1 == lists[owner].count
            out[owner] = try (isLast ? lasting : passing).keep(results[row])
        }
    }
}
