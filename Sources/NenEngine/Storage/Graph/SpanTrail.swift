// SpanTrail: where in the statement's text the entries of a list were written. Neighbours mostly
// come from one place, so only changes of it are kept.

import NenCore

/// Places for the entries of a list that grows at its end.
struct SpanTrail {
    private var changes: [(start: Int, span: SourceSpan)] = []

    /// The entry with this number, one behind the last, comes from `span`.
    mutating func note(_ number: Int, _ span: SourceSpan) {
        if let last = changes.last, last.span == span { return }
        changes.append((number, span))
    }

    /// The list is cut to this many entries.
    mutating func cut(to count: Int) {
        while let last = changes.last, last.start >= count { changes.removeLast() }
    }

    /// Where an entry comes from.
    func span(of number: Int) -> SourceSpan {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].start <= number { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? changes[low - 1].span : .none
    }
}
