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
        /// What values are multiplied by: less than 1 once squares of finite values have left the
        /// doubles.
        var scale: Double = 1

        private static let small = 0x1p-600

        mutating func add(_ value: Double) {
            let scaled = value * scale
            let distance = scaled - mean
            let nextMean = mean + distance / (count + 1)
            let nextSquares = squares + distance * (scaled - nextMean)
            if !nextSquares.isFinite, scale == 1, value.isFinite, squares.isFinite {
                rescale()
                return add(value)
            }
            count += 1
            mean = nextMean
            squares = nextSquares
        }

        mutating func rescale() {
            if scale != 1 { return }
            scale = State.small
            mean *= scale
            squares *= scale * scale
        }

        /// What both groups have together.
        func joined(with other: State) -> State {
            var (a, b) = (self, other)
            if a.scale != b.scale {
                a.rescale()
                b.rescale()
            }
            let total = a.count + b.count
            let distance = b.mean - a.mean
            let mean = a.mean + distance * b.count / total
            let cross = distance * distance * a.count * b.count / total
            let squares = a.squares + b.squares + cross
            if !squares.isFinite, a.scale == 1, a.squares.isFinite, b.squares.isFinite {
                a.rescale()
                b.rescale()
                return a.joined(with: b)
            }
            return State(count: total, mean: mean, squares: squares, scale: a.scale)
        }
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
            for _ in 0 ..< input.times(row) { state.pointee.add(value) }
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
            states[target] = states[target].joined(with: b)
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        let state = states[group]
        let divisor = isPopulation ? state.count : state.count - 1
        if divisor <= 0 { return Cell(float: 0) }
        return Cell(float: (state.squares / divisor).squareRoot() / state.scale)
    }

    override func removeAll() { states.removeAll() }

    override var byteCount: Int { states.capacity * MemoryLayout<State>.stride }
}
