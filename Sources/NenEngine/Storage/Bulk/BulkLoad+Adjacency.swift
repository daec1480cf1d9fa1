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
        let slots = try settle([index.offsets, index.rows])
        group.offsets = slots[0]
        group.sourceRows = slots[1]
        for cut in segmentCuts(offsets, rowCount) {
            group.segments.append(
                try segment(cut, neighbours + cut.lowerBound, relationships + cut.lowerBound))
        }
        group.resolve()
        return group
    }

    /// Stores one segment.
    private func segment(
        _ place: Range<Int>, _ neighbours: UnsafePointer<UInt32>,
        _ relationships: UnsafePointer<UInt32>
    ) throws -> MutableSegment {
        let (form, base) = RelationshipForm.fitting(neighbours, relationships, place.count)
        let size = place.count * 4
        let lists = form == .listed ? [neighbours, relationships] : [neighbours]
        let slots: [ArraySlot]
        if size > ChunkFormat.inlineByteCountMax {
            slots = try store(lists.map { UnsafeRawBufferPointer(start: $0, count: size) })
        } else {
            slots = lists.map { BulkLoad.copy($0, size, of: size) }
        }
        return MutableSegment(
            start: place.lowerBound, count: place.count, neighbours: slots[0],
            relationships: form == .listed ? slots[1] : .empty, form: form, base: base)
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
            if rowCount == capacity, SortedRun.isIdentity(offsets, capacity) {
                return (.counting(capacity + 1), .empty)
            }
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
