// ConnectedPairs: every way to cut a connected set of pattern nodes into two connected parts, each
// once and smaller sets first, so that a table of best plans can be filled without looking at sets
// that hang on nothing (DPccp: Moerkotte and Neumann, VLDB 2006).

/// A pattern as bit sets: bit i is node i.
struct ConnectedPairs {
    /// Nodes that a relationship holds to node i.
    let neighbours: [UInt32]

    /// Nodes that hang on `set`, without those of it.
    private func around(_ set: UInt32) -> UInt32 {
        var result: UInt32 = 0
        for node in BitNumbers(set) { result |= neighbours[node] }
        return result & ~set
    }

    /// Calls `body` with two connected sets without a common node between which there is a
    /// relationship, until it returns false. When a pair comes, all pairs that make up either of
    /// its sets have come. Time is linear in the number of pairs.
    func forEach(_ body: (UInt32, UInt32) -> Bool) {
        for start in neighbours.indices.reversed() {
            let below = (UInt32(1) << UInt32(start + 1)) - 1
            if !parts(of: UInt32(1) << UInt32(start), body) { return }
            if !grow(UInt32(1) << UInt32(start), without: below, { parts(of: $0, body) }) { return }
        }
    }

    /// Connected sets that contain `set` and no further node of `without`, smaller ones first.
    private func grow(
        _ set: UInt32, without: UInt32, _ body: (UInt32) -> Bool
    ) -> Bool {
        let reach = around(set) & ~without
        if reach == 0 { return true }
        var part: UInt32 = 0
        repeat {
            part = (part &- reach) & reach
            if !body(set | part) { return false }
        } while part != reach
        repeat {
            part = (part &- reach) & reach
            if !grow(set | part, without: without | reach, body) { return false }
        } while part != reach
        return true
    }

    /// The sets that make a pair with `first`.
    private func parts(of first: UInt32, _ body: (UInt32, UInt32) -> Bool) -> Bool {
        let least = UInt32(first.trailingZeroBitCount)
        let without = ((UInt32(1) << (least + 1)) - 1) | first
        let reach = around(first) & ~without
        var rest = reach
        while rest != 0 {
            let node = UInt32(31 - rest.leadingZeroBitCount)
            let second = UInt32(1) << node
            rest &= ~second
            if !body(first, second) { return false }
            let below = ((UInt32(1) << (node + 1)) - 1) & reach
            if !grow(second, without: without | below, { body(first, $0) }) { return false }
        }
        return true
    }
}
