// ValueRange: the values for which comparisons with constants are true, as bounds of what is
// stored, and loops that select the rows within them. `x >= a AND x < b` is one pass over the array
// as it lies in the chunk: no value is copied and no truth value is written.
//
// The order of a localDateTime or dateTime is that of (payload, head): seconds as signed number,
// then nanosecond and zone as they stand in the first word, whose tag is the same for all. Bounds
// between seconds are decided by the payload alone; others look at the head where the payload is
// that of a bound.

import NenCore

/// A conjunction of comparisons with constants, for vectors of one kind.
enum ValueRange {
    /// No value.
    case nothing
    /// `low ... high`, of 8-byte integers.
    case integers(low: Int64, high: Int64)
    /// `low ... high`; NaN is outside.
    case floats(low: Double, high: Double)
    /// One byte.
    case boolean(UInt8)
    /// Cells with a payload in `low ... high`.
    case payloads(low: Int64, high: Int64)
    /// Cells in `low ... high` by (payload, head).
    case cells(low: Cell, high: Cell)

    /// The values of `kind` for which all comparisons are true; nil where no range says it.
    init?(_ comparisons: [(symbol: ComparisonOperator, constant: Cell)], _ kind: VectorKind) {
        for one in comparisons where one.symbol == .notEqual { return nil }
        switch kind {
        case .integer:
            // What is no number is not comparable.
            for one in comparisons
            where one.constant.tag != .integer && one.constant.tag != .float { return nil }
            guard let range = ValueRange.integers(comparisons) else { return nil }
            self = range
        case .date, .localTime:
            for one in comparisons where one.constant.tag != kind.tag { return nil }
            guard let range = ValueRange.integers(comparisons) else { return nil }
            self = range
        case .float:
            guard let range = ValueRange.floats(comparisons) else { return nil }
            self = range
        case .boolean:
            guard comparisons.count == 1, comparisons[0].symbol == .equal,
                comparisons[0].constant.tag == .boolean
            else { return nil }
            self = .boolean(comparisons[0].constant.boolean ? 1 : 0)
        case .localDateTime, .dateTime:
            for one in comparisons where one.constant.tag != kind.tag { return nil }
            self = ValueRange.instants(comparisons, kind.tag)
        case .time:
            // Their order is not that of the words, but equality is.
            for one in comparisons
            where one.constant.tag != .time || one.symbol != .equal { return nil }
            self = ValueRange.instants(comparisons, kind.tag)
        case .node, .relationship, .cell: return nil
        }
    }

    /// The values of a vector that do not come behind `bound` in an order; nil where no range says
    /// it, as nulls and NaN are greater than everything there.
    init?(notBehind bound: Cell, isDescending: Bool, in vector: Vector) {
        guard !vector.isConstant, vector.validity == nil, vector.kind.tag == bound.tag,
            vector.kind != .float
        else { return nil }
        self.init([(isDescending ? .greaterOrEqual : .lessOrEqual, bound)], vector.kind)
    }

    // MARK: bounds

    private static func integers(
        _ comparisons: [(symbol: ComparisonOperator, constant: Cell)]
    ) -> ValueRange? {
        var low = Int64.min
        var high = Int64.max
        for (symbol, constant) in comparisons {
            var atLeast = Int64.min
            var atMost = Int64.max
            if constant.tag == .float {
                guard let bounds = wholeBounds(symbol, constant.float) else { return .nothing }
                (atLeast, atMost) = bounds
            } else {
                guard constant.tag == .integer || constant.tag == .date
                    || constant.tag == .localTime
                else { return nil }
                let value = constant.integer
                switch symbol {
                case .equal: (atLeast, atMost) = (value, value)
                case .less:
                    if value == .min { return .nothing }
                    atMost = value - 1
                case .lessOrEqual: atMost = value
                case .greater:
                    if value == .max { return .nothing }
                    atLeast = value + 1
                case .greaterOrEqual: atLeast = value
                case .notEqual: return nil
                }
            }
            low = max(low, atLeast)
            high = min(high, atMost)
        }
        return low > high ? .nothing : .integers(low: low, high: high)
    }

    /// The integers that compare so with a float; nil: none.
    private static func wholeBounds(
        _ symbol: ComparisonOperator, _ value: Double
    ) -> (Int64, Int64)? {
        if value.isNaN { return nil }
        let limit = 9_223_372_036_854_775_808.0
        switch symbol {
        case .equal: return Int64(exactly: value).map { ($0, $0) }
        case .less, .lessOrEqual:
            let isStrict = symbol == .less
            if value >= limit { return (.min, .max) }
            let whole = value.rounded(.down)
            if whole < -limit { return nil }
            let bound = Int64(whole)
            if !isStrict || whole != value { return (.min, bound) }
            return bound == .min ? nil : (.min, bound - 1)
        case .greater, .greaterOrEqual:
            let isStrict = symbol == .greater
            if value < -limit { return (.min, .max) }
            let whole = value.rounded(.up)
            if whole >= limit { return nil }
            let bound = Int64(whole)
            return (isStrict && whole == value ? bound + 1 : bound, .max)
        case .notEqual: return nil
        }
    }

    private static func floats(
        _ comparisons: [(symbol: ComparisonOperator, constant: Cell)]
    ) -> ValueRange? {
        var low = -Double.infinity
        var high = Double.infinity
        for (symbol, constant) in comparisons {
            let value: Double
            switch constant.tag {
            case .float: value = constant.float
            case .integer:
                guard constant.integer.magnitude <= 1 << 53 else { return nil }
                value = Double(constant.integer)
            default: return nil
            }
            if value.isNaN { return .nothing }
            switch symbol {
            case .equal:
                low = max(low, value)
                high = min(high, value)
            case .less:
                if value == -.infinity { return .nothing }
                high = min(high, value.nextDown)
            case .lessOrEqual: high = min(high, value)
            case .greater:
                if value == .infinity { return .nothing }
                low = max(low, value.nextUp)
            case .greaterOrEqual: low = max(low, value)
            case .notEqual: return nil
            }
        }
        return low > high ? .nothing : .floats(low: low, high: high)
    }

    private static func instants(
        _ comparisons: [(symbol: ComparisonOperator, constant: Cell)], _ tag: CellTag
    ) -> ValueRange {
        let leastHead = Cell(tag, payload: 0).head
        let greatestHead = Cell(tag, low: 1 << 27 - 1, aux: 999_999_999, payload: 0).head
        var low = Cell(head: leastHead, payload: UInt64(bitPattern: .min))
        var high = Cell(head: greatestHead, payload: UInt64(bitPattern: .max))
        for (symbol, constant) in comparisons {
            var atLeast = low
            var atMost = high
            // A head is never the least or the greatest number.
            switch symbol {
            case .equal: (atLeast, atMost) = (constant, constant)
            case .less: atMost = Cell(head: constant.head - 1, payload: constant.payload)
            case .lessOrEqual: atMost = constant
            case .greater: atLeast = Cell(head: constant.head + 1, payload: constant.payload)
            case .greaterOrEqual: atLeast = constant
            case .notEqual: break
            }
            if precedes(low, atLeast) { low = atLeast }
            if precedes(atMost, high) { high = atMost }
        }
        if precedes(high, low) { return .nothing }
        var least = low.integer
        var greatest = high.integer
        if low.head > greatestHead {
            if least == .max { return .nothing }
            least += 1
        } else if low.head > leastHead {
            return .cells(low: low, high: high)
        }
        if high.head < leastHead {
            if greatest == .min { return .nothing }
            greatest -= 1
        } else if high.head < (tag == .localDateTime ? greatestHead & ~0x7FF_FFFF : greatestHead) {
            return .cells(low: low, high: high)
        }
        return least > greatest ? .nothing : .payloads(low: least, high: greatest)
    }

    /// The order of localDateTimes and dateTimes.
    @inline(__always)
    static func precedes(_ a: Cell, _ b: Cell) -> Bool {
        a.integer < b.integer || (a.integer == b.integer && a.head < b.head)
    }

    // MARK: selection

    /// Writes the numbers of the rows within the range, ascending, to `chosen` (room for `count` +
    /// 1); returns how many.
    ///
    /// - Parameters:
    ///   - vector: not constant, of the kind that the range was made for.
    ///   - elements: row → element; nil: row i is element i.
    func select(
        _ vector: Vector, _ elements: UnsafePointer<UInt16>?, _ count: Int,
        into chosen: UnsafeMutablePointer<UInt16>
    ) -> Int {
        switch self {
        case .nothing: return 0
        case .integers(let low, let high):
            let values = vector.integers
            let width = UInt64(bitPattern: high &- low)
            return rows(vector.validity, elements, count, chosen) {
                UInt64(bitPattern: values[$0] &- low) <= width
            }
        case .floats(let low, let high):
            let values = vector.floats
            return rows(vector.validity, elements, count, chosen) {
                let value = values[$0]
                return ValueRange.both(value >= low, value <= high)
            }
        case .boolean(let wanted):
            let values = vector.booleans
            return rows(vector.validity, elements, count, chosen) { values[$0] == wanted }
        case .payloads(let low, let high):
            let words = vector.integers
            let width = UInt64(bitPattern: high &- low)
            return rows(vector.validity, elements, count, chosen) {
                UInt64(bitPattern: words[2 &* $0 &+ 1] &- low) <= width
            }
        case .cells(let low, let high):
            return selectCells(vector, elements, count, low, high, into: chosen)
        }
    }

    /// The same from a framed column: its offsets are compared with those of the bounds. nil for a
    /// range that does not say it of payloads.
    func select(
        _ column: ColumnHandle, _ elements: UnsafePointer<UInt16>?, _ count: Int,
        into chosen: UnsafeMutablePointer<UInt16>
    ) -> Int? {
        let (low, high): (Int64, Int64)
        switch self {
        case .nothing: return 0
        case .integers(let least, let greatest), .payloads(let least, let greatest):
            (low, high) = (least, greatest)
        case .floats, .boolean, .cells: return nil
        }
        let frame = column.frame
        let top = frame.base &+ (Int64(1) &<< Int64(8 &* frame.width) &- 1)
        if high < frame.base || low > top { return 0 }
        let first = UInt32(truncatingIfNeeded: max(low, frame.base) &- frame.base)
        let last = UInt32(truncatingIfNeeded: min(high, top) &- frame.base)
        let values = column.values
        switch frame.width {
        case 1: return offsets(UInt8.self, values, first, last, column, elements, count, chosen)
        case 2: return offsets(UInt16.self, values, first, last, column, elements, count, chosen)
        default: return offsets(UInt32.self, values, first, last, column, elements, count, chosen)
        }
    }

    @inline(__always)
    private func offsets<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ type: T.Type, _ values: UnsafeRawPointer, _ first: UInt32, _ last: UInt32,
        _ column: ColumnHandle, _ elements: UnsafePointer<UInt16>?, _ count: Int,
        _ chosen: UnsafeMutablePointer<UInt16>
    ) -> Int {
        let offsets = values.assumingMemoryBound(to: type)
        let low = T(truncatingIfNeeded: first)
        let width = T(truncatingIfNeeded: last &- first)
        return rows(column.validity, elements, count, chosen) { offsets[$0] &- low <= width }
    }

    private func selectCells(
        _ vector: Vector, _ elements: UnsafePointer<UInt16>?, _ count: Int, _ low: Cell,
        _ high: Cell, into chosen: UnsafeMutablePointer<UInt16>
    ) -> Int {
        let cells = vector.cells
        let least = low.integer
        let greatest = high.integer
        return rows(vector.validity, elements, count, chosen) {
            let cell = cells[$0]
            let payload = cell.integer
            let isAbove = ValueRange.either(
                payload > least, ValueRange.both(payload == least, cell.head >= low.head))
            let isBelow = ValueRange.either(
                payload < greatest, ValueRange.both(payload == greatest, cell.head <= high.head))
            return ValueRange.both(isAbove, isBelow)
        }
    }

    /// `&&` and `||` without a branch.
    @inline(__always)
    private static func both(_ a: Bool, _ b: Bool) -> Bool {
        Comparison.byte(a) & Comparison.byte(b) != 0
    }

    @inline(__always)
    private static func either(_ a: Bool, _ b: Bool) -> Bool {
        Comparison.byte(a) | Comparison.byte(b) != 0
    }

    @inline(__always)
    private func rows(
        _ validity: UnsafePointer<UInt64>?, _ elements: UnsafePointer<UInt16>?, _ count: Int,
        _ chosen: UnsafeMutablePointer<UInt16>, _ test: (Int) -> Bool
    ) -> Int {
        var found = 0
        var row = 0
        if let validity {
            while row < count {
                let element = elements.map { Int($0[row]) } ?? row
                chosen[found] = UInt16(truncatingIfNeeded: row)
                let isIn = ValueRange.both(test(element), Bitmap.isSet(validity, element))
                found &+= Int(Comparison.byte(isIn))
                row &+= 1
            }
        } else if let elements {
            while row < count {
                chosen[found] = UInt16(truncatingIfNeeded: row)
                found &+= Int(Comparison.byte(test(Int(elements[row]))))
                row &+= 1
            }
        } else {
            while row < count {
                chosen[found] = UInt16(truncatingIfNeeded: row)
                found &+= Int(Comparison.byte(test(row)))
                row &+= 1
            }
        }
        return found
    }
}
