// Accumulator: the state of one aggregate function over all groups, as arrays indexed by group.

import NenCore

/// One aggregate; subclasses hold the states.
class Accumulator {
    let context: ExecutionContext

    init(_ context: ExecutionContext) { self.context = context }

    /// Makes room for groups up to `groupCount`.
    func resize(_ groupCount: Int) throws(NQLError) {
        preconditionFailure("an accumulator without resize")
    }

    /// Adds `input.count` rows to their groups.
    func update(_ input: AccumulatorInput) throws(NQLError) {
        preconditionFailure("an accumulator without update")
    }

    /// Adds states of `other`: that of its group `sources[i]` to this one's group `targets[i]`.
    func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        preconditionFailure("an accumulator without merge")
    }

    /// The value of a group; content in `arena`.
    func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        preconditionFailure("an accumulator without result")
    }

    /// Forgets all groups.
    func removeAll() {
        preconditionFailure("an accumulator without removeAll")
    }

    /// Bytes held, for PROFILE.
    var byteCount: Int { 0 }

    /// The accumulator for a call of `function`.
    ///
    /// - Throws: `SyntaxError(UnknownFunction)` for a name that is no aggregate.
    static func make(
        _ function: String, argumentCount: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Accumulator {
        switch function {
        case "count": return argumentCount == 0 ? RowCount(context) : ValueCount(context)
        case "sum": return Sum(context, isAverage: false)
        case "avg": return Sum(context, isAverage: true)
        case "min": return Extreme(context, isMaximum: false)
        case "max": return Extreme(context, isMaximum: true)
        case "collect": return Collect(context)
        case "stDev": return StandardDeviation(context, isPopulation: false)
        case "stDevP": return StandardDeviation(context, isPopulation: true)
        case "percentileCont": return Percentile(context, isContinuous: true)
        case "percentileDisc": return Percentile(context, isContinuous: false)
        default:
            if let aggregate = context.procedures.aggregates[function.lowercased()] {
                return UserAccumulator(context, aggregate)
            }
            throw .syntax(
                "UnknownFunction", "There is no aggregate function `\(function)`.", at: .none)
        }
    }
}

/// Rows for an accumulator: dense argument vectors, groups, and how often each row counts.
struct AccumulatorInput {
    var arguments: [Vector]
    var groups: UnsafePointer<UInt32>
    /// nil: every row counts once.
    var multiplicity: UnsafePointer<Int64>?
    var count: Int

    @inline(__always)
    func times(_ row: Int) -> Int64 { multiplicity?[row] ?? 1 }
}

/// `count(*)`
final class RowCount: Accumulator {
    private let counts: PooledArray<Int64>

    override init(_ context: ExecutionContext) {
        counts = PooledArray(pool: context.pool)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) {
        try counts.resize(groupCount, filling: 0)
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let totals = counts.pointer
        let groups = input.groups
        var row = 0
        if counts.count == 1 {
            guard let weights = input.multiplicity else {
                totals[0] &+= Int64(input.count)
                return
            }
            var sum: Int64 = 0
            while row < input.count {
                sum &+= weights[row]
                row &+= 1
            }
            totals[0] &+= sum
            return
        }
        if let weights = input.multiplicity {
            while row < input.count {
                totals[Int(groups[row])] &+= weights[row]
                row &+= 1
            }
        } else {
            while row < input.count {
                totals[Int(groups[row])] &+= 1
                row &+= 1
            }
        }
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? RowCount else { return }
        let counts = counts.pointer
        let added = other.counts.pointer
        for index in 0 ..< count {
            counts[Int(targets[index])] &+= added[Int(sources[index])]
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        Cell(integer: counts[group])
    }

    override func removeAll() { counts.removeAll() }

    override var byteCount: Int { counts.capacity * 8 }
}

/// `count(x)`: rows where x is not null.
final class ValueCount: Accumulator {
    private let counts: PooledArray<Int64>

    override init(_ context: ExecutionContext) {
        counts = PooledArray(pool: context.pool)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) {
        try counts.resize(groupCount, filling: 0)
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let vector = input.arguments[0]
        let totals = counts.pointer
        var row = 0
        while row < input.count {
            if vector.isPresent(element: vector.element(row)) {
                totals[Int(input.groups[row])] &+= input.times(row)
            }
            row &+= 1
        }
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? ValueCount else { return }
        let counts = counts.pointer
        let added = other.counts.pointer
        for index in 0 ..< count {
            counts[Int(targets[index])] &+= added[Int(sources[index])]
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        Cell(integer: counts[group])
    }

    override func removeAll() { counts.removeAll() }

    override var byteCount: Int { counts.capacity * 8 }
}
