// Distinct: the first row of each combination of values, handed out as it comes.

import NQLPlan
import NenCore

/// `DISTINCT` on one thread.
final class Distinct: Operator {
    private let slots: [Slot]
    private let table: GroupTable

    init(_ scope: OperatorScope, _ input: Operator, slots: [Slot], directCapacity: Int) {
        self.slots = slots
        table = GroupTable(width: slots.count, scope.context, directCapacity: directCapacity)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        table.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            guard try input.pull() else { return false }
            let source = input.batch
            if source.count == 0 { continue }
            beginOutput()
            let rows = source.rows
            var vectors: [Vector] = []
            for slot in slots {
                let vector = try rows.dense(slot, arena)
                vectors.append(try Gather.expanded(vector, rows.count, arena))
            }
            let groups = try arena.allocate(UInt32.self, count: rows.count)
            let isNew = try arena.allocate(UInt8.self, count: rows.count)
            try table.find(vectors, rows.count, arena, into: groups, isNew: isNew)
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            let count = Logic.select(Vector(.boolean, isNew), rows.count, into: chosen)
            if count == 0 { continue }
            batch.pass(source, live)
            batch.multiplicity = nil
            batch.selection = try rows.subset(chosen, count, arena).selection
            batch.count = count
            return true
        } while true
    }

    override var stateByteCount: Int { table.byteCount }
}
