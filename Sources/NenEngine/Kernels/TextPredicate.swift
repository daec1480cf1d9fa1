// TextPredicate: STARTS WITH, ENDS WITH and CONTAINS of strings against a constant string, and IN
// a constant list, as loops over cells without a call per row.

import Glibc
import NQLSyntax
import NenCore

/// Predicates over strings with a constant right side.
enum TextPredicate {
    /// nil when the cell operator has to do it.
    static func apply(
        _ symbol: BinaryOperator, _ a: Vector, _ b: Vector, _ count: Int, _ arena: Arena,
        _ base: HeapBase
    ) throws(NQLError) -> Vector? {
        guard b.isConstant, !a.isConstant else { return nil }
        switch symbol {
        case .startsWith, .endsWith, .contains:
            guard a.kind == .cell else { return nil }
            let part = b.cell(element: 0)
            guard part.tag == .string else { return nil }
            return try match(symbol, a.cells, part, count, arena, base)
        case .inList:
            let list = b.cell(element: 0)
            guard list.tag == .list else { return nil }
            return try member(a, list, count, arena, base)
        default: return nil
        }
    }

    /// Longer strings are counted one by one as work.
    private static let longByteCount = 256

    private static func match(
        _ symbol: BinaryOperator, _ cells: UnsafePointer<Cell>, _ part: Cell, _ count: Int,
        _ arena: Arena, _ base: HeapBase
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(UInt8.self, count: max(1, count))
        let stringTag = CellTag.string.rawValue
        let length = part.byteCount
        try base.withBytes(part) { needle throws(NQLError) in
            var search = ByteSearch(needle)
            var row = 0
            while row < count {
                let cell = cells[row]
                if cell.workUnits > longByteCount { try Interruption.spend(cell.workUnits) }
                if cell.rawTag != stringTag {
                    out[row] = 2
                } else if cell.byteCount < length {
                    out[row] = 0
                } else if length == 0 {
                    out[row] = 1
                } else {
                    out[row] = base.withBytes(cell) { text -> UInt8 in
                        found(symbol, text, needle, &search) ? 1 : 0
                    }
                }
                row &+= 1
            }
        }
        return try Logic.boolean(ternary: out, count, arena)
    }

    /// Whether `text` has `needle` (not empty, not longer) in the place the operator asks for.
    @inline(__always)
    private static func found(
        _ symbol: BinaryOperator, _ text: UnsafeRawBufferPointer,
        _ needle: UnsafeRawBufferPointer, _ search: inout ByteSearch
    ) -> Bool {
        guard let start = text.baseAddress, let wanted = needle.baseAddress else { return false }
        switch symbol {
        case .startsWith: return memcmp(start, wanted, needle.count) == 0
        case .endsWith:
            return memcmp(start + (text.count - needle.count), wanted, needle.count) == 0
        default: return search.first(in: text) != nil
        }
    }

    private static func member(
        _ a: Vector, _ list: Cell, _ count: Int, _ arena: Arena, _ base: HeapBase
    ) throws(NQLError) -> Vector? {
        guard list.count <= MemberTable.shortListCount else { return nil }
        let elements = base.cells(list)
        let cells = try Gather.cells(a, count, arena)
        let out = try arena.allocate(UInt8.self, count: max(1, count))
        let length = list.count
        var row = 0
        while row < count {
            let cell = cells[row]
            var result: UInt8 = 0
            var index = 0
            while index < length {
                let equal = Comparison.equals(cell, elements[index], base)
                if equal == 1 {
                    result = 1
                    break
                }
                result |= equal
                index &+= 1
            }
            out[row] = result
            row &+= 1
        }
        return try Logic.boolean(ternary: out, count, arena)
    }
}
