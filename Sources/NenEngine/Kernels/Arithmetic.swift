// Arithmetic: +, -, *, /, %, and negation over dense integer and float vectors. Integer loops keep
// a sticky overflow flag instead of trapping; a set flag makes the caller redo the batch row by row
// with the cell operator, which raises the error for the right row.

import NQLSyntax
import NenCore

/// Arithmetic kernels.
enum Arithmetic {
    /// The result over two dense vectors; nil when the cell operator has to do it.
    static func apply(
        _ symbol: BinaryOperator, _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        if a.isConstant && b.isConstant { return nil }
        let validity = try Bitmap.intersection(
            a.isConstant ? nil : a.validity, b.isConstant ? nil : b.validity, count, arena)
        if a.kind == .integer && b.kind == .integer {
            let out = try arena.allocate(Int64.self, count: max(1, count))
            guard integers(symbol, a, b, out, count) else { return nil }
            return Vector(.integer, out, validity: validity)
        }
        guard let x = try floats(a, count, arena), let y = try floats(b, count, arena)
        else { return nil }
        let out = try arena.allocate(Double.self, count: max(1, count))
        let p = x.floats
        let q = y.floats
        switch symbol {
        case .add: Comparison.pairs(p, x.isConstant, q, y.isConstant, out, count) { $0 + $1 }
        case .subtract:
            Comparison.pairs(p, x.isConstant, q, y.isConstant, out, count) { $0 - $1 }
        case .multiply:
            Comparison.pairs(p, x.isConstant, q, y.isConstant, out, count) { $0 * $1 }
        case .divide:
            Comparison.pairs(p, x.isConstant, q, y.isConstant, out, count) { $0 / $1 }
        default: return nil
        }
        return Vector(.float, out, validity: validity)
    }

    /// A numeric vector as floats; nil for other kinds.
    static func floats(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        if vector.kind == .float { return vector }
        guard vector.kind == .integer else { return nil }
        let length = vector.isConstant ? 1 : count
        let out = try arena.allocate(Double.self, count: max(1, length))
        let source = vector.integers
        var i = 0
        while i < length {
            out[i] = Double(source[i])
            i &+= 1
        }
        return Vector(.float, out, validity: vector.validity, isConstant: vector.isConstant)
    }

    /// False when a lane overflowed, divided by zero, or the operator is not done here.
    private static func integers(
        _ symbol: BinaryOperator, _ a: Vector, _ b: Vector,
        _ out: UnsafeMutablePointer<Int64>, _ count: Int
    ) -> Bool {
        let x = a.integers
        let y = b.integers
        var sticky: Int64 = 0
        switch symbol {
        case .add:
            Comparison.pairs(x, a.isConstant, y, b.isConstant, out, count) { p, q -> Int64 in
                let sum = p &+ q
                sticky |= (p ^ sum) & (q ^ sum)
                return sum
            }
            return sticky >= 0
        case .subtract:
            Comparison.pairs(x, a.isConstant, y, b.isConstant, out, count) { p, q -> Int64 in
                let difference = p &- q
                sticky |= (p ^ q) & (p ^ difference)
                return difference
            }
            return sticky >= 0
        case .multiply:
            var overflow = false
            Comparison.pairs(x, a.isConstant, y, b.isConstant, out, count) { p, q -> Int64 in
                let product = p.multipliedReportingOverflow(by: q)
                overflow = overflow || product.overflow
                return product.partialValue
            }
            return !overflow
        case .divide, .modulo:
            return divide(x, a.isConstant, y, b.isConstant, out, count, symbol == .modulo)
        default: return false
        }
    }

    private static func divide(
        _ x: UnsafePointer<Int64>, _ xConstant: Bool, _ y: UnsafePointer<Int64>,
        _ yConstant: Bool, _ out: UnsafeMutablePointer<Int64>, _ count: Int, _ isModulo: Bool
    ) -> Bool {
        var isBad = false
        Comparison.pairs(x, xConstant, y, yConstant, out, count) { p, q -> Int64 in
            // -1 overflows for the least integer, 0 has no quotient: the slow path decides.
            if q == 0 || q == -1 {
                isBad = true
                return 0
            }
            return isModulo ? p % q : p / q
        }
        return !isBad
    }

    /// `-a`; nil when the cell operator has to do it.
    static func negate(
        _ a: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        let length = a.isConstant ? 1 : count
        var i = 0
        if a.kind == .float {
            let out = try arena.allocate(Double.self, count: max(1, length))
            while i < length {
                out[i] = -a.floats[i]
                i &+= 1
            }
            return Vector(.float, out, validity: a.validity, isConstant: a.isConstant)
        }
        guard a.kind == .integer else { return nil }
        let out = try arena.allocate(Int64.self, count: max(1, length))
        var sawMinimum = false
        while i < length {
            let value = a.integers[i]
            sawMinimum = sawMinimum || value == .min
            out[i] = 0 &- value
            i &+= 1
        }
        if sawMinimum { return nil }
        return Vector(.integer, out, validity: a.validity, isConstant: a.isConstant)
    }
}
