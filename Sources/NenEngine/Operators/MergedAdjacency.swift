// MergedAdjacency: the neighbours of a chunk's rows over many types, laid out like those over one.
// A graph may have thousands of types, of which a node has a few: who asks for relationships of any
// type looks at what the chunk has, once, and not at every type for every node.
//
// The copy has 8 bytes for each relationship, and is kept as long as there is room for it.

import NenCore

/// Which relationships an adjacency table shows.
enum AdjacencyTypes: Equatable {
    case one(NameID)
    /// Several, ascending.
    case some([NameID])
    case all

    func contains(_ type: NameID) -> Bool {
        switch self {
        case .one(let only): only == type
        case .some(let list): list.contains(type)
        case .all: true
        }
    }
}

/// Puts groups together, one chunk at a time.
final class MergedAdjacency {
    /// Row r's entries are `offsets[r] ..< offsets[r + 1]` of both lists, ascending by neighbour.
    struct Merged {
        var offsets: UnsafePointer<UInt32>
        var neighbours: UnsafePointer<UInt32>
        var relationships: UnsafePointer<UInt32>
    }

    private let pool: PagePool
    private let results: Arena
    private let scratch: Arena

    init(pool: PagePool) {
        self.pool = pool
        results = Arena(pool: pool)
        scratch = Arena(pool: pool)
    }

    /// Bytes of what has been merged.
    var byteCount: Int { results.byteCount }

    /// Forgets everything; pointers handed out are no longer valid.
    func removeAll() { results.reset() }

    /// Nanoseconds for an entry, by and large.
    private static let workUnits = 20

    /// Whether a layout of their own pays for these groups of a chunk of `rowCount` rows: there are
    /// many, and most rows have nothing in most of them.
    static func isWorthwhile(_ groups: [AdjacencyHandle], rowCount: Int) -> Bool {
        if groups.count <= apartMax { return false }
        var total = 0
        for group in groups { total += group.entryCount + group.deltaCount }
        return total <= groups.count * rowCount
    }

    /// Groups that are looked at one by one.
    private static let apartMax = 4

    /// One layout for the entries of all groups, which must be of one direction.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func merge(_ groups: [AdjacencyHandle], rowCount used: Int) throws(NQLError) -> Merged {
        let rowCount = ChunkFormat.rowsPerChunk
        let offsets = try results.allocate(UInt32.self, count: rowCount + 1)
        offsets.initialize(repeating: 0, count: rowCount + 1)
        for group in groups {
            group.forEachRow(of: used) { row, run in offsets[row + 1] += UInt32(run.count) }
        }
        for row in 0 ..< rowCount { offsets[row + 1] += offsets[row] }
        let total = Int(offsets[rowCount])
        try Interruption.spend(rowCount &+ total &* MergedAdjacency.workUnits)
        let neighbours = try results.allocate(UInt32.self, count: max(1, total))
        let relationships = try results.allocate(UInt32.self, count: max(1, total))
        scratch.reset()
        // Neighbour and relationship in one word, so that a row is sorted by both.
        let entries = try scratch.allocate(UInt64.self, count: max(1, total))
        let filled = try scratch.allocate(UInt32.self, count: rowCount)
        filled.initialize(from: offsets, count: rowCount)
        for group in groups {
            group.forEachRow(of: used) { row, run in
                let start = entries + Int(filled[row])
                for index in 0 ..< run.count {
                    start[index] = UInt64(run.neighbours[index]) << 32
                        | UInt64(run.relationships[index])
                }
                filled[row] += UInt32(run.count)
            }
        }
        for row in 0 ..< rowCount {
            let start = Int(offsets[row])
            let count = Int(offsets[row + 1]) - start
            if count < 2 { continue }
            var list = UnsafeMutableBufferPointer(start: entries + start, count: count)
            list.sort()
        }
        for index in 0 ..< total {
            neighbours[index] = UInt32(truncatingIfNeeded: entries[index] >> 32)
            relationships[index] = UInt32(truncatingIfNeeded: entries[index])
        }
        return Merged(
            offsets: UnsafePointer(offsets), neighbours: UnsafePointer(neighbours),
            relationships: UnsafePointer(relationships))
    }
}

extension AdjacencyHandle {
    /// Calls `body` with every row that has neighbours and each of its runs; the chunk has
    /// `rowCount` rows.
    func forEachRow(of rowCount: Int, _ body: (Int, AdjacencyRun) -> Void) {
        if form == .dense {
            for row in 0 ..< rowCount { forEachRun(row) { body(row, $0) } }
            return
        }
        // Rows of the base and of the delta, both ascending.
        var (base, delta) = (0, 0)
        let baseCount = form == .sparse ? sourceCount : 0
        while base < baseCount || delta < deltaCount {
            let first = base < baseCount ? Int(sourceRows[base]) : Int.max
            let second = delta < deltaCount ? Int(deltaRows[delta] & 0x7FFF) : Int.max
            let row = min(first, second)
            forEachRun(row) { body(row, $0) }
            if first == row { base += 1 }
            while delta < deltaCount, Int(deltaRows[delta] & 0x7FFF) == row { delta += 1 }
        }
    }
}
