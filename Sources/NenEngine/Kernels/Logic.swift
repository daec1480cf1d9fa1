// Logic: ternary AND, OR, XOR, NOT over dense boolean vectors, and the way from boolean vectors to
// selections. Where no side has nulls, plain byte loops; otherwise bytes 0, 1, 2 (null).

import NenCore

/// Boolean kernels.
enum Logic {
    /// Turns bytes 0, 1, 2 into a boolean vector in place: 2 becomes a cleared validity bit.
    static func boolean(
        ternary bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        var seen: UInt8 = 0
        var i = 0
        while i < count {
            seen |= bytes[i]
            i &+= 1
        }
        if seen & 2 == 0 { return Vector(.boolean, bytes) }
        let bits = try arena.allocate(UInt64.self, count: max(1, Bitmap.wordCount(count)))
        i = 0
        while i < count {
            let end = min(count, i &+ 64)
            let target = i &>> 6
            var word: UInt64 = 0
            var shift: UInt64 = 0
            while i < end {
                let byte = bytes[i]
                word |= UInt64((byte &>> 1) ^ 1) &<< shift
                bytes[i] = byte & 1
                shift &+= 1
                i &+= 1
            }
            bits[target] = word
        }
        return Vector(.boolean, bytes, validity: bits)
    }

    /// Bytes 0, 1, 2 of a boolean vector.
    static func ternary(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> UnsafeMutablePointer<UInt8> {
        let bytes = try arena.allocate(UInt8.self, count: max(1, count))
        if vector.isConstant {
            let value: UInt8 = vector.isPresent(element: 0) ? vector.booleans[0] : 2
            bytes.update(repeating: value, count: count)
            return bytes
        }
        bytes.update(from: vector.booleans, count: count)
        if let validity = vector.validity {
            var i = 0
            while i < count {
                if !Bitmap.isSet(validity, i) { bytes[i] = 2 }
                i &+= 1
            }
        }
        return bytes
    }

    /// A vector whose values must be booleans or null as a boolean vector.
    ///
    /// - Throws: `TypeError(InvalidArgumentType)` for another value.
    static func boolean(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        if vector.kind == .boolean { return vector }
        if vector.isConstantNull { return vector }
        let bytes = try arena.allocate(UInt8.self, count: max(1, count))
        var i = 0
        while i < count {
            let cell = vector.cell(at: i)
            switch cell.tag {
            case .boolean: bytes[i] = cell.boolean ? 1 : 0
            case .null: bytes[i] = 2
            default:
                throw .runtime(
                    .type, "InvalidArgumentType",
                    "A condition must be a Boolean, not \(cell.tag.typeName).")
            }
            i &+= 1
        }
        return try boolean(ternary: bytes, count, arena)
    }

    /// AND of two boolean vectors.
    static func and(
        _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        if hasNoNulls(a), hasNoNulls(b) {
            let out = try arena.allocate(UInt8.self, count: max(1, count))
            Comparison.pairs(
                a.booleans, a.isConstant, b.booleans, b.isConstant, out, count) { $0 & $1 }
            return Vector(.boolean, out)
        }
        let x = try ternary(a, count, arena)
        let y = try ternary(b, count, arena)
        var i = 0
        while i < count {
            let left = x[i]
            let right = y[i]
            // False wins; else null wins.
            let isFalse = left == 0 || right == 0
            x[i] = isFalse ? 0 : (left | right == 1 ? 1 : 2)
            i &+= 1
        }
        return try boolean(ternary: x, count, arena)
    }

    /// OR of two boolean vectors.
    static func or(
        _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        if hasNoNulls(a), hasNoNulls(b) {
            let out = try arena.allocate(UInt8.self, count: max(1, count))
            Comparison.pairs(
                a.booleans, a.isConstant, b.booleans, b.isConstant, out, count) { $0 | $1 }
            return Vector(.boolean, out)
        }
        let x = try ternary(a, count, arena)
        let y = try ternary(b, count, arena)
        var i = 0
        while i < count {
            let left = x[i]
            let right = y[i]
            // True wins; else null wins.
            let isTrue = left == 1 || right == 1
            x[i] = isTrue ? 1 : (left | right)
            i &+= 1
        }
        return try boolean(ternary: x, count, arena)
    }

    /// XOR of two boolean vectors.
    static func xor(
        _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        let x = try ternary(a, count, arena)
        let y = try ternary(b, count, arena)
        var i = 0
        while i < count {
            let left = x[i]
            let right = y[i]
            x[i] = (left | right) & 2 != 0 ? 2 : left ^ right
            i &+= 1
        }
        return try boolean(ternary: x, count, arena)
    }

    /// NOT of a boolean vector.
    static func not(
        _ a: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        if a.isConstantNull { return a }
        let length = a.isConstant ? 1 : count
        let out = try arena.allocate(UInt8.self, count: max(1, length))
        let source = a.booleans
        var i = 0
        while i < length {
            out[i] = source[i] ^ 1
            i &+= 1
        }
        return Vector(.boolean, out, validity: a.validity, isConstant: a.isConstant)
    }

    @inline(__always)
    private static func hasNoNulls(_ vector: Vector) -> Bool {
        vector.kind == .boolean && vector.validity == nil
    }

    /// Writes the numbers of rows that are true to `rows` (room for `count` + 1); returns how many.
    static func select(
        _ vector: Vector, _ count: Int, into rows: UnsafeMutablePointer<UInt16>
    ) -> Int {
        var found = 0
        var i = 0
        if vector.isConstant {
            guard vector.isPresent(element: 0), vector.kind == .boolean,
                vector.booleans[0] != 0
            else { return 0 }
            while i < count {
                rows[i] = UInt16(truncatingIfNeeded: i)
                i &+= 1
            }
            return count
        }
        let bytes = vector.booleans
        if let validity = vector.validity {
            while i < count {
                rows[found] = UInt16(truncatingIfNeeded: i)
                let word = validity[i &>> 6] &>> UInt64(truncatingIfNeeded: i & 63)
                found &+= Int(bytes[i]) & Int(truncatingIfNeeded: word & 1)
                i &+= 1
            }
            return found
        }
        while i < count {
            rows[found] = UInt16(truncatingIfNeeded: i)
            found &+= Int(bytes[i])
            i &+= 1
        }
        return found
    }
}

extension CellTag {
    /// The type's name in messages.
    var typeName: String {
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
