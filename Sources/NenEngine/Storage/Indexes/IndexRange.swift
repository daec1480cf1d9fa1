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

    /// Writes the byte strings between which the entries lie; false when nothing can match: null,
    /// NaN, types without an order, keys longer than any stored one.
    func write(to span: inout IndexSpan, _ base: HeapBase) -> Bool {
        span.reset()
        for cell in equals {
            guard IndexRange.canEqual(cell, base), span.start.appendIfShort(cell, base) else {
                return false
            }
        }
        return writeTail(to: &span, base)
    }

    /// As `write`, where `span.start` holds the values of `equals` already.
    func writeTail(to span: inout IndexSpan, _ base: HeapBase) -> Bool {
        if let prefix {
            guard prefix.tag == .string else { return false }
            span.start.append(stringPrefix: prefix, base)
            span.endBehindStart()
            return true
        }
        guard let bound = lower ?? upper else {
            span.endBehindStart()
            return true
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
            if !isOrdered || !isSameType { return false }
        }
        if isWithin { return writeBounds(of: bound.value, to: &span, base) }
        span.start.append(rankOf: bound.value)
        span.endBehindStart()
        return true
    }

    /// Both ends behind the values that `span.start` holds; `sample` is of the range's type.
    private func writeBounds(
        of sample: Cell, to span: inout IndexSpan, _ base: HeapBase
    ) -> Bool {
        span.end.copy(span.start)
        if let upper {
            guard span.end.appendIfShort(upper.value, base) else { return false }
            if upper.isInclusive { span.isBounded = span.end.becomeSuccessor() }
        } else if sample.tag == .integer || sample.tag == .float {
            // NaN stands behind all numbers and compares with none.
            guard span.end.appendIfShort(Cell(float: .nan), base) else { return false }
        } else {
            span.end.append(rankOf: sample)
            span.isBounded = span.end.becomeSuccessor()
        }
        guard let lower else {
            span.start.append(rankOf: sample)
            return true
        }
        guard span.start.appendIfShort(lower.value, base) else { return false }
        if !lower.isInclusive { _ = span.start.becomeSuccessor() }
        return true
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
}

/// Byte strings of an index: from `start` on and below `end`. Keep one and write to it again.
struct IndexSpan {
    var start = IndexKey()
    var end = IndexKey()
    /// Without, it goes to the end of the index.
    var isBounded = true

    mutating func reset() {
        start.reset()
        end.reset()
        isBounded = true
    }

    /// Makes it all that begins with `start`.
    mutating func endBehindStart() {
        end.copy(start)
        isBounded = end.becomeSuccessor()
    }
}
