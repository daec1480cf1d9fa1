// Conjunction: predicates that must all be true, as they choose rows. Comparisons of one property
// with constants are one range, selected from the array as it lies in the chunk (ValueRange.swift).
// Predicates that cannot fail are asked in the order that costs least, as measured while they run:
// by the time for a row over the share of rows that fail. What may fail keeps its place, so that
// each predicate that fails is asked for the rows that it was asked for as written.

import NenCore

/// A predicate that cannot fail when its slots hold nodes or relationships.
private final class Condition {
    enum Form {
        /// Comparisons of `operand` with constants.
        case range(
            operand: Evaluator, [(symbol: ComparisonOperator, constant: ConstantEvaluation)])
        case general
    }

    var form: Form
    /// As written.
    var predicates: [Evaluator]
    /// Slots that it reads properties of.
    var slots: [Int]
    /// The range for vectors of `rangeKind`, of comparisons with `constants`.
    private var range: ValueRange?
    private var rangeKind: VectorKind?
    private var constants: [(symbol: ComparisonOperator, constant: Cell)] = []

    /// What was measured: rows asked, rows kept, nanoseconds.
    private(set) var asked = 0
    private(set) var kept = 0
    private(set) var nanoseconds = 0

    init(_ predicate: Evaluator, slots: [Int]) {
        predicates = [predicate]
        self.slots = slots
        form = .general
        guard let comparison = predicate as? ComparisonEvaluation else { return }
        if let constant = comparison.right as? ConstantEvaluation {
            form = .range(operand: comparison.left, [(comparison.symbol, constant)])
        } else if let constant = comparison.left as? ConstantEvaluation {
            form = .range(operand: comparison.right, [(comparison.symbol.turned, constant)])
        }
    }

    /// Takes a comparison of the same operand in; false when it is something else.
    func merge(_ other: Condition) -> Bool {
        guard case .range(let operand, let comparisons) = form,
            case .range(let otherOperand, let more) = other.form,
            let property = operand as? PropertyEvaluation,
            let otherProperty = otherOperand as? PropertyEvaluation,
            property.keyName == otherProperty.keyName, slots == other.slots
        else { return false }
        form = .range(operand: operand, comparisons + more)
        predicates += other.predicates
        return true
    }

    /// Time for a row over the share of rows that it rejects.
    var rank: Double {
        let rejected = Double(asked - kept) / Double(max(1, asked))
        return Double(nanoseconds) / Double(max(1, asked)) / max(rejected, 1e-3)
    }

    func note(asked: Int, kept: Int, nanoseconds: Int) {
        self.asked += asked
        self.kept += kept
        self.nanoseconds += nanoseconds
    }

    /// Whether no row of `rows` can make it fail.
    func cannotFail(_ rows: RowSet, _ context: ExecutionContext) -> Bool {
        if context.hasDeleted { return false }
        for slot in slots {
            let kind = rows.vectors[slot].kind
            if kind != .node && kind != .relationship { return false }
        }
        return true
    }

    /// The rows of `rows` for which it is true.
    func select(_ rows: RowSet, _ context: ExecutionContext) throws(NQLError) -> RowSet {
        if case .range(let operand, let comparisons) = form,
            let result = try selectRange(operand, comparisons, rows, context)
        {
            return result
        }
        var rows = rows
        for predicate in predicates where rows.count > 0 {
            rows = try Conjunction.select(predicate, rows, context)
        }
        return rows
    }

    /// Takes the constants up; whether they are what they were: a parameter may have another value
    /// in the next run of a prepared statement, which is to allocate nothing.
    private func isCurrent(
        _ comparisons: [(symbol: ComparisonOperator, constant: ConstantEvaluation)]
    ) -> Bool {
        if constants.count != comparisons.count {
            constants = comparisons.map { (symbol: $0.symbol, constant: $0.constant.cell) }
            return false
        }
        var isSame = true
        for index in comparisons.indices {
            let (old, new) = (constants[index].constant, comparisons[index].constant.cell)
            if old.payload == new.payload && old.head == new.head { continue }
            constants[index].constant = new
            isSame = false
        }
        return isSame
    }

    /// Makes the range of the constants for vectors of a kind, where it is not made already.
    private func take(
        _ comparisons: [(symbol: ComparisonOperator, constant: ConstantEvaluation)],
        _ kind: VectorKind
    ) {
        if isCurrent(comparisons), rangeKind == kind { return }
        range = ValueRange(constants, kind)
        rangeKind = kind
    }

    private func selectRange(
        _ operand: Evaluator,
        _ comparisons: [(symbol: ComparisonOperator, constant: ConstantEvaluation)],
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> RowSet? {
        if let (column, elements) = try (operand as? PropertyEvaluation)?.framed(rows, context) {
            take(comparisons, PropertyTable.kind(of: column.type))
            guard let range else { return nil }
            let chosen = try context.arena.allocate(UInt16.self, count: rows.count + 1)
            if let count = range.select(column, elements, rows.count, into: chosen) {
                if count == rows.count { return rows }
                return try rows.subset(chosen, count, context.arena)
            }
        }
        var vector: Vector
        var elements: UnsafePointer<UInt16>?
        if let (stored, places) = try (operand as? PropertyEvaluation)?.stored(rows, context) {
            vector = stored
            elements = places
        } else {
            vector = try operand.evaluate(rows, context)
            if vector.isConstant { return nil }
        }
        take(comparisons, vector.kind)
        guard let range else { return nil }
        let chosen = try context.arena.allocate(UInt16.self, count: rows.count + 1)
        let count = range.select(vector, elements, rows.count, into: chosen)
        if count == rows.count { return rows }
        return try rows.subset(chosen, count, context.arena)
    }
}

/// Predicates of one operator; used by one thread.
final class Conjunction {
    private enum Part {
        /// May fail.
        case fixed(Evaluator)
        /// Cannot fail where all slots hold nodes or relationships, in any order; and as written.
        case free([Condition], written: [Evaluator])
    }

    private var parts: [Part] = []
    private var batchCount = 0
    /// Batches that are measured at first, and then one in so many.
    private static let measuredFirst = 4
    private static let measuredEvery = 64

    init(_ predicates: [Evaluator]) {
        var run: [Condition] = []
        var written: [Evaluator] = []
        for predicate in predicates {
            if let slots = Conjunction.propertySlots(predicate) {
                let condition = Condition(predicate, slots: slots)
                if !run.contains(where: { $0.merge(condition) }) { run.append(condition) }
                written.append(predicate)
                continue
            }
            if !run.isEmpty { parts.append(.free(run, written: written)) }
            (run, written) = ([], [])
            parts.append(.fixed(predicate))
        }
        if !run.isEmpty { parts.append(.free(run, written: written)) }
    }

    /// Slots whose properties a predicate reads that cannot fail when they hold nodes or
    /// relationships; nil for a predicate that may.
    private static func propertySlots(_ predicate: Evaluator) -> [Int]? {
        switch predicate {
        case is ConstantEvaluation: return []
        case let property as PropertyEvaluation:
            return (property.operand as? SlotEvaluation).map { [$0.slot] }
        case let comparison as ComparisonEvaluation:
            guard let left = propertySlots(comparison.left),
                let right = propertySlots(comparison.right)
            else { return nil }
            return left + right
        case let test as BinaryEvaluation:
            guard test.isTextTest, let left = propertySlots(test.left),
                let right = propertySlots(test.right)
            else { return nil }
            return left + right
        case let test as NullTestEvaluation: return propertySlots(test.operand)
        default: return nil
        }
    }

    /// The rows of `rows` for which all predicates are true.
    func select(_ rows: RowSet, _ context: ExecutionContext) throws(NQLError) -> RowSet {
        var rows = rows
        let isMeasured = batchCount < Conjunction.measuredFirst
            || batchCount % Conjunction.measuredEvery == 0
        batchCount &+= 1
        for index in parts.indices where rows.count > 0 {
            switch parts[index] {
            case .fixed(let predicate):
                rows = try Conjunction.select(predicate, rows, context)
            case .free(let conditions, let written):
                guard conditions.allSatisfy({ $0.cannotFail(rows, context) }) else {
                    for predicate in written where rows.count > 0 {
                        rows = try Conjunction.select(predicate, rows, context)
                    }
                    continue
                }
                rows = try select(conditions, rows, isMeasured: isMeasured, context)
                if isMeasured && conditions.count > 1 {
                    let sorted = conditions.sorted { $0.rank < $1.rank }
                    parts[index] = .free(sorted, written: written)
                }
            }
        }
        return rows
    }

    private func select(
        _ conditions: [Condition], _ all: RowSet, isMeasured: Bool, _ context: ExecutionContext
    ) throws(NQLError) -> RowSet {
        var rows = all
        for condition in conditions where rows.count > 0 {
            let start = isMeasured ? StatementState.now() : 0
            let asked = rows.count
            rows = try condition.select(rows, context)
            if isMeasured {
                condition.note(
                    asked: asked, kept: rows.count,
                    nanoseconds: Int(StatementState.now() &- start))
            }
        }
        return rows
    }

    /// The rows for which one predicate is true.
    static func select(
        _ predicate: Evaluator, _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> RowSet {
        var rows = rows
        let truth = try predicate.booleans(rows, context)
        if truth.isConstant {
            if truth.kind != .boolean || truth.booleans[0] == 0 { rows.count = 0 }
            return rows
        }
        let chosen = try context.arena.allocate(UInt16.self, count: rows.count + 1)
        let count = Logic.select(truth, rows.count, into: chosen)
        if count == rows.count { return rows }
        return try rows.subset(chosen, count, context.arena)
    }
}
