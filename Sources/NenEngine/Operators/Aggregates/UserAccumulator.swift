// UserAccumulator: an aggregate written in Swift: one state per group, in Swift's memory, which the
// query's budget does not count.

import NenCore

/// The states of a user-defined aggregate.
final class UserAccumulator: Accumulator {
    private let aggregate: UserAggregate
    private let values: UserValues
    private var states: [any UserAggregateState] = []

    init(_ context: ExecutionContext, _ aggregate: UserAggregate) {
        self.aggregate = aggregate
        values = UserValues(name: aggregate.name)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) {
        while states.count < groupCount { states.append(aggregate.makeState()) }
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        for row in 0 ..< input.count {
            var arguments: [Value] = []
            var hasNull = false
            for (index, vector) in input.arguments.enumerated() {
                let cell = vector.cell(at: row)
                hasNull = hasNull || cell.isNull
                arguments.append(
                    try values.argument(cell, aggregate.parameters[index], context.graph))
            }
            if hasNull, aggregate.nulls == .propagates { continue }
            let group = Int(input.groups[row])
            for _ in 0 ..< input.times(row) {
                try values.run { try states[group].add(arguments) }
            }
        }
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? UserAccumulator else { return }
        for index in 0 ..< count {
            let (own, source) = (Int(targets[index]), Int(sources[index]))
            try values.run { states[own] = try merged(states[own], other.states[source]) }
        }
    }

    private func merged<State: UserAggregateState>(
        _ state: State, _ later: any UserAggregateState
    ) throws -> any UserAggregateState {
        guard let later = later as? State else {
            throw NQLError.runtime(
                .procedure, "InvalidAggregateState",
                "`\(aggregate.name)` makes states of different types.")
        }
        var state = state
        try state.merge(later)
        return state
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        let value = try values.run { try states[group].result() }
        return try values.cell(
            value, aggregate.result, CellBuilder(arena: arena, base: context.base),
            context.graph)
    }

    override func removeAll() { states.removeAll() }
}
