// DateTruncation: `date.truncate('month', x)` and `localdatetime.truncate(…)` over vectors of dates
// and local date-times, to a unit of a day or more that is known when the statement is compiled.

import NenCore

/// A call of a truncation with a constant unit and no map.
final class DateTruncation: Evaluator {
    enum Target {
        case date, localDateTime

        init?(function: String) {
            switch function {
            case "date.truncate": self = .date
            case "localdatetime.truncate": self = .localDateTime
            default: return nil
            }
        }
    }

    private let target: Target
    private let unit: TruncationUnit
    private let operand: Evaluator
    /// The call itself, for other types and for what fails; its value is `held`.
    private let call: Evaluator
    private let held: HeldEvaluation
    /// The day that was cut down last, and to what.
    private var known: (day: Int64, start: Int64)?
    /// Nanoseconds for one value, by and large.
    private static let workUnits = 15

    /// - Parameter unit: of a day or more.
    init(
        _ target: Target, _ unit: TruncationUnit, _ operand: Evaluator, _ call: Evaluator,
        _ held: HeldEvaluation, span: SourceSpan
    ) {
        self.target = target
        self.unit = unit
        self.operand = operand
        self.call = call
        self.held = held
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let vector = try operand.evaluate(rows, context)
        let isDate = vector.kind == .date
        if isDate || vector.kind == .localDateTime, !vector.isConstant {
            try Interruption.spend(rows.count &* DateTruncation.workUnits)
            if let result = try truncated(vector, rows.count, context.arena) { return result }
        }
        held.vector = vector
        return try call.evaluate(rows, context)
    }

    /// nil where a day has no start: the call tells what is wrong.
    private func truncated(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        let days = try arena.allocate(Int64.self, count: max(1, count))
        for row in 0 ..< count {
            guard vector.isPresent(element: row) else {
                days[row] = 0
                continue
            }
            guard let start = start(of: day(vector, row)) else { return nil }
            days[row] = start
        }
        if target == .date { return Vector(.date, days, validity: vector.validity) }
        let out = try arena.allocate(Cell.self, count: max(1, count))
        for row in 0 ..< count {
            let seconds = UInt64(bitPattern: days[row] &* 86_400)
            out[row] = Cell(.localDateTime, aux: 0, payload: seconds)
        }
        return Vector(.localDateTime, out, validity: vector.validity)
    }

    @inline(__always)
    private func day(_ vector: Vector, _ row: Int) -> Int64 {
        if vector.kind == .date { return vector.integers[row] }
        return GregorianCalendar.floorDivide(vector.cells[row].integer, 86_400)
    }

    /// The first day of the unit that holds a day; nil where there is no such date.
    @inline(__always)
    private func start(of day: Int64) -> Int64? {
        if let known, known.day == day { return known.start }
        return find(day)
    }

    @inline(never)
    private func find(_ day: Int64) -> Int64? {
        guard let date = try? DateValue(epochDays: DateValue.checked(epochDays: day)),
            let first = try? unit.truncate(date)
        else { return nil }
        known = (day, first.epochDays)
        return first.epochDays
    }
}
