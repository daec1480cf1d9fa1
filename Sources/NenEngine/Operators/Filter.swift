// Filter: keeps rows for which all predicates are true. Each is asked for the rows that those
// before it left (Conjunction.swift says in which order); the result is a selection, nothing is
// copied. On rows of one stored chunk, `x.key < constant` is first asked of the column's zone map.
// A *gate* reads nothing of the rows and cannot fail: where it is not true, no row is read at all.

import NQLPlan
import NenCore

/// Selection by predicates.
final class Filter: Operator {
    private let gates: [Evaluator]
    private let predicates: Conjunction
    private let zones: [ZoneCheck]
    private var isOpen = false

    init(
        _ scope: OperatorScope, _ input: Operator, gates: [Evaluator] = [],
        _ predicates: [Evaluator]
    ) {
        self.gates = gates
        self.predicates = Conjunction(predicates)
        zones = predicates.compactMap { ZoneCheck($0) }
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        isOpen = gates.isEmpty
        try super.open()
    }

    /// Whether every gate is true.
    private func gatesOpen() throws(NQLError) -> Bool {
        let row = RowSet(vectors: batch.vectors, selection: nil, count: 1)
        let chosen = try arena.allocate(UInt16.self, count: 1)
        for gate in gates {
            if Logic.select(try gate.booleans(row, context), 1, into: chosen) == 0 { return false }
        }
        return true
    }

    override func next() throws(NQLError) -> Bool {
        if !isOpen {
            beginOutput()
            isOpen = try gatesOpen()
            if !isOpen { return false }
        }
        repeat {
            guard try input.pull() else { return false }
            beginOutput()
            let source = input.batch
            if source.count == 0 { continue }
            var isImpossible = false
            for zone in zones where !isImpossible {
                isImpossible = try !zone.mayHold(source.vectors, context)
            }
            if isImpossible { continue }
            let rows = try predicates.select(source.rows, context)
            if rows.count == 0 { continue }
            batch.pass(source, live)
            batch.selection = rows.selection
            batch.count = rows.count
            return true
        } while true
    }
}

/// `x.key op constant` where x is a column: can it hold in a chunk at all?
struct ZoneCheck {
    private let slot: Int
    private let property: PropertyEvaluation
    private let symbol: ComparisonOperator
    /// A parameter's value may change from one run of a prepared statement to the next.
    private let bound: ConstantEvaluation

    init?(_ predicate: Evaluator) {
        guard let comparison = predicate as? ComparisonEvaluation,
            let property = comparison.left as? PropertyEvaluation,
            let slot = (property.operand as? SlotEvaluation)?.slot,
            let bound = comparison.right as? ConstantEvaluation
        else { return nil }
        guard comparison.symbol != .notEqual else { return nil }
        self.slot = slot
        self.property = property
        symbol = comparison.symbol
        self.bound = bound
    }

    /// False when no row of the chunk can satisfy the predicate.
    func mayHold(
        _ vectors: VectorTable, _ context: ExecutionContext
    ) throws(NQLError) -> Bool {
        let vector = vectors[slot]
        guard vector.sequence != Vector.noSequence, !context.hasDeleted else { return true }
        let table = vector.kind == .node ? property.nodeTable : property.relationshipTable
        let number = Int(vector.sequence &>> 11)
        guard let column = try table.column(number) else { return false }
        guard let least = column.zoneLeast, let greatest = column.zoneGreatest else {
            return true
        }
        let base = context.base
        let constant = bound.cell
        switch symbol {
        case .equal:
            return Comparison.test(.lessOrEqual, least, constant, base) != 0
                && Comparison.test(.greaterOrEqual, greatest, constant, base) != 0
        case .less, .lessOrEqual: return Comparison.test(symbol, least, constant, base) != 0
        case .greater, .greaterOrEqual:
            return Comparison.test(symbol, greatest, constant, base) != 0
        case .notEqual: return true
        }
    }
}
