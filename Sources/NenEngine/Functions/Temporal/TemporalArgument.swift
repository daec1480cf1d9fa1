// TemporalArgument: what the temporal constructors share: how an argument (nothing, a text, a
// map, a temporal value) is read, and the clocks.

import Glibc
import NenCore

/// Arguments of temporal functions.
enum TemporalArgument {
    /// Which clock a call without a value reads.
    enum Clock: String, CaseIterable {
        case statement, transaction, realtime

        /// The clock's instant in UTC.
        func now(_ context: borrowing FunctionContext) throws(NQLError) -> DateTimeValue {
            switch self {
            case .statement: return context.statementTime
            case .transaction: return context.transactionTime
            case .realtime:
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return try DateTimeValue(
                    epochSeconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
            }
        }
    }

    /// The entries of a map; nil when one is null, which makes the result null.
    static func fields(
        of map: Cell, _ base: HeapBase, _ function: StaticString
    ) throws(NQLError) -> TemporalFields? {
        guard map.tag == .map else { throw FunctionArgument.mismatch(function, "a Map", map) }
        var fields = TemporalFields()
        let cells = base.cells(map)
        for index in 0 ..< map.count {
            let value = cells[2 * index + 1]
            if value.isNull { return nil }
            try fields.set(base.string(cells[2 * index]), to: try scalar(value, base))
        }
        return fields
    }

    /// The fields that a text gives when it is read by a pattern.
    static func fields(
        _ text: Cell, by pattern: Cell, _ base: HeapBase, _ function: StaticString
    ) throws(NQLError) -> TemporalFields {
        try FunctionArgument.string(text, function)
        try FunctionArgument.string(pattern, function)
        return try TemporalPattern(base.string(pattern)).fields(of: base.string(text))
    }

    /// An integer, string or temporal value; anything else as null, which no field takes.
    private static func scalar(_ cell: Cell, _ base: HeapBase) throws(NQLError) -> Value {
        switch cell.tag {
        case .integer: return .integer(cell.integer)
        case .float: return .float(cell.float)
        case .string: return .string(base.string(cell))
        default: return try base.temporal(cell) ?? .null
        }
    }

    /// A temporal value that is no duration.
    static func instant(
        _ cell: Cell, _ base: HeapBase, _ function: StaticString
    ) throws(NQLError) -> Value {
        guard cell.tag != .duration, let value = try base.temporal(cell) else {
            throw FunctionArgument.mismatch(function, "a temporal value", cell)
        }
        return value
    }
}
