// IndexSample: how many distinct values an index holds, seen in its leaves. Entries stand in
// order, so values are told apart by comparing neighbours: where a share r of neighbours differs,
// n entries have about n · r distinct values. Small trees are walked from end to end; of large ones
// some leaves are read, evenly spread.

import Glibc
import NenCore

/// Counts how often neighbouring entries differ.
struct IndexSample {
    /// Trees of up to this many entries are walked as a whole.
    private static let wholeCount = 2_048
    private static let leafCount = 24

    private let properties: Int
    private var pairs = 0
    /// Per number of leading properties: neighbours that differ.
    private var changes: [Int]
    /// The same for the first entries of the leaves read: values that certainly differ.
    private var steps: [Int]
    /// Whether values of that many properties can be told apart.
    private var isReadable: [Bool]
    private var firstOfLeaf: [UInt8]?

    private init(properties: Int) {
        self.properties = properties
        changes = Array(repeating: 0, count: properties)
        steps = Array(repeating: 1, count: properties)
        isReadable = Array(repeating: true, count: properties)
    }

    /// What the tree of an index over so many properties knows of its values. Reads 24 leaves at
    /// most.
    static func estimate(_ tree: BTree, properties: Int) throws -> IndexEstimate {
        var sample = IndexSample(properties: properties)
        let entries = Double(tree.entryCount)
        let isWhole = tree.entryCount <= UInt64(wholeCount)
        if isWhole { try sample.walk(tree) } else { try sample.readLeaves(tree) }
        let counts = (0 ..< properties).map { place -> Double? in
            guard sample.isReadable[place] else { return nil }
            if isWhole { return Double(max(1, sample.changes[place] + 1)) }
            let rate = Double(sample.changes[place]) / Double(max(1, sample.pairs))
            return min(entries, max(Double(sample.steps[place]), entries * rate))
        }
        return IndexEstimate(entryCount: entries, distinctCounts: counts)
    }

    private mutating func walk(_ tree: BTree) throws {
        var cursor = BTreeCursor(tree)
        try cursor.seekFirst()
        var last: [UInt8]?
        while let key = try cursor.next() {
            if let last { last.withUnsafeBytes { compare($0, key, isStep: false) } }
            last = Array(key)
        }
    }

    private mutating func readLeaves(_ tree: BTree) throws {
        for index in 0 ..< IndexSample.leafCount {
            guard let leaf = try IndexSample.leaf(
                at: (Double(index) + 0.5) / Double(IndexSample.leafCount), of: tree)
            else { continue }
            try Interruption.check()
            let first = try leaf.key(0)
            if let firstOfLeaf {
                firstOfLeaf.withUnsafeBytes { compare($0, first, isStep: true) }
            }
            firstOfLeaf = Array(first)
            for place in 1 ..< max(1, leaf.count) {
                compare(try leaf.key(place - 1), try leaf.key(place), isStep: false)
            }
        }
    }

    /// The leaf at a share of the way through the tree.
    private static func leaf(at share: Double, of tree: BTree) throws -> BTreeNodeView? {
        guard var ref = tree.root else { return nil }
        var share = share
        for _ in 0 ..< BTree.depthMax {
            let node = try tree.view(ref)
            if node.isLeaf { return node.count > 0 ? node : nil }
            let place = share * Double(node.count + 1)
            let child = min(node.count, Int(place))
            share = place - Double(child)
            ref = try tree.child(child, of: ref, node)
        }
        return nil
    }

    private mutating func compare(
        _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, isStep: Bool
    ) {
        if !isStep { pairs += 1 }
        var isSame = true
        var start = 0
        for place in 0 ..< properties {
            let end: (Int, Int)
            if place == properties - 1 {
                end = (a.count - 4, b.count - 4)
            } else if isReadable[place], let first = IndexKey.end(ofValueAt: start, in: a),
                let second = IndexKey.end(ofValueAt: start, in: b)
            {
                end = (first, second)
            } else {
                isReadable[place] = false
                continue
            }
            isSame = isSame && end.0 == end.1 && IndexSample.areEqual(a, b, from: start, to: end.0)
            if isSame {
                start = end.0
                continue
            }
            // Where the first properties differ, all longer lists of them do.
            for longer in place ..< properties {
                if isStep { steps[longer] += 1 } else { changes[longer] += 1 }
            }
            return
        }
    }

    private static func areEqual(
        _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Bool {
        guard end > start, let x = a.baseAddress, let y = b.baseAddress else { return end == start }
        return memcmp(x + start, y + start, end - start) == 0
    }
}

extension IndexKey {
    /// Where the value ends that begins at `start` of a key; nil for lists, maps and points, whose
    /// ends are not looked for, and for bytes that are no key.
    static func end(ofValueAt start: Int, in key: UnsafeRawBufferPointer) -> Int? {
        guard start < key.count else { return nil }
        let width: Int
        switch key[start] {
        case 14: width = 10
        case 13: width = 1
        case 8, 10: width = 8
        case 9: width = 12
        case 6, 7: width = 16
        case 11: width = 48
        case 12:
            var place = start + 1
            while place + 1 < key.count {
                if key[place] == 0 {
                    if key[place + 1] == 0 { return place + 2 }
                    place += 1
                }
                place += 1
            }
            return nil
        default: return nil
        }
        let end = start + 1 + width
        return end <= key.count ? end : nil
    }
}
