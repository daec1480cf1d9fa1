// RowImage: the rows of a block as one piece of memory that can be written to a file and read back
// to any address, bit for bit. Columns keep their kinds; what cells refer to in query memory stands
// behind the columns, lists and maps with all that is in them. What lies in the store and stays
// valid (CellKeeper.swift) is referred to as before.
//
//   0       rows: UInt64
//   8       columns: UInt64
//   16      for each column 32 bytes:
//             0   VectorKind: UInt8
//             8   offset of the elements: UInt64
//             16  offset of the validity bits: UInt64; 0: none is null
//   …       elements, bits and contents, each at a multiple of 16
//
// A cell that refers to content of the image has as payload where that begins, counted from the
// end of the span that stays valid: so it is told apart from one that refers to the store. Images
// live no longer than the statement that made them: the layout is nobody's business but its own.

import NenCore

/// Makes the image of rows.
struct RowImageWriter {
    private let base: HeapBase
    /// Offsets below this stay valid.
    private let stableSpan: UInt64
    /// The image made last.
    let bytes: PooledArray<UInt8>

    init(_ context: ExecutionContext) {
        base = context.base
        stableSpan = context.stableSpan
        bytes = PooledArray(pool: context.pool)
    }

    /// Makes the image of the first `count` rows of flat vectors.
    func write(_ vectors: [Vector], _ count: Int) throws(NQLError) {
        bytes.removeAll()
        let head = try reserve(16 + 32 * vectors.count)
        store(UInt64(count), head)
        store(UInt64(vectors.count), head + 8)
        for (index, vector) in vectors.enumerated() {
            let entry = head + 16 + 32 * index
            let data = try reserve(count * vector.kind.stride)
            store(UInt64(vector.kind.rawValue), entry)
            store(UInt64(data), entry + 8)
            store(0, entry + 16)
            store(0, entry + 24)
            if vector.kind == .cell {
                for row in 0 ..< count { store(try placed(vector.cells[row]), data + 16 * row) }
                continue
            }
            copy(vector.data, count * vector.kind.stride, to: data)
            if let validity = vector.validity {
                let bits = try reserve(Bitmap.wordCount(count) * 8)
                copy(validity, Bitmap.wordCount(count) * 8, to: bits)
                store(UInt64(bits), entry + 16)
            }
        }
    }

    /// Room for `byteCount` bytes at a multiple of 16.
    private func reserve(_ byteCount: Int) throws(NQLError) -> Int {
        let start = (bytes.count + 15) & ~15
        try bytes.resize(start, filling: 0)
        try bytes.resizeUninitialized(start + byteCount)
        return start
    }

    private func store<Value: BitwiseCopyable>(_ value: Value, _ offset: Int) {
        UnsafeMutableRawPointer(bytes.pointer + offset).storeBytes(of: value, as: Value.self)
    }

    private func copy(_ source: UnsafeRawPointer, _ byteCount: Int, to offset: Int) {
        UnsafeMutableRawPointer(bytes.pointer + offset)
            .copyMemory(from: source, byteCount: byteCount)
    }

    /// The cell with its content in the image.
    private func placed(_ cell: Cell) throws(NQLError) -> Cell {
        switch cell.tag {
        case .string: return try placed(cell, cell.byteCount <= 12 ? 0 : cell.byteCount)
        case .duration: return try placed(cell, 32)
        case .point: return try placed(cell, 8 * cell.coordinateCount)
        case .path: return try placed(cell, 4 * (2 * cell.count + 1))
        case .list, .map:
            let count = cell.tag == .map ? 2 * cell.count : cell.count
            if count == 0 { return cell }
            let source = base.cells(cell)
            let start = try reserve(16 * count)
            for index in 0 ..< count {
                try Interruption.spend(1)
                store(try placed(source[index]), start + 16 * index)
            }
            return Cell(head: cell.head, payload: stableSpan + UInt64(start))
        case .null, .boolean, .integer, .float, .date, .localTime, .time, .localDateTime,
            .dateTime, .node, .relationship:
            return cell
        }
    }

    private func placed(_ cell: Cell, _ byteCount: Int) throws(NQLError) -> Cell {
        if byteCount == 0 || cell.payload < stableSpan { return cell }
        let start = try reserve(byteCount)
        copy(base.pointer(cell.payload), byteCount, to: start)
        return Cell(head: cell.head, payload: stableSpan + UInt64(start))
    }
}

/// An image that was read back; valid as long as the memory it lies in.
struct RowImage {
    let rowCount: Int
    private let memory: UnsafeMutableRawPointer

    /// - Parameter memory: holds a whole image as it was made; its cells are made to refer to this
    ///   place, once.
    init(_ memory: UnsafeMutableRawPointer, _ context: ExecutionContext) {
        self.memory = memory
        rowCount = Int(memory.load(as: UInt64.self))
        let columnCount = Int(memory.load(fromByteOffset: 8, as: UInt64.self))
        let place = CellPlace(
            base: context.base, stableSpan: context.stableSpan,
            distance: context.base.offset(memory) &- context.stableSpan)
        for index in 0 ..< columnCount {
            let column = column(index)
            if column.kind == .cell {
                place.move(column.data.assumingMemoryBound(to: Cell.self), rowCount)
            }
        }
    }

    /// One column, as of a `RowBuffer`.
    func column(_ index: Int) -> RowBuffer.Column {
        let entry = 16 + 32 * index
        let kind = memory.load(fromByteOffset: entry, as: UInt8.self)
        let data = Int(memory.load(fromByteOffset: entry + 8, as: UInt64.self))
        let bits = Int(memory.load(fromByteOffset: entry + 16, as: UInt64.self))
        return RowBuffer.Column(
            kind: VectorKind(rawValue: kind) ?? .cell, data: memory + data,
            validity: bits == 0 ? nil : (memory + bits).assumingMemoryBound(to: UInt64.self))
    }
}

/// Where the contents of an image have come to lie.
private struct CellPlace {
    let base: HeapBase
    let stableSpan: UInt64
    /// What a payload grows by.
    let distance: UInt64

    /// Makes cells, and those within them, refer to the place.
    func move(_ cells: UnsafeMutablePointer<Cell>, _ count: Int) {
        for index in 0 ..< count {
            let cell = cells[index]
            let tag = cell.tag
            switch tag {
            case .string: if cell.byteCount <= 12 { continue }
            case .duration, .point, .path: break
            case .list, .map: if cell.count == 0 { continue }
            default: continue
            }
            if cell.payload < stableSpan { continue }
            cells[index].payload &+= distance
            if tag == .list || tag == .map {
                let start = UnsafeMutableRawPointer(
                    mutating: base.pointer(cells[index].payload))
                move(
                    start.assumingMemoryBound(to: Cell.self),
                    tag == .map ? 2 * cell.count : cell.count)
            }
        }
    }
}
