// CellOrder: the one definition of how values compare. Four relations, after openCypher
// (CIP2016-06-14, "Comparability and equality, orderability and equivalence"):
//
//   equality       `=`: ternary; null when a null decides; NaN = NaN is false
//   comparability  `<`, `<=`: ternary; null across types (integer and float are one type)
//   equivalence    DISTINCT, grouping, join on null-safe keys: null ≡ null, NaN ≡ NaN
//   orderability   ORDER BY: total; ascending
//                  map < node < relationship < list < path < point < dateTime < localDateTime
//                  < date < time < localTime < duration < string < boolean < number < NaN < null
//                  (points by coordinate system, then by coordinates)
//
// Where two values are comparable, order agrees with comparability; order 0, equivalence and equal
// hashes agree with each other. Integers and floats compare by exact value, not after rounding.
// Strings compare by code point, which is the order of their UTF-8 bytes. The recursion into lists
// and maps is bounded by `CellBuilder.nestingDepthMax`.
//
// Values may be huge, and lists may share their elements, so that a small one stands for a tree of
// any size. So the loops count their work; once the statement is interrupted they end with any
// answer, which the next check of the statement throws away.

import Glibc
import NenCore

/// Equality, comparability, equivalence, order and hash of cells; see the head of this file.
enum CellOrder {
    // MARK: equality

    /// `a = b`: nil when nulls leave it open.
    static func equals(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool? {
        if a.isNull || b.isNull { return nil }
        let tag = a.tag
        if tag == b.tag {
            switch tag {
            case .list: return listsEqual(a, b, base)
            case .map: return mapsEqual(a, b, base)
            case .float: return a.float == b.float
            default: return sameTypeEquivalent(a, b, tag, base)
            }
        }
        if tag == .integer && b.tag == .float { return integer(a.integer, equals: b.float) }
        if tag == .float && b.tag == .integer { return integer(b.integer, equals: a.float) }
        return false
    }

    /// Lists are equal when they are equally long and all elements are; false outweighs null.
    private static func listsEqual(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool? {
        let count = a.count
        if count != b.count { return false }
        let left = base.cells(a)
        let right = base.cells(b)
        var result: Bool? = true
        var index = 0
        while index < count {
            if Interruption.isOver(after: elementWorkUnits) { return false }
            let equal = equals(left[index], right[index], base)
            if equal == false { return false }
            if equal == nil { result = nil }
            index &+= 1
        }
        return result
    }

    /// Maps are equal when they have the same keys and equal values; false outweighs null.
    private static func mapsEqual(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool? {
        let count = a.count
        if count != b.count { return false }
        let left = base.cells(a)
        let right = base.cells(b)
        var result: Bool? = true
        var index = 0
        while index < count {
            if Interruption.isOver(after: elementWorkUnits) { return false }
            if !stringsEqual(left[2 &* index], right[2 &* index], base) { return false }
            let equal = equals(left[2 &* index &+ 1], right[2 &* index &+ 1], base)
            if equal == false { return false }
            if equal == nil { result = nil }
            index &+= 1
        }
        return result
    }

    /// Whether two string cells hold the same bytes.
    @inline(__always)
    static func stringsEqual(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool {
        if a.head != b.head { return false }
        if a.payload == b.payload { return true }
        if a.byteCount <= 12 { return false }
        if a.byteCount > longByteCount, isInterrupted(comparing: a.byteCount) { return false }
        return memcmp(base.pointer(a.payload), base.pointer(b.payload), a.byteCount) == 0
    }

    /// Nanoseconds of looking at one element of a list, by and large.
    static let elementWorkUnits = 3
    /// Strings longer than this are compared as counted work.
    private static let longByteCount = 1_024

    /// Counts the comparison of so many bytes; true when it need not be done any more.
    @inline(never)
    private static func isInterrupted(comparing byteCount: Int) -> Bool {
        Interruption.isOver(after: byteCount / 8)
    }

    /// Whether an integer and a float are the same number.
    @inline(__always)
    static func integer(_ integer: Int64, equals float: Double) -> Bool {
        guard let exact = Int64(exactly: float) else { return false }
        return exact == integer
    }

    // MARK: equivalence

    /// Whether two values are the same for DISTINCT and grouping.
    static func areEquivalent(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool {
        let tag = a.tag
        if tag == b.tag { return sameTypeEquivalent(a, b, tag, base) }
        if tag == .integer && b.tag == .float { return integer(a.integer, equals: b.float) }
        if tag == .float && b.tag == .integer { return integer(b.integer, equals: a.float) }
        return false
    }

    private static func sameTypeEquivalent(
        _ a: Cell, _ b: Cell, _ tag: CellTag, _ base: HeapBase
    ) -> Bool {
        switch tag {
        case .string: return stringsEqual(a, b, base)
        case .null: return true
        case .float:
            let left = a.float
            let right = b.float
            return left == right || (left.isNaN && right.isNaN)
        case .boolean, .integer, .date, .localTime, .node, .relationship:
            return a.payload == b.payload
        case .time, .localDateTime, .dateTime: return a.head == b.head && a.payload == b.payload
        case .duration:
            return a.payload == b.payload
                || memcmp(base.pointer(a.payload), base.pointer(b.payload), 32) == 0
        case .point: return a.head == b.head && comparePoints(a, b, base) == 0
        case .path:
            if a.count != b.count { return false }
            let bytes = (2 &* a.count &+ 1) &* 4
            return memcmp(base.pointer(a.payload), base.pointer(b.payload), bytes) == 0
        case .list, .map:
            if a.count != b.count { return false }
            let cells = tag == .map ? 2 &* a.count : a.count
            let left = base.cells(a)
            let right = base.cells(b)
            var index = 0
            while index < cells {
                if Interruption.isOver(after: elementWorkUnits) { return false }
                if !areEquivalent(left[index], right[index], base) { return false }
                index &+= 1
            }
            return true
        }
    }

    // MARK: comparability

    /// `a < b`: nil when a null decides or the values are of types without a common order.
    static func isLess(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool? {
        compares(a, b, orEqual: false, base)
    }

    /// `a <= b`: nil as for `isLess`.
    static func isLessOrEqual(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool? {
        compares(a, b, orEqual: true, base)
    }

    private static func compares(
        _ a: Cell, _ b: Cell, orEqual: Bool, _ base: HeapBase
    ) -> Bool? {
        let left = a.tag
        let right = b.tag
        switch (left, right) {
        case (.integer, .integer):
            return orEqual ? a.integer <= b.integer : a.integer < b.integer
        case (.float, .float): return orEqual ? a.float <= b.float : a.float < b.float
        case (.integer, .float):
            if b.float.isNaN { return false }
            let order = compareInteger(a.integer, toFloat: b.float)
            return orEqual ? order <= 0 : order < 0
        case (.float, .integer):
            if a.float.isNaN { return false }
            let order = 0 &- compareInteger(b.integer, toFloat: a.float)
            return orEqual ? order <= 0 : order < 0
        case (.list, .list): return listCompares(a, b, orEqual: orEqual, base)
        case (.string, .string), (.boolean, .boolean), (.date, .date), (.localTime, .localTime),
            (.time, .time), (.localDateTime, .localDateTime), (.dateTime, .dateTime):
            let order = compareSameType(a, b, left, base)
            return orEqual ? order <= 0 : order < 0
        default: return nil
        }
    }

    /// Lexicographic: the first element that is not equal decides; a null before it makes null.
    private static func listCompares(
        _ a: Cell, _ b: Cell, orEqual: Bool, _ base: HeapBase
    ) -> Bool? {
        let shared = min(a.count, b.count)
        let left = base.cells(a)
        let right = base.cells(b)
        var index = 0
        while index < shared {
            if Interruption.isOver(after: elementWorkUnits) { return nil }
            switch equals(left[index], right[index], base) {
            case .none: return nil
            case .some(false): return isLess(left[index], right[index], base)
            case .some(true): index &+= 1
            }
        }
        return orEqual ? a.count <= b.count : a.count < b.count
    }

    /// Exact three-way comparison; `float` is not NaN.
    @inline(__always)
    static func compareInteger(_ integer: Int64, toFloat float: Double) -> Int {
        if float >= 9_223_372_036_854_775_808.0 { return -1 }
        if float < -9_223_372_036_854_775_808.0 { return 1 }
        let whole = float.rounded(.towardZero)
        let truncated = Int64(whole)
        if integer != truncated { return integer < truncated ? -1 : 1 }
        let fraction = float - whole
        return fraction > 0 ? -1 : (fraction < 0 ? 1 : 0)
    }

    // MARK: orderability

    /// Total ascending order for ORDER BY: negative, zero, positive.
    static func compare(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        let left = a.tag
        let right = b.tag
        if left == right { return compareSameType(a, b, left, base) }
        if left == .integer && right == .float {
            return b.float.isNaN ? -1 : compareInteger(a.integer, toFloat: b.float)
        }
        if left == .float && right == .integer {
            return a.float.isNaN ? 1 : 0 &- compareInteger(b.integer, toFloat: a.float)
        }
        return rank(left) - rank(right)
    }

    /// Place of a type in the order of types.
    @inline(__always)
    static func rank(_ tag: CellTag) -> Int {
        switch tag {
        case .map: 0
        case .node: 1
        case .relationship: 2
        case .list: 3
        case .path: 4
        case .point: 5
        case .dateTime: 6
        case .localDateTime: 7
        case .date: 8
        case .time: 9
        case .localTime: 10
        case .duration: 11
        case .string: 12
        case .boolean: 13
        case .integer, .float: 14
        case .null: 15
        }
    }

    @inline(__always)
    private static func compareSameType(
        _ a: Cell, _ b: Cell, _ tag: CellTag, _ base: HeapBase
    ) -> Int {
        switch tag {
        case .integer, .date, .localTime: return threeWay(a.integer, b.integer)
        case .localDateTime, .dateTime:
            let seconds = threeWay(a.integer, b.integer)
            if seconds != 0 { return seconds }
            let nanoseconds = threeWay(a.aux, b.aux)
            if nanoseconds != 0 { return nanoseconds }
            return threeWay(a.low, b.low)
        case .string: return compareStrings(a, b, base)
        case .float: return compareFloats(a.float, b.float)
        case .boolean, .node, .relationship: return threeWay(a.payload, b.payload)
        case .null: return 0
        default: return compareDeep(a, b, tag, base)
        }
    }

    /// The types whose values are long or rarely compared; apart, so that the others stay quick.
    @inline(never)
    private static func compareDeep(
        _ a: Cell, _ b: Cell, _ tag: CellTag, _ base: HeapBase
    ) -> Int {
        switch tag {
        case .time: compareTimes(a, b)
        case .duration: compareDurations(a, b, base)
        case .list: compareLists(a, b, base)
        case .map: compareMaps(a, b, base)
        case .path: comparePaths(a, b, base)
        case .point: comparePoints(a, b, base)
        // The others do not come here.
        default: 0
        }
    }

    @inline(__always)
    static func threeWay<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : (a == b ? 0 : 1) }

    /// By value; NaN after everything, -0.0 = 0.0.
    @inline(__always)
    static func compareFloats(_ a: Double, _ b: Double) -> Int {
        if a < b { return -1 }
        if a > b { return 1 }
        if a == b { return 0 }
        return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0)
    }

    /// By code point.
    @inline(__always)
    static func compareStrings(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        if a.aux != b.aux { return a.aux.byteSwapped < b.aux.byteSwapped ? -1 : 1 }
        let left = a.byteCount
        let right = b.byteCount
        let shared = min(left, right)
        if shared > 4 {
            if shared > longByteCount, isInterrupted(comparing: shared) { return 0 }
            let order = base.withBytes(a) { x in
                base.withBytes(b) { y -> Int in
                    guard let x = x.baseAddress, let y = y.baseAddress else { return 0 }
                    return Int(memcmp(x, y, shared))
                }
            }
            if order != 0 { return order }
        }
        return left - right
    }

    /// By instant (local time less offset), then offset from west to east.
    private static func compareTimes(_ a: Cell, _ b: Cell) -> Int {
        let left = a.integer &- (Int64(a.low) &- 65_536) &* 1_000_000_000
        let right = b.integer &- (Int64(b.low) &- 65_536) &* 1_000_000_000
        let order = threeWay(left, right)
        return order != 0 ? order : threeWay(a.low, b.low)
    }

    /// By average length (a month is 2,629,746 s), then nanoseconds, months, days, seconds.
    private static func compareDurations(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        let left = base.pointer(a.payload).assumingMemoryBound(to: Int64.self)
        let right = base.pointer(b.payload).assumingMemoryBound(to: Int64.self)
        let length = threeWay(averageSeconds(left), averageSeconds(right))
        if length != 0 { return length }
        let nanoseconds = threeWay(left[3], right[3])
        if nanoseconds != 0 { return nanoseconds }
        let months = threeWay(left[0], right[0])
        if months != 0 { return months }
        let days = threeWay(left[1], right[1])
        return days != 0 ? days : threeWay(left[2], right[2])
    }

    private static func averageSeconds(_ parts: UnsafePointer<Int64>) -> Int128 {
        let months = Int128(parts[0]) * 2_629_746
        let days = Int128(parts[1]) * 86_400
        return months + days + Int128(parts[2])
    }

    private static func compareLists(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        let shared = min(a.count, b.count)
        let left = base.cells(a)
        let right = base.cells(b)
        var index = 0
        while index < shared {
            if Interruption.isOver(after: elementWorkUnits) { return 0 }
            let order = compare(left[index], right[index], base)
            if order != 0 { return order }
            index &+= 1
        }
        return a.count - b.count
    }

    /// By size, then by keys, then by values.
    private static func compareMaps(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        let count = a.count
        if count != b.count { return count - b.count }
        let left = base.cells(a)
        let right = base.cells(b)
        var index = 0
        while index < count {
            if Interruption.isOver(after: elementWorkUnits) { return 0 }
            let order = compareStrings(left[2 &* index], right[2 &* index], base)
            if order != 0 { return order }
            index &+= 1
        }
        index = 0
        while index < count {
            if Interruption.isOver(after: elementWorkUnits) { return 0 }
            let order = compare(left[2 &* index &+ 1], right[2 &* index &+ 1], base)
            if order != 0 { return order }
            index &+= 1
        }
        return 0
    }

    /// By coordinate system, then by x, y and z; coordinates are finite.
    private static func comparePoints(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        if a.low != b.low { return a.low < b.low ? -1 : 1 }
        let left = base.coordinates(a)
        let right = base.coordinates(b)
        for index in 0 ..< a.coordinateCount {
            let order = compareFloats(left[index], right[index])
            if order != 0 { return order }
        }
        return 0
    }

    private static func comparePaths(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Int {
        let left = base.pathElements(a)
        let right = base.pathElements(b)
        let shared = 2 &* min(a.count, b.count) &+ 1
        var index = 0
        while index < shared {
            if left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
            index &+= 1
        }
        return a.count - b.count
    }
}
