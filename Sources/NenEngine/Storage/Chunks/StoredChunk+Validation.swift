// First-touch checks of a chunk record: after them, reads follow offsets without looking. A file
// that contradicts its format, by accident or intent, gives a corruption error here.

import NenCore

extension StoredChunk {
    /// The chunk whose record lies at `extent`, checked on first touch.
    @inline(__always)
    static func open(
        _ extent: ExtentDescriptor, number: UInt32, isNode: Bool, context: StoreContext
    ) throws -> StoredChunk {
        let record = try context.store.verified(extent)
        let chunk = StoredChunk(context: context, record: record, extent: extent, isNode: isNode)
        // That the record is sound does not make it the one that a damaged tree was asked for.
        let isKnown = context.validation.contains(extent, ValidationTable.recordBit)
        if !isKnown || chunk.number != number || !chunk.isOfItsKind {
            try chunk.validateRecord(number: number)
            context.validation.insert(extent, ValidationTable.recordBit)
        }
        return chunk
    }

    /// Whether the record says of itself that it holds nodes or relationships, as was asked for.
    @inline(__always)
    private var isOfItsKind: Bool {
        record.load(fromByteOffset: 5, as: UInt8.self) == (isNode ? 0 : 1)
    }

    func damage(_ what: String) -> NQLError {
        let kind = isNode ? "node" : "relationship"
        return .damaged("record of \(kind) chunk \(number) at page \(extent.page)", what)
    }

    /// Whether `count` entries of `width` bytes at `offset` lie inside the record, aligned.
    private func isInside(_ offset: UInt32, _ count: Int, _ width: Int) -> Bool {
        let size = Int(extent.byteCount)
        return offset & 7 == 0 && Int(offset) <= size && count <= (size - Int(offset)) / width
    }

    private func validateRecord(number expected: UInt32) throws {
        guard Int(extent.byteCount) >= ChunkFormat.headerByteCount else {
            throw NQLError.damaged("record of chunk \(expected)", "is too short")
        }
        let head = record.load(as: UInt32.self)
        let version = record.load(fromByteOffset: 4, as: UInt8.self)
        guard head == ChunkFormat.magic, number == expected else {
            throw damage("is not the record of chunk \(expected)")
        }
        guard (1 ... ChunkFormat.versionMax).contains(version) else {
            throw damage("has version \(version)")
        }
        guard record.load(fromByteOffset: 40, as: UInt64.self) == 0 || version > 1 else {
            throw damage("of version 1 has counts of version 2")
        }
        guard isOfItsKind else { throw damage("is of the other kind") }
        let isTail = capacity == 64 || capacity == 256 || capacity == 1_024
        guard isTail || capacity == ChunkFormat.rowsPerChunk, rowCount <= capacity,
            liveCount <= rowCount
        else { throw damage("has \(liveCount) of \(rowCount) of \(capacity) rows") }
        let columnsOffset = record.load(fromByteOffset: 28, as: UInt32.self)
        let adjacencyOffset = record.load(fromByteOffset: 32, as: UInt32.self)
        let liveOffset = record.load(fromByteOffset: 36, as: UInt32.self)
        guard isInside(columnsOffset, columnCount, ChunkFormat.columnByteCount),
            isInside(adjacencyOffset, adjacencyCount, ChunkFormat.adjacencyByteCount),
            isInside(liveOffset, capacity / 8, 1)
        else { throw damage("has tables outside itself") }
        try validateLiveBits()
        try validateEnds()
        try validateTables()
    }

    private func validateLiveBits() throws {
        var total = 0
        for word in 0 ..< capacity / 64 { total += liveBits[word].nonzeroBitCount }
        guard total == liveCount else {
            throw damage("counts \(liveCount) live rows, not \(total)")
        }
        for row in rowCount ..< capacity where liveBits[row >> 6] >> UInt64(row & 63) & 1 != 0 {
            throw damage("marks row \(row) live behind its end")
        }
    }

    /// Checks an array reference: its place, its checksum where it has an extent of its own, and
    /// its length.
    private func validateArray(_ offset: Int, in base: UnsafeRawPointer, bytes: Int) throws {
        let ref = ArrayRef(from: base + offset)
        guard Int(ref.byteCount) == bytes else {
            throw damage("has an array of \(ref.byteCount) bytes where \(bytes) are due")
        }
        if bytes == 0 { return }
        if ref.extent.isNone {
            guard isInside(ref.offset, bytes, 1) else {
                throw damage("has an array outside itself")
            }
        } else {
            guard ref.extent.byteCount == ref.byteCount else {
                throw damage("has an array of another length than its extent")
            }
            _ = try context.store.verified(ref.extent)
        }
    }

    /// Label sets, or sources and targets.
    private func validateEnds() throws {
        if isNode {
            try validateArray(48, in: record, bytes: isMixed ? capacity * 4 : 0)
            try validateArray(80, in: record, bytes: 0)
            if isMixed {
                try validateNumbers(first.pointer, capacity, below: context.labelSetLimit)
            }
        } else {
            try validateArray(48, in: record, bytes: capacity * 4)
            try validateArray(80, in: record, bytes: capacity * 4)
            try validateNumbers(first.pointer, capacity, below: context.nodeLimit)
            try validateNumbers(second.pointer, capacity, below: context.nodeLimit)
        }
    }

    /// Node or relationship numbers stay below what the store has: readers index arrays by them.
    private func validateNumbers(_ numbers: UnsafeRawPointer, _ count: Int, below: Int) throws {
        let list = numbers.assumingMemoryBound(to: UInt32.self)
        var greatest: UInt32 = 0
        var index = 0
        while index < count {
            greatest = max(greatest, list[index])
            index &+= 1
        }
        guard count == 0 || Int(greatest) < below else {
            throw damage("refers to entity \(greatest), which is not there")
        }
    }

    /// Order and bounds of the two tables; what they refer to is checked when it is touched.
    private func validateTables() throws {
        var last: Int64 = -1
        for index in 0 ..< columnCount {
            let descriptor = columnDescriptor(index)
            let key = Int64(descriptor.load(as: UInt32.self))
            guard key > last, key < context.keyLimit else {
                throw damage("lists its columns out of order")
            }
            last = key
            guard
                ColumnEncoding(rawValue: descriptor.load(fromByteOffset: 4, as: UInt8.self)) != nil,
                ColumnType(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self)) != nil
            else { throw damage("has a column of unknown encoding or type") }
            let heapCount = Int(descriptor.load(fromByteOffset: 12, as: UInt32.self))
            let heapsOffset = descriptor.load(fromByteOffset: 96, as: UInt32.self)
            guard isInside(heapsOffset, heapCount, ExtentDescriptor.byteWidth) else {
                throw damage("has a heap table outside itself")
            }
        }
        var lastGroup: Int64 = -1
        for index in 0 ..< adjacencyCount {
            let key = Int64(bitPattern: adjacencyKey(index))
            guard key > lastGroup, key & 255 <= 1, key >> 8 < context.typeLimit else {
                throw damage("lists its adjacency out of order")
            }
            lastGroup = key
            let descriptor = adjacencyDescriptor(index)
            let segmentCount = Int(descriptor.load(fromByteOffset: 16, as: UInt32.self))
            let segmentsOffset = descriptor.load(fromByteOffset: 20, as: UInt32.self)
            guard isInside(segmentsOffset, segmentCount, ChunkFormat.segmentByteCount) else {
                throw damage("has a segment table outside itself")
            }
        }
    }

    // MARK: Columns

    /// Validates all columns that share a mark with column `index`.
    @inline(never)
    func validateColumns(sharing index: Int, _ bit: UInt64) throws {
        for other in index ..< columnCount where ValidationTable.columnBit(other) == bit {
            try validateColumn(other)
        }
        if index > 22 {
            for other in 22 ..< index { try validateColumn(other) }
        }
        context.validation.insert(extent, bit)
    }

    private func validateColumn(_ index: Int) throws {
        let descriptor = columnDescriptor(index)
        let column = uncheckedColumn(at: index)
        let flags = descriptor.load(fromByteOffset: 6, as: UInt8.self)
        guard column.count >= 1, column.count <= liveCount else {
            throw damage("has a column of \(column.count) values in \(liveCount) rows")
        }
        let isMixed = column.encoding == .mixed
        guard !isMixed || column.type == .mixed, flags & ~3 == 0,
            flags & 2 == 0 || column.type.hasZone
        else { throw damage("has a column of contradictory type") }
        let valueCount: Int
        let presenceBytes: Int
        switch column.encoding {
        case .sparse: (valueCount, presenceBytes) = (column.count, column.count * 2)
        case .constant: (valueCount, presenceBytes) = (1, flags & 1 != 0 ? capacity / 8 : 0)
        case .dense, .mixed:
            (valueCount, presenceBytes) = (capacity, flags & 1 != 0 ? capacity / 8 : 0)
        }
        try validateArray(32, in: descriptor, bytes: valueCount * column.type.width)
        try validateArray(64, in: descriptor, bytes: presenceBytes)
        if let rows = column.rows {
            var last = -1
            for place in 0 ..< column.count {
                guard Int(rows[place]) > last, Int(rows[place]) < rowCount else {
                    throw damage("has a sparse column with rows out of order")
                }
                last = Int(rows[place])
            }
        }
        if column.type == .boolean {
            for place in 0 ..< valueCount where column.booleans[place] > 1 {
                throw damage("has a boolean that is neither true nor false")
            }
        }
        if column.type.width == 16 { try validateCells(column, valueCount, index) }
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
        let cells = column.cells
        try spans.withUnsafeBufferPointer { heaps in
            for place in 0 ..< count {
                let cell = cells[place]
                // Rows without a value hold zeros, which read as the empty string.
                if cell.head == 0 && cell.payload == 0 { continue }
                guard !isFixed || cell.rawTag == tag,
                    CellHeap.isValid(cell, heaps: heaps, base: context.base)
                else { throw damage("has a malformed value in a column") }
            }
        }
    }

    // MARK: Adjacency

    /// Validates all groups that share a mark with group `index`.
    @inline(never)
    func validateAdjacency(sharing index: Int, _ bit: UInt64) throws {
        let first = min(index, 7)
        for other in first ..< adjacencyCount where ValidationTable.adjacencyBit(other) == bit {
            try validateGroup(other)
        }
        context.validation.insert(extent, bit)
    }

    private func validateGroup(_ index: Int) throws {
        let descriptor = adjacencyDescriptor(index)
        guard AdjacencyForm(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self)) != nil
        else { throw damage("has adjacency of unknown form") }
        let deltaCount = Int(descriptor.load(fromByteOffset: 6, as: UInt16.self))
        let deltaOffset = descriptor.load(fromByteOffset: 24, as: UInt32.self)
        guard deltaCount <= ChunkFormat.deltaCountMax, isInside(deltaOffset, deltaCount, 10) else {
            throw damage("has an adjacency delta outside itself")
        }
        let group = uncheckedAdjacency(at: index)
        let offsetCount: Int
        switch group.form {
        case .none: offsetCount = 0
        case .sparse:
            guard group.sourceCount <= rowCount else { throw damage("has too many sources") }
            offsetCount = group.sourceCount + 1
        case .dense: offsetCount = capacity + 1
        }
        let rowBytes = group.form == .sparse ? group.sourceCount * 2 : 0
        try validateArray(32, in: descriptor, bytes: rowBytes)
        try validateArray(64, in: descriptor, bytes: offsetCount * 4)
        try validateOffsets(group, offsetCount)
        try validateSegments(group, descriptor)
        for place in 0 ..< deltaCount where Int(group.deltaRows[place] & 0x7FFF) >= rowCount {
            throw damage("has an adjacency delta of a row that is not there")
        }
        try validateNumbers(group.deltaNeighbours, deltaCount, below: context.nodeLimit)
        try validateNumbers(
            group.deltaRelationships, deltaCount, below: context.relationshipLimit)
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

    private func validateSegments(_ group: AdjacencyHandle, _ descriptor: UnsafeRawPointer) throws {
        let table = record + Int(descriptor.load(fromByteOffset: 20, as: UInt32.self))
        var position = 0
        for index in 0 ..< group.segmentCount {
            let entry = table + index * ChunkFormat.segmentByteCount
            let start = Int(entry.load(as: UInt32.self))
            let count = Int(entry.load(fromByteOffset: 4, as: UInt32.self))
            guard start == position, count > 0, count <= ChunkFormat.segmentEntriesMax else {
                throw damage("has segments that do not follow each other")
            }
            try validateArray(8, in: entry, bytes: count * 4)
            try validateArray(40, in: entry, bytes: count * 4)
            let piece = group.segment(index)
            try validateNumbers(piece.neighbours, count, below: context.nodeLimit)
            try validateNumbers(piece.relationships, count, below: context.relationshipLimit)
            position += count
        }
        guard position == group.entryCount else {
            throw damage("has segments of \(position) entries, not \(group.entryCount)")
        }
    }
}
