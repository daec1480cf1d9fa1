// CellOperators+Arithmetic: numbers. Integers stay integers and overflow is an error; as soon as
// one operand is a float the result is one, after IEEE 754 (so a float divided by zero is
// infinite or NaN, an integer by zero an error). `+` also joins strings and lists and, as `-`,
// `*` and `/` do, calls on temporal arithmetic.

import Glibc
import NenCore

/// Arithmetic operators.
extension CellOperators {
    /// `a + b`.
    static func add(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch (a.tag, b.tag) {
        case (.integer, .integer):
            let (sum, overflows) = a.integer.addingReportingOverflow(b.integer)
            if overflows { throw overflow("+", a, b) }
            return Cell(integer: sum)
        case (.float, .float): return Cell(float: a.float + b.float)
        case (.integer, .float): return Cell(float: Double(a.integer) + b.float)
        case (.float, .integer): return Cell(float: a.float + Double(b.integer))
        case (.null, _), (_, .null): return .null
        case (.list, .list), (.list, _), (_, .list): return try concatenateLists(a, b, &context)
        case (.string, _), (_, .string): return try joinText(a, b, &context)
        default:
            if let sum = try TemporalOperators.add(a, b, &context) { return sum }
            throw mismatch("+", a, b)
        }
    }

    /// `a - b`.
    static func subtract(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch (a.tag, b.tag) {
        case (.integer, .integer):
            let (difference, overflows) = a.integer.subtractingReportingOverflow(b.integer)
            if overflows { throw overflow("-", a, b) }
            return Cell(integer: difference)
        case (.float, .float): return Cell(float: a.float - b.float)
        case (.integer, .float): return Cell(float: Double(a.integer) - b.float)
        case (.float, .integer): return Cell(float: a.float - Double(b.integer))
        case (.null, _), (_, .null): return .null
        default:
            if let difference = try TemporalOperators.subtract(a, b, &context) {
                return difference
            }
            throw mismatch("-", a, b)
        }
    }

    /// `a * b`.
    static func multiply(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch (a.tag, b.tag) {
        case (.integer, .integer):
            let (product, overflows) = a.integer.multipliedReportingOverflow(by: b.integer)
            if overflows { throw overflow("*", a, b) }
            return Cell(integer: product)
        case (.float, .float): return Cell(float: a.float * b.float)
        case (.integer, .float): return Cell(float: Double(a.integer) * b.float)
        case (.float, .integer): return Cell(float: a.float * Double(b.integer))
        case (.null, _), (_, .null): return .null
        default:
            if let product = try TemporalOperators.multiply(a, b, &context) { return product }
            throw mismatch("*", a, b)
        }
    }

    /// `a / b`; between integers the quotient is cut towards zero.
    static func divide(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch (a.tag, b.tag) {
        case (.integer, .integer):
            if b.integer == 0 { throw divisionByZero("/", a) }
            let (quotient, overflows) = a.integer.dividedReportingOverflow(by: b.integer)
            if overflows { throw overflow("/", a, b) }
            return Cell(integer: quotient)
        case (.float, .float): return Cell(float: a.float / b.float)
        case (.integer, .float): return Cell(float: Double(a.integer) / b.float)
        case (.float, .integer): return Cell(float: a.float / Double(b.integer))
        case (.null, _), (_, .null): return .null
        default:
            if let quotient = try TemporalOperators.divide(a, b, &context) { return quotient }
            throw mismatch("/", a, b)
        }
    }

    /// `a % b`; the sign is that of `a`.
    static func modulo(_ a: Cell, _ b: Cell) throws(NQLError) -> Cell {
        switch (a.tag, b.tag) {
        case (.integer, .integer):
            if b.integer == 0 { throw divisionByZero("%", a) }
            if b.integer == -1 { return Cell(integer: 0) }
            return Cell(integer: a.integer % b.integer)
        case (.float, .float): return Cell(float: fmod(a.float, b.float))
        case (.integer, .float): return Cell(float: fmod(Double(a.integer), b.float))
        case (.float, .integer): return Cell(float: fmod(a.float, Double(b.integer)))
        case (.null, _), (_, .null): return .null
        default: throw mismatch("%", a, b)
        }
    }

    /// `a ^ b`, always a float.
    static func power(_ a: Cell, _ b: Cell) throws(NQLError) -> Cell {
        if a.isNull || b.isNull { return .null }
        guard let x = number(a), let y = number(b) else { throw mismatch("^", a, b) }
        return Cell(float: pow(x, y))
    }

    /// `-a`.
    static func negate(
        _ a: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch a.tag {
        case .integer:
            if a.integer == .min { throw overflow("-", Cell(integer: 0), a) }
            return Cell(integer: 0 &- a.integer)
        case .float: return Cell(float: -a.float)
        case .null: return .null
        case .duration: return try multiply(a, Cell(integer: -1), &context)
        default: throw mismatch("`-` expects a number", a)
        }
    }

    /// `+a`.
    static func plus(_ a: Cell) throws(NQLError) -> Cell {
        switch a.tag {
        case .integer, .float, .null, .duration: return a
        default: throw mismatch("`+` expects a number", a)
        }
    }

    /// An integer or float as a double; nil of other values.
    @inline(__always)
    static func number(_ cell: Cell) -> Double? {
        switch cell.tag {
        case .integer: Double(cell.integer)
        case .float: cell.float
        default: nil
        }
    }

    private static func overflow(_ operation: StaticString, _ a: Cell, _ b: Cell) -> NQLError {
        .runtime(
            .arithmetic, "IntegerOverflow",
            "\(a.integer) \(operation) \(b.integer) is outside the 64-bit integers.",
            hint: "Convert an operand with toFloat() if an approximate result will do.")
    }

    private static func divisionByZero(_ operation: StaticString, _ a: Cell) -> NQLError {
        .runtime(
            .arithmetic, "DivisionByZero", "\(a.integer) \(operation) 0 is not defined.",
            hint: "Between floats it gives an infinity or NaN.")
    }
}
