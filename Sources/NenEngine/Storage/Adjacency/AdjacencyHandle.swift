// AdjacencyHandle: the neighbours of a chunk's rows over one type in one direction, as runs.
//
// The base is a CSR (dense: offsets for every row; sparse: for the rows that have neighbours) over
// a sequence cut into segments; a small sorted delta of added and deleted entries lies over it. A
// row's neighbours come out ascending as runs of pointers into these arrays, without copying: one
// run in the normal case, more where a delta entry or a segment's border interrupts.

import NenCore

/// Which end of a relationship the chunk's rows are.
enum AdjacencyDirection: UInt8, Sendable {
    /// The rows are sources; neighbours are targets.
    case outgoing = 0
    /// The rows are targets; neighbours are sources.
    case incoming = 1

    var opposite: AdjacencyDirection { self == .outgoing ? .incoming : .outgoing }
}

/// How a group's base is laid out.
enum AdjacencyForm: UInt8, Sendable {
    case none = 0
    case sparse = 1
    case dense = 2
}

/// Neighbours of one row in ascending order, each with its relationship.
struct AdjacencyRun {
    let neighbours: UnsafePointer<UInt32>
    let relationships: RelationshipList
    let count: Int
}

/// A piece of a base.
struct AdjacencySegment {
    let start: UInt32
    let count: UInt32
    let neighbours: UnsafePointer<UInt32>
    let relationships: RelationshipList
}

/// Where a handle finds its segments.
enum AdjacencySegments {
    case stored(table: UnsafeRawPointer, chunk: StoredChunk)
    case changed(UnsafePointer<AdjacencySegment>)
}

/// Pointers to a group; valid as long as the chunk handle it came from.
struct AdjacencyHandle {
    let type: NameID
    let direction: AdjacencyDirection
    let form: AdjacencyForm
    /// Sparse: rows in `sourceRows`.
    let sourceCount: Int
    let sourceRows: UnsafePointer<UInt16>
    /// Sparse: `sourceCount + 1`; dense: one more than the chunk's capacity. Those of a chunk with
    /// one entry in each row are `CountingNumbers`.
    let offsets: UnsafePointer<UInt32>
    let entryCount: Int
    let segmentCount: Int
    let segments: AdjacencySegments
    let deltaCount: Int
    let deltaNeighbours: UnsafePointer<UInt32>
    let deltaRelationships: UnsafePointer<UInt32>
    /// Bit 15: deletion.
    let deltaRows: UnsafePointer<UInt16>

    @inline(__always)
    func segment(_ index: Int) -> AdjacencySegment {
        switch segments {
        case .stored(let table, let chunk): chunk.segment(table, index)
        case .changed(let list): list[index]
        }
    }

    /// The only segment of a dense group without delta: then row r's run is
    /// `offsets[r] ..< offsets[r + 1]` of it. nil when the group is not that simple.
    var plainSegment: AdjacencySegment? {
        form == .dense && deltaCount == 0 && segmentCount == 1 ? segment(0) : nil
    }

    /// Every row has one entry, row r entry r.
    var isCounting: Bool { offsets == CountingNumbers.pointer }

    /// Where a row's entries lie in the base.
    @inline(__always)
    func baseRange(_ row: Int) -> (start: Int, end: Int) {
        switch form {
        case .none: return (0, 0)
        case .dense: return (Int(offsets[row]), Int(offsets[row &+ 1]))
        case .sparse:
            let wanted = UInt16(truncatingIfNeeded: row)
            let place = ColumnHandle.lowerBound(sourceRows, sourceCount, wanted)
            if place >= sourceCount || sourceRows[place] != wanted { return (0, 0) }
            return (Int(offsets[place]), Int(offsets[place &+ 1]))
        }
    }

    /// Where a row's changes lie in the delta.
    @inline(__always)
    func deltaRange(_ row: Int) -> (start: Int, end: Int) {
        if deltaCount == 0 { return (0, 0) }
        var start = deltaLowerBound(row)
        let first = start
        while start < deltaCount, Int(deltaRows[start] & 0x7FFF) == row { start &+= 1 }
        return (first, start)
    }

    @inline(__always)
    private func deltaLowerBound(_ row: Int) -> Int {
        var low = 0
        var length = deltaCount
        while length > 0 {
            let half = length &>> 1
            if Int(deltaRows[low &+ half] & 0x7FFF) < row {
                low = low &+ half &+ 1
                length = length &- half &- 1
            } else {
                length = half
            }
        }
        return low
    }

    /// The segment that holds entry `position` of the base.
    @inline(__always)
    func segmentIndex(of position: Int) -> Int {
        if segmentCount == 1 { return 0 }
        var low = 0
        var high = segmentCount &- 1
        while low < high {
            let middle = (low &+ high &+ 1) &>> 1
            if Int(segment(middle).start) <= position { low = middle } else { high = middle &- 1 }
        }
        return low
    }

    /// Number of a row's neighbours.
    @inline(__always)
    func degree(_ row: Int) -> Int {
        let base = baseRange(row)
        var total = base.end &- base.start
        if deltaCount == 0 { return total }
        let delta = deltaRange(row)
        var index = delta.start
        while index < delta.end {
            total &+= deltaRows[index] & ChunkFormat.deletionFlag == 0 ? 1 : -1
            index &+= 1
        }
        return total
    }

    /// The row's neighbours when they are one run (or none: `count` 0); nil when they are several:
    /// then ask `forEachRun`.
    @inline(__always)
    func singleRun(_ row: Int) -> AdjacencyRun? {
        let base = baseRange(row)
        if deltaCount != 0 {
            let delta = deltaRange(row)
            if delta.start < delta.end {
                return base.start == base.end ? deltaRun(delta.start, delta.end) : nil
            }
        }
        if base.start == base.end {
            return AdjacencyRun(
                neighbours: offsets, relationships: RelationshipList(offsets), count: 0)
        }
        let piece = segment(segmentIndex(of: base.start))
        if base.end > Int(piece.start) &+ Int(piece.count) { return nil }
        let place = base.start &- Int(piece.start)
        return AdjacencyRun(
            neighbours: piece.neighbours + place, relationships: piece.relationships + place,
            count: base.end &- base.start)
    }

    @inline(__always)
    private func deltaRun(_ start: Int, _ end: Int) -> AdjacencyRun {
        AdjacencyRun(
            neighbours: deltaNeighbours + start,
            relationships: RelationshipList(deltaRelationships + start), count: end &- start)
    }

    /// Calls `body` with the row's neighbours, ascending over all runs; never with an empty run.
    @inline(__always)
    func forEachRun(_ row: Int, _ body: (AdjacencyRun) throws -> Void) rethrows {
        if let run = singleRun(row) {
            if run.count > 0 { try body(run) }
            return
        }
        try forEachRunMerged(row, body)
    }

    @inline(never)
    private func forEachRunMerged(_ row: Int, _ body: (AdjacencyRun) throws -> Void) rethrows {
        let base = baseRange(row)
        let delta = deltaRange(row)
        var position = base.start
        var index = delta.start
        while index < delta.end {
            let place = lowerBound(
                from: position, to: base.end, deltaNeighbours[index], deltaRelationships[index])
            try forEachPiece(position, place, body)
            position = place
            if deltaRows[index] & ChunkFormat.deletionFlag != 0 {
                position &+= 1
                index &+= 1
                continue
            }
            // Additions that fall to the same place make one run.
            let first = index
            index &+= 1
            while index < delta.end, deltaRows[index] & ChunkFormat.deletionFlag == 0,
                position >= base.end
                    || isEntry(
                        position, notBefore: deltaNeighbours[index], deltaRelationships[index])
            {
                index &+= 1
            }
            try body(deltaRun(first, index))
        }
        try forEachPiece(position, base.end, body)
    }

    /// Whether the base's entry at `position` is not below the given one.
    private func isEntry(
        _ position: Int, notBefore neighbour: UInt32, _ relationship: UInt32
    ) -> Bool {
        let entry = entry(at: position)
        if entry.neighbour != neighbour { return entry.neighbour > neighbour }
        return entry.relationship >= relationship
    }

    /// Entry `position` of the base.
    @inline(__always)
    func entry(at position: Int) -> (neighbour: UInt32, relationship: UInt32) {
        let piece = segment(segmentIndex(of: position))
        let place = position &- Int(piece.start)
        return (piece.neighbours[place], piece.relationships[place])
    }

    /// First base position in `from ..< to` whose entry is not below the given one.
    func lowerBound(from: Int, to: Int, _ neighbour: UInt32, _ relationship: UInt32) -> Int {
        var low = from
        var length = to &- from
        while length > 0 {
            let half = length &>> 1
            if isEntry(low &+ half, notBefore: neighbour, relationship) {
                length = half
            } else {
                low = low &+ half &+ 1
                length = length &- half &- 1
            }
        }
        return low
    }

    /// Cuts a range of the base at the borders of segments.
    private func forEachPiece(
        _ start: Int, _ end: Int, _ body: (AdjacencyRun) throws -> Void
    ) rethrows {
        var position = start
        while position < end {
            let piece = segment(segmentIndex(of: position))
            let place = position &- Int(piece.start)
            let count = min(end &- position, Int(piece.count) &- place)
            try body(
                AdjacencyRun(
                    neighbours: piece.neighbours + place,
                    relationships: piece.relationships + place, count: count))
            position &+= count
        }
    }

    /// Whether the row has this relationship to this neighbour.
    func contains(_ row: Int, neighbour: UInt32, relationship: UInt32) -> Bool {
        var isFound = false
        forEachRun(row) { run in
            var low = 0
            var length = run.count
            while length > 0 {
                let half = length &>> 1
                let place = low &+ half
                let isBelow = run.neighbours[place] < neighbour
                    || (run.neighbours[place] == neighbour
                        && run.relationships[place] < relationship)
                if isBelow {
                    low = place &+ 1
                    length = length &- half &- 1
                } else {
                    length = half
                }
            }
            let isHit = low < run.count && run.neighbours[low] == neighbour
                && run.relationships[low] == relationship
            if isHit { isFound = true }
        }
        return isFound
    }
}
