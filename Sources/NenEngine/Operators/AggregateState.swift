// AggregateState: the groups and accumulators that one thread fills: those of the whole input, or
// of one task, to be merged. A task's groups need not be distinct: where most rows have keys of
// their own, which a task sees by its first rows, looking each up twice, in the task and in
// merging, would be half in vain, and the task only lists keys, hashes and what the aggregates make
// of one row.

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

/// Keys and calls as one worker evaluates them.
final class AggregatePart {
    let context: ExecutionContext
    let keys: [Evaluator]
    let calls: [AggregateExpression]
    /// Whether a state for each row is cheap: not for those that users have written.
    let mayList: Bool
    /// Whether what is held depends on the groups, not on the rows of each.
    let holdsGroupsOnly: Bool
    /// The columns of a row that is written to disk.
    let layout: GroupRowLayout

    private static let boundedFunctions: Set<String> = [
        "count", "sum", "avg", "min", "max", "stDev", "stDevP",
    ]

    init(
        _ keys: [SlotAssignment], _ aggregates: [AggregateCall], _ compiler: PlanCompiler,
        over input: Operator, _ feed: ArgumentFeed?
    ) throws(NQLError) {
        context = compiler.context
        self.keys = try compiler.compile(keys, [input], feed).map(\.evaluator)
        calls = try compiler.compile(aggregates, [input], feed)
        let written = context.procedures.aggregates
        mayList = calls.allSatisfy { written[$0.function.lowercased()] == nil }
        holdsGroupsOnly = calls.allSatisfy {
            !$0.isDistinct && AggregatePart.boundedFunctions.contains($0.function)
        }
        layout = GroupRowLayout(
            keyCount: keys.count, argumentCounts: calls.map(\.arguments.count))
    }
}

/// Groups and accumulators that one thread fills.
final class AggregateState {
    let table: GroupTable
    let accumulators: [Accumulator]
    /// For DISTINCT: the (group, argument) seen so far, or without keys the arguments.
    private let seen: [SeenValues?]
    /// Of a task, the same in the order it came.
    let values: [DistinctValues?]
    private let part: AggregatePart
    private var context: ExecutionContext { part.context }
    private let scratch: Arena
    /// It belongs to one task: what was seen is told to the accumulators in merging.
    private let isOfTask: Bool
    private var rowCount = 0
    /// Groups are listed, not looked up.
    private(set) var isList = false

    /// Rows of a task after which it may be judged how many keys are new.
    static let judgedRowCount = 16_384

    init(_ part: AggregatePart, directCapacity: Int, isOfTask: Bool) throws(NQLError) {
        self.part = part
        self.isOfTask = isOfTask
        let context = part.context
        scratch = Arena(pool: context.pool)
        table = GroupTable(width: part.keys.count, context, directCapacity: directCapacity)
        var accumulators: [Accumulator] = []
        var seen: [SeenValues?] = []
        var values: [DistinctValues?] = []
        for call in part.calls {
            accumulators.append(
                try Accumulator.make(
                    call.function, argumentCount: call.arguments.count, context))
            let known = call.isDistinct && !call.arguments.isEmpty
                ? SeenValues(isGrouped: !part.keys.isEmpty, context) : nil
            seen.append(known)
            values.append(isOfTask ? known.map { DistinctValues($0, context) } : nil)
        }
        self.accumulators = accumulators
        self.seen = seen
        self.values = values
    }

    /// Groups so far; without keys one from the start.
    var groupCount: Int { part.keys.isEmpty ? 1 : table.count }

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
        if part.keys.isEmpty {
            groups.update(repeating: 0, count: count)
        } else {
            var vectors: [Vector] = []
            for key in part.keys { vectors.append(try key.evaluate(rows, context)) }
            if isList {
                try table.list(vectors, count, scratch, into: groups)
            } else {
                try table.find(vectors, count, scratch, into: groups)
            }
        }
        let weights = try batch.denseMultiplicity(scratch)
        try fold(groups, count, weights) { (index) throws(NQLError) in
            var vectors: [Vector] = []
            for argument in part.calls[index].arguments {
                vectors.append(try argument.evaluate(rows, context))
            }
            return vectors
        }
        rowCount += count
        if isOfTask { judge() }
    }

    /// Adds rows to their groups.
    ///
    /// - Parameter arguments: those of a call by number.
    @inline(__always)
    private func fold(
        _ groups: UnsafeMutablePointer<UInt32>, _ count: Int, _ weights: UnsafePointer<Int64>?,
        _ arguments: (Int) throws(NQLError) -> [Vector]
    ) throws(NQLError) {
        for index in part.calls.indices {
            var input = AccumulatorInput(
                arguments: try arguments(index), groups: UnsafePointer(groups),
                multiplicity: weights, count: count)
            if let seen = seen[index] {
                if let values = values[index] {
                    try values.add(input, scratch)
                    continue
                }
                try keepNew(&input, seen)
            }
            try update(index, input)
        }
    }

    private func update(_ index: Int, _ input: AccumulatorInput) throws(NQLError) {
        try accumulators[index].resize(groupCount)
        do {
            try accumulators[index].update(input)
        } catch {
            throw error.located(part.calls[index].span)
        }
    }

    /// Whether to go on looking keys up.
    private func judge() {
        guard rowCount >= AggregateState.judgedRowCount, part.mayList else { return }
        isList = isList || table.count * 2 > rowCount
    }

    // MARK: rows on disk

    /// Adds rows that were written.
    ///
    /// - Parameters:
    ///   - numbers: gets the number of each new group's first row.
    ///   - offset: is added to the numbers of the rows.
    func add(
        _ image: RowImage, _ numbers: PooledArray<Int64>, from offset: Int64
    ) throws(NQLError) {
        scratch.reset()
        context.arena = scratch
        let (count, layout) = (image.rowCount, part.layout)
        let groups = try scratch.allocate(UInt32.self, count: count)
        let isNew = try scratch.allocate(UInt8.self, count: count)
        let keys = (0 ..< layout.keyCount).map { image.column($0).vector }
        try table.find(keys, count, scratch, into: groups, isNew: isNew)
        let rowNumbers = image.column(layout.number).vector.integers
        for row in 0 ..< count where isNew[row] == 1 {
            try numbers.append(offset + rowNumbers[row])
        }
        let weights = image.column(layout.weight).vector.integers
        try fold(groups, count, weights) { (index) throws(NQLError) in
            layout.arguments[index].map { image.column($0).vector }
        }
    }

    /// Adds those rows whose groups are here already. No call has DISTINCT.
    ///
    /// - Parameter others: gets the numbers of the other rows.
    /// - Returns: how many these are.
    func addKnown(
        _ keys: [Vector], _ arguments: [[Vector]], _ weights: UnsafePointer<Int64>?,
        _ count: Int, others: UnsafeMutablePointer<UInt16>
    ) throws(NQLError) -> Int {
        scratch.reset()
        let groups = try scratch.allocate(UInt32.self, count: count)
        try table.lookUpAny(keys, count, scratch, into: groups)
        let isKnown = try scratch.allocate(UInt8.self, count: count)
        var otherCount = 0
        for row in 0 ..< count {
            let isHere = groups[row] != .max
            isKnown[row] = isHere ? 1 : 0
            if !isHere {
                others[otherCount] = UInt16(truncatingIfNeeded: row)
                otherCount += 1
            }
        }
        if otherCount == count { return count }
        for index in part.calls.indices {
            var input = AccumulatorInput(
                arguments: arguments[index], groups: UnsafePointer(groups),
                multiplicity: weights, count: count)
            if otherCount > 0 { try keep(&input, isKnown) }
            try update(index, input)
        }
        return otherCount
    }

    // MARK: DISTINCT

    /// Leaves only rows whose (group, first argument) was not seen before.
    private func keepNew(
        _ input: inout AccumulatorInput, _ seen: SeenValues
    ) throws(NQLError) {
        let isNew = try scratch.allocate(UInt8.self, count: max(1, input.count))
        try seen.insert(
            input.groups, input.arguments[0], input.count, scratch, isNew: isNew)
        input.multiplicity = nil
        try keep(&input, isNew)
    }

    /// Leaves only rows with a 1.
    private func keep(
        _ input: inout AccumulatorInput, _ isKept: UnsafePointer<UInt8>
    ) throws(NQLError) {
        let count = input.count
        let chosen = try scratch.allocate(UInt16.self, count: count + 1)
        let chosenCount = Logic.select(Vector(.boolean, isKept), count, into: chosen)
        let groups = try scratch.allocate(UInt32.self, count: max(1, chosenCount))
        Gather.copy(input.groups, chosen, chosenCount, into: groups)
        for index in input.arguments.indices where !input.arguments[index].isConstant {
            input.arguments[index] = try Gather.gather(
                input.arguments[index], chosen, chosenCount, scratch)
        }
        if let weights = input.multiplicity {
            let kept = try scratch.allocate(Int64.self, count: max(1, chosenCount))
            Gather.copy(weights, chosen, chosenCount, into: kept)
            input.multiplicity = UnsafePointer(kept)
        }
        input.groups = UnsafePointer(groups)
        input.count = chosenCount
    }

    // MARK: merging

    /// Adds groups of a task's state behind this one's. Of DISTINCT aggregates nothing is added.
    ///
    /// - Parameters:
    ///   - chosen: numbers of the other state's groups, ascending.
    ///   - owners: by number of the other state's group: gets what became of it.
    ///   - partition: number of this state among those that the other one is merged into.
    func merge(
        _ other: AggregateState, _ chosen: UnsafeBufferPointer<UInt32>,
        owners: UnsafeMutablePointer<GroupOwner>, partition: Int
    ) throws(NQLError) {
        guard let first = chosen.baseAddress else { return }
        var start = 0
        while start < chosen.count {
            try Interruption.check()
            scratch.reset()
            let count = min(Batch.rowCapacity, chosen.count - start)
            let sources = first + start
            let targets = try scratch.allocate(UInt32.self, count: count)
            if part.keys.isEmpty {
                targets[0] = 0
                owners[0] = GroupOwner(partition: partition, group: 0, isNew: true)
            } else {
                let before = table.count
                try table.merge(other.table, sources, count, into: targets)
                var fresh = UInt32(truncatingIfNeeded: before)
                for index in 0 ..< count {
                    let isNew = targets[index] == fresh
                    fresh &+= isNew ? 1 : 0
                    owners[Int(sources[index])] = GroupOwner(
                        partition: partition, group: targets[index], isNew: isNew)
                }
            }
            for index in accumulators.indices where seen[index] == nil {
                try accumulators[index].resize(groupCount)
                do {
                    try accumulators[index].merge(
                        other.accumulators[index], sources, targets, count)
                } catch {
                    throw error.located(part.calls[index].span)
                }
            }
            start += count
        }
    }

    /// Whether a call has DISTINCT.
    func isDistinct(_ call: Int) -> Bool { seen[call] != nil }

    /// Adds what a task has seen to a DISTINCT aggregate, whose groups are here already.
    ///
    /// - Parameters:
    ///   - entries: numbers of what the task has seen, ascending.
    ///   - owners: what became of the task's groups.
    ///   - isNew: which of all it has seen nobody saw before; nil when that is to be found out.
    func merge(
        _ values: DistinctValues, call index: Int, _ entries: UnsafeBufferPointer<UInt32>,
        owners: UnsafePointer<GroupOwner>, isNew: UnsafePointer<UInt8>? = nil
    ) throws(NQLError) {
        guard let seen = seen[index] else { return }
        try accumulators[index].resize(groupCount)
        var start = 0
        while start < entries.count {
            try Interruption.check()
            scratch.reset()
            let slice = UnsafeBufferPointer(
                rebasing: entries[start ..< min(start + Batch.rowCapacity, entries.count)])
            let groups = try scratch.allocate(UInt32.self, count: slice.count)
            let argument = try values.vector(slice, owners: owners, scratch, groups: groups)
            var input = AccumulatorInput(
                arguments: [argument], groups: UnsafePointer(groups), multiplicity: nil,
                count: slice.count)
            if let isNew {
                let marks = try scratch.allocate(UInt8.self, count: slice.count)
                for row in 0 ..< slice.count { marks[row] = isNew[Int(slice[row])] }
                try keep(&input, marks)
            } else {
                try keepNew(&input, seen)
            }
            try update(index, input)
            start += slice.count
        }
    }

    /// Adds a DISTINCT aggregate of a state that is of no task, and so the only one, to this one,
    /// whose groups of these were made from it: with what it has come to and what it has seen.
    ///
    /// - Parameters:
    ///   - list: numbers of the other state's groups that are meant.
    ///   - owners: what became of its groups.
    ///   - isChosen: whether a group is in `list`.
    func merge(
        seenBy other: AggregateState, call index: Int, _ list: UnsafeBufferPointer<UInt32>,
        owners: UnsafePointer<GroupOwner>, _ isChosen: (Int) -> Bool
    ) throws(NQLError) {
        guard let seen = seen[index], let known = other.seen[index] else { return }
        try accumulators[index].resize(groupCount)
        try other.accumulators[index].resize(other.groupCount)
        for start in stride(from: 0, to: list.count, by: Batch.rowCapacity) {
            scratch.reset()
            let count = min(Batch.rowCapacity, list.count - start)
            let sources = try scratch.allocate(UInt32.self, count: count)
            let targets = try scratch.allocate(UInt32.self, count: count)
            for place in 0 ..< count {
                sources[place] = list[start + place]
                targets[place] = owners[Int(list[start + place])].group
            }
            try accumulators[index].merge(other.accumulators[index], sources, targets, count)
        }
        try known.forEachBatch { (old, value, total) throws(NQLError) in
            try Interruption.check()
            self.scratch.reset()
            let chosen = try self.scratch.allocate(UInt16.self, count: total)
            let groups = try self.scratch.allocate(UInt32.self, count: total)
            var count = 0
            for row in 0 ..< total where isChosen(Int(old[row])) {
                chosen[count] = UInt16(truncatingIfNeeded: row)
                groups[count] = owners[Int(old[row])].group
                count += 1
            }
            if count == 0 { return }
            let kept = try Gather.gather(value, chosen, count, self.scratch)
            let isNew = try self.scratch.allocate(UInt8.self, count: count)
            try seen.insert(groups, kept, count, self.scratch, isNew: isNew)
        }
    }

    /// Makes room for groups that most likely come.
    func reserve(_ more: Int) throws(NQLError) { try table.reserve(more) }

    /// All rows have come: readers on any thread find every accumulator as long as the groups.
    func finish() throws(NQLError) {
        scratch.releaseAll()
        for accumulator in accumulators { try accumulator.resize(groupCount) }
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int { heldByteCount + scratch.byteCount }

    /// Bytes that grow with the groups.
    var heldByteCount: Int {
        var total = table.byteCount
        for accumulator in accumulators { total += accumulator.byteCount }
        for table in seen { total += table?.byteCount ?? 0 }
        for list in values { total += list?.byteCount ?? 0 }
        return total
    }
}

extension Batch {
    /// Multiplicity by row instead of position.
    func denseMultiplicity(_ arena: Arena) throws(NQLError) -> UnsafePointer<Int64>? {
        guard let multiplicity, let selection else { return multiplicity }
        let dense = try arena.allocate(Int64.self, count: count)
        for row in 0 ..< count { dense[row] = multiplicity[Int(selection[row])] }
        return UnsafePointer(dense)
    }
}

/// What became of a task's group: a group of one of the states that the tasks were merged into.
struct GroupOwner {
    private let bits: UInt64

    init(partition: Int, group: UInt32, isNew: Bool) {
        bits = (isNew ? 1 << 63 : 0) | UInt64(partition) << 32 | UInt64(group)
    }

    var partition: Int { Int(bits & ~(1 << 63)) &>> 32 }
    var group: UInt32 { UInt32(truncatingIfNeeded: bits) }
    /// The task's group is the first of those that became this one.
    var isNew: Bool { bits &>> 63 == 1 }
}
