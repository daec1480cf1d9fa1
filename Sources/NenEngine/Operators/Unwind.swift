// Unwind: one row per element of a list; null and the empty list give none, any other value one
// row.

import NQLPlan
import NenCore

/// Lists to rows.
final class Unwind: Operator {
    private let list: Evaluator
    private let element: Slot
    private let carried: [Slot]
    private let listArena: Arena
    private var lists: UnsafePointer<Cell>?
    private var row = 0
    private var offset = 0

    init(_ scope: OperatorScope, _ input: Operator, list: Evaluator, element: Slot) {
        self.list = list
        self.element = element
        carried = scope.live.filter { $0 != element }
        listArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        lists = nil
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if lists == nil {
                guard try input.pull() else { return false }
                listArena.reset()
                context.arena = listArena
                lists = try list.cells(input.batch.rows, context)
                row = 0
                offset = 0
            }
            if let lists, try emit(lists) { return true }
            lists = nil
        } while true
    }

    private func emit(_ lists: UnsafePointer<Cell>) throws(NQLError) -> Bool {
        beginOutput()
        let source = input.batch
        let rows = source.rows
        let capacity = Batch.rowCapacity
        let out = try arena.allocate(Cell.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        var filled = 0
        while row < source.count && filled < capacity {
            let cell = lists[row]
            let position = UInt16(truncatingIfNeeded: rows.position(row))
            if cell.tag == .list {
                let elements = context.base.cells(cell)
                let count = min(cell.count - offset, capacity - filled)
                (out + filled).update(from: elements + offset, count: count)
                (positions + filled).update(repeating: position, count: count)
                filled += count
                offset += count
                if offset < cell.count { break }
            } else if !cell.isNull {
                out[filled] = cell
                positions[filled] = position
                filled += 1
            }
            offset = 0
            row += 1
        }
        if filled == 0 { return false }
        try batch.carry(source, carried, at: positions, count: filled, arena)
        batch.vectors[element] = Vector(.cell, out)
        return true
    }
}
