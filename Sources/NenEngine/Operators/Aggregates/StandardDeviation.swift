// stDev and stDevP by Welford's recurrence (Technometrics 4, 1962); states of workers are joined by
// the formula of Chan, Golub and LeVeque (1979).

import NenCore

/// `stDev(x)` (of a sample) and `stDevP(x)` (of the population).
final class StandardDeviation: Accumulator {
    private struct State {
        var count: Double = 0
        var mean: Double = 0
        /// Sum of squared distances from the mean.
        var squares: Double = 0
    }

    private let isPopulation: Bool
    private let states: PooledArray<State>

    init(_ context: ExecutionContext, isPopulation: Bool) {
        self.isPopulation = isPopulation
        states = PooledArray(pool: context.pool)
        super.init(context)
    }

    override func resize(_ groupCount: Int) throws(NQLError) {
        try states.resize(groupCount, filling: State())
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let vector = input.arguments[0]
        for row in 0 ..< input.count {
            let cell = vector.cell(at: row)
            let value: Double
            switch cell.tag {
            case .null: continue
            case .integer: value = Double(cell.integer)
            case .float: value = cell.float
            default:
                throw .runtime(
                    .type, "InvalidArgumentValue",
                    "A standard deviation is taken of numbers, not of \(cell.tag.typeName).")
            }
            let state = states.pointer + Int(input.groups[row])
            for _ in 0 ..< input.times(row) {
                state.pointee.count += 1
                let distance = value - state.pointee.mean
                state.pointee.mean += distance / state.pointee.count
                state.pointee.squares += distance * (value - state.pointee.mean)
            }
        }
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? StandardDeviation else { return }
        for index in 0 ..< count {
            let target = Int(targets[index])
            let b = other.states[Int(sources[index])]
            if b.count == 0 { continue }
            let a = states[target]
            let total = a.count + b.count
            let distance = b.mean - a.mean
            let mean = a.mean + distance * b.count / total
            let cross = distance * distance * a.count * b.count / total
            states[target] = State(
                count: total, mean: mean, squares: a.squares + b.squares + cross)
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        let state = states[group]
        let divisor = isPopulation ? state.count : state.count - 1
        if divisor <= 0 { return Cell(float: 0) }
        return Cell(float: (state.squares / divisor).squareRoot())
    }

    override func removeAll() { states.removeAll() }

    override var byteCount: Int { states.capacity * 24 }
}
