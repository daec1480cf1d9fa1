// Comparison: =, <>, <, <=, >, >= over dense vectors. Typed loops where both sides have a typed
// kind; cells otherwise, with short cuts for equal tags before the general definition in
// `CellOrder`.

import Glibc
import NQLSyntax
import NenCore

/// Comparison operators.
enum ComparisonOperator {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

    init?(_ symbol: BinaryOperator) {
        switch symbol {
        case .equal: self = .equal
        case .notEqual: self = .notEqual
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .greater: self = .greater
        case .greaterOrEqual: self = .greaterOrEqual
        default: return nil
        }
    }

    /// Whether it asks for equality rather than order.
    var isEquality: Bool { self == .equal || self == .notEqual }

    /// The operator that says the same with the sides exchanged.
    var turned: ComparisonOperator {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}

/// Comparing kernels.
enum Comparison {
    /// Result of one ternary comparison: 0, 1, or 2 for null.
    typealias Ternary = UInt8

    @inline(__always)
    static func byte(_ value: Bool) -> UInt8 { unsafeBitCast(value, to: UInt8.self) }

    /// Applies `test` to pairs of elements; a constant side stands still.
    @inline(__always)
    static func pairs<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
        _ a: UnsafePointer<A>, _ aConstant: Bool, _ b: UnsafePointer<B>, _ bConstant: Bool,
        _ out: UnsafeMutablePointer<R>, _ count: Int, _ test: (A, B) -> R
    ) {
        var i = 0
        if aConstant && bConstant {
            out.update(repeating: test(a[0], b[0]), count: count)
        } else if bConstant {
            let y = b[0]
            while i < count {
                out[i] = test(a[i], y)
                i &+= 1
            }
        } else if aConstant {
            let x = a[0]
            while i < count {
                out[i] = test(x, b[i])
                i &+= 1
            }
        } else {
            while i < count {
                out[i] = test(a[i], b[i])
                i &+= 1
            }
        }
    }

    /// All six operators over one comparable type.
    static func typed<T: Comparable & BitwiseCopyable>(
        _ symbol: ComparisonOperator, _ a: UnsafePointer<T>, _ aConstant: Bool,
        _ b: UnsafePointer<T>, _ bConstant: Bool, _ out: UnsafeMutablePointer<UInt8>,
        _ count: Int
    ) {
        switch symbol {
        case .equal: pairs(a, aConstant, b, bConstant, out, count) { byte($0 == $1) }
        case .notEqual: pairs(a, aConstant, b, bConstant, out, count) { byte($0 != $1) }
        case .less: pairs(a, aConstant, b, bConstant, out, count) { byte($0 < $1) }
        case .lessOrEqual: pairs(a, aConstant, b, bConstant, out, count) { byte($0 <= $1) }
        case .greater: pairs(a, aConstant, b, bConstant, out, count) { byte($0 > $1) }
        case .greaterOrEqual: pairs(a, aConstant, b, bConstant, out, count) { byte($0 >= $1) }
        }
    }

    /// Compares two dense vectors of `count` rows to a boolean vector.
    static func compare(
        _ symbol: ComparisonOperator, _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena,
        _ base: HeapBase
    ) throws(NQLError) -> Vector {
        if a.isConstant && b.isConstant && count != 1 {
            var one = try compare(symbol, a, b, 1, arena, base)
            if !one.isPresent(element: 0) { return Batch.nullVector }
            one.isConstant = true
            return one
        }
        if let result = try compareTyped(symbol, a, b, count, arena) { return result }
        return try compareCells(
            symbol, try side(a, count, arena), a.isConstant, try side(b, count, arena),
            b.isConstant, count, arena, base)
    }

    private static func side(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<Cell> {
        var one = vector
        if vector.isConstant && vector.kind != .cell {
            one.isConstant = false
            return try Gather.cells(one, 1, arena)
        }
        if vector.isConstant { return vector.cells }
        return try Gather.cells(vector, count, arena)
    }

    /// The typed cases; nil when cells have to be compared.
    private static func compareTyped(
        _ symbol: ComparisonOperator, _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        guard a.kind != .cell, b.kind != .cell else { return nil }
        var left = a
        var right = b
        if a.kind != b.kind {
            guard let pair = try commonNumbers(a, b, count, arena) else { return nil }
            (left, right) = pair
        }
        let isEntity = left.kind == .node || left.kind == .relationship
        if isEntity && !symbol.isEquality { return nil }
        let out = try arena.allocate(UInt8.self, count: max(1, count))
        switch left.kind {
        case .integer, .date, .localTime:
            typed(
                symbol, left.integers, left.isConstant, right.integers, right.isConstant, out,
                count)
        case .float:
            typed(
                symbol, left.floats, left.isConstant, right.floats, right.isConstant, out, count)
        case .boolean:
            typed(
                symbol, left.booleans, left.isConstant, right.booleans, right.isConstant, out,
                count)
        case .node, .relationship:
            typed(
                symbol, left.entities, left.isConstant, right.entities, right.isConstant, out,
                count)
        case .localDateTime, .dateTime:
            instants(
                symbol, left.cells, left.isConstant, right.cells, right.isConstant, out, count)
        case .time:
            guard symbol.isEquality else { return nil }
            instants(
                symbol, left.cells, left.isConstant, right.cells, right.isConstant, out, count)
        case .cell: return nil
        }
        let validity = try Bitmap.intersection(
            a.isConstant ? nil : a.validity, b.isConstant ? nil : b.validity, count, arena)
        return Vector(.boolean, out, validity: validity)
    }

    /// All six operators over cells of one type that order by payload, then by head.
    private static func instants(
        _ symbol: ComparisonOperator, _ a: UnsafePointer<Cell>, _ aConstant: Bool,
        _ b: UnsafePointer<Cell>, _ bConstant: Bool, _ out: UnsafeMutablePointer<UInt8>,
        _ count: Int
    ) {
        switch symbol {
        case .equal:
            pairs(a, aConstant, b, bConstant, out, count) {
                byte($0.payload == $1.payload) & byte($0.head == $1.head)
            }
        case .notEqual:
            pairs(a, aConstant, b, bConstant, out, count) {
                byte($0.payload != $1.payload) | byte($0.head != $1.head)
            }
        case .less:
            pairs(a, aConstant, b, bConstant, out, count) { byte(ValueRange.precedes($0, $1)) }
        case .lessOrEqual:
            pairs(a, aConstant, b, bConstant, out, count) { byte(!ValueRange.precedes($1, $0)) }
        case .greater:
            pairs(a, aConstant, b, bConstant, out, count) { byte(ValueRange.precedes($1, $0)) }
        case .greaterOrEqual:
            pairs(a, aConstant, b, bConstant, out, count) { byte(!ValueRange.precedes($0, $1)) }
        }
    }

    private static let exactLimit: Int64 = 1 << 53

    /// An integer and a float vector as two float vectors, when that loses nothing.
    private static func commonNumbers(
        _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> (Vector, Vector)? {
        if a.kind == .integer && b.kind == .float {
            guard let floats = try exactFloats(a, count, arena) else { return nil }
            return (floats, b)
        }
        if a.kind == .float && b.kind == .integer {
            guard let floats = try exactFloats(b, count, arena) else { return nil }
            return (a, floats)
        }
        return nil
    }

    /// Integers as floats; nil when one is not exactly representable.
    private static func exactFloats(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        let length = vector.isConstant ? 1 : count
        let out = try arena.allocate(Double.self, count: max(1, length))
        let source = vector.integers
        var sticky = false
        var i = 0
        while i < length {
            let value = source[i]
            out[i] = Double(value)
            sticky = sticky || value > exactLimit || value < -exactLimit
            i &+= 1
        }
        if sticky { return nil }
        return Vector(.float, out, validity: vector.validity, isConstant: vector.isConstant)
    }

    // MARK: cells

    /// `a = b` as 0, 1 or 2.
    @inline(__always)
    static func equals(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Ternary {
        let left = a.rawTag
        if left == b.rawTag {
            switch left {
            case CellTag.string.rawValue:
                if a.head != b.head { return 0 }
                if a.payload == b.payload { return 1 }
                if a.byteCount <= 12 { return 0 }
                return byte(CellOrder.stringsEqual(a, b, base))
            case CellTag.null.rawValue: return 2
            case CellTag.integer.rawValue, CellTag.boolean.rawValue, CellTag.date.rawValue,
                CellTag.node.rawValue, CellTag.relationship.rawValue:
                return byte(a.payload == b.payload)
            default: break
            }
        }
        return ternary(CellOrder.equals(a, b, base))
    }

    @inline(__always)
    static func ternary(_ value: Bool?) -> Ternary {
        guard let value else { return 2 }
        return byte(value)
    }

    /// `a < b` (or `a <= b`) as 0, 1 or 2.
    @inline(__always)
    static func isLess(_ a: Cell, _ b: Cell, orEqual: Bool, _ base: HeapBase) -> Ternary {
        let left = a.rawTag
        if left == b.rawTag {
            switch left {
            case CellTag.integer.rawValue, CellTag.date.rawValue, CellTag.localTime.rawValue:
                return byte(orEqual ? a.integer <= b.integer : a.integer < b.integer)
            case CellTag.string.rawValue:
                if a.aux != b.aux { return byte(a.aux.byteSwapped < b.aux.byteSwapped) }
                let order = CellOrder.compareStrings(a, b, base)
                return byte(orEqual ? order <= 0 : order < 0)
            default: break
            }
        }
        let result =
            orEqual ? CellOrder.isLessOrEqual(a, b, base) : CellOrder.isLess(a, b, base)
        return ternary(result)
    }

    /// One comparison of cells as 0, 1 or 2.
    static func test(
        _ symbol: ComparisonOperator, _ a: Cell, _ b: Cell, _ base: HeapBase
    ) -> Ternary {
        switch symbol {
        case .equal: return equals(a, b, base)
        case .notEqual:
            let equal = equals(a, b, base)
            return equal == 2 ? 2 : 1 &- equal
        case .less: return isLess(a, b, orEqual: false, base)
        case .lessOrEqual: return isLess(a, b, orEqual: true, base)
        case .greater: return isLess(b, a, orEqual: false, base)
        case .greaterOrEqual: return isLess(b, a, orEqual: true, base)
        }
    }

    private static func compareCells(
        _ symbol: ComparisonOperator, _ a: UnsafePointer<Cell>, _ aConstant: Bool,
        _ b: UnsafePointer<Cell>, _ bConstant: Bool, _ count: Int, _ arena: Arena,
        _ base: HeapBase
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(UInt8.self, count: max(1, count))
        switch symbol {
        case .equal:
            pairs(a, aConstant, b, bConstant, out, count) { equals($0, $1, base) }
        case .notEqual:
            pairs(a, aConstant, b, bConstant, out, count) { x, y -> UInt8 in
                let equal = equals(x, y, base)
                return equal == 2 ? 2 : 1 &- equal
            }
        case .less:
            pairs(a, aConstant, b, bConstant, out, count) {
                isLess($0, $1, orEqual: false, base)
            }
        case .lessOrEqual:
            pairs(a, aConstant, b, bConstant, out, count) {
                isLess($0, $1, orEqual: true, base)
            }
        case .greater:
            pairs(a, aConstant, b, bConstant, out, count) {
                isLess($1, $0, orEqual: false, base)
            }
        case .greaterOrEqual:
            pairs(a, aConstant, b, bConstant, out, count) {
                isLess($1, $0, orEqual: true, base)
            }
        }
        return try Logic.boolean(ternary: out, count, arena)
    }
}
