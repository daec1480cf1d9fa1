// NodeChunkBuilder: collects the rows of one node chunk from the spans of parsed blocks that fall
// into it. Keys may come and go between spans; a key that changes its type within the chunk becomes
// a column of cells.

import Glibc
import NenCore

/// One growing chunk. Belongs to one thread at a time.
final class NodeChunkBuilder: @unchecked Sendable {
    // Sendable: filled under the pipeline's turn, then handed to the worker that writes it.
    static let rowCountMax = 2048
    private static let wordCount = rowCountMax / 64

    private struct Column {
        var key: NameID
        var kind: BlockColumnKind
        var values: UnsafeMutableRawPointer
        var validity: UnsafeMutablePointer<UInt64>
        var validCount = 0
    }

    let chunk: Int
    let labelSet: UInt32
    private(set) var rowCount = 0
    /// Label set per row; nil in a chunk whose rows all have `labelSet`.
    private var labelSets: UnsafeMutablePointer<UInt32>?
    private var columns: [Column] = []
    private let arena: Arena
    private let base: HeapBase

    init(
        chunk: Int, labelSet: UInt32, isMixed: Bool, pool: PagePool, base: HeapBase
    ) {
        self.chunk = chunk
        self.labelSet = labelSet
        self.base = base
        arena = Arena(pool: pool)
        if isMixed { labelSets = .allocate(capacity: NodeChunkBuilder.rowCountMax) }
    }

    deinit {
        labelSets?.deallocate()
        for column in columns {
            column.values.deallocate()
            column.validity.deallocate()
        }
    }

    var remaining: Int { NodeChunkBuilder.rowCountMax - rowCount }
    /// Number of the next node.
    var nextNode: UInt32 { UInt32(chunk * NodeChunkBuilder.rowCountMax + rowCount) }

    /// Appends rows `start ..< start + count` of a block.
    ///
    /// - Parameter keys: Key of each of the block's columns.
    /// - Throws: `MemoryLimitExceeded` when strings and lists exceed the pool.
    func append(
        _ block: ParsedBlock, start: Int, count: Int, keys: [NameID], labelSet: UInt32
    ) throws(NQLError) {
        precondition(count <= remaining, "\(count) rows for \(remaining) places of chunk \(chunk)")
        labelSets.map { ($0 + rowCount).initialize(repeating: labelSet, count: count) }
        for (index, key) in keys.enumerated() {
            let source = block.columns[index]
            let place = column(for: key, kind: source.kind)
            copyValues(source, start, count, into: place)
            try completeCells(block.heapStart, place, count)
        }
        rowCount += count
    }

    /// The column of a key, made or widened as needed.
    private func column(for key: NameID, kind: BlockColumnKind) -> Int {
        if let index = columns.firstIndex(where: { $0.key == key }) {
            if columns[index].kind != kind, columns[index].kind != .cell { widen(index) }
            return index
        }
        let rows = NodeChunkBuilder.rowCountMax
        let values = UnsafeMutableRawPointer.allocate(
            byteCount: rows * kind.width, alignment: 64)
        memset(values, 0, rows * kind.width)
        if kind == .cell {
            values.bindMemory(to: Cell.self, capacity: rows)
                .initialize(repeating: .null, count: rows)
        }
        let validity = UnsafeMutablePointer<UInt64>.allocate(
            capacity: NodeChunkBuilder.wordCount)
        validity.initialize(repeating: 0, count: NodeChunkBuilder.wordCount)
        columns.append(Column(key: key, kind: kind, values: values, validity: validity))
        return columns.count - 1
    }

    /// Turns a typed column into one of cells.
    private func widen(_ index: Int) {
        let rows = NodeChunkBuilder.rowCountMax
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: rows * 16, alignment: 64)
        let cells = fresh.bindMemory(to: Cell.self, capacity: rows)
        let old = columns[index]
        let typed = BlockColumn(kind: old.kind, values: old.values, validity: old.validity)
        for row in 0..<rows { cells[row] = typed.cell(row) }
        old.values.deallocate()
        columns[index].values = fresh
        columns[index].kind = .cell
    }

    private func copyValues(_ source: BlockColumn, _ start: Int, _ count: Int, into place: Int) {
        let target = columns[place]
        if target.kind == source.kind {
            let width = source.kind.width
            memcpy(
                target.values + rowCount * width, source.values + start * width, count * width)
        } else {
            let cells = target.values.assumingMemoryBound(to: Cell.self) + rowCount
            var row = 0
            while row < count {
                cells[row] = source.cell(start &+ row)
                row &+= 1
            }
        }
        var valid = 0
        var row = 0
        while row < count {
            if source.isValid(start &+ row) {
                let bit = rowCount &+ row
                target.validity[bit &>> 6] |= 1 &<< UInt64(bit & 63)
                valid &+= 1
            }
            row &+= 1
        }
        columns[place].validCount += valid
    }

    /// Copies what the new cells of a column keep in the block's heap, so that the block may go.
    private func completeCells(
        _ heap: UnsafeRawPointer, _ place: Int, _ count: Int
    ) throws(NQLError) {
        guard columns[place].kind == .cell else { return }
        let cells = columns[place].values.assumingMemoryBound(to: Cell.self) + rowCount
        var row = 0
        while row < count {
            if cells[row].refersToHeap {
                cells[row] = try cells[row].copied(from: heap, to: arena, base)
            }
            row &+= 1
        }
    }

    /// Hands the chunk to the sink.
    func write(to sink: any GraphSink) throws {
        let views = columns.filter { $0.validCount > 0 }.map { column in
            SinkColumn(
                key: column.key, kind: column.kind, values: UnsafeRawPointer(column.values),
                validity: UnsafePointer(column.validity), validCount: column.validCount)
        }
        try sink.writeNodeChunk(
            chunk, rowCount: rowCount, labelSet: labelSet,
            labelSets: labelSets.map { UnsafePointer($0) }, columns: views)
    }

    /// Values held.
    var propertyCount: Int { columns.reduce(0) { $0 + $1.validCount } }
}

extension BlockColumn {
    /// The value of a row as a cell; of cells their own form, offsets unchanged.
    @inline(__always)
    func cell(_ row: Int) -> Cell {
        guard isValid(row) else { return .null }
        switch kind {
        case .boolean:
            return Cell(boolean: values.load(fromByteOffset: row, as: UInt8.self) != 0)
        case .integer:
            return Cell(integer: values.load(fromByteOffset: row &* 8, as: Int64.self))
        case .float:
            return Cell(float: values.load(fromByteOffset: row &* 8, as: Double.self))
        case .cell:
            return values.load(fromByteOffset: row &* 16, as: Cell.self)
        }
    }
}

extension Cell {
    /// Whether a parsed cell keeps something in its block's heap.
    @inline(__always)
    var refersToHeap: Bool {
        let number = rawTag
        if number == CellTag.string.rawValue { return byteCount > 12 }
        return number == CellTag.list.rawValue || number == CellTag.duration.rawValue
            || number == CellTag.point.rawValue
    }

    /// The same value with its content copied to an arena.
    func copied(
        from heap: UnsafeRawPointer, to arena: Arena, _ base: HeapBase
    ) throws(NQLError) -> Cell {
        guard refersToHeap else { return self }
        var byteCount = 32
        if tag == .string { byteCount = self.byteCount }
        if tag == .list { byteCount = count * 16 }
        if tag == .point { byteCount = 8 * coordinateCount }
        let target = try arena.allocate(byteCount)
        memcpy(target, heap + Int(payload), byteCount)
        if tag == .list {
            let elements = target.assumingMemoryBound(to: Cell.self)
            for index in 0..<count {
                elements[index] = try elements[index].copied(from: heap, to: arena, base)
            }
        }
        return Cell(head: head, payload: base.offset(target))
    }
}
