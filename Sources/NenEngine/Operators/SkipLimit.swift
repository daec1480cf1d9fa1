// Skip, Limit and Eager.

import NQLPlan
import NenCore

/// A row count given by an expression without slots.
struct RowCountExpression {
    let evaluator: Evaluator
    let clause: String

    /// The count.
    ///
    /// - Throws: `SyntaxError(NegativeIntegerArgument | InvalidArgumentType)` as openCypher has it.
    func value(_ context: ExecutionContext, _ scratch: Batch) throws(NQLError) -> Int {
        scratch.count = 1
        scratch.selection = nil
        let cell = try evaluator.evaluate(scratch.rows, context).cell(element: 0)
        guard cell.tag == .integer else {
            throw .runtime(
                .syntax, "InvalidArgumentType",
                "\(clause) expects an Integer, found a value of type \(cell.tag.typeName).",
                at: evaluator.span)
        }
        guard cell.integer >= 0 else {
            throw .runtime(
                .syntax, "NegativeIntegerArgument",
                "\(clause) expects a count of rows, which \(cell.integer) is not.",
                at: evaluator.span)
        }
        return Int(cell.integer)
    }
}

/// Drops the first rows.
final class Skip: Operator {
    private let count: RowCountExpression
    private var left = -1

    init(_ scope: OperatorScope, _ input: Operator, _ count: RowCountExpression) {
        self.count = count
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        left = -1
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if left < 0 {
            beginOutput()
            left = try count.value(context, batch)
        }
        repeat {
            guard try input.pull() else { return false }
            let source = input.batch
            if source.count <= left {
                left -= source.count
                continue
            }
            beginOutput()
            batch.pass(source, live)
            if left > 0 {
                let rest = source.count - left
                let chosen = try arena.allocate(UInt16.self, count: rest)
                for row in 0 ..< rest {
                    chosen[row] = UInt16(truncatingIfNeeded: source.rows.position(left + row))
                }
                batch.selection = UnsafePointer(chosen)
                batch.count = rest
                left = 0
            }
            return true
        } while true
    }
}

/// Hands out the first rows only.
final class Limit: Operator {
    private let count: RowCountExpression
    private var left = -1
    /// The input writes: it has to run to its end whatever the limit.
    private let drainsInput: Bool

    init(
        _ scope: OperatorScope, _ input: Operator, _ count: RowCountExpression,
        drainsInput: Bool
    ) {
        self.count = count
        self.drainsInput = drainsInput
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        left = -1
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if left < 0 {
            beginOutput()
            left = try count.value(context, batch)
        }
        if left == 0 {
            if drainsInput { while try input.pull() {} }
            return false
        }
        guard try input.pull() else { return false }
        batch.pass(input.batch, live)
        batch.count = min(batch.count, left)
        left -= batch.count
        return true
    }
}

/// Reads all rows before it hands out the first.
final class Eager: Operator {
    private let memory: SinkMemory
    private let rows: RowQueue
    private let reader: RowQueue.Reader
    private var isFilled = false
    private var nextBlock = 0

    init(_ scope: OperatorScope, _ input: Operator) {
        memory = SinkMemory(scope.context)
        rows = RowQueue(scope.context, slots: scope.live, memory)
        reader = RowQueue.Reader(rows, scope.context)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        isFilled = false
        nextBlock = 0
        rows.removeAll()
        reader.reset()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        try fill()
        guard nextBlock < rows.blockCount else { return false }
        try reader.load(block: nextBlock, into: batch, context)
        nextBlock += 1
        return true
    }

    /// Reads the whole input, once.
    func fill() throws(NQLError) {
        if isFilled { return }
        while try input.pull() { try rows.append(input.batch) }
        isFilled = true
    }

    override var stateByteCount: Int { rows.byteCount }

    override var spilledByteCount: Int { memory.writtenByteCount }
}
