// Aggregate: groups rows by key expressions and folds aggregates over each group. Groups come out
// in the order of their first row. Without keys there is exactly one group, also of no rows.

import NQLPlan
import NenCore

/// One aggregate call, compiled.
struct AggregateExpression {
    var slot: Slot
    var function: String
    var arguments: [Evaluator]
    var isDistinct: Bool
    /// Where the call stands, for errors.
    var span: SourceSpan
}

/// Groups and accumulators that one worker fills.
final class AggregateState {
    let table: GroupTable
    let accumulators: [Accumulator]
    /// For DISTINCT: the (group, arguments) seen so far.
    private let seen: [GroupTable?]
    private let context: ExecutionContext
    private let keys: [Evaluator]
    private let calls: [AggregateExpression]
    private let scratch: Arena
    private var hasRows = false

    init(
        keys: [Evaluator], calls: [AggregateExpression], directCapacity: Int,
        _ context: ExecutionContext
    ) throws(NQLError) {
        self.context = context
        self.keys = keys
        self.calls = calls
        scratch = Arena(pool: context.pool)
        table = GroupTable(width: keys.count, context, directCapacity: directCapacity)
        var accumulators: [Accumulator] = []
        var seen: [GroupTable?] = []
        for call in calls {
            accumulators.append(
                try Accumulator.make(
                    call.function, argumentCount: call.arguments.count, context))
            seen.append(
                call.isDistinct && !call.arguments.isEmpty
                    ? GroupTable(width: keys.isEmpty ? 1 : 2, context) : nil)
        }
        self.accumulators = accumulators
        self.seen = seen
    }

    /// Groups so far; without keys one from the start.
    var groupCount: Int { keys.isEmpty ? 1 : table.count }

    /// Forgets everything.
    func removeAll() {
        table.removeAll()
        for accumulator in accumulators { accumulator.removeAll() }
        for table in seen { table?.removeAll() }
    }

    /// Adds the rows of a batch.
    func add(_ batch: Batch) throws(NQLError) {
        if batch.count == 0 { return }
        scratch.reset()
        context.arena = scratch
        let rows = batch.rows
        let count = rows.count
        let groups = try scratch.allocate(UInt32.self, count: count)
        if keys.isEmpty {
            groups.update(repeating: 0, count: count)
        } else {
            var vectors: [Vector] = []
            for key in keys { vectors.append(try key.evaluate(rows, context)) }
            try table.find(vectors, count, scratch, into: groups)
        }
        let weights = try multiplicity(batch)
        for (index, call) in calls.enumerated() {
            var input = AccumulatorInput(
                arguments: [], groups: UnsafePointer(groups), multiplicity: weights,
                count: count)
            for argument in call.arguments {
                input.arguments.append(try argument.evaluate(rows, context))
            }
            if let seen = seen[index] { try keepNew(&input, seen) }
            try accumulators[index].resize(groupCount)
            do {
                try accumulators[index].update(input)
            } catch {
                throw error.located(call.span)
            }
        }
    }

    /// Multiplicity by row instead of position.
    private func multiplicity(_ batch: Batch) throws(NQLError) -> UnsafePointer<Int64>? {
        guard let weights = batch.multiplicity else { return nil }
        guard let selection = batch.selection else { return weights }
        let dense = try scratch.allocate(Int64.self, count: batch.count)
        for row in 0 ..< batch.count { dense[row] = weights[Int(selection[row])] }
        return UnsafePointer(dense)
    }

    /// Leaves only rows whose (group, first argument) was not seen before.
    private func keepNew(
        _ input: inout AccumulatorInput, _ seen: GroupTable
    ) throws(NQLError) {
        let count = input.count
        let found = try scratch.allocate(UInt32.self, count: count)
        let isNew = try scratch.allocate(UInt8.self, count: count)
        let value = try Gather.expanded(input.arguments[0], count, scratch)
        var key = [value]
        if seen.width == 2 {
            let numbers = try scratch.allocate(Int64.self, count: count)
            for row in 0 ..< count { numbers[row] = Int64(input.groups[row]) }
            key.insert(Vector(.integer, numbers), at: 0)
        }
        try seen.find(key, count, scratch, into: found, isNew: isNew)
        let chosen = try scratch.allocate(UInt16.self, count: count + 1)
        let chosenCount = Logic.select(Vector(.boolean, isNew), count, into: chosen)
        let groups = try scratch.allocate(UInt32.self, count: max(1, chosenCount))
        Gather.copy(input.groups, chosen, chosenCount, into: groups)
        for index in input.arguments.indices where !input.arguments[index].isConstant {
            input.arguments[index] = try Gather.gather(
                input.arguments[index], chosen, chosenCount, scratch)
        }
        input.groups = UnsafePointer(groups)
        input.multiplicity = nil
        input.count = chosenCount
    }

    /// Adds the groups of a worker's state behind this one's.
    func merge(_ other: AggregateState) throws(NQLError) {
        scratch.reset()
        let count = other.groupCount
        let groups = try scratch.allocate(UInt32.self, count: max(1, count))
        if keys.isEmpty {
            groups[0] = 0
        } else {
            let part = Arena(pool: context.pool)
            var start = 0
            while start < count {
                part.reset()
                let length = min(Batch.rowCapacity, count - start)
                var vectors: [Vector] = []
                for column in keys.indices {
                    vectors.append(
                        try other.table.vector(
                            column: column, start: start, count: length, part))
                }
                try table.find(vectors, length, part, into: groups + start)
                start += length
            }
        }
        for index in accumulators.indices {
            try other.accumulators[index].resize(count)
            try accumulators[index].resize(groupCount)
            do {
                try accumulators[index].merge(other.accumulators[index], groups, count)
            } catch {
                throw error.located(calls[index].span)
            }
        }
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int {
        var total = table.byteCount + scratch.byteCount
        for accumulator in accumulators { total += accumulator.byteCount }
        for table in seen { total += table?.byteCount ?? 0 }
        return total
    }
}

/// Grouping and aggregation.
final class Aggregate: Operator {
    private let keySlots: [Slot]
    private let calls: [AggregateExpression]
    private let state: AggregateState
    /// Fills the state on several threads; nil: the input is pulled here.
    let parallel: ParallelAggregation?
    private var isFilled = false
    private var nextGroup = 0

    init(
        _ scope: OperatorScope, _ input: Operator, keys: [(slot: Slot, evaluator: Evaluator)],
        calls: [AggregateExpression], directCapacity: Int, parallel: ParallelAggregation?
    ) throws(NQLError) {
        self.parallel = parallel
        keySlots = keys.map(\.slot)
        self.calls = calls
        state = try AggregateState(
            keys: keys.map(\.evaluator), calls: calls, directCapacity: directCapacity,
            scope.context)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        isFilled = false
        nextGroup = 0
        state.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if !isFilled {
            if let parallel {
                try parallel.fill(state)
            } else {
                while try input.pull() { try state.add(input.batch) }
            }
            isFilled = true
        }
        let left = state.groupCount - nextGroup
        if left <= 0 { return false }
        beginOutput()
        let count = min(left, Batch.rowCapacity)
        for (column, slot) in keySlots.enumerated() {
            batch.vectors[slot] = try state.table.vector(
                column: column, start: nextGroup, count: count, arena)
        }
        for (index, call) in calls.enumerated() {
            let accumulator = state.accumulators[index]
            try accumulator.resize(state.groupCount)
            let cells = try arena.allocate(Cell.self, count: count)
            do {
                for group in 0 ..< count {
                    cells[group] = try accumulator.result(nextGroup + group, arena)
                }
            } catch {
                throw error.located(call.span)
            }
            batch.vectors[call.slot] =
                count == 1 ? try arena.constant(cells[0]) : Vector(.cell, cells)
        }
        batch.count = count
        batch.selection = nil
        batch.multiplicity = nil
        nextGroup += count
        return true
    }

    override var stateByteCount: Int { state.byteCount }
}

/// `DISTINCT`: the first row of each combination of values, streaming.
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
