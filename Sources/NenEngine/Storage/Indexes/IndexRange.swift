// IndexRange: what a look-up in an index asks for, and the bytes between which its entries lie.

import NenCore

/// What to look for: equality on leading properties, then at most one range or prefix on the next.
struct IndexRange {
    /// Values of the leading properties.
    var equals: [Cell] = []
    /// Bounds of the next property; values of another type than the bounds' do not match.
    var lower: Bound?
    var upper: Bound?
    /// A string with which the next property begins.
    var prefix: Cell?

    /// One end of a range.
    struct Bound {
        var value: Cell
        var isInclusive: Bool

        init(value: Cell, isInclusive: Bool) {
            self.value = value
            self.isInclusive = isInclusive
        }
    }

    init(
        equals: [Cell] = [], lower: Bound? = nil, upper: Bound? = nil, prefix: Cell? = nil
    ) {
        self.equals = equals
        self.lower = lower
        self.upper = upper
        self.prefix = prefix
    }

    /// Entries from `start` on and below `end` (nil: to the end); nil when nothing can match: null,
    /// NaN, types without an order, keys longer than any stored one.
    func bytes(_ base: HeapBase) -> (start: [UInt8], end: [UInt8]?)? {
        var stem = IndexKey()
        for cell in equals {
            guard IndexRange.canEqual(cell, base), (try? stem.append(cell, base)) != nil else {
                return nil
            }
        }
        if let prefix {
            guard prefix.tag == .string else { return nil }
            stem.append(stringPrefix: prefix, base)
            return (stem.bytes, IndexRange.successor(stem.bytes))
        }
        guard let bound = lower ?? upper else {
            return (stem.bytes, IndexRange.successor(stem.bytes))
        }
        // Lists with null or NaN inside compare with some others, element by element.
        var isWithin = true
        for other in [lower, upper] {
            guard let value = other?.value else { continue }
            let isComparable = IndexRange.canEqual(value, base)
            if !isComparable, value.tag == .list { isWithin = false }
            let isOrdered = (isComparable || value.tag == .list) && value.tag != .map
                && value.tag != .duration && value.tag != .point
            let isSameType = CellOrder.rank(value.tag) == CellOrder.rank(bound.value.tag)
            if !isOrdered || !isSameType { return nil }
        }
        if isWithin { return range(behind: stem, of: bound.value, base) }
        stem.append(rankOf: bound.value)
        return (stem.bytes, IndexRange.successor(stem.bytes))
    }

    private func range(
        behind stem: IndexKey, of sample: Cell, _ base: HeapBase
    ) -> (start: [UInt8], end: [UInt8]?)? {
        func key(_ cell: Cell) -> [UInt8]? {
            var key = stem
            guard (try? key.append(cell, base)) != nil else { return nil }
            return key.bytes
        }
        var type = stem
        type.append(rankOf: sample)
        var start = type.bytes
        var end = IndexRange.successor(type.bytes)
        // NaN stands behind all numbers and compares with none.
        if sample.tag == .integer || sample.tag == .float { end = key(Cell(float: .nan)) }
        if let lower {
            guard let bytes = key(lower.value) else { return nil }
            start = lower.isInclusive ? bytes : IndexRange.successor(bytes) ?? bytes
        }
        if let upper {
            guard let bytes = key(upper.value) else { return nil }
            end = upper.isInclusive ? IndexRange.successor(bytes) : bytes
        }
        return (start, end)
    }

    /// Whether `=` can be true of a value: not null or NaN, nor a list or map that holds one.
    static func canEqual(_ cell: Cell, _ base: HeapBase) -> Bool {
        switch cell.tag {
        case .null, .node, .relationship, .path: return false
        case .float: return !cell.float.isNaN
        case .list, .map:
            let count = cell.tag == .map ? 2 * cell.count : cell.count
            let elements = base.cells(cell)
            for index in 0 ..< count where !canEqual(elements[index], base) { return false }
            return true
        default: return true
        }
    }

    /// The least byte string above all that begin with `bytes`; nil when there is none.
    static func successor(_ bytes: [UInt8]) -> [UInt8]? {
        var result = bytes
        while let last = result.last {
            if last < 255 {
                result[result.count - 1] = last + 1
                return result
            }
            result.removeLast()
        }
        return nil
    }
}
