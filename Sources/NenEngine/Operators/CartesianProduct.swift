// CartesianProduct: the right input is read once and kept (RowQueue.swift), then each left row
// comes with all of its rows. When the right input has none, a left input that only reads is not
// run at all: it may take very long.

import NQLPlan
import NenCore

/// Every left row with every right row.
final class CartesianProduct: Operator, Sink {
    private let memory: SinkMemory
    private let right: RowQueue
    private let reader: RowQueue.Reader
    /// The right rows were read by another worker's operator.
    private let isShared: Bool
    private let own: Pipeline?
    private let carried: [Slot]
    /// Whether nothing is missed when the left input is never run.
    private let mayLeaveLeft: Bool
    private var isBuilt: Bool
    private var hasLeft = false
    private var row = 0
    private var block = 0

    /// - Parameter pipeline: the way to read the right input on several threads.
    init(
        _ scope: OperatorScope, _ left: Operator, _ right: Operator, mayLeaveLeft: Bool,
        _ pipeline: Pipeline?
    ) {
        own = pipeline
        self.mayLeaveLeft = mayLeaveLeft
        let leftSlots = Set(left.live)
        carried = scope.live.filter { leftSlots.contains($0) }
        let wanted = Set(scope.live)
        let slots = right.live.filter { wanted.contains($0) && !leftSlots.contains($0) }
        memory = SinkMemory(scope.context)
        self.right = RowQueue(scope.context, slots: slots, memory)
        reader = RowQueue.Reader(self.right, scope.context)
        (isShared, isBuilt) = (false, false)
        super.init(scope, inputs: [left, right])
    }

    /// A product with rows that are buffered already.
    init(_ scope: OperatorScope, _ left: Operator, built right: RowQueue, mayLeaveLeft: Bool) {
        self.mayLeaveLeft = mayLeaveLeft
        self.right = right
        memory = SinkMemory(scope.context)
        reader = RowQueue.Reader(right, scope.context)
        own = nil
        let leftSlots = Set(left.live)
        carried = scope.live.filter { leftSlots.contains($0) }
        (isShared, isBuilt) = (true, true)
        super.init(scope, inputs: [left])
    }

    override var pipeline: Pipeline? { own }

    override func open() throws(NQLError) {
        hasLeft = false
        if !isShared {
            isBuilt = false
            right.removeAll()
            reader.reset()
        }
        try super.open()
    }

    private func build() throws(NQLError) {
        if isBuilt { return }
        try (input as? Eager)?.fill()
        if !(try own?.run(inputs[1], into: self) ?? false) {
            while try inputs[1].pull() { try right.append(inputs[1].batch) }
        }
        isBuilt = true
    }

    override func share() throws(NQLError) -> SharedInput? {
        try measured { () throws(NQLError) in try build() }
        return .rows(right)
    }

    override var isIdle: Bool { isBuilt && mayLeaveLeft && right.rowCount == 0 }

    override func next() throws(NQLError) -> Bool {
        try build()
        if right.rowCount == 0 {
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
                if right.rowCount <= 256, let few = right.rowsInMemory {
                    try emitManyRows(few)
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
        try reader.load(block: block, into: batch, context)
        let position = input.batch.rows.position(row)
        for slot in carried {
            batch.vectors[slot] = input.batch.vectors[slot].constant(at: position)
        }
        block += 1
        if block == right.blockCount {
            block = 0
            row += 1
        }
    }

    /// As many left rows as fit, each with all rows of a small right side.
    private func emitManyRows(_ buffer: RowBuffer) throws(NQLError) {
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

    override var stateByteCount: Int { isShared ? 0 : right.byteCount }

    override var spilledByteCount: Int { memory.writtenByteCount }

    // MARK: Sink

    func makeLocal(_ part: ExecutionContext) -> RowQueue {
        RowQueue(part, slots: right.slots, memory)
    }

    func consume(_ batch: Batch, _ local: RowQueue) throws(NQLError) { try local.append(batch) }

    func combine(_ locals: Slots<RowQueue?>, threads: Int) throws(NQLError) {
        for task in locals.indices {
            if let rows = locals[task] { try right.adopt(rows) }
            locals[task] = nil
        }
    }
}
