// CartesianProduct: the right input is buffered, then each left row comes with all of its rows.
// When the right input has none, a left input that only reads is not run at all: it may take very
// long.

import NQLPlan
import NenCore

/// Every left row with every right row; the right input is buffered.
final class CartesianProduct: Operator {
    private let buffer: RowBuffer
    private let carried: [Slot]
    /// Whether nothing is missed when the left input is never run.
    private let mayLeaveLeft: Bool
    private var isBuilt = false
    private var hasLeft = false
    private var row = 0
    private var block = 0

    init(_ scope: OperatorScope, _ left: Operator, _ right: Operator, mayLeaveLeft: Bool) {
        self.mayLeaveLeft = mayLeaveLeft
        let leftSlots = Set(left.live)
        carried = scope.live.filter { leftSlots.contains($0) }
        let wanted = Set(scope.live)
        let slots = right.live.filter { wanted.contains($0) && !leftSlots.contains($0) }
        buffer = scope.context.makeBuffer(slots)
        super.init(scope, inputs: [left, right])
    }

    override func open() throws(NQLError) {
        isBuilt = false
        hasLeft = false
        buffer.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if !isBuilt {
            try (input as? Eager)?.fill()
            while try inputs[1].pull() { try buffer.append(inputs[1].batch) }
            isBuilt = true
        }
        if buffer.rowCount == 0 {
            if mayLeaveLeft { return false }
            // The left side is still run: its errors count.
            while try input.pull() {}
            return false
        }
        repeat {
            if !hasLeft {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                hasLeft = true
                row = 0
                block = 0
            }
            if row < input.batch.count {
                if buffer.rowCount <= 256 {
                    try emitManyRows()
                } else {
                    try emitOneRow()
                }
                return true
            }
            hasLeft = false
        } while true
    }

    /// One left row as constants beside a block of the right side.
    private func emitOneRow() throws(NQLError) {
        beginOutput()
        buffer.load(block: block, into: batch)
        let position = input.batch.rows.position(row)
        for slot in carried {
            batch.vectors[slot] = input.batch.vectors[slot].constant(at: position)
        }
        block += 1
        if block == buffer.blockCount {
            block = 0
            row += 1
        }
    }

    /// As many left rows as fit, each with all rows of a small right side.
    private func emitManyRows() throws(NQLError) {
        beginOutput()
        let source = input.batch
        let each = buffer.rowCount
        let count = min(source.count - row, Batch.rowCapacity / each)
        let total = count * each
        let positions = try arena.allocate(UInt16.self, count: total)
        let references = try arena.allocate(RowBuffer.RowReference.self, count: total)
        var filled = 0
        for left in row ..< row + count {
            let position = UInt16(truncatingIfNeeded: source.rows.position(left))
            for block in 0 ..< buffer.blockCount {
                let start = RowBuffer.RowReference(truncatingIfNeeded: block) &<< 11
                for right in 0 ..< buffer.rowCount(ofBlock: block) {
                    positions[filled] = position
                    references[filled] = start | RowBuffer.RowReference(right)
                    filled += 1
                }
            }
        }
        try batch.carry(source, carried, at: positions, count: total, arena)
        for (column, slot) in buffer.slots.enumerated() {
            batch.vectors[slot] = try buffer.gather(column: column, references, total, arena)
        }
        row += count
    }

    override var stateByteCount: Int { buffer.arena.byteCount }
}
