// BitNumbers: the numbers of the bits that are set in a mask, ascending, without an array for them.

/// A sequence over a mask; a value, and so never on the heap.
struct BitNumbers: Sequence, IteratorProtocol {
    private var rest: UInt32

    init(_ mask: UInt32) { rest = mask }

    mutating func next() -> Int? {
        if rest == 0 { return nil }
        defer { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}
