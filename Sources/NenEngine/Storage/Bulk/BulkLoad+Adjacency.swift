// Adjacency of finished chunks: the lists are written from the sorter's arrays as they are, cut
// into segments; offsets are sparse when fewer than one row in eight has neighbours.

import NenCore

extension BulkLoad {
    /// Stores one group; nil when it has no entries.
    func adjacency(
        _ type: NameID, _ direction: AdjacencyDirection, capacity: Int, rowCount: Int,
        offsets: UnsafePointer<UInt32>, neighbours: UnsafePointer<UInt32>,
        relationships: UnsafePointer<UInt32>
    ) throws -> MutableAdjacency? {
        let entryCount = Int(offsets[rowCount])
        if entryCount == 0 { return nil }
        var group = MutableAdjacency(type: type, direction: direction)
        group.entryCount = entryCount
        let index = offsetArrays(offsets, rowCount, capacity, &group)
        let cuts = segmentCuts(offsets, rowCount)
        var slots = [index.offsets, index.rows]
        var parts: [UnsafeRawBufferPointer] = []
        for cut in cuts {
            let size = cut.count * 4
            for list in [neighbours, relationships] {
                let start = UnsafeRawPointer(list + cut.lowerBound)
                if size > ChunkFormat.inlineByteCountMax {
                    parts.append(UnsafeRawBufferPointer(start: start, count: size))
                }
            }
        }
        slots = try settle(slots)
        group.offsets = slots[0]
        group.sourceRows = slots[1]
        let stored = try store(parts)
        var next = 0
        for cut in cuts {
            let size = cut.count * 4
            let isLarge = size > ChunkFormat.inlineByteCountMax
            func slot(_ list: UnsafePointer<UInt32>) -> ArraySlot {
                if isLarge {
                    next += 1
                    return stored[next - 1]
                }
                return BulkLoad.copy(UnsafeRawPointer(list + cut.lowerBound), size, of: size)
            }
            group.segments.append(
                MutableSegment(
                    start: cut.lowerBound, count: cut.count, neighbours: slot(neighbours),
                    relationships: slot(relationships)))
        }
        group.resolve()
        return group
    }

    /// Offsets and, in sparse form, the rows they belong to; in private memory.
    private func offsetArrays(
        _ offsets: UnsafePointer<UInt32>, _ rowCount: Int, _ capacity: Int,
        _ group: inout MutableAdjacency
    ) -> (offsets: ArraySlot, rows: ArraySlot) {
        var sources = 0
        for row in 0..<rowCount where offsets[row + 1] > offsets[row] { sources += 1 }
        group.form = sources * 8 < capacity ? .sparse : .dense
        if group.form == .dense {
            var slot = BulkLoad.copy(
                UnsafeRawPointer(offsets), (rowCount + 1) * 4, of: (capacity + 1) * 4)
            let list = slot.writable(capacity: (capacity + 1) * 4)
                .assumingMemoryBound(to: UInt32.self)
            for row in rowCount..<capacity { list[row + 1] = offsets[rowCount] }
            return (slot, .empty)
        }
        group.sourceCount = sources
        var list = ArraySlot(zeros: (sources + 1) * 4)
        var rows = ArraySlot(zeros: sources * 2)
        let places = list.writable(capacity: (sources + 1) * 4)
            .assumingMemoryBound(to: UInt32.self)
        let numbers = rows.writable(capacity: sources * 2).assumingMemoryBound(to: UInt16.self)
        var place = 0
        for row in 0..<rowCount where offsets[row + 1] > offsets[row] {
            places[place] = offsets[row]
            numbers[place] = UInt16(row)
            place += 1
        }
        places[place] = offsets[rowCount]
        return (list, rows)
    }

    /// Cuts the entries at rows' borders where possible, at most `segmentEntriesMax` each.
    private func segmentCuts(_ offsets: UnsafePointer<UInt32>, _ rowCount: Int) -> [Range<Int>] {
        let limit = ChunkFormat.segmentEntriesMax
        let total = Int(offsets[rowCount])
        if total <= limit { return [0..<total] }
        var cuts: [Range<Int>] = []
        var start = 0
        var row = 0
        while start < total {
            var end = start
            while row < rowCount, Int(offsets[row + 1]) - start <= limit {
                end = Int(offsets[row + 1])
                row += 1
            }
            if end == start {
                end = Int(offsets[row + 1])
                row += 1
            }
            while start < end {
                let next = min(start + limit, end)
                cuts.append(start..<next)
                start = next
            }
        }
        return cuts
    }
}
