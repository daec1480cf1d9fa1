// `x.key`: from stored columns for nodes and relationships, by the cell operator for maps and
// temporal values.

import NenCore

/// A property of the operand.
final class PropertyEvaluation: Evaluator {
    let operand: Evaluator
    let keyName: String
    private let key: PropertyKey
    let nodeTable: PropertyTable
    let relationshipTable: PropertyTable

    init(_ operand: Evaluator, key: String, _ context: ExecutionContext, span: SourceSpan) {
        self.operand = operand
        keyName = key
        self.key = PropertyKey(name: key)
        nodeTable = context.propertyTable(key, .node)
        relationshipTable = context.propertyTable(key, .relationship)
        super.init(span: span)
    }

    /// The stored array of the rows' chunk, and the element of each row (nil: row i is element i);
    /// nil where the rows are not of one chunk or it has no such array.
    func stored(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> (Vector, UnsafePointer<UInt16>?)? {
        guard let slot = (operand as? SlotEvaluation)?.slot, !context.hasDeleted else { return nil }
        let vector = rows.vectors[slot]
        guard vector.sequence != Vector.noSequence, !vector.isConstant else { return nil }
        let table = vector.kind == .node ? nodeTable : relationshipTable
        guard let stored = try table.stored(Int(vector.sequence &>> 11)) else { return nil }
        return (stored, try rows.elements(of: vector, context.arena))
    }

    /// The framed column of the rows' chunk, and the element of each row, as `stored` gives them.
    func framed(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> (ColumnHandle, UnsafePointer<UInt16>?)? {
        guard let slot = (operand as? SlotEvaluation)?.slot, !context.hasDeleted else { return nil }
        let vector = rows.vectors[slot]
        guard vector.sequence != Vector.noSequence, !vector.isConstant else { return nil }
        let table = vector.kind == .node ? nodeTable : relationshipTable
        guard let column = try table.framed(Int(vector.sequence &>> 11)) else { return nil }
        return (column, try rows.elements(of: vector, context.arena))
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        if let slot = (operand as? SlotEvaluation)?.slot {
            let vector = rows.vectors[slot]
            if vector.sequence != Vector.noSequence, !vector.isConstant, !context.hasDeleted {
                let table = vector.kind == .node ? nodeTable : relationshipTable
                return try table.values(
                    ofChunk: Int(vector.sequence &>> 11),
                    rows: try rows.elements(of: vector, context.arena), count: rows.count,
                    context.arena)
            }
        }
        let vector = try operand.evaluate(rows, context)
        if !context.hasDeleted, vector.kind == .node || vector.kind == .relationship {
            let table = vector.kind == .node ? nodeTable : relationshipTable
            let count = vector.isConstant ? min(1, rows.count) : rows.count
            let result = try table.values(
                of: vector.entities, validity: vector.validity, count: count, context.arena)
            if vector.isConstant && count == 1 {
                return try context.arena.constant(result.cell(element: 0))
            }
            return result
        }
        if let component = key.component,
            let result = try TemporalComponents.apply(
                component, vector, rows.count, context.arena, context.base)
        {
            return result
        }
        return try cellwise(vector, rows.count, context)
    }

    private func cellwise(
        _ vector: Vector, _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        if count == 0 || vector.isConstantNull { return Batch.nullVector }
        if vector.kind == .cell, !vector.isConstant, !context.hasDeleted {
            if let result = try entities(vector.cells, count, context) { return result }
        }
        let length = vector.isConstant ? 1 : count
        let out = try context.arena.allocate(Cell.self, count: length)
        var call = context.function
        let isWriting = context.transaction != nil
        do {
            for row in 0 ..< length {
                let cell = vector.cell(element: row)
                if cell.isNull {
                    out[row] = .null
                    continue
                }
                if isWriting { try context.checkNotDeleted(cell) }
                out[row] = try CellOperators.property(of: cell, key, &call)
            }
            if isWriting { try context.keeper(context.arena).keep(out, length, into: out) }
        } catch {
            throw error.located(span)
        }
        if vector.isConstant { return try context.arena.constant(out[0]) }
        return Vector(.cell, out)
    }

    /// Cells that are all nodes (or null): by the table. nil for anything else.
    private func entities(
        _ cells: UnsafePointer<Cell>, _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Vector? {
        let nodeTag = CellTag.node.rawValue
        let nullTag = CellTag.null.rawValue
        var row = 0
        while row < count {
            let tag = cells[row].rawTag
            if tag != nodeTag && tag != nullTag { return nil }
            row &+= 1
        }
        let ids = try context.arena.allocate(UInt32.self, count: count)
        let bits = try Bitmap.make(count, value: true, context.arena)
        row = 0
        while row < count {
            ids[row] = cells[row].entity
            if cells[row].isNull { Bitmap.clear(bits, row) }
            row &+= 1
        }
        return try nodeTable.values(of: ids, validity: bits, count: count, context.arena)
    }
}
