// KindEvaluation: what reads nothing of an entity but its kind, the labels of a node or the type of
// a relationship, as `labels(n)[0]` and `type(r) = $t` do: it is worked out once for each set of
// labels or type that is met. (Measured, 17.4 million relationships counted by type and labels of
// both ends, one thread: 5.1 s with three lists for each, 0.9 so.)

import NQLPlan
import NQLSyntax
import NenCore

/// An expression over the kind of one entity.
final class KindEvaluation: Evaluator {
    private let operand: SlotEvaluation
    /// The expression itself, asked for one row of each kind.
    private let whole: Evaluator
    private let arena: Arena
    /// By label set or type: what the expression gives, and whether that is known.
    private let values: PooledArray<Cell>
    private let isKnown: PooledArray<UInt8>
    private var isOfNodes = true

    init(_ slot: Slot, _ whole: Evaluator, _ pool: PagePool, span: SourceSpan) {
        operand = SlotEvaluation(slot, span: span)
        self.whole = whole
        arena = Arena(pool: pool)
        values = PooledArray(pool: pool)
        isKnown = PooledArray(pool: pool)
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let vector = try operand.evaluate(rows, context)
        let isNode = vector.kind == .node
        guard isNode || vector.kind == .relationship, !vector.isConstant,
            vector.validity == nil, !context.hasDeleted, rows.count > 0
        else { return try whole.evaluate(rows, context) }
        if isNode != isOfNodes { forget(isNode) }
        let kinds = try context.arena.allocate(UInt32.self, count: rows.count)
        try isNode
            ? readSets(vector.entities, rows.count, context, into: kinds)
            : readTypes(vector.entities, rows.count, context, into: kinds)
        var kind = kinds[0]
        var value = try self.value(kind, rows, 0, context)
        var row = 1
        while row < rows.count, kinds[row] == kind { row &+= 1 }
        if row == rows.count { return try context.arena.constant(value) }
        let out = try context.arena.allocate(Cell.self, count: rows.count)
        out.update(repeating: value, count: row)
        while row < rows.count {
            if kinds[row] != kind {
                kind = kinds[row]
                value = try self.value(kind, rows, row, context)
            }
            out[row] = value
            row &+= 1
        }
        return Vector(.cell, out)
    }

    private func forget(_ isNode: Bool) {
        isOfNodes = isNode
        values.removeAll()
        isKnown.removeAll()
    }

    private func readSets(
        _ nodes: UnsafePointer<UInt32>, _ count: Int, _ context: ExecutionContext,
        into sets: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        var reader = LabelSetReader(context)
        var row = 0
        while row < count {
            sets[row] = try reader.labelSet(nodes[row])
            row &+= 1
        }
    }

    private func readTypes(
        _ relationships: UnsafePointer<UInt32>, _ count: Int, _ context: ExecutionContext,
        into types: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        let graph = context.graph
        var chunk = Int.max
        var type: UInt32 = 0
        var row = 0
        while row < count {
            let number = GraphView.chunk(of: relationships[row])
            if number != chunk {
                type = UInt32(try storage { try graph.relationshipChunkType(number) })
                chunk = number
            }
            types[row] = type
            row &+= 1
        }
    }

    /// What the expression gives for entities of a kind, of which `row` is one.
    @inline(__always)
    private func value(
        _ kind: UInt32, _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Cell {
        let place = Int(kind)
        if place < isKnown.count, isKnown.pointer[place] != 0 { return values.pointer[place] }
        return try find(place, rows, row, context)
    }

    @inline(never)
    private func find(
        _ place: Int, _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Cell {
        let cell = try context.keeper(arena).keep(try whole.cell(rows, row: row, context))
        if place >= isKnown.count {
            try isKnown.resize(place + 1, filling: 0)
            try values.resize(place + 1, filling: .null)
        }
        isKnown[place] = 1
        values[place] = cell
        return cell
    }
}

extension PlanExpression {
    /// The slot of the entity whose labels or type are all that the expression reads; nil where it
    /// reads something else, or nothing.
    var kindSlot: Slot? {
        var slot: Slot?
        return readsKind(of: &slot) ? slot : nil
    }

    private func readsKind(of slot: inout Slot?) -> Bool {
        switch kind {
        case .constant, .parameter: return true
        case .call("labels", let arguments), .call("type", let arguments):
            guard arguments.count == 1, let read = arguments[0].plainSlot,
                slot == nil || slot == read
            else { return false }
            slot = read
            return true
        case .call("head", let arguments), .call("last", let arguments),
            .call("size", let arguments):
            return arguments.allSatisfy { $0.readsKind(of: &slot) }
        case .subscripted(let base, let index):
            return base.readsKind(of: &slot) && index.readsKind(of: &slot)
        case .binary(.equal, let left, let right), .binary(.notEqual, let left, let right),
            .binary(.inList, let left, let right):
            return left.readsKind(of: &slot) && right.readsKind(of: &slot)
        default: return false
        }
    }
}
