// First-touch checks of a chunk record: that it is the one the tree names, and that its tables and
// all its arrays lie where they may. After them, references are followed without looking; what the
// arrays hold is checked in StoredChunk+Contents.swift. A file that contradicts its format, by
// accident or intent, gives a corruption error here or there.

import NenCore

extension StoredChunk {
    /// Whether the record says of itself what the tree says: number, kind, set and counts.
    @inline(__always)
    func agrees(with entry: ChunkEntry, _ expected: UInt32) -> Bool {
        number == expected && isOfItsKind && setWord == entry.set
            && rowCount == Int(entry.rowCount) && liveCount == Int(entry.liveCount)
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

    @inline(never)
    func validateRecord(number expected: UInt32, _ entry: ChunkEntry) throws {
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
        guard agrees(with: entry, expected) else {
            throw damage("disagrees with the tree about its label set, type or rows")
        }
        let columnsOffset = record.load(fromByteOffset: 28, as: UInt32.self)
        let adjacencyOffset = record.load(fromByteOffset: 32, as: UInt32.self)
        let liveOffset = record.load(fromByteOffset: 36, as: UInt32.self)
        guard isInside(columnsOffset, columnCount, ChunkFormat.columnByteCount),
            isInside(adjacencyOffset, adjacencyCount, ChunkFormat.adjacencyByteCount),
            isInside(liveOffset, capacity / 8, 1)
        else { throw damage("has tables outside itself") }
        let (limits, round) = context.limits(ofBirth: extent.birth)
        try validateSet(limits)
        try validateLiveBits()
        try validateEnds(limits)
        try validateColumnTable(limits)
        try validateAdjacencyTable(limits)
        context.noteValidated(extent, ValidationTable.recordBit, round: round)
    }

    /// Home label set, or type.
    private func validateSet(_ limits: IdentifierLimits) throws {
        let isKnown = isNode
            ? Int(set) < limits.labelSets || (isMixed && set == ChunkFormat.sharedSet)
            : Int(set) < limits.types && !isMixed
        guard isKnown else {
            throw damage("has the unknown \(isNode ? "label set" : "type") \(set)")
        }
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

    /// Checks where an array lies: in the record, or in an extent that may hang under it.
    private func validatePlace(_ ref: ArrayRef) throws {
        if ref.extent.isNone {
            guard ref.byteCount == 0 || isInside(ref.offset, Int(ref.byteCount), 1) else {
                throw damage("has an array outside itself")
            }
            return
        }
        guard ref.extent.byteCount == ref.byteCount,
            context.store.isPlausible(ref.extent, under: extent)
        else { throw damage("refers to an extent that cannot be its own") }
    }

    /// Checks an array whose place is known to be sound: its length, and its checksum where it has
    /// an extent of its own.
    func validateArray(_ ref: ArrayRef, bytes: Int) throws {
        guard Int(ref.byteCount) == bytes else {
            throw damage("has an array of \(ref.byteCount) bytes where \(bytes) are due")
        }
        if !ref.extent.isNone { _ = try context.store.verified(ref.extent) }
    }

    /// Label sets, or sources and targets.
    private func validateEnds(_ limits: IdentifierLimits) throws {
        let firstRef = ArrayRef(from: record + 48)
        let secondRef = ArrayRef(from: record + 80)
        try validatePlace(firstRef)
        try validatePlace(secondRef)
        guard let forms = endForms else { throw damage("has ends of unknown form") }
        try validateArray(
            firstRef, bytes: !isNode || isMixed ? forms.first.byteCount(capacity) : 0)
        try validateArray(secondRef, bytes: isNode ? 0 : forms.second.byteCount(capacity))
        let limit = isNode ? limits.labelSets : limits.nodes
        for numbers in isNode ? (isMixed ? [first.numbers] : []) : [sources, targets] {
            var greatest: UInt32 = 0
            for row in 0 ..< capacity { greatest = max(greatest, numbers[row]) }
            try validateGreatest(greatest, below: limit)
        }
    }

    /// How the ends are packed, which only those of full chunks of relationships are; nil for forms
    /// that mean nothing.
    private var endForms: (first: PackedForm, second: PackedForm)? {
        let isPacked = record.load(fromByteOffset: 6, as: UInt16.self) != 0
        if !isPacked { return (.plain, .plain) }
        guard !isNode, rowCount == ChunkFormat.rowsPerChunk,
            Int(extent.byteCount) >= ChunkFormat.packedHeaderByteCount,
            let first = ends(codeAt: 6, baseAt: 112), let second = ends(codeAt: 7, baseAt: 116)
        else { return nil }
        return (first, second)
    }

    /// Node or relationship numbers stay below what the store has: readers index arrays by them.
    func validateNumbers(_ numbers: UnsafeRawPointer, _ count: Int, below: Int) throws {
        let list = numbers.assumingMemoryBound(to: UInt32.self)
        var greatest: UInt32 = 0
        var index = 0
        while index < count {
            greatest = max(greatest, list[index])
            index &+= 1
        }
        if count > 0 { try validateGreatest(greatest, below: below) }
    }

    /// The greatest of some numbers of nodes or relationships.
    func validateGreatest(_ greatest: UInt32, below: Int) throws {
        guard Int(greatest) < below else {
            throw damage("refers to entity \(greatest), which is not there")
        }
    }

    /// Order and bounds of the columns, and where their arrays and heaps lie; what these hold is
    /// checked when it is touched.
    private func validateColumnTable(_ limits: IdentifierLimits) throws {
        var last: Int64 = -1
        for index in 0 ..< columnCount {
            let descriptor = columnDescriptor(index)
            let key = Int64(descriptor.load(as: UInt32.self))
            guard key > last, key < limits.keys else {
                throw damage("lists its columns out of order")
            }
            last = key
            guard
                ColumnEncoding(rawValue: descriptor.load(fromByteOffset: 4, as: UInt8.self)) != nil,
                ColumnType(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self)) != nil
            else { throw damage("has a column of unknown encoding or type") }
            let valueCount = Int(descriptor.load(fromByteOffset: 8, as: UInt32.self))
            guard valueCount >= 1, valueCount <= liveCount else {
                throw damage("has a column of \(valueCount) values in \(liveCount) rows")
            }
            try validatePlace(ArrayRef(from: descriptor + 32))
            try validatePlace(ArrayRef(from: descriptor + 64))
            let heapCount = Int(descriptor.load(fromByteOffset: 12, as: UInt32.self))
            let heapsOffset = descriptor.load(fromByteOffset: 96, as: UInt32.self)
            guard isInside(heapsOffset, heapCount, ExtentDescriptor.byteWidth) else {
                throw damage("has a heap table outside itself")
            }
            for heap in heaps(ofColumn: index)
            where !context.store.isPlausible(heap, under: extent) {
                throw damage("refers to a heap that cannot be its own")
            }
        }
    }

    /// The same of the adjacency.
    private func validateAdjacencyTable(_ limits: IdentifierLimits) throws {
        var last: Int64 = -1
        for index in 0 ..< adjacencyCount {
            let key = Int64(bitPattern: adjacencyKey(index))
            guard key > last, key & 255 <= 1, key >> 8 < limits.types else {
                throw damage("lists its adjacency out of order")
            }
            last = key
            let descriptor = adjacencyDescriptor(index)
            guard AdjacencyForm(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self)) != nil
            else { throw damage("has adjacency of unknown form") }
            let deltaCount = Int(descriptor.load(fromByteOffset: 6, as: UInt16.self))
            let deltaOffset = descriptor.load(fromByteOffset: 24, as: UInt32.self)
            guard deltaCount <= ChunkFormat.deltaCountMax, isInside(deltaOffset, deltaCount, 10)
            else { throw damage("has an adjacency delta outside itself") }
            try validatePlace(ArrayRef(from: descriptor + 32))
            try validatePlace(ArrayRef(from: descriptor + 64))
            try validateSegmentTable(descriptor)
        }
    }

    /// Segments follow each other and cover the base.
    private func validateSegmentTable(_ descriptor: UnsafeRawPointer) throws {
        let entryCount = Int(descriptor.load(fromByteOffset: 12, as: UInt32.self))
        let segmentCount = Int(descriptor.load(fromByteOffset: 16, as: UInt32.self))
        let offset = descriptor.load(fromByteOffset: 20, as: UInt32.self)
        guard isInside(offset, segmentCount, ChunkFormat.segmentByteCount) else {
            throw damage("has a segment table outside itself")
        }
        var position = 0
        for index in 0 ..< segmentCount {
            let entry = record + Int(offset) + index * ChunkFormat.segmentByteCount
            let start = Int(entry.load(as: UInt32.self))
            let count = Int(entry.load(fromByteOffset: 4, as: UInt16.self))
            guard start == position, count > 0, count <= ChunkFormat.segmentEntriesMax else {
                throw damage("has segments that do not follow each other")
            }
            guard RelationshipForm(rawValue: entry.load(fromByteOffset: 6, as: UInt8.self)) != nil,
                entry.load(fromByteOffset: 7, as: UInt8.self) == 0
            else { throw damage("has a segment of unknown form") }
            try validatePlace(ArrayRef(from: entry + 8))
            try validatePlace(ArrayRef(from: entry + 40))
            position += count
        }
        guard position == entryCount else {
            throw damage("has segments of \(position) entries, not \(entryCount)")
        }
    }
}
