// SalvagedChunk: a chunk record of a damaged file, part by part: every array stands or falls with
// its own checksum, every value with the heap it lies in. See ChunkFormat for the bytes. Nothing
// that is read is believed before it is compared with the bounds it needs.
import NenCore

/// A record that matches its checksum.
struct SalvagedChunk {
    private let source: SalvageSource
    private let record: UnsafeRawPointer
    private let byteCount: Int
    let number: Int
    let isNode: Bool
    /// Home label set, or type.
    let set: UInt32
    let isMixed: Bool
    let rowCount: Int
    let capacity: Int
    let liveBits: [UInt64]
    let columnCount: Int
    let groupCount: Int
    private let columnsOffset: Int
    private let groupsOffset: Int

    /// Reads a record's head; nil when it contradicts the format.
    init?(_ record: UnsafeRawPointer, byteCount: Int, in source: SalvageSource) {
        func word(_ offset: Int) -> UInt32 {
            record.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        }
        func half(_ offset: Int) -> Int {
            Int(record.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        }
        guard byteCount >= ChunkFormat.headerByteCount, word(0) == ChunkFormat.magic else {
            return nil
        }
        self.source = source
        self.record = record
        self.byteCount = byteCount
        number = Int(word(8))
        isNode = record.load(fromByteOffset: 5, as: UInt8.self) == 0
        set = word(12) & ~ChunkFormat.mixedFlag
        isMixed = word(12) & ChunkFormat.mixedFlag != 0
        rowCount = half(16)
        capacity = half(18)
        columnCount = half(22) | Int(word(40)) << 16
        groupCount = half(24) | Int(word(44)) << 16
        columnsOffset = Int(word(28))
        groupsOffset = Int(word(32))
        let liveOffset = Int(word(36))
        guard [64, 256, 1_024, 2_048].contains(capacity), rowCount <= capacity,
            SalvagedChunk.isInside(
                columnsOffset, columnCount, ChunkFormat.columnByteCount, byteCount),
            SalvagedChunk.isInside(
                groupsOffset, groupCount, ChunkFormat.adjacencyByteCount, byteCount),
            SalvagedChunk.isInside(liveOffset, capacity / 8, 1, byteCount)
        else { return nil }
        var bits: [UInt64] = []
        for place in 0 ..< capacity / 64 {
            bits.append(
                record.loadUnaligned(fromByteOffset: liveOffset + place * 8, as: UInt64.self))
        }
        liveBits = bits
    }

    private static func isInside(
        _ offset: Int, _ count: Int, _ width: Int, _ byteCount: Int
    ) -> Bool {
        offset & 7 == 0 && offset <= byteCount && count <= (byteCount - offset) / width
    }

    var liveCount: Int {
        (0 ..< rowCount).count(where: isLive)
    }

    func isLive(_ row: Int) -> Bool { liveBits[row >> 6] >> UInt64(row & 63) & 1 != 0 }

    /// An array of `count` bytes by its reference; nil when it is damaged.
    private func array(_ reference: UnsafeRawPointer, _ count: Int) -> UnsafeRawPointer? {
        let found = ArrayRef(from: reference)
        guard Int(found.byteCount) == count, count > 0 else { return nil }
        if found.extent.isNone {
            return SalvagedChunk.isInside(Int(found.offset), count, 1, byteCount)
                ? record + Int(found.offset) : nil
        }
        guard found.extent.byteCount == found.byteCount else { return nil }
        return source.bytes(of: found.extent)
    }

    private func numbers(_ offset: Int) -> UnsafePointer<UInt32>? {
        array(record + offset, capacity * 4)?.assumingMemoryBound(to: UInt32.self)
    }

    /// Label set per row of a mixed chunk; nil when it is damaged.
    var labelSets: UnsafePointer<UInt32>? { numbers(48) }

    /// Source and target per row; nil when either is damaged.
    var ends: (sources: PackedNumbers, targets: PackedNumbers)? {
        guard let sources = ends(refAt: 48, codeAt: 6, baseAt: 112),
            let targets = ends(refAt: 80, codeAt: 7, baseAt: 116)
        else { return nil }
        return (sources, targets)
    }

    private func ends(refAt offset: Int, codeAt code: Int, baseAt base: Int) -> PackedNumbers? {
        let number = record.load(fromByteOffset: code, as: UInt8.self)
        var first: UInt32 = 0
        if number != 0 {
            guard byteCount >= ChunkFormat.packedHeaderByteCount else { return nil }
            first = record.load(fromByteOffset: base, as: UInt32.self)
        }
        guard let form = PackedForm(code: number, base: first) else { return nil }
        let size = form.byteCount(capacity)
        guard let bytes = size == 0 ? record : array(record + offset, size) else { return nil }
        return PackedNumbers(bytes, byteCount: size, form)
    }

    // MARK: Columns

    private func columnDescriptor(_ index: Int) -> UnsafeRawPointer {
        record + columnsOffset + index * ChunkFormat.columnByteCount
    }

    func key(ofColumn index: Int) -> NameID { columnDescriptor(index).load(as: UInt32.self) }

    /// Live rows with a value, as the record says.
    func valueCount(ofColumn index: Int) -> Int {
        min(rowCount, Int(columnDescriptor(index).load(fromByteOffset: 8, as: UInt32.self)))
    }

    /// A column whose arrays are whole, with those of its heaps that are.
    func column(_ index: Int) -> SalvagedColumn? {
        let descriptor = columnDescriptor(index)
        let flags = descriptor.load(fromByteOffset: 6, as: UInt8.self)
        let count = Int(descriptor.load(fromByteOffset: 8, as: UInt32.self))
        guard
            let encoding = ColumnEncoding(
                rawValue: descriptor.load(fromByteOffset: 4, as: UInt8.self)),
            let type = ColumnType(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self)),
            count >= 1, count <= rowCount, encoding != .mixed || type == .mixed
        else { return nil }
        let isSparse = encoding == .sparse
        var frame = ColumnFrame.none
        if encoding == .framed {
            frame = ColumnFrame(
                width: descriptor.load(fromByteOffset: 7, as: UInt8.self),
                base: descriptor.load(fromByteOffset: 104, as: Int64.self))
            guard frame.isPossible, ColumnFrame.holds(type) else { return nil }
        }
        let width = encoding == .framed ? Int(frame.width) : type.width
        let valueCount = isSparse ? count : encoding == .constant ? 1 : capacity
        guard let values = array(descriptor + 32, valueCount * width) else { return nil }
        var presence: UnsafeRawPointer?
        if isSparse || flags & 1 != 0 {
            presence = array(descriptor + 64, isSparse ? count * 2 : capacity / 8)
            if presence == nil { return nil }
        }
        let rows = isSparse ? presence?.assumingMemoryBound(to: UInt16.self) : nil
        if let rows {
            var last = -1
            for place in 0 ..< count {
                guard Int(rows[place]) > last, Int(rows[place]) < rowCount else { return nil }
                last = Int(rows[place])
            }
        }
        let handle = ColumnHandle(
            key: key(ofColumn: index), type: type, encoding: encoding, count: count,
            capacity: capacity, values: values, rows: rows,
            validity: isSparse ? nil : presence?.assumingMemoryBound(to: UInt64.self), zone: nil,
            frame: frame)
        return SalvagedColumn(handle: handle, heaps: heaps(descriptor), base: source.base)
    }

    private func heaps(_ descriptor: UnsafeRawPointer) -> [HeapSpan] {
        let count = Int(descriptor.load(fromByteOffset: 12, as: UInt32.self))
        let offset = Int(descriptor.load(fromByteOffset: 96, as: UInt32.self))
        let width = ExtentDescriptor.byteWidth
        guard SalvagedChunk.isInside(offset, count, width, byteCount) else { return [] }
        return (0 ..< count).compactMap { place in
            let heap = ExtentDescriptor(from: record + offset + place * width)
            guard source.bytes(of: heap) != nil else { return nil }
            let start = UInt64(heap.page) * UInt64(pageByteCount)
            return HeapSpan(start: start, end: start + UInt64(heap.byteCount))
        }
    }

    // MARK: Adjacency

    /// An entry of a group.
    struct Neighbour: Hashable {
        var row: UInt16
        var node: UInt32
        var relationship: UInt32
    }

    /// Type and direction of a group.
    func group(_ index: Int) -> (type: NameID, direction: AdjacencyDirection) {
        let descriptor = record + groupsOffset + index * ChunkFormat.adjacencyByteCount
        let isIncoming = descriptor.load(fromByteOffset: 4, as: UInt8.self) != 0
        return (descriptor.load(as: UInt32.self), isIncoming ? .incoming : .outgoing)
    }

    /// The entries of a group that can be read, in no order.
    func neighbours(ofGroup index: Int) -> [Neighbour] {
        let descriptor = record + groupsOffset + index * ChunkFormat.adjacencyByteCount
        func field(_ offset: Int) -> Int {
            Int(descriptor.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        var found = baseEntries(descriptor)
        let deltaCount = Int(descriptor.load(fromByteOffset: 6, as: UInt16.self))
        let delta = field(24)
        guard SalvagedChunk.isInside(delta, deltaCount, 10, byteCount) else { return found }
        var deleted: Set<Neighbour> = []
        for place in 0 ..< deltaCount {
            let flagged = record.loadUnaligned(
                fromByteOffset: delta + 8 * deltaCount + 2 * place, as: UInt16.self)
            let entry = Neighbour(
                row: flagged & ~ChunkFormat.deletionFlag,
                node: record.loadUnaligned(fromByteOffset: delta + 4 * place, as: UInt32.self),
                relationship: record.loadUnaligned(
                    fromByteOffset: delta + 4 * (deltaCount + place), as: UInt32.self))
            if flagged & ChunkFormat.deletionFlag != 0 {
                deleted.insert(entry)
            } else {
                found.append(entry)
            }
        }
        return deleted.isEmpty ? found : found.filter { !deleted.contains($0) }
    }

    /// Entries of the base: segments that are damaged are left out.
    private func baseEntries(_ descriptor: UnsafeRawPointer) -> [Neighbour] {
        func field(_ offset: Int) -> Int {
            Int(descriptor.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let sourceCount = field(8)
        let rows: UnsafePointer<UInt16>?
        let offsetCount: Int
        switch AdjacencyForm(rawValue: descriptor.load(fromByteOffset: 5, as: UInt8.self)) {
        case .sparse:
            guard sourceCount >= 1, sourceCount <= rowCount,
                let list = array(descriptor + 32, sourceCount * 2)
            else { return [] }
            rows = list.assumingMemoryBound(to: UInt16.self)
            offsetCount = sourceCount + 1
        case .dense:
            rows = nil
            offsetCount = capacity + 1
        case .some(.none), nil: return []
        }
        let isCounting = rows == nil
            && ArrayRef(from: descriptor + 64).byteCount == 0 && field(12) == capacity
        let stored = isCounting
            ? UnsafeRawPointer(CountingNumbers.pointer)
            : array(descriptor + 64, offsetCount * 4)
        guard let raw = stored,
            SalvagedChunk.isInside(field(20), field(16), ChunkFormat.segmentByteCount, byteCount)
        else { return [] }
        let offsets = raw.assumingMemoryBound(to: UInt32.self)
        var found: [Neighbour] = []
        for segment in 0 ..< field(16) {
            let entry = record + field(20) + segment * ChunkFormat.segmentByteCount
            let start = Int(entry.load(as: UInt32.self))
            let count = Int(entry.load(fromByteOffset: 4, as: UInt16.self))
            guard count <= ChunkFormat.segmentEntriesMax, let nodes = array(entry + 8, count * 4),
                let relationships = relationships(ofSegment: entry, nodes, count)
            else { continue }
            // The first row whose entries reach into the segment.
            var place = SalvagedChunk.firstPlace(offsets, offsetCount, reaching: start)
            for position in 0 ..< count {
                while place < offsetCount - 1, Int(offsets[place + 1]) <= start + position {
                    place += 1
                }
                guard place < offsetCount - 1 else { break }
                found.append(
                    Neighbour(
                        row: rows?[place] ?? UInt16(truncatingIfNeeded: place),
                        node: nodes.load(fromByteOffset: position * 4, as: UInt32.self),
                        relationship: relationships[position]))
            }
        }
        return found
    }

    /// The relationships of a segment's entries; nil when they are damaged.
    private func relationships(
        ofSegment entry: UnsafeRawPointer, _ nodes: UnsafeRawPointer, _ count: Int
    ) -> RelationshipList? {
        let base = ArrayRef(from: entry + 40).offset
        switch RelationshipForm(rawValue: entry.load(fromByteOffset: 6, as: UInt8.self)) {
        case .listed:
            return array(entry + 40, count * 4).map {
                RelationshipList($0.assumingMemoryBound(to: UInt32.self))
            }
        case .consecutive: return RelationshipList(CountingNumbers.pointer, plus: base)
        case .parallel:
            return RelationshipList(nodes.assumingMemoryBound(to: UInt32.self), plus: base)
        case nil: return nil
        }
    }

    private static func firstPlace(
        _ offsets: UnsafePointer<UInt32>, _ count: Int, reaching start: Int
    ) -> Int {
        var low = 0
        var high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if Int(offsets[middle + 1]) <= start { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A column of a damaged file.
struct SalvagedColumn {
    let handle: ColumnHandle
    let heaps: [HeapSpan]
    let base: HeapBase

    /// The value of a live row: null when it has none, nil when it cannot be read.
    func cell(_ row: Int) -> Cell? {
        let cell = handle.cell(row)
        if cell.isNull { return cell }
        guard handle.type.width == 16 else { return CellHeap.isPlainValid(cell) ? cell : nil }
        guard handle.type == .mixed || cell.rawTag == handle.type.rawValue else { return nil }
        let isValid = heaps.withUnsafeBufferPointer {
            CellHeap.isValid(cell, heaps: $0, base: base)
        }
        return isValid ? cell : nil
    }
}
