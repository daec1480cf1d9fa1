// Folding a delta into the base: only the segments it touches are rebuilt; the offsets are counted
// anew. A segment that grows beyond its bound is cut evenly; one that empties disappears.
//
// Readers only need a base to be within bounds, which is what its first-touch check proves. Folding
// needs order too: where a damaged base has none, the fold ends with an error that says so.

import NenCore

extension MutableAdjacency {
    /// Merges the delta into the base.
    /// - Throws: a corruption error when the base is not ascending.
    mutating func fold(capacity: Int) throws {
        if delta.count == 0 { return }
        let before = handle()
        var counts = [UInt32](repeating: 0, count: capacity)
        try countEntries(before, into: &counts, capacity)
        let merged = try mergedSegments(before)
        segments = merged
        delta = AdjacencyDelta()
        layOffsets(counts, capacity)
        resolve()
    }

    /// Entries per row after the fold.
    private func countEntries(
        _ group: AdjacencyHandle, into counts: inout [UInt32], _ capacity: Int
    ) throws {
        switch group.form {
        case .none: break
        case .dense:
            for row in 0 ..< capacity { counts[row] = group.offsets[row + 1] - group.offsets[row] }
        case .sparse:
            for place in 0 ..< group.sourceCount {
                counts[Int(group.sourceRows[place])] =
                    group.offsets[place + 1] - group.offsets[place]
            }
        }
        for place in 0 ..< group.deltaCount {
            let row = group.deltaRows[place]
            if row & ChunkFormat.deletionFlag == 0 {
                counts[Int(row)] += 1
            } else {
                guard counts[Int(row & 0x7FFF)] > 0 else { throw MutableAdjacency.disorder }
                counts[Int(row & 0x7FFF)] -= 1
            }
        }
    }

    private static let disorder = NQLError.damaged("adjacency", "has a base out of order")

    /// The segments with the delta worked in.
    private func mergedSegments(_ group: AdjacencyHandle) throws -> [MutableSegment] {
        var result: [MutableSegment] = []
        var start = 0
        func keep(_ segment: MutableSegment) {
            var moved = segment
            moved.start = start
            start += segment.count
            result.append(moved)
        }
        var change = 0
        // Positions ascend with the delta's order, so one walk over both suffices.
        var position = change < delta.count ? place(of: change, in: group) : .max
        for segment in segments {
            let end = segment.start + segment.count
            let first = change
            var positions: [Int] = []
            while change < delta.count, belongs(change, position, before: end) {
                positions.append(position)
                change += 1
                position = change < delta.count ? place(of: change, in: group) : .max
            }
            if positions.isEmpty {
                keep(segment)
                continue
            }
            for piece in try merged(segment, firstChange: first, positions) { keep(piece) }
        }
        if change < delta.count {
            let rest = Array(repeating: entryCount, count: delta.count - change)
            let tail = MutableSegment(
                start: entryCount, count: 0, neighbours: .empty, relationships: .empty)
            for piece in try merged(tail, firstChange: change, rest) { keep(piece) }
        }
        return result
    }

    /// A deletion belongs to the segment of its entry; an addition may stand at a segment's end.
    private func belongs(_ change: Int, _ position: Int, before end: Int) -> Bool {
        delta.isDeletion(change) ? position < end : position <= end
    }

    /// Where in the base a change applies.
    private func place(of change: Int, in group: AdjacencyHandle) -> Int {
        let range = rangeForInsertion(Int(delta.rowPointer[change] & 0x7FFF), in: group)
        return group.lowerBound(
            from: range.start, to: range.end, delta.neighbourPointer[change],
            delta.relationshipPointer[change])
    }

    /// A row's entries, or for a row without any the place where they would be.
    private func rangeForInsertion(
        _ row: Int, in group: AdjacencyHandle
    ) -> (start: Int, end: Int) {
        switch group.form {
        case .none: return (0, 0)
        case .dense: return (Int(group.offsets[row]), Int(group.offsets[row + 1]))
        case .sparse:
            let wanted = UInt16(truncatingIfNeeded: row)
            let place = ColumnHandle.lowerBound(group.sourceRows, group.sourceCount, wanted)
            let start = Int(group.offsets[place])
            let isThere = place < group.sourceCount && group.sourceRows[place] == wanted
            return (start, isThere ? Int(group.offsets[place + 1]) : start)
        }
    }

    /// One segment merged with changes at ascending base positions, cut where it grew too long.
    private func merged(
        _ segment: MutableSegment, firstChange: Int, _ positions: [Int]
    ) throws -> [MutableSegment] {
        var additions = 0
        for index in 0 ..< positions.count where !delta.isDeletion(firstChange + index) {
            additions += 1
        }
        let total = segment.count + additions - (positions.count - additions)
        guard total >= 0 else { throw MutableAdjacency.disorder }
        if total == 0 { return [] }
        let pieces = (total + ChunkFormat.segmentEntriesMax - 1) / ChunkFormat.segmentEntriesMax
        var output = SegmentWriter(total: total, pieces: pieces)
        let old = segment.resolved
        let neighbours = old.neighbours
        let relationships = old.relationships
        var next = 0
        for (index, position) in positions.enumerated() {
            let place = position - segment.start
            guard place >= next, place <= segment.count else { throw MutableAdjacency.disorder }
            while next < place {
                output.append(neighbours[next], relationships[next])
                next &+= 1
            }
            let change = firstChange + index
            if delta.isDeletion(change) {
                guard next < segment.count, neighbours[next] == delta.neighbourPointer[change],
                    relationships[next] == delta.relationshipPointer[change]
                else { throw MutableAdjacency.disorder }
                next &+= 1
            } else {
                output.append(
                    delta.neighbourPointer[change], delta.relationshipPointer[change])
            }
        }
        while next < segment.count {
            output.append(neighbours[next], relationships[next])
            next &+= 1
        }
        return output.finish()
    }

    /// Writes offsets for new counts, sparse when fewer than one row in eight has neighbours.
    private mutating func layOffsets(_ counts: [UInt32], _ capacity: Int) {
        var sources = 0
        var total: UInt32 = 0
        for count in counts where count > 0 {
            sources += 1
            total += count
        }
        entryCount = Int(total)
        sourceRows = .empty
        offsets = .empty
        sourceCount = 0
        form = total == 0 ? .none : (sources * 8 < capacity ? .sparse : .dense)
        if form == .none { return }
        let isSparse = form == .sparse
        let offsetCount = (isSparse ? sources : capacity) + 1
        if sources == capacity, Int(total) == capacity {
            offsets = .counting(offsetCount)
            return
        }
        offsets = ArraySlot(zeros: offsetCount * 4)
        let list = offsets.writable(capacity: offsetCount * 4)
            .assumingMemoryBound(to: UInt32.self)
        if isSparse { sourceRows = ArraySlot(zeros: sources * 2) }
        let rows = isSparse
            ? sourceRows.writable(capacity: sources * 2).assumingMemoryBound(to: UInt16.self) : nil
        var position: UInt32 = 0
        var place = 0
        for (row, count) in counts.enumerated() where count > 0 || !isSparse {
            list[place] = position
            if let rows { rows[place] = UInt16(row) }
            position += count
            place += 1
        }
        list[place] = position
        sourceCount = isSparse ? sources : 0
    }

    /// Replaces the group by a finished base (bulk building); `rows` ascend per entry, neighbours
    /// within a row.
    mutating func build(
        counts: [UInt32], neighbours: UnsafePointer<UInt32>,
        relationships: UnsafePointer<UInt32>, capacity: Int
    ) {
        delta = AdjacencyDelta()
        layOffsets(counts, capacity)
        segments = []
        var start = 0
        var row = 0
        while start < entryCount {
            // Cut at a row's border unless one row alone is longer than a segment.
            var end = start
            while row < counts.count,
                end - start + Int(counts[row]) <= ChunkFormat.segmentEntriesMax
            {
                end += Int(counts[row])
                row += 1
            }
            if end == start {
                end = start + Int(counts[row])
                row += 1
            }
            while start < end {
                let count = min(ChunkFormat.segmentEntriesMax, end - start)
                var segment = MutableSegment(
                    start: start, count: count,
                    neighbours: MutableAdjacency.copy(neighbours + start, count),
                    relationships: MutableAdjacency.copy(relationships + start, count))
                segment.settle()
                segments.append(segment)
                start += count
            }
        }
        resolve()
    }

    private static func copy(_ source: UnsafePointer<UInt32>, _ count: Int) -> ArraySlot {
        var slot = ArraySlot(zeros: count * 4)
        slot.writable(capacity: count * 4).copyMemory(from: source, byteCount: count * 4)
        return slot
    }
}

/// Fills segments one after the other, evenly.
private struct SegmentWriter {
    private var finished: [MutableSegment] = []
    private var neighbours: UnsafeMutablePointer<UInt32>
    private var relationships: UnsafeMutablePointer<UInt32>
    private var current: MutableSegment
    private var filled = 0
    private var remaining: Int
    private var pieces: Int

    init(total: Int, pieces: Int) {
        remaining = total
        self.pieces = pieces
        current = SegmentWriter.segment((total + pieces - 1) / pieces)
        neighbours = current.neighbours.writable(capacity: current.count * 4)
            .assumingMemoryBound(to: UInt32.self)
        relationships = current.relationships.writable(capacity: current.count * 4)
            .assumingMemoryBound(to: UInt32.self)
    }

    private static func segment(_ count: Int) -> MutableSegment {
        MutableSegment(
            start: 0, count: count, neighbours: ArraySlot(zeros: count * 4),
            relationships: ArraySlot(zeros: count * 4))
    }

    @inline(__always)
    mutating func append(_ neighbour: UInt32, _ relationship: UInt32) {
        if filled == current.count { open() }
        neighbours[filled] = neighbour
        relationships[filled] = relationship
        filled &+= 1
    }

    private mutating func open() {
        finished.append(current)
        remaining -= current.count
        pieces -= 1
        current = SegmentWriter.segment((remaining + pieces - 1) / pieces)
        neighbours = current.neighbours.writable(capacity: current.count * 4)
            .assumingMemoryBound(to: UInt32.self)
        relationships = current.relationships.writable(capacity: current.count * 4)
            .assumingMemoryBound(to: UInt32.self)
        filled = 0
    }

    mutating func finish() -> [MutableSegment] {
        precondition(filled == current.count, "a segment of \(current.count) got \(filled)")
        finished.append(current)
        for index in finished.indices { finished[index].settle() }
        return finished
    }
}
