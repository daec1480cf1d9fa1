// TypeBucket: all relationships of one type while they are collected: blocks in the order of the
// files, each in memory or, over the budget, in a temporary file.

import NenCore

/// The collected relationships of one type.
final class TypeBucket: @unchecked Sendable {
    // Sendable: filled during turns, then read by the workers that sort it.

    /// A block and the keys of its columns.
    struct Entry {
        let block: ParsedBlock
        let keys: [NameID]
        /// Number of the block's first relationship in the bucket.
        let firstIndex: Int
    }

    let type: NameID
    private(set) var entries: [Entry] = []
    private(set) var rowCount = 0

    init(type: NameID) { self.type = type }

    func append(_ block: ParsedBlock, keys: [NameID]) {
        entries.append(Entry(block: block, keys: keys, firstIndex: rowCount))
        rowCount += block.rowCount
    }

    /// Whether any block has properties.
    var hasProperties: Bool { entries.contains { !$0.keys.isEmpty } }

    /// All keys, ascending.
    var keys: [NameID] { Array(Set(entries.flatMap(\.keys))).sorted() }

    /// The end points, block by block.
    var slices: [EdgeSlice] {
        entries.compactMap { entry in
            guard let sources = entry.block.sources, let targets = entry.block.targets else {
                return nil
            }
            return EdgeSlice(
                sources: UnsafePointer(sources), targets: UnsafePointer(targets),
                payloads: nil, firstPayload: UInt32(truncatingIfNeeded: entry.firstIndex),
                count: entry.block.rowCount)
        }
    }

    func removeAll() { entries.removeAll() }
}

/// Consecutive relationships: end points and a number each, explicit or counted up.
struct EdgeSlice: @unchecked Sendable {
    // Sendable: points into memory that is only read while slices of it exist.
    var sources: UnsafePointer<UInt32>
    var targets: UnsafePointer<UInt32>
    var payloads: UnsafePointer<UInt32>?
    var firstPayload: UInt32
    var count: Int

    /// A part of the slice.
    func part(_ start: Int, _ count: Int) -> EdgeSlice {
        EdgeSlice(
            sources: sources + start, targets: targets + start,
            payloads: payloads.map { $0 + start },
            firstPayload: firstPayload &+ UInt32(truncatingIfNeeded: start), count: count)
    }

    /// Cuts slices into `count` groups of about equal size, in order.
    static func groups(_ slices: [EdgeSlice], _ count: Int) -> [[EdgeSlice]] {
        let total = slices.reduce(0) { $0 + $1.count }
        var groups: [[EdgeSlice]] = []
        var current: [EdgeSlice] = []
        var room = (total + count - 1) / max(1, count)
        let share = max(1, room)
        room = share
        for slice in slices {
            var start = 0
            while start < slice.count {
                let taken = min(room, slice.count - start)
                current.append(slice.part(start, taken))
                start += taken
                room -= taken
                if room == 0 {
                    groups.append(current)
                    current = []
                    room = share
                }
            }
        }
        if !current.isEmpty { groups.append(current) }
        return groups
    }
}
