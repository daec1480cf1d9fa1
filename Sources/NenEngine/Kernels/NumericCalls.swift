// NumericCalls: functions of one number over vectors, in loops that the compiler turns into vector
// instructions. What may fail is left to the function's own kernel, which raises the error for the
// right row.

import NenCore

/// Vector kernels of numeric functions.
enum NumericCalls {
    /// `abs(x)`; nil for another kind and where the result overflows.
    static func absolute(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        var row = 0
        switch vector.kind {
        case .integer:
            let out = try arena.allocate(Int64.self, count: max(1, count))
            let source = vector.integers
            var sticky: Int64 = 0
            while row < count {
                let value = source[row]
                let sign = value &>> 63
                let result = (value ^ sign) &- sign
                // Negative only for the least integer.
                sticky |= result
                out[row] = result
                row &+= 1
            }
            return sticky < 0 ? nil : Vector(.integer, out, validity: vector.validity)
        case .float:
            let out = try arena.allocate(Double.self, count: max(1, count))
            let source = vector.floats
            while row < count {
                out[row] = source[row].magnitude
                row &+= 1
            }
            return Vector(.float, out, validity: vector.validity)
        default: return nil
        }
    }

    /// `toInteger(x)` of integers; nil for others.
    static func integer(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        vector.kind == .integer ? vector : nil
    }
}
