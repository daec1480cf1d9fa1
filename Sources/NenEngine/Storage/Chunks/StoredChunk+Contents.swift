// First-touch checks of what the arrays of a chunk hold: checksums of their extents, lengths, order
// of rows, cells that point into their heaps, numbers of nodes and relationships. Before, the
// record's structure was checked (StoredChunk+Validation.swift); after, a handle is given out.

import NenCore

extension StoredChunk {
    // MARK: Columns

    /// Validates all columns that share a mark with column `index`.
    @inline(never)
    func validateColumns(sharing index: Int, _ bit: UInt64) throws {
        let round = context.limits(ofBirth: extent.birth).round
        for other in min(index, 22) ..< columnCount
        where ValidationTable.columnBit(other) == bit {
            try validateColumn(other)
        }
        context.noteValidated(extent, bit, round: round)
    }

    private func validateColumn(_ index: Int) throws {
        let descriptor = columnDescriptor(index)
        let column = uncheckedColumn(at: index)
        let flags = descriptor.load(fromByteOffset: 6, as: UInt8.self)
        let isMixed = column.encoding == .mixed
        let isFramed = column.encoding == .framed
        guard !isMixed || column.type == .mixed, flags & ~3 == 0,
            flags & 2 == 0 || column.type.hasZone,
            !isFramed || (ColumnFrame.holds(column.type) && column.frame.isPossible)
        else { throw damage("has a column of contradictory type") }
        let valueCount: Int
        let presenceBytes: Int
        switch column.encoding {
        case .sparse: (valueCount, presenceBytes) = (column.count, column.count * 2)
        case .constant: (valueCount, presenceBytes) = (1, flags & 1 != 0 ? capacity / 8 : 0)
        case .dense, .mixed, .framed:
            (valueCount, presenceBytes) = (capacity, flags & 1 != 0 ? capacity / 8 : 0)
        }
        try validateArray(
            ArrayRef(from: descriptor + 32),
            bytes: valueCount * (isFramed ? Int(column.frame.width) : column.type.width))
        try validateArray(ArrayRef(from: descriptor + 64), bytes: presenceBytes)
        try validatePresence(column)
        if column.type.width == 16 && !isFramed {
            try validateCells(column, valueCount, index)
        } else {
            try validatePayloads(column, valueCount)
        }
    }

    /// Rows with a value are live, in order, and as many as the descriptor says.
    private func validatePresence(_ column: ColumnHandle) throws {
        if let rows = column.rows {
            var last = -1
            for place in 0 ..< column.count {
                let row = Int(rows[place])
                guard row > last, row < rowCount,
                    liveBits[row >> 6] >> UInt64(row & 63) & 1 != 0
                else { throw damage("has a sparse column with rows out of order") }
                last = row
            }
        } else if let bitmap = column.validity {
            var total = 0
            var stray: UInt64 = 0
            for word in 0 ..< capacity / 64 {
                total += bitmap[word].nonzeroBitCount
                stray |= bitmap[word] & ~liveBits[word]
            }
            guard total == column.count, stray == 0 else {
                throw damage("has a column whose values are not where its live rows are")
            }
        } else if column.count != liveCount {
            throw damage("has a column of \(column.count) values for all of \(liveCount) rows")
        }
    }

    /// Values of 1 and 8 bytes, and the zone.
    private func validatePayloads(_ column: ColumnHandle, _ count: Int) throws {
        if column.type == .boolean {
            var all: UInt8 = 0
            for place in 0 ..< count { all |= column.booleans[place] }
            guard all <= 1 else {
                throw damage("has a boolean that is neither true nor false")
            }
        } else if column.encoding == .framed {
            try validateFrame(column, count)
        } else if column.type == .date || column.type == .localTime {
            for place in 0 ..< count where !CellHeap.isPlainValid(column.value(at: place)) {
                throw damage("has a date or time out of its range")
            }
        }
        if let least = column.zoneLeast, let greatest = column.zoneGreatest {
            guard CellHeap.isPlainValid(least), CellHeap.isPlainValid(greatest),
                CellOrder.compare(least, greatest, context.base) <= 0
            else { throw damage("has a column with contradictory bounds") }
        }
    }

    /// The least and the greatest number that the offsets give are of the type, so all are.
    private func validateFrame(_ column: ColumnHandle, _ count: Int) throws {
        var greatest: UInt64 = 0
        let base = UInt64(bitPattern: column.frame.base)
        for place in 0 ..< count {
            greatest = max(greatest, column.frame.payload(column.values, place) &- base)
        }
        for payload in [base, base &+ greatest] {
            guard CellHeap.isPlainValid(Cell(head: column.headOfType, payload: payload)) else {
                throw damage("has a date or time out of its range")
            }
        }
    }

    /// Every cell, of absent rows too, is plain or points into the column's heaps.
    private func validateCells(_ column: ColumnHandle, _ count: Int, _ index: Int) throws {
        var spans: [HeapSpan] = []
        for heap in heaps(ofColumn: index) {
            _ = try context.store.verified(heap)
            let start = UInt64(heap.page) * UInt64(pageByteCount)
            spans.append(HeapSpan(start: start, end: start + UInt64(heap.byteCount)))
        }
        let isFixed = column.type != .mixed
        let tag = column.type.rawValue
        let cells = UnsafeBufferPointer(start: column.cells, count: count)
        let areValid = spans.withUnsafeBufferPointer { heaps in
            switch column.type {
            case .string:
                return CellHeap.areStringsValid(cells, heaps: heaps, base: context.base)
            case .localDateTime: return CellHeap.areInstantsValid(cells, tag: .localDateTime)
            case .dateTime: return CellHeap.areInstantsValid(cells, tag: .dateTime)
            default:
                return cells.allSatisfy { cell in
                    // Rows without a value hold zeros, which read as the empty string.
                    if cell.head == 0 && cell.payload == 0 { return true }
                    return (!isFixed || cell.rawTag == tag)
                        && CellHeap.isValid(cell, heaps: heaps, base: context.base)
                }
            }
        }
        guard areValid else { throw damage("has a malformed value in a column") }
    }

    // MARK: Adjacency

    /// Validates all groups that share a mark with group `index`.
    @inline(never)
    func validateAdjacency(sharing index: Int, _ bit: UInt64) throws {
        let (limits, round) = context.limits(ofBirth: extent.birth)
        for other in min(index, 7) ..< adjacencyCount
        where ValidationTable.adjacencyBit(other) == bit {
            try validateGroup(other, limits)
        }
        context.noteValidated(extent, bit, round: round)
    }

    private func validateGroup(_ index: Int, _ limits: IdentifierLimits) throws {
        let descriptor = adjacencyDescriptor(index)
        let group = uncheckedAdjacency(at: index)
        let offsetCount: Int
        switch group.form {
        case .none: offsetCount = 0
        case .sparse:
            guard group.sourceCount <= rowCount else { throw damage("has too many sources") }
            offsetCount = group.sourceCount + 1
        case .dense: offsetCount = capacity + 1
        }
        let offsetsRef = ArrayRef(from: descriptor + 64)
        let rowBytes = group.form == .sparse ? group.sourceCount * 2 : 0
        try validateArray(ArrayRef(from: descriptor + 32), bytes: rowBytes)
        try validateArray(offsetsRef, bytes: group.isCounting ? 0 : offsetCount * 4)
        try validateOffsets(group, offsetCount)
        try validateSegments(group, descriptor, limits)
        try validateNumbers(group.deltaNeighbours, group.deltaCount, below: limits.nodes)
        try validateNumbers(
            group.deltaRelationships, group.deltaCount, below: limits.relationships)
        try validateDelta(group)
    }

    private func validateOffsets(_ group: AdjacencyHandle, _ offsetCount: Int) throws {
        if group.form == .none {
            guard group.entryCount == 0, group.segmentCount == 0 else {
                throw damage("has adjacency entries without a base")
            }
            return
        }
        var last: UInt32 = 0
        for place in 0 ..< offsetCount {
            guard group.offsets[place] >= last else { throw damage("has descending offsets") }
            last = group.offsets[place]
        }
        guard group.offsets[0] == 0, Int(last) == group.entryCount else {
            throw damage("has offsets that do not end at its entries")
        }
        if group.form == .sparse {
            var row = -1
            for place in 0 ..< group.sourceCount {
                guard Int(group.sourceRows[place]) > row, Int(group.sourceRows[place]) < rowCount
                else { throw damage("has adjacency rows out of order") }
                row = Int(group.sourceRows[place])
            }
        }
    }

    private func validateSegments(
        _ group: AdjacencyHandle, _ descriptor: UnsafeRawPointer, _ limits: IdentifierLimits
    ) throws {
        let table = record + Int(descriptor.load(fromByteOffset: 20, as: UInt32.self))
        for index in 0 ..< group.segmentCount {
            let entry = table + index * ChunkFormat.segmentByteCount
            let piece = group.segment(index)
            let count = Int(piece.count)
            let isListed = StoredChunk.form(ofSegment: entry) == .listed
            try validateArray(ArrayRef(from: entry + 8), bytes: count * 4)
            try validateArray(ArrayRef(from: entry + 40), bytes: isListed ? count * 4 : 0)
            try validateNumbers(piece.neighbours, count, below: limits.nodes)
            var greatest: UInt32 = 0
            for place in 0 ..< count { greatest = max(greatest, piece.relationships[place]) }
            try validateGreatest(greatest, below: limits.relationships)
        }
    }

    /// The delta ascends; what it deletes is in the base, and what it adds is not.
    private func validateDelta(_ group: AdjacencyHandle) throws {
        var last: (row: Int, neighbour: UInt32, relationship: UInt32) = (-1, 0, 0)
        for place in 0 ..< group.deltaCount {
            let row = Int(group.deltaRows[place] & 0x7FFF)
            guard row < rowCount else {
                throw damage("has an adjacency delta of a row that is not there")
            }
            let entry = (row, group.deltaNeighbours[place], group.deltaRelationships[place])
            guard last < entry else { throw damage("has an adjacency delta out of order") }
            last = entry
            let range = group.baseRange(row)
            let position = group.lowerBound(from: range.start, to: range.end, entry.1, entry.2)
            let isInBase = position < range.end
                && group.entry(at: position) == (entry.1, entry.2)
            guard isInBase == (group.deltaRows[place] & ChunkFormat.deletionFlag != 0) else {
                throw damage("has an adjacency delta that contradicts its base")
            }
        }
    }
}
