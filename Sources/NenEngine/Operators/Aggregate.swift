// Aggregate: groups rows by key expressions and folds aggregates over each group. Groups come out
// in the order of their first row. Without keys there is exactly one group, also of no rows. What
// does not fit into memory goes to disk (GroupedRows.swift, SpilledGroups.swift).

import NQLPlan
import NenCore

/// Grouping and aggregation.
final class Aggregate: Operator, Sink {
    private let keys: [SlotAssignment]
    private let calls: [AggregateCall]
    private let part: AggregatePart
    private let directCapacity: Int
    private let slotCount: Int
    private let memory: SinkMemory
    private var rows: GroupedRows
    private let own: Pipeline?
    private var groups: AggregateGroups?
    /// The groups, where they did not all fit into memory.
    private var spilled: SortedRows?
    private var nextGroup = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ keys: [SlotAssignment],
        _ calls: [AggregateCall], _ part: AggregatePart, directCapacity: Int,
        _ pipeline: Pipeline?
    ) throws(NQLError) {
        self.keys = keys
        self.calls = calls
        self.part = part
        self.directCapacity = directCapacity
        slotCount = scope.slotCount
        own = pipeline
        memory = SinkMemory(scope.context)
        rows = try Aggregate.empty(part, directCapacity, memory)
        super.init(scope, inputs: [input])
    }

    private static func empty(
        _ part: AggregatePart, _ directCapacity: Int, _ memory: SinkMemory
    ) throws(NQLError) -> GroupedRows {
        GroupedRows(
            try AggregateState(part, directCapacity: directCapacity, isOfTask: false), part,
            memory)
    }

    override var pipeline: Pipeline? { own }

    override func open() throws(NQLError) {
        groups = nil
        spilled = nil
        nextGroup = 0
        rows.removeAll()
        memory.beginFile()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        try fill()
        if let spilled { return try spilled.handOut(by: self) }
        guard let groups else { return false }
        let count = min(groups.count - nextGroup, Batch.rowCapacity)
        if count <= 0 { return false }
        beginOutput()
        try groups.load(from: nextGroup, count: count, into: batch, arena)
        nextGroup += count
        return true
    }

    override func share() throws(NQLError) -> SharedInput? {
        try measured { () throws(NQLError) in try fill() }
        return groups.map { .groups($0) } ?? .nothing
    }

    /// Reads the input when first asked.
    private func fill() throws(NQLError) {
        if groups != nil || spilled != nil { return }
        if try own?.run(input, into: self) ?? false, groups != nil || spilled != nil { return }
        while try input.pull() { try rows.add(input.batch) }
        if rows.rest == nil { return try keep([rows.state]) }
        try rows.finish()
        try spill([rows])
        rows = try Aggregate.empty(part, directCapacity, memory)
    }

    private func keep(
        _ states: [AggregateState], order: PooledArray<GroupOwner>? = nil
    ) throws(NQLError) {
        groups = try AggregateGroups(
            keySlots: keys.map(\.slot), calls: calls, states, order: order)
    }

    private func spill(_ tasks: [GroupedRows]) throws(NQLError) {
        let spill = SpilledGroups(
            part, keySlots: keys.map(\.slot), calls, tasks, slotCount: slotCount, memory)
        spilled = try spill.run()
    }

    override var stateByteCount: Int {
        groups?.byteCount ?? spilled?.byteCount ?? rows.byteCount
    }

    override var spilledByteCount: Int { memory.writtenByteCount }

    // MARK: Sink

    func makePart(
        _ compiler: PlanCompiler, over pipeline: Operator
    ) throws(NQLError) -> AggregatePart {
        try AggregatePart(keys, calls, compiler, over: pipeline, nil)
    }

    func makeLocal(_ part: AggregatePart) throws(NQLError) -> GroupedRows {
        GroupedRows(
            try AggregateState(part, directCapacity: 0, isOfTask: true), part, memory)
    }

    func consume(_ batch: Batch, _ local: GroupedRows) throws(NQLError) { try local.add(batch) }

    func endTask(_ local: GroupedRows) throws(NQLError) { try local.finish() }

    func combine(
        _ locals: Slots<GroupedRows?>, threads: Int
    ) throws(NQLError) {
        var tasks: [GroupedRows] = []
        for task in locals.indices {
            if let rows = locals[task], rows.state.groupCount > 0 || rows.rest != nil {
                tasks.append(rows)
            }
            locals[task] = nil
        }
        // Merged groups may take as much as those of all tasks, each growing by doubling.
        let held = tasks.reduce(0) { $0 + $1.byteCount }
        let fits = part.keys.isEmpty || memory.allows(2 * held, holding: held)
        if !fits || tasks.contains(where: { $0.rest != nil }) { return try spill(tasks) }
        let merge = AggregateMerge(part, tasks.map(\.state), threads: threads)
        let merged = try merge.run(into: rows.state)
        try keep(merged.states, order: merged.order)
    }
}
