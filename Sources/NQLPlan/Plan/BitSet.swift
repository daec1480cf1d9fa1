// BitSet: a set of small numbers (slots, conditions, relationships) as a value whose copies share
// what is equal. A plan of 50,000 clauses keeps one set for each of them, each with a few elements
// more than the one before: a copy with one more element costs one block of 512 bits and the list
// of blocks, not the whole set.

import NenCore

/// Numbers from zero on.
package struct BitSet: Sendable, Hashable, ExpressibleByArrayLiteral {
    private static let wordsPerBlock = 8
    private static let bitsPerBlock = 512

    private struct Block: Sendable, Hashable {
        /// Number of the block: its first element is 512 times that.
        var number: Int
        /// 8 words, not all of them zero.
        var words: [UInt64]
    }

    /// Ascending by number, none empty.
    private var blocks: [Block] = []

    package init() {}

    package init(_ elements: some Sequence<Int>) { formUnion(elements) }

    package init(arrayLiteral elements: Int...) { formUnion(elements) }

    package var isEmpty: Bool { blocks.isEmpty }

    package var count: Int {
        blocks.reduce(0) { sum, block in
            block.words.reduce(sum) { $0 + $1.nonzeroBitCount }
        }
    }

    /// The index of the first block whose number is not below `number`.
    private func position(_ number: Int) -> Int {
        if let last = blocks.last, last.number < number { return blocks.count }
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func contains(_ element: Int) -> Bool {
        guard element >= 0 else { return false }
        let number = element / BitSet.bitsPerBlock
        let at = position(number)
        guard at < blocks.count, blocks[at].number == number else { return false }
        let bit = element % BitSet.bitsPerBlock
        return blocks[at].words[bit / 64] & (1 << UInt64(bit % 64)) != 0
    }

    /// Adds an element; whether it was missing.
    @discardableResult
    package mutating func insert(_ element: Int) -> Bool {
        precondition(element >= 0, "no negative element: \(element)")
        if contains(element) { return false }
        let number = element / BitSet.bitsPerBlock
        let at = position(number)
        if at == blocks.count || blocks[at].number != number {
            let words = [UInt64](repeating: 0, count: BitSet.wordsPerBlock)
            blocks.insert(Block(number: number, words: words), at: at)
        }
        let bit = element % BitSet.bitsPerBlock
        blocks[at].words[bit / 64] |= 1 << UInt64(bit % 64)
        return true
    }

    package mutating func remove(_ element: Int) {
        guard contains(element) else { return }
        let at = position(element / BitSet.bitsPerBlock)
        let bit = element % BitSet.bitsPerBlock
        blocks[at].words[bit / 64] &= ~(1 << UInt64(bit % 64))
        if blocks[at].words.allSatisfy({ $0 == 0 }) { blocks.remove(at: at) }
    }

    package mutating func formUnion(_ elements: some Sequence<Int>) {
        for element in elements { insert(element) }
    }

    package mutating func formUnion(_ other: BitSet) {
        if blocks.isEmpty { blocks = other.blocks }
        for block in other.blocks {
            let at = position(block.number)
            if at == blocks.count || blocks[at].number != block.number {
                blocks.insert(block, at: at)
                continue
            }
            let mine = blocks[at].words
            let joined = zip(mine, block.words).map { $0 | $1 }
            if joined != mine { blocks[at].words = joined }
        }
    }

    package func union(_ other: BitSet) -> BitSet {
        var result = self
        result.formUnion(other)
        return result
    }

    package func union(_ elements: some Sequence<Int>) -> BitSet {
        var result = self
        result.formUnion(elements)
        return result
    }

    package func subtracting(_ other: BitSet) -> BitSet {
        var result = BitSet()
        for block in blocks {
            let at = other.position(block.number)
            guard at < other.blocks.count, other.blocks[at].number == block.number else {
                result.blocks.append(block)
                continue
            }
            let words = zip(block.words, other.blocks[at].words).map { $0 & ~$1 }
            if words.contains(where: { $0 != 0 }) {
                result.blocks.append(Block(number: block.number, words: words))
            }
        }
        return result
    }

    package func intersection(_ other: BitSet) -> BitSet {
        if other.blocks.count < blocks.count { return other.intersection(self) }
        var result = BitSet()
        for block in blocks {
            let at = other.position(block.number)
            guard at < other.blocks.count, other.blocks[at].number == block.number else { continue }
            let words = zip(block.words, other.blocks[at].words).map { $0 & $1 }
            if words.contains(where: { $0 != 0 }) {
                result.blocks.append(Block(number: block.number, words: words))
            }
        }
        return result
    }

    /// The elements that are in `elements`, too.
    package func intersection(_ elements: some Sequence<Int>) -> Set<Int> {
        Set(elements.filter(contains))
    }

    package mutating func subtract(_ elements: some Sequence<Int>) {
        for element in elements { remove(element) }
    }

    package func isSubset(of other: BitSet) -> Bool {
        blocks.allSatisfy { block in
            let at = other.position(block.number)
            guard at < other.blocks.count, other.blocks[at].number == block.number else {
                return false
            }
            return zip(block.words, other.blocks[at].words).allSatisfy { $0 & ~$1 == 0 }
        }
    }

    /// All elements, ascending.
    package var elements: [Int] { first(.max) }

    /// The least elements, at most `limit` of them, ascending.
    package func first(_ limit: Int) -> [Int] {
        var result: [Int] = []
        for block in blocks {
            for (index, word) in block.words.enumerated() {
                var rest = word
                while rest != 0 {
                    if result.count == limit { return result }
                    result.append(
                        block.number * BitSet.bitsPerBlock + index * 64
                            + rest.trailingZeroBitCount)
                    rest &= rest - 1
                }
            }
        }
        return result
    }
}

extension Set where Element == Int {
    package func isSubset(of other: BitSet) -> Bool { allSatisfy(other.contains) }

    package func isDisjoint(with other: BitSet) -> Bool { !contains(where: other.contains) }

    package func intersection(_ other: BitSet) -> Set<Int> { filter(other.contains) }

    package func subtracting(_ other: BitSet) -> Set<Int> { filter { !other.contains($0) } }
}
