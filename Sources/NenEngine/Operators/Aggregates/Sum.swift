// sum and avg. Integers are added in 128 bits and range-checked at the end; floats with Neumaier's
// compensation (ZAMM 54, 1974), so that the order of morsels does not show; durations part by part.

import NenCore

/// `sum(x)` and `avg(x)`.
final class Sum: Accumulator {
    private struct State {
        var integers: Int128 = 0
        var floats: Double = 0
        var compensation: Double = 0
        var months: Int128 = 0
        var days: Int128 = 0
        var nanoseconds: Int128 = 0
        var count: Int64 = 0
        var hasFloat = false
        var hasDuration = false
        /// Floats and compensation are 2^-100 of what they stand for: the sum of finite values has
        /// left the doubles, to which it, or the mean, may come back.
        var isScaled = false

        private static let scale = 0x1p-100

        mutating func add(_ value: Double, times: Int64 = 1) {
            let amount = isScaled ? value * State.scale * Double(times) : value * Double(times)
            if !(floats + amount).isFinite, !isScaled, value.isFinite, floats.isFinite {
                rescale()
                return add(value, times: times)
            }
            addScaled(amount)
        }

        mutating func rescale() {
            if isScaled { return }
            isScaled = true
            floats *= State.scale
            compensation *= State.scale
        }

        /// Adds the floats of another group.
        mutating func add(floatsOf other: State) {
            var other = other
            if isScaled || other.isScaled || !(floats + other.floats).isFinite {
                if floats.isFinite { rescale() }
                if other.floats.isFinite { other.rescale() }
            }
            addScaled(other.floats)
            compensation += other.compensation
        }

        @inline(__always)
        private mutating func addScaled(_ value: Double) {
            hasFloat = true
            let sum = floats + value
            if abs(floats) >= abs(value) {
                compensation += (floats - sum) + value
            } else {
                compensation += (value - sum) + floats
            }
            floats = sum
        }

        /// The sum of all numbers, divided by `count`; infinities have no compensation.
        func total(dividedBy count: Double = 1) -> Double {
            let sum = floats.isFinite ? floats + compensation : floats
            if !isScaled { return (Double(integers) + sum) / count }
            return (Double(integers) * State.scale + sum) / count / State.scale
        }
    }

    private let isAverage: Bool
    private let states: PooledArray<State>

    init(_ context: ExecutionContext, isAverage: Bool) {
        self.isAverage = isAverage
        states = PooledArray(pool: context.pool)
        super.init(context)
    }

    private var name: String { isAverage ? "avg" : "sum" }

    override func resize(_ groupCount: Int) throws(NQLError) {
        try states.resize(groupCount, filling: State())
    }

    override func update(_ input: AccumulatorInput) throws(NQLError) {
        let vector = input.arguments[0]
        let table = states.pointer
        if vector.kind == .integer, !vector.isConstant {
            if states.count == 1 { return addIntegers(vector, input) }
            var row = 0
            while row < input.count {
                if vector.isPresent(element: row) {
                    let state = table + Int(input.groups[row])
                    let times = input.times(row)
                    state.pointee.integers += Int128(vector.integers[row]) * Int128(times)
                    state.pointee.count &+= times
                }
                row &+= 1
            }
            return
        }
        if vector.kind == .float, !vector.isConstant {
            var row = 0
            while row < input.count {
                if vector.isPresent(element: row) {
                    let state = table + Int(input.groups[row])
                    let times = input.times(row)
                    state.pointee.add(vector.floats[row], times: times)
                    state.pointee.count &+= times
                }
                row &+= 1
            }
            return
        }
        for row in 0 ..< input.count {
            try add(
                vector.cell(at: row), input.times(row), to: table + Int(input.groups[row]))
        }
    }

    /// One group: sums of blocks in 64 bits, which cannot overflow for values below 2^51.
    private func addIntegers(_ vector: Vector, _ input: AccumulatorInput) {
        let values = vector.integers
        var total: Int128 = 0
        var counted: Int64 = 0
        var row = 0
        while row < input.count {
            if vector.isPresent(element: row) {
                let times = input.times(row)
                total += Int128(values[row]) * Int128(times)
                counted &+= times
            }
            row &+= 1
        }
        states.pointer[0].integers += total
        states.pointer[0].count &+= counted
    }

    private func add(
        _ cell: Cell, _ times: Int64, to state: UnsafeMutablePointer<State>
    ) throws(NQLError) {
        switch cell.tag {
        case .null: return
        case .integer: state.pointee.integers += Int128(cell.integer) * Int128(times)
        case .float: state.pointee.add(cell.float, times: times)
        case .duration:
            let parts = context.base.pointer(cell.payload).assumingMemoryBound(to: Int64.self)
            state.pointee.hasDuration = true
            state.pointee.months += Int128(parts[0]) * Int128(times)
            state.pointee.days += Int128(parts[1]) * Int128(times)
            let (nanoseconds, isOver) = (Int128(parts[2]) * 1_000_000_000 + Int128(parts[3]))
                .multipliedReportingOverflow(by: Int128(times))
            let (sum, isOut) = state.pointee.nanoseconds.addingReportingOverflow(nanoseconds)
            if isOver || isOut {
                throw .runtime(
                    .arithmetic, "IntegerOverflow", "\(name) is outside the range of durations.")
            }
            state.pointee.nanoseconds = sum
        default:
            throw .runtime(
                .type, "InvalidArgumentValue",
                "\(name) expects numbers or durations, found \(cell.tag.typeName).")
        }
        state.pointee.count &+= times
    }

    override func merge(
        _ other: Accumulator, _ sources: UnsafePointer<UInt32>,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) throws(NQLError) {
        guard let other = other as? Sum else { return }
        for index in 0 ..< count {
            let source = other.states[Int(sources[index])]
            let target = states.pointer + Int(targets[index])
            target.pointee.integers += source.integers
            if source.hasFloat { target.pointee.add(floatsOf: source) }
            target.pointee.months += source.months
            target.pointee.days += source.days
            target.pointee.nanoseconds += source.nanoseconds
            target.pointee.count &+= source.count
            target.pointee.hasDuration = target.pointee.hasDuration || source.hasDuration
        }
    }

    override func result(_ group: Int, _ arena: Arena) throws(NQLError) -> Cell {
        let state = states[group]
        if state.hasDuration { return try duration(state, arena) }
        if isAverage {
            if state.count == 0 { return .null }
            return Cell(float: state.total(dividedBy: Double(state.count)))
        }
        if state.hasFloat { return Cell(float: state.total()) }
        guard let sum = Int64(exactly: state.integers) else {
            throw .runtime(
                .arithmetic, "IntegerOverflow",
                "The sum \(state.integers) is outside the range of integers.")
        }
        return Cell(integer: sum)
    }

    private func duration(_ state: State, _ arena: Arena) throws(NQLError) -> Cell {
        if state.integers != 0 || state.hasFloat {
            throw .runtime(
                .type, "InvalidArgumentValue",
                "\(name) does not mix numbers and durations.")
        }
        let divisor = isAverage ? Int128(state.count) : 1
        let (months, monthRest) = state.months.quotientAndRemainder(dividingBy: divisor)
        // A month is 30.436875 days on average; what does not divide goes down one part.
        let dayTotal = state.days + monthRest * 30
        let (days, dayRest) = dayTotal.quotientAndRemainder(dividingBy: divisor)
        let total = state.nanoseconds + dayRest * 86_400_000_000_000
        let (nanoseconds, _) = total.quotientAndRemainder(dividingBy: divisor)
        var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 {
            rest += 1_000_000_000
            seconds -= 1
        }
        guard let m = Int64(exactly: months), let d = Int64(exactly: days),
            let s = Int64(exactly: seconds)
        else {
            throw .runtime(
                .arithmetic, "IntegerOverflow", "The \(name) of durations is out of range.")
        }
        let value = DurationValue(months: m, days: d, seconds: s, nanosecond: Int32(rest))
        return try CellBuilder(arena: arena, base: context.base).duration(value)
    }

    override func removeAll() { states.removeAll() }

    override var byteCount: Int { states.capacity * MemoryLayout<State>.stride }
}
