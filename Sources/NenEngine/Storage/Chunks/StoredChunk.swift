// StoredChunk: a chunk record where it lies. Fields are read in place; nothing is decoded ahead.
//
// Trust comes in two steps (StoredChunk+Validation.swift). Who has a `StoredChunk` knows that the
// record's checksum holds, that it is the one its tree says, and that its tables, and where all its
// arrays lie, are within bounds: references may be followed, copied and released. What the arrays
// hold is known of a `ColumnHandle` and an `AdjacencyHandle` only: both are handed out after the
// arrays' checksums and contents were checked, at their first touch since open. Parts that nobody
// touched are carried to a new record as references, with the checksums they have.

import NenCore

/// A chunk record whose checksum and structure were checked; see the head of this file.
struct StoredChunk {
    unowned(unsafe) let context: StoreContext
    private let bytes: VerifiedBytes
    let extent: ExtentDescriptor
    /// A relationship chunk refers to nodes and has no adjacency; a node chunk the other way round.
    let isNode: Bool

    var record: UnsafeRawPointer { bytes.start }

    /// The chunk whose record a leaf of the tree names, checked on first touch.
    @inline(__always)
    static func open(
        _ entry: ChunkEntry, number: UInt32, isNode: Bool, context: StoreContext
    ) throws -> StoredChunk {
        let bytes = try context.store.verified(entry.extent)
        let chunk = StoredChunk(
            context: context, bytes: bytes, extent: entry.extent, isNode: isNode)
        // That the record is sound does not make it the one that a damaged tree was asked for.
        let isKnown = context.isValidated(entry.extent, ValidationTable.recordBit)
        if !isKnown || !chunk.agrees(with: entry, number) {
            try chunk.validateRecord(number: number, entry)
        }
        return chunk
    }

    @inline(__always)
    private func half(_ offset: Int) -> Int {
        Int(record.load(fromByteOffset: offset, as: UInt16.self))
    }
    @inline(__always)
    private func word(_ offset: Int) -> UInt32 {
        record.load(fromByteOffset: offset, as: UInt32.self)
    }

    var number: UInt32 { word(8) }
    /// Home label set, or type; with the flag of differing label sets.
    var setWord: UInt32 { word(12) }
    /// Home label set, or type.
    var set: UInt32 { word(12) & ~ChunkFormat.mixedFlag }
    /// Rows have differing label sets.
    var isMixed: Bool { word(12) & ChunkFormat.mixedFlag != 0 }
    var rowCount: Int { half(16) }
    var capacity: Int { half(18) }
    var liveCount: Int { half(20) }
    var columnCount: Int { half(22) | Int(word(40)) &<< 16 }
    var adjacencyCount: Int { half(24) | Int(word(44)) &<< 16 }
    var liveBits: UnsafePointer<UInt64> {
        (record + Int(word(36))).assumingMemoryBound(to: UInt64.self)
    }
    /// Label sets, or sources.
    var first: MutableNumbers {
        MutableNumbers(slot(ArrayRef(from: record + 48)), ends(codeAt: 6, baseAt: 112) ?? .plain)
    }
    /// Targets.
    var second: MutableNumbers {
        MutableNumbers(slot(ArrayRef(from: record + 80)), ends(codeAt: 7, baseAt: 116) ?? .plain)
    }
    /// Sources of a relationship chunk, and targets.
    var sources: PackedNumbers { numbers(refAt: 48, codeAt: 6, baseAt: 112) }
    var targets: PackedNumbers { numbers(refAt: 80, codeAt: 7, baseAt: 116) }

    /// How sources or targets are packed; nil for a code that means nothing.
    @inline(__always)
    func ends(codeAt code: Int, baseAt base: Int) -> PackedForm? {
        let number = record.load(fromByteOffset: code, as: UInt8.self)
        return PackedForm(code: number, base: number == 0 ? 0 : word(base))
    }

    @inline(__always)
    private func numbers(refAt offset: Int, codeAt code: Int, baseAt base: Int) -> PackedNumbers {
        let ref = ArrayRef(from: record + offset)
        return PackedNumbers(
            pointer(ref), byteCount: Int(ref.byteCount),
            ends(codeAt: code, baseAt: base) ?? .plain)
    }

    @inline(__always)
    func columnDescriptor(_ index: Int) -> UnsafeRawPointer {
        record + (Int(word(28)) &+ index &* ChunkFormat.columnByteCount)
    }
    @inline(__always)
    func adjacencyDescriptor(_ index: Int) -> UnsafeRawPointer {
        record + (Int(word(32)) &+ index &* ChunkFormat.adjacencyByteCount)
    }

    /// Where an array lies; its contents are validated by whoever asked.
    @inline(__always)
    func pointer(_ ref: ArrayRef) -> UnsafeRawPointer {
        if ref.extent.page == 0 { return record + Int(ref.offset) }
        return context.base.address + Int(ref.extent.page) &* pageByteCount
    }

    func slot(_ ref: ArrayRef) -> ArraySlot {
        ref.byteCount == 0
            ? .empty
            : ArraySlot(pointer: pointer(ref), byteCount: Int(ref.byteCount), extent: ref.extent)
    }

    // MARK: Columns

    /// Number of the column of `key`; -1 when the chunk has none.
    @inline(__always)
    func columnIndex(_ key: NameID) -> Int {
        var low = 0
        var high = columnCount
        while low < high {
            let middle = (low &+ high) &>> 1
            let found = columnDescriptor(middle).load(as: UInt32.self)
            if found == key { return middle }
            if found < key { low = middle &+ 1 } else { high = middle }
        }
        return -1
    }

    /// Column `index`, validated.
    @inline(__always)
    func column(at index: Int) throws -> ColumnHandle {
        let bit = ValidationTable.columnBit(index)
        if !context.isValidated(extent, bit) { try validateColumns(sharing: index, bit) }
        return uncheckedColumn(at: index)
    }

    /// For the check itself, which comes before anybody else reads the arrays.
    func uncheckedColumn(at index: Int) -> ColumnHandle {
        let descriptor = columnDescriptor(index)
        let flags = descriptor.load(fromByteOffset: 6, as: UInt8.self)
        let presence = pointer(ArrayRef(from: descriptor + 64))
        let encoding = ColumnEncoding(
            rawValue: descriptor.load(fromByteOffset: 4, as: UInt8.self)) ?? .sparse
        let isSparse = encoding == .sparse
        let zone = ZoneMap(
            least: descriptor.load(fromByteOffset: 16, as: UInt64.self),
            greatest: descriptor.load(fromByteOffset: 24, as: UInt64.self))
        let frame = encoding == .framed
            ? ColumnFrame(
                width: descriptor.load(fromByteOffset: 7, as: UInt8.self),
                base: descriptor.load(fromByteOffset: 104, as: Int64.self))
            : ColumnFrame.none
        return ColumnHandle(
            key: descriptor.load(as: UInt32.self),
            type: ColumnType(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self))
                ?? .mixed,
            encoding: encoding,
            count: Int(descriptor.load(fromByteOffset: 8, as: UInt32.self)), capacity: capacity,
            values: pointer(ArrayRef(from: descriptor + 32)),
            rows: isSparse ? presence.assumingMemoryBound(to: UInt16.self) : nil,
            validity: !isSparse && flags & 1 != 0
                ? presence.assumingMemoryBound(to: UInt64.self) : nil,
            zone: flags & 2 != 0 ? zone : nil, frame: frame)
    }

    /// Extents of a column's heaps.
    func heaps(ofColumn index: Int) -> [ExtentDescriptor] {
        let descriptor = columnDescriptor(index)
        let count = Int(descriptor.load(fromByteOffset: 12, as: UInt32.self))
        let table = record + Int(descriptor.load(fromByteOffset: 96, as: UInt32.self))
        return (0 ..< count).map {
            ExtentDescriptor(from: table + $0 * ExtentDescriptor.byteWidth)
        }
    }

    // MARK: Adjacency

    /// Number of the group of a type and direction; -1 when there is none.
    @inline(__always)
    func adjacencyIndex(_ type: NameID, _ direction: AdjacencyDirection) -> Int {
        let wanted = UInt64(type) &<< 8 | UInt64(direction.rawValue)
        var low = 0
        var high = adjacencyCount
        while low < high {
            let middle = (low &+ high) &>> 1
            let found = adjacencyKey(middle)
            if found == wanted { return middle }
            if found < wanted { low = middle &+ 1 } else { high = middle }
        }
        return -1
    }

    /// Type and direction of a group as one ascending number.
    @inline(__always)
    func adjacencyKey(_ index: Int) -> UInt64 {
        let descriptor = adjacencyDescriptor(index)
        let type = descriptor.load(as: UInt32.self)
        return UInt64(type) &<< 8 | UInt64(descriptor.load(fromByteOffset: 4, as: UInt8.self))
    }

    /// Group `index`, validated.
    @inline(__always)
    func adjacency(at index: Int) throws -> AdjacencyHandle {
        let bit = ValidationTable.adjacencyBit(index)
        if !context.isValidated(extent, bit) { try validateAdjacency(sharing: index, bit) }
        return uncheckedAdjacency(at: index)
    }

    /// For the check itself, which comes before anybody else reads the arrays.
    func uncheckedAdjacency(at index: Int) -> AdjacencyHandle {
        let descriptor = adjacencyDescriptor(index)
        func field(_ offset: Int) -> Int {
            Int(descriptor.load(fromByteOffset: offset, as: UInt32.self))
        }
        let deltaCount = Int(descriptor.load(fromByteOffset: 6, as: UInt16.self))
        let delta = record + field(24)
        let rows = pointer(ArrayRef(from: descriptor + 32))
        let offsetsRef = ArrayRef(from: descriptor + 64)
        let form = AdjacencyForm(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self))
            ?? .none
        let offsets = form == .dense && offsetsRef.byteCount == 0
            ? CountingNumbers.pointer
            : pointer(offsetsRef).assumingMemoryBound(to: UInt32.self)
        return AdjacencyHandle(
            type: descriptor.load(as: UInt32.self),
            direction: descriptor.load(fromByteOffset: 4, as: UInt8.self) == 0
                ? .outgoing : .incoming,
            form: form,
            sourceCount: field(8), sourceRows: rows.assumingMemoryBound(to: UInt16.self),
            offsets: offsets, entryCount: field(12),
            segmentCount: field(16),
            segments: .stored(table: record + field(20), chunk: self),
            deltaCount: deltaCount,
            deltaNeighbours: delta.assumingMemoryBound(to: UInt32.self),
            deltaRelationships: (delta + 4 &* deltaCount).assumingMemoryBound(to: UInt32.self),
            deltaRows: (delta + 8 &* deltaCount).assumingMemoryBound(to: UInt16.self))
    }

    /// A segment of a stored group.
    @inline(__always)
    func segment(_ table: UnsafeRawPointer, _ index: Int) -> AdjacencySegment {
        let entry = table + index &* ChunkFormat.segmentByteCount
        let neighbours = pointer(ArrayRef(from: entry + 8))
            .assumingMemoryBound(to: UInt32.self)
        let listed = ArrayRef(from: entry + 40)
        let relationships = switch StoredChunk.form(ofSegment: entry) {
        case .listed: RelationshipList(pointer(listed).assumingMemoryBound(to: UInt32.self))
        case .consecutive: RelationshipList(CountingNumbers.pointer, plus: listed.offset)
        case .parallel: RelationshipList(neighbours, plus: listed.offset)
        }
        return AdjacencySegment(
            start: entry.load(as: UInt32.self),
            count: UInt32(entry.load(fromByteOffset: 4, as: UInt16.self)),
            neighbours: neighbours, relationships: relationships)
    }

    /// How the segment at `entry` has its relationships.
    @inline(__always)
    static func form(ofSegment entry: UnsafeRawPointer) -> RelationshipForm {
        RelationshipForm(rawValue: entry.load(fromByteOffset: 6, as: UInt8.self)) ?? .listed
    }

    // MARK: Extents

    /// Calls `body` for every extent of the chunk but the record's own.
    func forEachExtent(_ body: (ExtentDescriptor) throws -> Void) rethrows {
        func visit(_ ref: UnsafeRawPointer) throws {
            let extent = ExtentDescriptor(from: ref)
            if !extent.isNone { try body(extent) }
        }
        try visit(record + 48)
        try visit(record + 80)
        for index in 0 ..< columnCount {
            let descriptor = columnDescriptor(index)
            try visit(descriptor + 32)
            try visit(descriptor + 64)
            for heap in heaps(ofColumn: index) { try body(heap) }
        }
        for index in 0 ..< adjacencyCount {
            let descriptor = adjacencyDescriptor(index)
            try visit(descriptor + 32)
            try visit(descriptor + 64)
            let count = Int(descriptor.load(fromByteOffset: 16, as: UInt32.self))
            let table = record + Int(descriptor.load(fromByteOffset: 20, as: UInt32.self))
            for segment in 0 ..< count {
                try visit(table + segment * ChunkFormat.segmentByteCount + 8)
                try visit(table + segment * ChunkFormat.segmentByteCount + 40)
            }
        }
    }
}
