// Aggregate: groups rows by key expressions and folds aggregates over each group. Groups come out
// in the order of their first row. Without keys there is exactly one group, also of no rows.

import NQLPlan
import NenCore

/// Grouping and aggregation.
final class Aggregate: Operator, Sink {
    private let keys: [SlotAssignment]
    private let calls: [AggregateCall]
    private let part: AggregatePart
    private let state: AggregateState
    private let own: Pipeline?
    private var groups: AggregateGroups?
    private var nextGroup = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ keys: [SlotAssignment],
        _ calls: [AggregateCall], _ part: AggregatePart, directCapacity: Int,
        _ pipeline: Pipeline?
    ) throws(NQLError) {
        self.keys = keys
        self.calls = calls
        self.part = part
        own = pipeline
        state = try AggregateState(part, directCapacity: directCapacity, isOfTask: false)
        super.init(scope, inputs: [input])
    }

    override var pipeline: Pipeline? { own }

    override func open() throws(NQLError) {
        groups = nil
        nextGroup = 0
        state.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        let groups = try filled()
        let count = min(groups.count - nextGroup, Batch.rowCapacity)
        if count <= 0 { return false }
        beginOutput()
        try groups.load(from: nextGroup, count: count, into: batch, arena)
        nextGroup += count
        return true
    }

    override func share() throws(NQLError) -> SharedInput? {
        .groups(try measured { () throws(NQLError) in try filled() })
    }

    /// The groups; reads the input when first asked.
    private func filled() throws(NQLError) -> AggregateGroups {
        if let groups { return groups }
        if try own?.run(input, into: self) ?? false, let groups { return groups }
        while try input.pull() { try state.add(input.batch) }
        return try keep([state])
    }

    private func keep(
        _ states: [AggregateState], order: PooledArray<GroupOwner>? = nil
    ) throws(NQLError) -> AggregateGroups {
        let made = try AggregateGroups(
            keySlots: keys.map(\.slot), calls: calls, states, order: order)
        groups = made
        return made
    }

    override var stateByteCount: Int { groups?.byteCount ?? state.byteCount }

    // MARK: Sink

    func makePart(
        _ compiler: PlanCompiler, over pipeline: Operator
    ) throws(NQLError) -> AggregatePart {
        try AggregatePart(keys, calls, compiler, over: pipeline, nil)
    }

    func makeLocal(_ part: AggregatePart) throws(NQLError) -> AggregateState {
        try AggregateState(part, directCapacity: 0, isOfTask: true)
    }

    func consume(_ batch: Batch, _ local: AggregateState) throws(NQLError) {
        try local.add(batch)
    }

    func endTask(_ local: AggregateState) throws(NQLError) { try local.finish() }

    func combine(
        _ locals: Slots<AggregateState?>, threads: Int
    ) throws(NQLError) {
        var states: [AggregateState] = []
        for task in locals.indices {
            if let state = locals[task], state.groupCount > 0 { states.append(state) }
            locals[task] = nil
        }
        let merge = AggregateMerge(part, states, threads: threads)
        let merged = try merge.run(into: state)
        _ = try keep(merged.states, order: merged.order)
    }
}
