// Columns of finished chunks: the encoding is chosen from the values, long strings and lists go to
// one heap extent per column.

import NenCore

extension BulkLoad {
    /// Stores the columns of a chunk, ascending by key.
    func columns(
        _ columns: [SinkColumn], _ rowCount: Int, _ capacity: Int
    ) throws -> [MutableColumn] {
        if columns.isEmpty { return [] }
        var live = ArraySlot(zeros: capacity / 8)
        let words = live.writable(capacity: capacity / 8).assumingMemoryBound(to: UInt64.self)
        for row in 0..<rowCount { words[row >> 6] |= 1 << UInt64(row & 63) }
        var result: [MutableColumn] = []
        for column in columns.sorted(by: { $0.key < $1.key }) where column.validCount > 0 {
            var made = build(column, rowCount, capacity)
            made.settle(
                capacity: capacity, live: UnsafePointer(words), liveCount: rowCount,
                isFull: true)
            try moveToHeap(&made)
            let isInline = made.encoding == .framed
                && made.values.byteCount <= ChunkFormat.inlineFrameByteCountMax
            let slots = try settle(isInline ? [made.presence] : [made.presence, made.values])
            made.replace(
                type: made.type, encoding: made.encoding, count: made.count, zone: made.zone,
                frame: made.frame, values: isInline ? made.values : slots[1],
                presence: slots[0])
            result.append(made)
        }
        return result
    }

    /// The type of a column's values.
    private func type(of column: SinkColumn, _ rowCount: Int) -> ColumnType {
        switch column.kind {
        case .boolean: return .boolean
        case .integer: return .integer
        case .float: return .float
        case .cell: break
        }
        let cells = column.values.assumingMemoryBound(to: Cell.self)
        var found: UInt8?
        for row in 0..<rowCount where !cells[row].isNull {
            if let found, found != cells[row].rawTag { return .mixed }
            found = cells[row].rawTag
        }
        return found.flatMap(ColumnType.init(rawValue:)) ?? .mixed
    }

    /// The column in private memory, sparse or with a value per row.
    private func build(_ column: SinkColumn, _ rowCount: Int, _ capacity: Int) -> MutableColumn {
        let type = type(of: column, rowCount)
        let source = BlockColumn(
            kind: column.kind, values: UnsafeMutableRawPointer(mutating: column.values),
            validity: UnsafeMutablePointer(mutating: column.validity))
        let isSparse = column.validCount <= capacity / 8 && column.validCount < rowCount
        let count = column.validCount
        var values = ArraySlot(zeros: (isSparse ? count : capacity) * type.width)
        var presence = ArraySlot(zeros: isSparse ? count * 2 : capacity / 8)
        let bytes = values.writable(capacity: values.byteCount)
        let bits = presence.writable(capacity: presence.byteCount)
        let isCopy = !isSparse && (column.kind != .cell || type.width == 16)
        if isCopy { bytes.copyMemory(from: column.values, byteCount: rowCount * type.width) }
        var zone: ZoneMap?
        var hasZone = type.hasZone
        var place = 0
        for row in 0..<rowCount where source.isValid(row) {
            let cell = source.cell(row)
            if hasZone {
                if place == 0 {
                    zone = ZoneMap(cell, type: type)
                    hasZone = zone != nil
                } else if zone?.widen(cell, type: type) == false {
                    zone = nil
                    hasZone = false
                }
            }
            if !isCopy { put(cell, bytes, isSparse ? place : row, width: type.width) }
            if isSparse {
                bits.storeBytes(of: UInt16(row), toByteOffset: place * 2, as: UInt16.self)
            } else {
                bits.assumingMemoryBound(to: UInt64.self)[row >> 6] |= 1 << UInt64(row & 63)
            }
            place += 1
        }
        let encoding: ColumnEncoding = isSparse ? .sparse : type == .mixed ? .mixed : .dense
        var made = MutableColumn(key: column.key, type: type)
        made.replace(
            type: type, encoding: encoding, count: count, zone: zone, values: values,
            presence: presence)
        return made
    }

    @inline(__always)
    private func put(
        _ cell: Cell, _ bytes: UnsafeMutableRawPointer, _ place: Int, width: Int
    ) {
        switch width {
        case 1:
            bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: cell.payload), toByteOffset: place, as: UInt8.self)
        case 8: bytes.storeBytes(of: cell.payload, toByteOffset: place * 8, as: UInt64.self)
        default: bytes.storeBytes(of: cell, toByteOffset: place * 16, as: Cell.self)
        }
    }

    /// Writes what stands behind a column's cells to heap extents and points the cells there.
    private func moveToHeap(_ column: inout MutableColumn) throws {
        guard column.type.usesHeap else { return }
        let count = column.values.byteCount / 16
        var packing = HeapPacking()
        let old = column.values.pointer.assumingMemoryBound(to: Cell.self)
        for place in 0..<count where CellHeap.isDeep(old[place]) {
            _ = try packing.add(old[place], base: base)
        }
        if packing.byteCounts.isEmpty { return }
        let cells = column.writableCells(capacity: column.values.byteCount)
        var place = 0
        for byteCount in packing.byteCounts {
            column.heaps.append(try fillHeap(byteCount, cells, count, &place))
        }
    }

    /// Writes one heap of `byteCount` bytes with the cells from `place` on, which moves behind
    /// them.
    private func fillHeap(
        _ byteCount: Int, _ cells: UnsafeMutablePointer<Cell>, _ count: Int, _ place: inout Int
    ) throws -> ExtentDescriptor {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        let page = try reserve(byteCount)
        let offset = UInt64(page) * UInt64(pageByteCount)
        var cursor = 0
        while place < count, cursor < byteCount {
            if CellHeap.isDeep(cells[place]) {
                cells[place] = CellHeap.copy(
                    cells[place], to: memory, memoryOffset: offset, cursor: &cursor, base: base)
            }
            place += 1
        }
        precondition(cursor == byteCount, "heap of \(cursor) bytes, measured \(byteCount)")
        return try write(page, UnsafeRawBufferPointer(start: memory, count: byteCount))
    }
}
