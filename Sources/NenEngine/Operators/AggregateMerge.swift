// AggregateMerge: makes one of what the tasks of an aggregation have gathered. Few groups are
// merged by one thread. Many are dealt to partitions by their hashes, and each partition takes its
// share of every task, in the order of the tasks, on a thread of its own; which task's group was
// the first of its key then tells the order of all groups. Of a DISTINCT aggregate over few groups
// the values are dealt instead: partitions find out which nobody saw before, and one thread adds
// those up.

import NQLPlan
import NenCore

/// One merge.
final class AggregateMerge {
    private let part: AggregatePart
    private let tasks: [Task]
    private let threads: Int
    private var pool: PagePool { part.context.pool }

    /// Groups of all tasks above which they are dealt to partitions.
    private static let dealtGroupCount = 16_384
    /// The same of values under DISTINCT.
    private static let dealtValueCount = 16_384
    /// Partitions for each thread, so that uneven ones even out.
    private static let partitionsPerThread = 4

    /// What one task has gathered.
    private final class Task {
        let state: AggregateState
        let owners: PooledArray<GroupOwner>
        /// Groups in the order of partitions.
        let groups: Deal
        /// Values of each DISTINCT call in the order of partitions.
        let values: [Deal]

        init(_ state: AggregateState, _ pool: PagePool) {
            self.state = state
            owners = PooledArray(pool: pool)
            groups = Deal(pool)
            values = state.values.map { _ in Deal(pool) }
        }
    }

    /// - Parameter states: of the tasks in order; those without rows may be left out.
    init(_ part: AggregatePart, _ states: [AggregateState], threads: Int) {
        self.part = part
        self.threads = threads
        tasks = states.map { Task($0, part.context.pool) }
    }

    /// Merges all into `target`, or into states by partition.
    ///
    /// - Returns: the states, and where each group is if there are several.
    func run(
        into target: AggregateState
    ) throws(NQLError) -> (states: [AggregateState], order: PooledArray<GroupOwner>?) {
        let groupCount = tasks.reduce(0) { $0 + $1.state.groupCount }
        if groupCount > AggregateMerge.dealtGroupCount, !part.keys.isEmpty {
            return try mergeByPartition(groupCount)
        }
        for task in tasks {
            let count = task.state.groupCount
            try task.owners.resizeUninitialized(max(1, count))
            try task.groups.take(count)
            try target.merge(
                task.state, task.groups.all, owners: task.owners.pointer, partition: 0)
        }
        for call in distinctCalls { try mergeValues(call, into: target) }
        return ([target], nil)
    }

    private var distinctCalls: [Int] {
        part.calls.indices.filter { call in tasks.contains { $0.state.isDistinct(call) } }
    }

    private var partitionBits: Int {
        let wanted = min(256, threads * AggregateMerge.partitionsPerThread)
        return Int.bitWidth - (wanted - 1).leadingZeroBitCount
    }

    /// The partition of a hash, by bits that its place in a table does not depend on.
    @inline(__always)
    private static func partition(_ hash: UInt64, _ bits: Int) -> Int {
        Int(truncatingIfNeeded: (hash &>> 40) & ((1 &<< UInt64(bits)) &- 1))
    }

    // MARK: many groups

    private func mergeByPartition(
        _ groupCount: Int
    ) throws(NQLError) -> (states: [AggregateState], order: PooledArray<GroupOwner>?) {
        let bits = partitionBits
        let partitionCount = 1 << bits
        let calls = distinctCalls
        try TaskJob.run(tasks.count, threads: threads) { [tasks] (number, _) throws(NQLError) in
            let task = tasks[number]
            let table = task.state.table
            try task.owners.resizeUninitialized(table.count)
            let hashes = table.keyHashes
            try task.groups.deal(table.count, partitions: partitionCount) {
                AggregateMerge.partition(hashes[$0], bits)
            }
            for call in calls {
                guard let values = task.state.values[call], values.count > 0 else { continue }
                let groups = values.groupNumbers
                try task.values[call].deal(values.count, partitions: partitionCount) {
                    AggregateMerge.partition(hashes[Int(groups[$0])], bits)
                }
            }
        }
        var states: [AggregateState] = []
        for _ in 0 ..< partitionCount {
            states.append(try AggregateState(part, directCapacity: 0, isOfTask: false))
        }
        let isMostlyNew = tasks.allSatisfy(\.state.isList)
        try TaskJob.run(partitionCount, threads: threads) {
            [tasks, states] (partition, _) throws(NQLError) in
            let state = states[partition]
            if isMostlyNew {
                try state.reserve(tasks.reduce(0) { $0 + $1.groups.of(partition).count })
            }
            for task in tasks {
                try state.merge(
                    task.state, task.groups.of(partition), owners: task.owners.pointer,
                    partition: partition)
                for call in calls {
                    guard let values = task.state.values[call], values.count > 0
                    else { continue }
                    try state.merge(
                        values, call: call, task.values[call].of(partition),
                        owners: task.owners.pointer)
                }
            }
        }
        return (states, try order(of: states))
    }

    /// Where each group is, in the order of first rows.
    private func order(
        of states: [AggregateState]
    ) throws(NQLError) -> PooledArray<GroupOwner> {
        let order = PooledArray<GroupOwner>(pool: pool)
        try order.reserve(states.reduce(0) { $0 + $1.groupCount })
        for task in tasks {
            try Interruption.check()
            guard task.owners.count > 0 else { continue }
            let (owners, known) = (task.owners.pointer, order.count)
            try order.resizeUninitialized(known + task.owners.count)
            var next = order.pointer + known
            for group in 0 ..< task.owners.count where owners[group].isNew {
                next.pointee = owners[group]
                next += 1
            }
            try order.resizeUninitialized(next - order.pointer)
        }
        return order
    }

    // MARK: few groups

    private func mergeValues(
        _ call: Int, into target: AggregateState
    ) throws(NQLError) {
        let count = tasks.reduce(0) { $0 + ($1.state.values[call]?.count ?? 0) }
        let marks = count > AggregateMerge.dealtValueCount ? try newValues(call) : nil
        for (number, task) in tasks.enumerated() {
            guard let values = task.state.values[call], values.count > 0 else { continue }
            try task.values[call].take(values.count)
            try target.merge(
                values, call: call, task.values[call].all, owners: task.owners.pointer,
                isNew: marks.map { UnsafePointer($0[number].pointer) })
        }
    }

    /// Of the values of each task: 1 where neither a task before nor the same has seen it.
    private func newValues(_ call: Int) throws(NQLError) -> [PooledArray<UInt8>] {
        let bits = partitionBits
        let marks = tasks.map { _ in PooledArray<UInt8>(pool: pool) }
        try TaskJob.run(tasks.count, threads: threads) { [tasks] (number, _) throws(NQLError) in
            guard let values = tasks[number].state.values[call], values.count > 0 else { return }
            try marks[number].resizeUninitialized(values.count)
            try tasks[number].values[call].deal(values.count, partitions: 1 << bits) {
                AggregateMerge.partition(values.hash($0), bits)
            }
        }
        let tables = (0 ..< 1 << bits).map { _ in SeenValues(isGrouped: true, part.context) }
        try TaskJob.run(tables.count, threads: threads) {
            [tasks, pool] (partition, _) throws(NQLError) in
            let scratch = Arena(pool: pool)
            for (task, isNew) in zip(tasks, marks) where isNew.count > 0 {
                guard let values = task.state.values[call] else { continue }
                try tables[partition].find(
                    values, task.values[call].of(partition), owners: task.owners.pointer,
                    scratch, isNew: isNew.pointer)
            }
        }
        return marks
    }
}

/// Numbers dealt to partitions, ascending within each.
private final class Deal {
    private let numbers: PooledArray<UInt32>
    private let pool: PagePool
    private var starts: [Int] = []

    init(_ pool: PagePool) {
        self.pool = pool
        numbers = PooledArray(pool: pool)
    }

    /// All numbers below `count`.
    func take(_ count: Int) throws(NQLError) {
        try numbers.resizeUninitialized(count)
        for number in 0 ..< count { numbers[number] = UInt32(truncatingIfNeeded: number) }
    }

    /// Deals the numbers below `count`.
    ///
    /// - Parameter partitions: at most 256.
    @inline(__always)
    func deal(
        _ count: Int, partitions: Int, _ partition: (Int) -> Int
    ) throws(NQLError) {
        let chosen = PooledArray<UInt8>(pool: pool)
        try chosen.resizeUninitialized(max(1, count))
        try numbers.resizeUninitialized(max(1, count))
        let marks = chosen.pointer
        var next = Array(repeating: 0, count: partitions + 1)
        for number in 0 ..< count {
            let partition = partition(number)
            marks[number] = UInt8(truncatingIfNeeded: partition)
            next[partition + 1] += 1
        }
        for index in 1 ... partitions { next[index] += next[index - 1] }
        starts = next
        let target = numbers.pointer
        for number in 0 ..< count {
            let partition = Int(marks[number])
            target[next[partition]] = UInt32(truncatingIfNeeded: number)
            next[partition] += 1
        }
    }

    var all: UnsafeBufferPointer<UInt32> {
        guard numbers.count > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: numbers.pointer, count: numbers.count)
    }

    /// Those of one partition.
    func of(_ partition: Int) -> UnsafeBufferPointer<UInt32> {
        let range = starts[partition] ..< starts[partition + 1]
        return UnsafeBufferPointer(start: numbers.pointer + range.lowerBound, count: range.count)
    }
}

extension SeenValues {
    /// Finds which of a task's values have not been seen, and adds them.
    ///
    /// - Parameter isNew: by number of the value.
    fileprivate func find(
        _ values: DistinctValues, _ entries: UnsafeBufferPointer<UInt32>,
        owners: UnsafePointer<GroupOwner>, _ scratch: Arena, isNew: UnsafeMutablePointer<UInt8>
    ) throws(NQLError) {
        var start = 0
        while start < entries.count {
            try Interruption.check()
            scratch.reset()
            let slice = UnsafeBufferPointer(
                rebasing: entries[start ..< min(start + Batch.rowCapacity, entries.count)])
            let count = slice.count
            let groups = try scratch.allocate(UInt32.self, count: count)
            let marks = try scratch.allocate(UInt8.self, count: count)
            let value = try values.vector(slice, owners: owners, scratch, groups: groups)
            try insert(groups, value, count, scratch, isNew: marks)
            for row in 0 ..< count { isNew[Int(slice[row])] = marks[row] }
            start += count
        }
    }
}
