// CellOperators: what the operators of NQL mean, on cells. The executor's generic path and constant
// folding call these; typed kernels must give the same results. One aspect per file: logic here,
// then comparison, arithmetic, strings, access, types.

import NQLSyntax
import NenCore

/// The operators of NQL on cells.
enum CellOperators {
    /// Applies any binary operator.
    static func binary(
        _ operation: BinaryOperator, _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        let base = context.base
        switch operation {
        case .or: return try or(a, b)
        case .xor: return try xor(a, b)
        case .and: return try and(a, b)
        case .equal: return equal(a, b, base)
        case .notEqual: return notEqual(a, b, base)
        case .less: return less(a, b, base)
        case .lessOrEqual: return lessOrEqual(a, b, base)
        case .greater: return less(b, a, base)
        case .greaterOrEqual: return lessOrEqual(b, a, base)
        case .add: return try add(a, b, &context)
        case .subtract: return try subtract(a, b, &context)
        case .multiply: return try multiply(a, b, &context)
        case .divide: return try divide(a, b, &context)
        case .modulo: return try modulo(a, b)
        case .power: return try power(a, b)
        case .concatenate: return try concatenate(a, b, &context)
        case .inList: return try isMember(a, of: b, base)
        case .startsWith: return startsWith(a, b, base)
        case .endsWith: return endsWith(a, b, base)
        case .contains: return contains(a, b, base)
        case .matches: return try matches(a, pattern: b, &context)
        }
    }

    // MARK: logic

    /// `NOT a`; null of null.
    static func not(_ a: Cell) throws(NQLError) -> Cell {
        guard let truth = try truth(a, of: "NOT") else { return .null }
        return Cell(boolean: !truth)
    }

    /// `a AND b`: false when either is false, else null when either is null.
    static func and(_ a: Cell, _ b: Cell) throws(NQLError) -> Cell {
        let left = try truth(a, of: "AND")
        if left == false { return Cell(boolean: false) }
        let right = try truth(b, of: "AND")
        if right == false { return Cell(boolean: false) }
        if left == nil || right == nil { return .null }
        return Cell(boolean: true)
    }

    /// `a OR b`: true when either is true, else null when either is null.
    static func or(_ a: Cell, _ b: Cell) throws(NQLError) -> Cell {
        let left = try truth(a, of: "OR")
        if left == true { return Cell(boolean: true) }
        let right = try truth(b, of: "OR")
        if right == true { return Cell(boolean: true) }
        if left == nil || right == nil { return .null }
        return Cell(boolean: false)
    }

    /// `a XOR b`: null when either is null.
    static func xor(_ a: Cell, _ b: Cell) throws(NQLError) -> Cell {
        let left = try truth(a, of: "XOR")
        let right = try truth(b, of: "XOR")
        guard let left, let right else { return .null }
        return Cell(boolean: left != right)
    }

    /// The truth value of an operand: nil of null.
    ///
    /// - Throws: `TypeError` when it is no boolean.
    @inline(__always)
    static func truth(_ cell: Cell, of name: StaticString) throws(NQLError) -> Bool? {
        if cell.rawTag == CellTag.boolean.rawValue { return cell.boolean }
        if cell.isNull { return nil }
        throw mismatch("\(name) expects a Boolean", cell)
    }

    // MARK: errors

    /// A run-time type error: `expectation`, then what was found.
    static func mismatch(_ expectation: String, _ found: Cell) -> NQLError {
        .runtime(
            .type, "InvalidArgumentType", "\(expectation), not a value of type \(found.tag.name).")
    }

    /// Two operands that `operation` does not combine.
    static func mismatch(_ operation: StaticString, _ a: Cell, _ b: Cell) -> NQLError {
        .runtime(
            .type, "InvalidArgumentType",
            "`\(operation)` is not defined for \(a.tag.name) and \(b.tag.name).")
    }
}

extension CellTag {
    /// The type's name in messages, as `NQLType.name` has it.
    var name: String {
        switch self {
        case .string: "String"
        case .null: "Null"
        case .boolean: "Boolean"
        case .integer: "Integer"
        case .float: "Float"
        case .list: "List"
        case .map: "Map"
        case .date: "Date"
        case .localTime: "LocalTime"
        case .time: "Time"
        case .localDateTime: "LocalDateTime"
        case .dateTime: "DateTime"
        case .duration: "Duration"
        case .node: "Node"
        case .relationship: "Relationship"
        case .path: "Path"
        case .point: "Point"
        }
    }
}
